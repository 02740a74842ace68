package account_test

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

const rightPassword = "correct horse"

// guarded is a guard over a database with one user, and a clock that stands still.
type guarded struct {
	*account.Guard
	db   *sqlstore.DB
	ring *keyring.Ring
	now  time.Time

	asked int // for letters
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	g := &guarded{db: db, ring: keyring.Generate(), now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	digest, err := account.New(db).HashPassword(t.Context(), rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	err = db.CreateUser(t.Context(), store.User{
		ID: "user_ada", Username: "ada_b", PasswordDigest: digest, PrimaryEmailID: "idn_1", CreatedAt: g.now, UpdatedAt: g.now,
		Emails: []store.Email{{ID: "idn_1", Address: "ada@example.com", Verified: true, CreatedAt: g.now}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Guard = g.node()
	return g
}

// node is another node over the same database.
func (g *guarded) node() *account.Guard {
	return account.NewGuard(account.New(g.db), g.db, g.ring, func() time.Time { return g.now })
}

// tried checks what an attempt comes to; "" means that it succeeds.
func tried(t *testing.T, g *account.Guard, c account.Caller, identifier, password, want string) {
	t.Helper()
	_, err := g.SignIn(t.Context(), c, identifier, password)
	got := "fault"
	var tooMany *account.TooManyError
	switch {
	case err == nil:
		got = ""
	case errors.Is(err, account.ErrWrongCredentials):
		got = "wrong"
	case errors.As(err, &tooMany):
		got = "too many"
		if tooMany.Wait <= 0 || tooMany.Wait > 10*time.Minute {
			t.Errorf("to wait for %v", tooMany.Wait)
		}
	}
	if got != want {
		t.Errorf("%s from %s: %q (%v), want %q", identifier, c.Network, got, err, want)
	}
}

func from(network string) account.Caller { return account.Caller{Network: network} }

// device is a caller whose device has opened the account of ada before.
func device(network string) account.Caller {
	return account.Caller{Network: network, Device: func(userID string) string {
		if userID == "user_ada" {
			return "device_1"
		}
		return ""
	}}
}

func TestGuessesAreBounded(t *testing.T) {
	for name, identifiers := range map[string][]string{
		"an address":  {"ada@example.com", "ADA@example.com", " ada@example.com"},
		"a user name": {"ada_b", " Ada_B"},
		"nobody":      {"nobody@example.com", "NOBODY@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			for i := range 10 {
				tried(t, g.Guard, from("a"), identifiers[i%len(identifiers)], "wrong", "wrong")
			}
			tried(t, g.Guard, from("a"), identifiers[0], rightPassword, "too many")
			tried(t, g.Guard, from("b"), identifiers[0], "wrong", "wrong")
			tried(t, g.Guard, from("a"), "other@example.com", "wrong", "wrong")
			g.now = g.now.Add(10 * time.Minute)
			tried(t, g.Guard, from("a"), identifiers[0], "wrong", "wrong")
		})
	}
}

// SE06, SE08: what an account is known by has one count for all networks together, and
// one network that has used up its own of one identifier finds no other of the account.
func TestIdentifiersOfAnAccount(t *testing.T) {
	g := newGuarded(t)
	for _, identifier := range []string{"ada@example.com", "nobody@example.com"} {
		for range 10 {
			tried(t, g.Guard, from("a"), identifier, "wrong", "wrong")
		}
		tried(t, g.Guard, from("a"), identifier, "wrong", "too many")
		tried(t, g.Guard, from("a"), "ada_b", "wrong", "wrong")
		tried(t, g.Guard, from("a"), "nobod", "wrong", "wrong")
	}
	for i := range 88 { // of 100, with the ten and two before
		tried(t, g.Guard, from("stranger "+string(rune('a'+i/10))), []string{"ada@example.com", "ada_b"}[i%2], "wrong", "wrong")
	}
	tried(t, g.Guard, from("z"), "ada_b", rightPassword, "too many")
	tried(t, g.Guard, from("z"), "ada@example.com", rightPassword, "too many")
}

func TestStrangersKeepNobodyOut(t *testing.T) {
	g := newGuarded(t)
	nodes := []*account.Guard{g.Guard, g.node()}
	for i := range 100 {
		tried(t, nodes[i%2], from("stranger "+string(rune('a'+i/10))), "ada@example.com", "wrong", "wrong")
	}
	for _, node := range nodes { // they count together
		tried(t, node, from("somewhere"), "ada@example.com", rightPassword, "too many")
		tried(t, node, device("home"), "ada@example.com", rightPassword, "")
	}
	for range 10 {
		tried(t, g.Guard, device("home"), "ada@example.com", "wrong", "wrong")
	}
	tried(t, g.Guard, device("home"), "ada@example.com", rightPassword, "too many")
	g.now = g.now.Add(10 * time.Minute)
	tried(t, g.Guard, from("somewhere"), "ada@example.com", rightPassword, "")
}

func TestOneNetworkIsBounded(t *testing.T) {
	g := newGuarded(t)
	for range 12 { // what succeeds is not counted
		tried(t, g.Guard, from("office"), "ada@example.com", rightPassword, "")
	}
	for i := range 300 {
		tried(t, g.Guard, from("office"), "victim"+string(rune('a'+i/10))+"@example.com", "wrong", "wrong")
	}
	tried(t, g.Guard, from("office"), "ada@example.com", rightPassword, "too many")
	tried(t, g.Guard, from("home"), "ada@example.com", rightPassword, "")
}

func TestConcurrentGuessesAreCountedFirst(t *testing.T) {
	g := newGuarded(t)
	var looked atomic.Int32
	var all sync.WaitGroup
	for range 80 {
		all.Go(func() {
			_, err := g.SignIn(t.Context(), from("a"), "ada@example.com", "wrong")
			if errors.Is(err, account.ErrWrongCredentials) {
				looked.Add(1)
			}
		})
	}
	all.Wait()
	if n := looked.Load(); n != 10 {
		t.Errorf("%d guesses were looked at, want 10", n)
	}
}
