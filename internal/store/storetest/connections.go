package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var connectionPromises = map[string]func(*testing.T, Store){
	"agreeing adds scopes":               agreeing,
	"concurrent agreements are all kept": concurrentAgreements,
	"withdrawing empties a connection":   withdrawing,
	"use is noted once a day":            touching,
	"agreements are listed in pages":     listingAgreements,
	"an agreement keeps what was seen":   whatWasSeen,
	"withdrawing many spares the later":  withdrawingMany,
	"withdrawing races agreeing":         withdrawingRacesAgreeing,
}

func agreeing(t *testing.T, s Store) {
	later := now.Add(time.Hour)
	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"email", "profile"}, later))
	got, err := s.Connection(t.Context(), user, client)
	if err != nil || got.Scopes.String() != "profile email" || !got.AgreedAt.Equal(later) || !got.CreatedAt.Equal(now) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, pair := range [][2]string{{user, "client2"}, {"user_2", client}, {"user_\x00", client}, {user, "\xff"}} {
		if err := s.Agree(t.Context(), pair[0], pair[1], nil, now); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Agree for %q: got %v, want ErrNotFound", pair, err)
		}
		if got, err := s.Connection(t.Context(), pair[0], pair[1]); err != nil || len(got.Scopes) > 0 {
			t.Errorf("Connection of %q: got %+v, %v, want an empty one", pair, got, err)
		}
	}
}

func concurrentAgreements(t *testing.T, s Store) {
	all := oauth.Scopes{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, err := range together(len(all), func(i int) error {
		return s.Agree(t.Context(), user, client, oauth.Scopes{all[i]}, now)
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if got, err := s.Connection(t.Context(), user, client); err != nil || !all.Within(got.Scopes) {
		t.Errorf("got %v, %v, want all of %v", got.Scopes, err, all)
	}
}

func withdrawing(t *testing.T, s Store) {
	must(t, s.Withdraw(t.Context(), user, client, now))
	got, err := s.Connection(t.Context(), user, client)
	if err != nil || len(got.Scopes) > 0 || got.NotBefore.Before(now) {
		t.Errorf("got %+v, %v, want no scopes and a not-before time", got, err)
	}
	if err := s.Withdraw(t.Context(), user, "client2", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such connection: got %v, want ErrNotFound", err)
	}
}

// connected makes n users who agree to the client one after the other, and n
// clients that the first user agrees to.
func connected(t *testing.T, s Store, n int) {
	t.Helper()
	for i := range n {
		id, clientID, at := fmt.Sprintf("user_c%d", i), fmt.Sprintf("c%d", i), now.Add(time.Duration(i/2)*time.Minute)
		must(t, s.CreateUser(t.Context(), newUser(id, id+"@example.com")))
		must(t, s.CreateClient(t.Context(), newClient("oa_c"+clientID, clientID)))
		must(t, s.Agree(t.Context(), id, client, oauth.Scopes{"email"}, at))
		must(t, s.Agree(t.Context(), user, clientID, oauth.Scopes{"email"}, at))
	}
}

// listingAgreements walks lists in which pairs have the same time.
func listingAgreements(t *testing.T, s Store) {
	connected(t, s, 5)
	for _, tt := range []struct {
		q    store.AgreementQuery
		want string
	}{
		{store.AgreementQuery{ClientID: client}, "user_c4 user_c3 user_c2 user_c1 user_c0 user_1"},
		{store.AgreementQuery{UserID: user}, "oa_cc4 oa_cc3 oa_cc2 oa_cc1 oa_cc0 oa_1"},
		{store.AgreementQuery{UserID: "user_\x00"}, ""},
	} {
		var got []string
		for tt.q.Limit = 2; ; {
			page, err := s.Agreements(t.Context(), tt.q)
			must(t, err)
			for _, a := range page {
				other := a.UserID
				if tt.q.UserID != "" {
					other = a.ApplicationID
				}
				got = append(got, other)
				tt.q.After = &store.AgreementPlace{AgreedAt: a.AgreedAt, OtherID: other}
			}
			if len(page) < 2 {
				break
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: got %v, want %s", tt.q, got, tt.want)
		}
	}
}

func whatWasSeen(t *testing.T, s Store) {
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	c.Name, c.ClientURI, c.ImageURL = "First", "https://c.example", "https://c.example/logo.png"
	must(t, s.UpdateClient(t.Context(), c))
	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"email"}, now.Add(time.Minute)))
	c.Revision++
	c.Name = "Second"
	must(t, s.UpdateClient(t.Context(), c))
	want := store.Agreement{
		Connection: store.Connection{
			UserID: user, ClientID: client, Scopes: oauth.Scopes{"email", "profile"},
			CreatedAt: now, AgreedAt: now.Add(time.Minute), LastUsedAt: now.Truncate(24 * time.Hour),
		},
		ApplicationID: app, Name: "Second", Then: store.Appearance{Name: "First", URI: c.ClientURI, ImageURL: c.ImageURL},
	}
	got, err := s.Agreements(t.Context(), store.AgreementQuery{UserID: user, Limit: 10})
	sortScopes := cmp.Transformer("set", func(s oauth.Scopes) []string { return slices.Sorted(slices.Values(s)) })
	if diff := cmp.Diff([]store.Agreement{want}, got, sortScopes); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func withdrawingMany(t *testing.T, s Store) {
	connected(t, s, 5)
	at := now.Add(time.Minute) // the last one agreed later
	total := 0
	for range 10 {
		n, err := s.WithdrawSome(t.Context(), "", client, at, 2)
		must(t, err)
		if total += n; n == 0 {
			break
		}
	}
	left, err := s.Agreements(t.Context(), store.AgreementQuery{ClientID: client, Limit: 10})
	if err != nil || total != 5 || len(left) != 1 || left[0].UserID != "user_c4" {
		t.Errorf("withdrew %d, left are %+v, %v", total, left, err)
	}
	n, err := s.WithdrawSome(t.Context(), user, "", now.Add(time.Hour), 100)
	if err != nil || n != 5 {
		t.Errorf("withdrew %d of the user's, %v, want the 5 that are left", n, err)
	}
	for _, err := range together(8, func(int) error {
		_, err := s.WithdrawSome(t.Context(), "", client, now.Add(time.Hour), 100)
		return err
	}) {
		must(t, err)
	}
	if left, err := s.Agreements(t.Context(), store.AgreementQuery{ClientID: client, Limit: 10}); err != nil || len(left) != 0 {
		t.Errorf("left are %+v, %v", left, err)
	}
}

// Whichever comes last decides, and neither is half done.
func withdrawingRacesAgreeing(t *testing.T, s Store) {
	for round := range 10 {
		at := now.Add(time.Duration(round) * time.Minute)
		for _, err := range together(8, func(i int) error {
			if i == 4 {
				return s.Withdraw(t.Context(), user, client, at)
			}
			return s.Agree(t.Context(), user, client, oauth.Scopes{"email"}, at)
		}) {
			must(t, err)
		}
		got, err := s.Connection(t.Context(), user, client)
		if err != nil || got.AgreedAt.IsZero() != (len(got.Scopes) == 0) || got.NotBefore.Before(at) {
			t.Errorf("after the race: %+v, %v", got, err)
		}
		if !got.AgreedAt.IsZero() && got.Scopes.Has("profile") {
			t.Errorf("what was withdrawn is agreed to: %v", got.Scopes)
		}
		must(t, s.Withdraw(t.Context(), user, client, at))
		if got, err := s.Connection(t.Context(), user, client); err != nil || !got.AgreedAt.IsZero() || len(got.Scopes) != 0 {
			t.Errorf("withdrawn: %+v, %v", got, err)
		}
	}
}

func touching(t *testing.T, s Store) {
	tomorrow := now.Add(24 * time.Hour)
	must(t, s.Touch(t.Context(), user, client, tomorrow))
	must(t, s.Touch(t.Context(), user, client, now)) // never back
	must(t, s.Touch(t.Context(), user, "client2", now))
	got, err := s.Connection(t.Context(), user, client)
	if want := tomorrow.Truncate(24 * time.Hour); err != nil || !got.LastUsedAt.Equal(want) {
		t.Errorf("last used %v, %v, want %v", got.LastUsedAt, err, want)
	}
}
