package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var instancePromises = map[string]func(*testing.T, Store){
	"there is one instance":           oneInstance,
	"one of concurrent settings wins": settings,
	"API keys are replaced by name":   apiKeys,
	"the last API key is kept":        lastAPIKey,
	"signing keys are kept in order":  signingKeys,
	"the version moves with changes":  version,
}

func oneInstance(t *testing.T, s Store) {
	first, err := s.Instance(t.Context())
	must(t, err)
	for _, err := range together(10, func(i int) error {
		got, err := s.CreateInstance(t.Context(), store.Instance{ID: "ins_2", CreatedAt: now})
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}

func settings(t *testing.T, s Store) {
	i, err := s.Instance(t.Context())
	must(t, err)
	i.Settings.AllowHTTPRedirectURIs = true
	i.Settings.Brand = store.Brand{Name: "Babbage & Co.", Logo: "/images/a.png", Accent: "#0e7490"}
	won := 0
	for _, err := range together(10, func(int) error { return s.UpdateSettings(t.Context(), i) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	got, err := s.Instance(t.Context())
	if won != 1 || err != nil || !got.Settings.AllowHTTPRedirectURIs || got.Settings.Brand != i.Settings.Brand || got.Revision != i.Revision+1 {
		t.Errorf("%d won, got %+v, %v", won, got, err)
	}
}

func apiKeys(t *testing.T, s Store) {
	first := store.APIKey{ID: "key_1", Name: "main", Secret: store.Hash{1}, Prefix: "sk_test_a", CreatedAt: now}
	second := store.APIKey{ID: "key_2", Name: "main", Secret: store.Hash{2}, Prefix: "sk_test_b", CreatedAt: now.Add(time.Second)}
	other := store.APIKey{ID: "key_0", Name: "other", Secret: store.Hash{3}, CreatedAt: now}
	for _, k := range []store.APIKey{first, second, other} {
		must(t, s.PutAPIKey(t.Context(), k))
	}
	if _, err := s.APIKey(t.Context(), first.Secret); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the replaced key: got %v, want ErrNotFound", err)
	}
	if got, err := s.APIKey(t.Context(), second.Secret); err != nil || got != second {
		t.Errorf("got %+v, %v, want %+v", got, err, second)
	}
	got, err := s.ListAPIKeys(t.Context())
	if diff := cmp.Diff([]store.APIKey{other, second}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func signingKeys(t *testing.T, s Store) {
	first := store.SigningKey{ID: "k1", Algorithm: "RS256", Number: 1, PublicJWK: []byte(`{}`), SealedKey: []byte{0, 1, 2}, CreatedAt: now, ActiveFrom: now}
	second := first
	second.ID, second.CreatedAt, second.Number = "k0", now.Add(time.Second), 2
	must(t, s.CreateSigningKey(t.Context(), second))
	must(t, s.CreateSigningKey(t.Context(), first))
	made := 0
	for _, err := range together(8, func(i int) error {
		third := first
		third.ID, third.Number = fmt.Sprintf("third%d", i), 3
		return s.CreateSigningKey(t.Context(), third)
	}) {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a key with a number that is taken: %v, want ErrConflict", err)
		}
	}
	keys, err := s.SigningKeys(t.Context())
	must(t, err)
	for _, k := range keys {
		if k.Number == 3 {
			must(t, s.DeleteSigningKey(t.Context(), k.ID))
		}
	}
	if made != 1 {
		t.Errorf("%d callers made the same key, want 1", made)
	}
	must(t, s.RetireSigningKey(t.Context(), "k1", now.Add(time.Hour)))
	must(t, s.RetireSigningKey(t.Context(), "k1", now.Add(2*time.Hour)))
	first.RetiredAt = now.Add(time.Hour)
	got, err := s.SigningKeys(t.Context())
	if diff := cmp.Diff([]store.SigningKey{first, second}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	must(t, s.DeleteSigningKey(t.Context(), "k1"))
	for name, err := range map[string]error{
		"retire": s.RetireSigningKey(t.Context(), "k1", now), "delete": s.DeleteSigningKey(t.Context(), "k1"),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s a key that is gone: got %v, want ErrNotFound", name, err)
		}
	}
}

// version makes every change that other nodes have to hear of, and some that they
// need not.
func version(t *testing.T, s Store) {
	ctx := t.Context()
	last, err := s.Version(ctx)
	must(t, err)
	key := store.SigningKey{ID: "kid", Algorithm: "RS256", PublicJWK: []byte("{}"), SealedKey: []byte("s"), CreatedAt: now}
	for _, change := range []struct {
		name  string
		do    func() error
		moves bool
	}{
		{"a new client", func() error { return s.CreateClient(ctx, newClient("oa_2", "client2")) }, true},
		{"a changed client", func() error {
			c, err := s.ClientByID(ctx, "oa_2")
			must(t, err)
			return s.UpdateClient(ctx, c)
		}, true},
		{"a cut-off client", func() error { _, err := s.CutOffClient(ctx, "oa_2", now); return err }, true},
		{"a deleted client", func() error { return s.DeleteClient(ctx, "oa_2") }, true},
		{"settings", func() error {
			i, err := s.Instance(ctx)
			must(t, err)
			return s.UpdateSettings(ctx, i)
		}, true},
		{"an API key", func() error { return s.PutAPIKey(ctx, store.APIKey{ID: "key_1", Name: "main"}) }, true},
		{"another API key", func() error {
			return s.CreateAPIKey(ctx, store.APIKey{ID: "key_2", Name: "other", Secret: store.Hash{2}})
		}, true},
		{"a revoked API key", func() error { return s.RevokeAPIKey(ctx, "key_1", now) }, true},
		{"a signing key", func() error { return s.CreateSigningKey(ctx, key) }, true},
		{"a retired signing key", func() error { return s.RetireSigningKey(ctx, "kid", now) }, true},
		{"a deleted signing key", func() error { return s.DeleteSigningKey(ctx, "kid") }, true},
		{"a grant", func() error { return s.RedeemCode(ctx, grant(1)) }, false},
		{"a banned user", func() error { return s.SetBanned(ctx, user, true, now) }, false},
	} {
		must(t, change.do())
		got, err := s.Version(ctx)
		if moved := got != last; err != nil || moved != change.moves {
			t.Errorf("after %s: moved = %v, %v, want %v", change.name, moved, err, change.moves)
		}
		last = got
	}
}

func lastAPIKey(t *testing.T, s Store) {
	old := store.APIKey{ID: "key_old", Name: "old", Secret: store.Hash{9}, Prefix: "sk", CreatedAt: now, ExpiresAt: now}
	must(t, s.CreateAPIKey(t.Context(), old))
	for n := range byte(3) {
		k := store.APIKey{ID: "key_" + string('a'+rune(n)), Name: string('a' + rune(n)), Secret: store.Hash{n}, CreatedAt: now.Add(time.Second)}
		must(t, s.CreateAPIKey(t.Context(), k))
	}
	if err := s.CreateAPIKey(t.Context(), store.APIKey{ID: "key_x", Name: "a", Secret: store.Hash{7}}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another of the same name: %v, want ErrConflict", err)
	}
	if got, err := s.APIKey(t.Context(), old.Secret); err != nil || cmp.Diff(old, got) != "" || got.Live(now) || !got.Live(now.Add(-1)) {
		t.Errorf("kept as %+v, %v", got, err)
	}
	won := 0
	for _, err := range together(3, func(i int) error { return s.RevokeAPIKey(t.Context(), "key_"+string('a'+rune(i)), now) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if keys, err := s.ListAPIKeys(t.Context()); err != nil || won != 2 || len(keys) != 2 {
		t.Errorf("%d revoked, %d left, %v; want one beside the expired one", won, len(keys), err)
	}
	if err := s.RevokeAPIKey(t.Context(), "key_none", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that does not exist: %v, want ErrNotFound", err)
	}
	must(t, s.RevokeAPIKey(t.Context(), old.ID, now))
}
