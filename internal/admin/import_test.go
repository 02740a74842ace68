package admin

import (
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// An id that comes back from elsewhere brings nothing back with it.
func TestWhatWasDeletedStaysDeadWhenItIsImported(t *testing.T) {
	a, db := started(t)
	userID, clientID := "user_2O4BCh3zUONvWlZHtBXv6s6tm7u", "ledger"
	bring := func(what string) {
		t.Helper()
		var err error
		if what == "user" {
			_, err = a.CreateUser(t.Context(), NewUser{ID: userID, Username: "ada_l"})
		} else {
			_, err = a.ImportApplication(t.Context(), ApplicationFields{Name: new("Ledger")}, clientID, "", false)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	remove := map[string]func() error{
		"user": func() error { return a.DeleteUser(t.Context(), userID) },
		"application": func() error {
			client, err := a.clients.ClientByClientID(t.Context(), clientID)
			if err != nil {
				return err
			}
			return a.DeleteApplication(t.Context(), client.ApplicationID)
		},
	}
	at := noon
	a.now = func() time.Time { return at }
	for what, gone := range remove {
		bring("user")
		bring("application")
		at = at.Add(time.Second)
		g := oauth.Grant{
			ID: oauth.NewGrantID(at, [10]byte{1}), ClientID: clientID, UserID: userID, Scopes: oauth.Scopes{"profile"}, Generation: 1,
			AuthorizedAt: at, RotatedAt: at, ExpiresAt: at.Add(time.Hour), EndsAt: at.Add(time.Hour),
		}
		if err := db.Agree(t.Context(), userID, clientID, g.Scopes, at); err != nil {
			t.Fatal(err)
		}
		if err := db.RedeemCode(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Grant(t.Context(), g.ID, at); err != nil || !got.Live {
			t.Fatalf("a new grant: %+v, %v", got, err)
		}
		at = at.Add(time.Second)
		if err := gone(); err != nil {
			t.Fatal(err)
		}
		bring(what)
		if err := db.Agree(t.Context(), userID, clientID, g.Scopes, at); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Grant(t.Context(), g.ID, at); err != nil || got.Live {
			t.Errorf("the %s is back, and its grant is %+v, %v", what, got, err)
		}
		for _, other := range remove {
			if err := other(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
