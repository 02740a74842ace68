package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
	"github.com/signet-auth/signet/internal/webhook"
)

// Sessions keeps the browsers that are signed in.
type Sessions interface {
	store.Sessions
	store.UserSessions
}

// Uses notes and tells when secrets were last used.
type Uses interface {
	Note(secret store.Hash)
	Last(ctx context.Context, secrets ...store.Hash) (map[store.Hash]time.Time, error)
}

// Deps are what New needs; all of them are required.
type Deps struct {
	Clients     store.Clients
	Users       store.Users
	Instances   store.Instances
	Keys        store.APIKeys
	Accounts    *account.Accounts
	Factors     *account.SecondFactors
	Passkeys    store.Passkeys
	Sessions    Sessions
	Tickets     Tickets
	Connections store.Connections
	Now         func() time.Time
	Random      io.Reader // cryptographic randomness, such as crypto/rand.Reader
	Pictures    store.Pictures
	Uses        Uses
	PictureAt   string // what a picture's id follows in its URL

	Organizations Organizations
	Machines      MachineStore
	MachineTokens *token.Machines
	Events        store.Events
	Webhooks      Webhooks
	WebhookReach  webhook.Reach
	WebhookSecret *webhook.Secrets
	Operators     Operators
	Nodes         store.Nodes
}

// Admin does what an operator asks for. It is safe for concurrent use.
//
// Each method returns *Error when the operator has made a mistake, an error that
// wraps store.ErrNotFound when what was named does not exist, one that wraps
// store.ErrConflict when others changed it faster than it could be changed, one
// that wraps account.ErrBusy when too many passwords are being hashed, and
// otherwise a fault. What succeeded is durable.
type Admin struct {
	clients     store.Clients
	users       store.Users
	instances   store.Instances
	keys        store.APIKeys
	accounts    *account.Accounts
	factors     *account.SecondFactors
	passkeys    store.Passkeys
	sessions    store.UserSessions
	ending      store.Sessions
	tickets     Tickets
	connections store.Connections
	now         func() time.Time
	random      io.Reader
	pictures    store.Pictures
	uses        Uses
	pictureAt   string
	operators   Operators
	nodes       store.Nodes
	condition   Condition // nil admits every version

	organizations Organizations
	machines      MachineStore
	machineTokens *token.Machines
	events        store.Events
	webhooks      Webhooks
	webhookReach  webhook.Reach
	webhookSecret *webhook.Secrets
}

// New makes an Admin.
func New(d Deps) *Admin {
	return &Admin{
		clients:     d.Clients,
		users:       d.Users,
		instances:   d.Instances,
		keys:        d.Keys,
		connections: d.Connections,
		accounts:    d.Accounts,
		factors:     d.Factors,
		passkeys:    d.Passkeys,
		sessions:    d.Sessions,
		ending:      d.Sessions,
		tickets:     d.Tickets,
		now:         d.Now,
		random:      d.Random,
		pictures:    d.Pictures,
		uses:        d.Uses,
		pictureAt:   d.PictureAt,

		organizations: d.Organizations,
		machines:      d.Machines,
		machineTokens: d.MachineTokens,
		events:        d.Events,
		webhooks:      d.Webhooks,
		webhookReach:  d.WebhookReach,
		webhookSecret: d.WebhookSecret,
		operators:     d.Operators,
		nodes:         d.Nodes,
	}
}

// attempts bounds how often a change is tried again because another one came
// between reading and writing.
const attempts = 16

// retried runs read-apply-write until no other change comes between.
func retried(change func() error) error {
	var err error
	for range attempts {
		if err = change(); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return err
}

// Instance returns the instance; EnsureInstance has made it at the start.
func (a *Admin) Instance(ctx context.Context) (store.Instance, error) {
	i, err := a.instances.Instance(ctx)
	if err != nil {
		// Not wrapped: what the operator asked for is not what was not found.
		return store.Instance{}, fmt.Errorf("reading the instance: %v", err)
	}
	return i, nil
}
