package account_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/store"
)

// Whoever chooses another password by mail does so as the user, and so the record says,
// of the sessions that end by it too.
func TestWhatAUserProvesIsTheUsers(t *testing.T) {
	g := newGuarded(t)
	now := func() time.Time { return g.now }
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p := account.NewProofs(account.ProofDeps{
		Kept: g.db, Guard: g.Guard, Ring: g.ring, Issuer: "https://signet.example", Now: now, Log: log,
		Outbox: mail.NewOutbox(mail.Deps{Letters: g.db, Ring: g.ring, Now: now, Log: log}),
	})
	err := g.db.CreateSession(t.Context(), store.Session{ID: "sess_1", Cookie: store.Hash{1}, UserID: "user_ada", SignedInAt: g.now, ExpiresAt: g.now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	x := store.Challenge{Purpose: store.PurposeReset, Address: "ada@example.com", UserID: "user_ada"}
	if _, err := p.Reset(t.Context(), x, "digest", lang.Language{}); err != nil {
		t.Fatal(err)
	}
	page, err := g.db.Events(t.Context(), store.EventQuery{Descending: true, Limit: 2})
	if err != nil || len(page.Events) != 2 || page.Events[0].Type != store.SessionEnded || page.Events[1].Type != store.UserUpdated {
		t.Fatalf("told as %+v, %v", page.Events, err)
	}
	for _, e := range page.Events {
		if want := (store.Actor{Kind: store.ByUser, ID: "user_ada"}); e.Actor != want {
			t.Errorf("%s by %+v, want %+v", e.Type, e.Actor, want)
		}
	}
}
