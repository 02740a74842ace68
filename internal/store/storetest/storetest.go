// Package storetest executes the promises of package store, races included. Each
// engine runs it.
package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A Store is everything that an engine keeps.
type Store interface {
	store.Operators
	store.OperatorLinks
	store.Figures
	store.Nodes
	store.Grants
	store.Connections
	store.Clients
	store.Users
	store.Sessions
	store.UserSessions
	store.Instances
	store.APIKeys
	store.SigningKeys
	store.Versions
	store.Devices
	store.ClientTokens
	store.SignInTokens
	store.Invitations
	store.Requests
	store.Pictures
	store.Uses
	store.Organizations
	store.Memberships
	store.Machines
	store.MachineScopes
	store.M2MTokens
	store.SubjectKeys
	store.Events
	store.Webhooks
	store.Deliveries
	store.Challenges
	store.Outbox
	store.Attempts
	store.SecondFactors
	store.Passkeys
	store.Identities
}

// Run executes every promise. open gives a new, empty store and closes it when
// the test is over.
func Run(t *testing.T, open func(*testing.T) Store) {
	for _, promises := range []map[string]func(*testing.T, Store){
		operatorPromises, figurePromises,
		grantPromises, livenessPromises, connectionPromises, clientPromises, userPromises, instancePromises, devicePromises, ticketPromises,
		requestPromises, picturePromises, versionPromises, organizationPromises, membershipPromises, memberListPromises,
		machinePromises, m2mTokenPromises, subjectKeyPromises, eventPromises, webhookPromises, challengePromises, letterPromises,
		factorPromises, passkeyPromises, identityPromises,
	} {
		run(t, open, promises)
	}
}

// RunUserLists runs what is promised of lists of users alone, for stores that make
// them in more than one way.
func RunUserLists(t *testing.T, open func(*testing.T) Store) {
	run(t, open, map[string]func(*testing.T, Store){
		"Listing": listingUsers, "Finding": findingUsers, "Pages": pagesOfUsers, "TextsInOrder": textsInOrder, "Organizations": usersOfOrganizations, "Members": pagesOfMembers,
	})
}

func run(t *testing.T, open func(*testing.T) Store, promises map[string]func(*testing.T, Store)) {
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			seed(t, s)
			promise(t, s)
		})
	}
}

// now is the time of all that seed makes. Later times are given, never waited for.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	user   = "user_1"
	client = "client1"
	app    = "oa_1"
)

// seed makes an instance, a user and a client that the user has agreed to.
func seed(t *testing.T, s Store) {
	t.Helper()
	_, err := s.CreateInstance(t.Context(), store.Instance{
		ID: "ins_1", RootKey: "print", CreatedAt: now,
		Settings: store.Settings{Lifetimes: oauth.DefaultLifetimes()},
	})
	must(t, err)
	must(t, s.CreateUser(t.Context(), newUser(user, "ada@example.com")))
	must(t, s.CreateClient(t.Context(), newClient(app, client)))
	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"profile"}, now))
}

func newUser(id, address string) store.User {
	return store.User{
		ID: id, FirstName: "Ada", PrimaryEmailID: "idn_" + id, CreatedAt: now, UpdatedAt: now,
		Emails: []store.Email{{ID: "idn_" + id, Address: address, Verified: true, CreatedAt: now}},
	}
}

func newClient(applicationID, clientID string) store.Client {
	return store.Client{
		Client: oauth.Client{
			ID: clientID, AskConsent: true, RedirectURIs: []string{"https://c.example/cb"},
			Scopes: oauth.Scopes{"profile", "email"}, SecretHash: oauth.HashSecret("s"), Lifetimes: oauth.DefaultLifetimes(),
		},
		ApplicationID: applicationID, Name: "App " + clientID, CreatedAt: now, UpdatedAt: now,
	}
}

// grant is authorized a second after everything that seed makes.
func grant(n byte) oauth.Grant {
	later := now.Add(time.Second)
	return oauth.Grant{
		ID: oauth.NewGrantID(later, [10]byte{n}), ClientID: client, UserID: user, SessionID: "sess_1",
		Scopes: oauth.Scopes{"profile"}, Generation: 1,
		AuthorizedAt: later, RotatedAt: later, ExpiresAt: later.Add(72 * time.Hour), EndsAt: later.Add(90 * 24 * time.Hour),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
