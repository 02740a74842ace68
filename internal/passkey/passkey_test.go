package passkey

import (
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// A world is an issuer with one user, and the authenticator that the user holds.
type world struct {
	*Passkeys
	db    *sqlstore.DB
	clock time.Time
	party virtualwebauthn.RelyingParty
	key   virtualwebauthn.Credential
	owner virtualwebauthn.Authenticator
}

const user = "user_1"

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{
		db: db, clock: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		party: virtualwebauthn.RelyingParty{Name: "auth.example.com", ID: "auth.example.com", Origin: "https://auth.example.com:8443"},
		// RSA: of elliptic keys the authenticator leaves out zeros that lead a coordinate, so
		// that every hundredth is refused.
		key:   virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA),
		owner: virtualwebauthn.NewAuthenticator(),
	}
	if err := db.CreateUser(t.Context(), store.User{ID: user, Username: "ada", CreatedAt: w.clock, UpdatedAt: w.clock}); err != nil {
		t.Fatal(err)
	}
	w.Passkeys, err = New(db, keyring.Generate(), &url.URL{Scheme: "https", Host: "auth.example.com:8443"}, func() time.Time { return w.clock })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// created is what the authenticator answers to a registration.
func (w *world) created(t *testing.T, c Challenge) string {
	t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(c.Options)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAttestationResponse(w.party, w.owner, w.key, *options)
}

// register adds the key of the world to the user.
func (w *world) register(t *testing.T) store.Passkey {
	t.Helper()
	c, err := w.Registration(t.Context(), Owner{UserID: user, Name: "ada", Label: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.Register(t.Context(), user, c.Sealed, w.created(t, c), "Phone")
	if err != nil {
		t.Fatal(err)
	}
	w.owner.Options.UserHandle = k.Handle
	w.owner.AddCredential(w.key)
	return k
}

func (w *world) challenge(t *testing.T) Challenge {
	t.Helper()
	w.clock = w.clock.Add(time.Second)
	c, err := w.Challenge()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signed is what the authenticator answers to a challenge.
func (w *world) signed(t *testing.T, c Challenge) string {
	t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(c.Options)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAssertionResponse(w.party, w.owner, w.key, *options)
}

func TestRegisterAndSignIn(t *testing.T) {
	w := newWorld(t)
	k := w.register(t)
	if k.UserID != user || k.Name != "Phone" || len(k.Handle) != handleSize || !strings.HasPrefix(k.ID, "idn_") {
		t.Errorf("registered %+v", k)
	}
	c := w.challenge(t)
	if strings.Contains(c.Options, user) {
		t.Error("a challenge tells whom it is for")
	}
	proof, err := w.SignIn(t.Context(), c.Sealed, w.signed(t, c))
	if err != nil || proof.UserID != user || !slices.Equal(proof.Methods, []string{"hwk", "user", "mfa"}) {
		t.Errorf("signed in: %+v, %v", proof, err)
	}
	found, err := w.db.PasskeysOf(t.Context(), user)
	if err != nil || len(found[user]) != 1 || !found[user][0].LastUsedAt.Equal(w.clock) {
		t.Errorf("afterwards %+v, %v", found, err)
	}
	// The next passkey of the user has the same handle, and the first one is to stand back.
	next, err := w.Registration(t.Context(), Owner{UserID: user, Name: "ada", Label: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	options, err := virtualwebauthn.ParseAttestationOptions(next.Options)
	if err != nil || options.UserID != string(k.Handle) || !w.key.IsExcludedForAttestation(*options) {
		t.Errorf("the next challenge is %s, %v", next.Options, err)
	}
}

func TestAChallengeIsSignedOnce(t *testing.T) {
	w := newWorld(t)
	w.register(t)
	c := w.challenge(t)
	response := w.signed(t, c)
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch _, err := w.SignIn(t.Context(), c.Sealed, response); {
			case err == nil:
				in.Add(1)
			case !errors.Is(err, ErrExpired):
				t.Errorf("a loser got %v, want ErrExpired", err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("one answer signed in %d times", in.Load())
	}
}

func TestWhatProvesNothing(t *testing.T) {
	w := newWorld(t)
	k := w.register(t)
	for _, x := range []struct {
		name   string
		change func(*world) // before it signs
		alter  func(c Challenge, response string) (string, string)
		want   error
	}{
		{"another origin", func(w *world) { w.party.Origin = "https://evil.example" }, nil, ErrRefused},
		{"another port", func(w *world) { w.party.Origin = "https://auth.example.com" }, nil, ErrRefused},
		{"another party", func(w *world) { w.party.ID = "evil.example" }, nil, ErrRefused},
		{"no user verified", func(w *world) { w.owner.Options.UserNotVerified = true }, nil, ErrRefused},
		{"nobody present", func(w *world) { w.owner.Options.UserNotPresent = true }, nil, ErrRefused},
		{"another handle", func(w *world) { w.owner.Options.UserHandle = []byte("somebody else") }, nil, ErrRefused},
		{"another key", func(w *world) { w.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA) }, nil, ErrRefused},
		{"a key that claims the id", func(w *world) {
			id := w.key.ID
			w.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
			w.key.ID = id
		}, nil, ErrRefused},
		{"copied to another device", func(w *world) { w.owner.Options.BackupEligible = true }, nil, ErrRefused},
		{"an old challenge", func(w *world) { w.clock = w.clock.Add(challengeLifetime) }, nil, ErrExpired},
		{"no answer", nil, func(c Challenge, _ string) (string, string) { return c.Sealed, "" }, ErrRefused},
		{"no JSON", nil, func(c Challenge, r string) (string, string) { return c.Sealed, r[1:] }, ErrRefused},
		{"a long answer", nil, func(c Challenge, r string) (string, string) { return c.Sealed, r + strings.Repeat(" ", maxResponse) }, ErrRefused},
		{"no challenge", nil, func(_ Challenge, r string) (string, string) { return "", r }, ErrRefused},
		{"a challenge that was made up", nil, func(_ Challenge, r string) (string, string) { return strings.Repeat("A", 300), r }, ErrRefused},
		{"another challenge", nil, func(_ Challenge, r string) (string, string) { return w.challenge(t).Sealed, r }, ErrRefused},
		{"a challenge to register", nil, func(_ Challenge, r string) (string, string) {
			c, err := w.Registration(t.Context(), Owner{UserID: user, Name: "ada", Label: "Ada"})
			if err != nil {
				t.Error(err)
			}
			return c.Sealed, r
		}, ErrRefused},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := *w
			c := w.challenge(t)
			if x.change != nil {
				x.change(w)
			}
			sealed, response := c.Sealed, w.signed(t, c)
			if x.alter != nil {
				sealed, response = x.alter(c, response)
			}
			if _, err := w.SignIn(t.Context(), sealed, response); !errors.Is(err, x.want) {
				t.Errorf("%v, want %v", err, x.want)
			}
			w.party, w.key, w.owner = before.party, before.key, before.owner
		})
	}
	if err := w.db.RemovePasskey(t.Context(), user, k.ID, w.clock); err != nil {
		t.Fatal(err)
	}
	c := w.challenge(t)
	if _, err := w.SignIn(t.Context(), c.Sealed, w.signed(t, c)); !errors.Is(err, ErrRefused) {
		t.Errorf("a removed passkey: %v, want ErrRefused", err)
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	w := newWorld(t)
	c, err := w.Registration(t.Context(), Owner{UserID: user, Name: "ada", Label: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	right := w.created(t, c)
	login := w.challenge(t)
	for _, x := range []struct{ name, user, sealed, response string }{
		{"for another user", "user_2", c.Sealed, right},
		{"by a challenge to sign in", user, login.Sealed, right},
		{"without an answer", user, c.Sealed, "{}"},
		{"too long", user, c.Sealed, right + strings.Repeat(" ", maxResponse)},
	} {
		if _, err := w.Register(t.Context(), x.user, x.sealed, x.response, "Phone"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", x.name, err)
		}
	}
	w.owner.Options.UserNotVerified = true
	if _, err := w.Register(t.Context(), user, c.Sealed, w.created(t, c), "Phone"); !errors.Is(err, ErrRefused) {
		t.Errorf("of an authenticator that asked nobody: %v, want ErrRefused", err)
	}
	if _, err := w.Register(t.Context(), user, c.Sealed, right, "Phone"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Register(t.Context(), user, c.Sealed, right, "Phone"); !errors.Is(err, ErrExpired) {
		t.Errorf("the same once more: %v, want ErrExpired", err)
	}
}

func TestSyncedPasskey(t *testing.T) {
	w := newWorld(t)
	w.owner.Options.BackupEligible, w.owner.Options.BackupState = true, true
	if k := w.register(t); !k.BackupEligible || !k.BackedUp {
		t.Errorf("registered %+v", k)
	}
	c := w.challenge(t)
	proof, err := w.SignIn(t.Context(), c.Sealed, w.signed(t, c))
	if err != nil || !slices.Contains(proof.Methods, "swk") {
		t.Errorf("signed in: %+v, %v", proof, err)
	}
}

func TestNoPasskeysAtAnAddress(t *testing.T) {
	for host, want := range map[string]bool{"127.0.0.1:8080": false, "[::1]:8080": false, "localhost:8080": true, "auth.example.com": true} {
		p, err := New(nil, keyring.Generate(), &url.URL{Scheme: "http", Host: host}, time.Now)
		if err != nil || p.Available() != want {
			t.Errorf("%s: %v, %v, want %v", host, p.Available(), err, want)
		}
		if !want {
			if _, err := p.SignIn(t.Context(), "", ""); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v, want ErrRefused", host, err)
			}
		}
	}
}
