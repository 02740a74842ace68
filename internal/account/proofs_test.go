package account_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/store"
)

// letter asks for one more in another browser, and checks what comes of it.
func (g *guarded) letter(t *testing.T, p *account.Proofs, c account.Caller, identifier, want string) {
	t.Helper()
	g.asked++
	c.Browser = fmt.Sprint("browser ", g.asked)
	err := p.Ask(t.Context(), c, store.PurposeSignIn, identifier)
	got := ""
	var tooMany *account.TooManyError
	switch {
	case errors.As(err, &tooMany):
		got = "too many"
	case err != nil:
		got = err.Error()
	}
	if got != want {
		t.Errorf("letter %d, to %s for %s: %q, want %q", g.asked, identifier, c.Network, got, want)
	}
	g.now = g.now.Add(time.Minute) // no network asks too fast
}

func (g *guarded) proofs() *account.Proofs {
	clock := func() time.Time { return g.now }
	outbox := mail.NewOutbox(mail.Deps{Letters: g.db, Ring: g.ring, Host: "id.example.com", Now: clock, Log: slog.New(slog.DiscardHandler)})
	return account.NewProofs(account.ProofDeps{Kept: g.db, Guard: g.Guard, Ring: g.ring, Outbox: outbox, Issuer: "https://id.example.com", Now: clock})
}

// Whoever asks from one network uses up what that network has, and no more: not what
// others have, nor so that it shows what else the account is known by.
func TestLettersAreCountedByNetworkFirst(t *testing.T) {
	g := newGuarded(t)
	p := g.proofs()
	for _, identifier := range []string{"ada@example.com", "nobody@example.com"} {
		for range 20 {
			g.letter(t, p, from("a"), identifier, "")
		}
		for range 90 {
			g.letter(t, p, from("a"), identifier, "too many")
		}
		g.letter(t, p, from("b"), identifier, "")
	}
	g.letter(t, p, from("a"), "ada_b", "")
	g.letter(t, p, from("a"), "nobod", "")
}

func TestLettersToAnAccountAreBounded(t *testing.T) {
	g := newGuarded(t)
	p := g.proofs()
	for i := range 100 {
		g.letter(t, p, from(fmt.Sprint("network ", i/10)), "ada@example.com", "")
	}
	g.letter(t, p, from("somewhere"), "ada@example.com", "too many")
	g.letter(t, p, from("somewhere"), "ada_b", "too many")
	for range 20 {
		g.letter(t, p, device("home"), "ada@example.com", "")
	}
	g.letter(t, p, device("home"), "ada@example.com", "too many")
	g.now = g.now.Add(24 * time.Hour)
	g.letter(t, p, from("somewhere"), "ada@example.com", "")
}

func TestALetterThatIsNotSentIsNotCounted(t *testing.T) {
	g := newGuarded(t)
	p := g.proofs()
	c := account.Caller{Network: "a", Browser: "one"}
	for range 10 {
		if err := p.Ask(t.Context(), c, store.PurposeSignIn, "ada@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := p.Ask(t.Context(), c, store.PurposeSignIn, "ada@example.com"); !errors.Is(err, account.ErrTooSoon) {
			t.Fatalf("at once again: %v", err)
		}
		g.now = g.now.Add(10 * time.Minute)
	}
	for range 10 {
		g.letter(t, p, c, "ada@example.com", "")
	}
	g.letter(t, p, c, "ada@example.com", "too many")
}
