package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var clientPromises = map[string]func(*testing.T, Store){
	"a client is kept as it was":              clientIsKept,
	"one of concurrent updates wins":          concurrentUpdates,
	"clients are listed in pages":             listingClients,
	"lifetimes come from the settings":        lifetimes,
	"deleting a client takes its connections": deletingAClient,
}

func clientIsKept(t *testing.T, s Store) {
	want := newClient("oa_2", "client2")
	want.Public, want.RequirePKCE, want.DeviceGrant, want.DynamicallyRegistered = true, true, true, true
	want.RedirectURIs = []string{"myapp://cb", "http://127.0.0.1/cb"}
	want.ClientCredentials, want.StickyRefresh, want.IDTokenAlgorithm = true, true, oauth.ES256
	want.PostLogoutURIs = []string{"https://c.example/bye"}
	want.Own = store.Choices{
		Lifetimes: oauth.Lifetimes{AccessToken: time.Minute}, TokenFormat: store.JWTTokens, Resources: []string{"https://api.example"},
	}
	want.Lifetimes.AccessToken, want.JWTAccessTokens, want.Resources = time.Minute, true, want.Own.Resources // what holds
	want.ClientURI, want.ImageURL = "https://c.example", "https://c.example/logo.png"
	must(t, s.CreateClient(t.Context(), want))
	want.Revision = 1
	for name, read := range map[string]func() (store.Client, error){
		"ClientByID":       func() (store.Client, error) { return s.ClientByID(t.Context(), "oa_2") },
		"ClientByClientID": func() (store.Client, error) { return s.ClientByClientID(t.Context(), "client2") },
	} {
		got, err := read()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for _, id := range []string{"", "nobody", "a\x00b", "\xff"} {
		if _, err := s.ClientByID(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("ClientByID(%q) = %v, want ErrNotFound", id, err)
		}
		if _, err := s.ClientByClientID(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("ClientByClientID(%q) = %v, want ErrNotFound", id, err)
		}
	}
}

func concurrentUpdates(t *testing.T, s Store) {
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	won := 0
	for _, err := range together(20, func(int) error { return s.UpdateClient(t.Context(), c) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d updates won, want 1", won)
	}
	gone := newClient("oa_2", "client2")
	if err := s.UpdateClient(t.Context(), gone); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such client: got %v, want ErrNotFound", err)
	}
}

func listingClients(t *testing.T, s Store) {
	for i, id := range []string{"c3", "b2", "d4"} {
		c := newClient("oa_"+id, id)
		c.CreatedAt = now.Add(time.Duration(i+1) * time.Minute)
		c.DynamicallyRegistered = id == "d4"
		must(t, s.CreateClient(t.Context(), c))
	}
	yes := true
	tests := []struct {
		name  string
		query store.ClientQuery
		want  []string
		total int
	}{
		{"by creation", store.ClientQuery{Limit: 10}, []string{"client1", "c3", "b2", "d4"}, 4},
		{"latest first, a page", store.ClientQuery{Limit: 2, Offset: 1, Descending: true}, []string{"b2", "c3"}, 4},
		{"by name", store.ClientQuery{Limit: 10, OrderBy: store.ClientsByName}, []string{"b2", "c3", "client1", "d4"}, 4},
		{"part of the name in any case", store.ClientQuery{Limit: 10, NameQuery: "APP C"}, []string{"client1", "c3"}, 2},
		{"the client_id", store.ClientQuery{Limit: 10, NameQuery: "d4"}, []string{"d4"}, 1},
		{"signs of LIKE are ordinary", store.ClientQuery{Limit: 10, NameQuery: "%"}, nil, 0},
		{"dynamic ones", store.ClientQuery{Limit: 10, DynamicallyRegistered: &yes}, []string{"d4"}, 1},
		{"text that cannot be kept", store.ClientQuery{Limit: 10, NameQuery: "\x00"}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clients, total, err := s.ListClients(t.Context(), tt.query)
			var got []string
			for _, c := range clients {
				got = append(got, c.ID)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" || total != tt.total {
				t.Errorf("%v, total %d, want %d (-want +got)\n%s", err, total, tt.total, diff)
			}
		})
	}
}

func lifetimes(t *testing.T, s Store) {
	i, err := s.Instance(t.Context())
	must(t, err)
	i.Settings.Lifetimes.AccessToken = 5 * time.Minute
	i.Settings.JWTAccessTokens, i.Settings.Resources = true, []string{"https://api.example"}
	must(t, s.UpdateSettings(t.Context(), i))
	if c, err := s.ClientByID(t.Context(), app); err != nil || c.Lifetimes != i.Settings.Lifetimes || !c.JWTAccessTokens || len(c.Resources) != 1 {
		t.Errorf("got %+v, %v, want %+v", c.Lifetimes, err, i.Settings.Lifetimes)
	}
}

func deletingAClient(t *testing.T, s Store) {
	must(t, s.DeleteClient(t.Context(), app))
	if got, err := s.Connection(t.Context(), user, client); err != nil || len(got.Scopes) > 0 {
		t.Errorf("the connection is left: %+v, %v", got, err)
	}
	if err := s.DeleteClient(t.Context(), app); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: got %v, want ErrNotFound", err)
	}
}
