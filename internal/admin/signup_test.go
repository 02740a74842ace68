package admin

import (
	"testing"

	"github.com/signet-auth/signet/internal/store"
)

func TestWhoSignsUpDoesItAlone(t *testing.T) {
	a, db := started(t)
	if _, err := a.UpdateSettings(t.Context(), func(s *store.Settings) { s.SignUp.Policy = store.SignUpOpen }); err != nil {
		t.Fatal(err)
	}
	u, err := a.PrepareSignUp(t.Context(), "ada@example.com", NewUser{Password: "a quiet evening"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SignUp(t.Context(), u, store.ProvedByCode); err != nil {
		t.Fatal(err)
	}
	page, err := db.Events(t.Context(), store.EventQuery{Descending: true, Limit: 1})
	if err != nil || len(page.Events) != 1 || page.Events[0].Type != store.UserCreated || page.Events[0].Actor != (store.Actor{Kind: store.ByUser, ID: u.ID}) {
		t.Errorf("told as %+v, %v", page.Events, err)
	}
}
