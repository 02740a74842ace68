package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var passkeyPromises = map[string]func(*testing.T, Store){
	"a passkey is kept, named and removed by its user": passkeyIsKept,
	"a credential is one user's":                       credentialOnce,
	"a challenge is signed once":                       signedOnce,
	"a copied passkey is noticed":                      copiedPasskey,
	"the last way in is not given up":                  lastWayIn,
	"a user has a bounded number of passkeys":          passkeysAreBounded,
}

func passkey(n byte) store.Passkey {
	return store.Passkey{
		ID: fmt.Sprintf("idn_p%d", n), UserID: user, Handle: []byte("handle"), CredentialID: []byte{n}, PublicKey: []byte("key"), AAGUID: make([]byte, 16),
		Name: "Phone", Transports: []string{"internal", "hybrid"}, BackupEligible: true, CreatedAt: now.Add(time.Duration(n) * time.Second),
	}
}

func passkeyIsKept(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	first, second := passkey(1), passkey(2)
	second.Transports, second.SignCount = nil, 1<<32-1
	must(t, s.AddPasskey(t.Context(), second))
	must(t, s.AddPasskey(t.Context(), first))
	found, err := s.PasskeysOf(t.Context(), user, "user_2")
	if diff := cmp.Diff(map[string][]store.Passkey{user: {first, second}}, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if found, err := s.PasskeysOf(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("of nobody: %v, %v", found, err)
	}
	got, err := s.PasskeyByCredential(t.Context(), []byte{1})
	if diff := cmp.Diff(first, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	later := now.Add(time.Hour)
	for what, err := range map[string]error{
		"renaming another user's": s.RenamePasskey(t.Context(), "user_2", first.ID, "Mine", later),
		"removing another user's": s.RemovePasskey(t.Context(), "user_2", first.ID, later),
		"adding nobody's":         s.AddPasskey(t.Context(), store.Passkey{ID: "idn_x", UserID: "user_none", CredentialID: []byte{9}, CreatedAt: now}),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}
	must(t, s.RenamePasskey(t.Context(), user, first.ID, "Laptop", later))
	if got, err := s.PasskeyByCredential(t.Context(), []byte{1}); err != nil || got.Name != "Laptop" {
		t.Errorf("renamed: %q, %v", got.Name, err)
	}
	must(t, s.RemovePasskey(t.Context(), user, first.ID, later))
	if _, err := s.PasskeyByCredential(t.Context(), []byte{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed: %v, want ErrNotFound", err)
	}
	if u, err := s.UserByID(t.Context(), user); err != nil || !u.UpdatedAt.After(later) {
		t.Errorf("the user was changed at %v, %v", u.UpdatedAt, err)
	}
}

func credentialOnce(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	won := 0
	for _, err := range together(8, func(i int) error {
		p := passkey(1)
		p.ID, p.UserID = fmt.Sprintf("idn_%d", i), []string{user, "user_2"}[i%2]
		return s.AddPasskey(t.Context(), p)
	}) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("one credential was added %d times", won)
	}
}

func signedOnce(t *testing.T, s Store) {
	p := passkey(1)
	must(t, s.AddPasskey(t.Context(), p))
	use := store.PasskeyUse{BackedUp: true, ChallengedAt: now, At: now.Add(time.Minute)}
	won := 0
	for _, err := range together(8, func(int) error { return s.UsePasskey(t.Context(), p.ID, use) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("a challenge was used %d times", won)
	}
	if got, err := s.PasskeyByCredential(t.Context(), p.CredentialID); err != nil || !got.BackedUp || !got.LastUsedAt.Equal(use.At) {
		t.Errorf("afterwards %+v, %v", got, err)
	}
	older := use
	older.ChallengedAt = now.Add(-time.Second)
	if err := s.UsePasskey(t.Context(), p.ID, older); !errors.Is(err, store.ErrConflict) {
		t.Errorf("an older challenge: %v, want ErrConflict", err)
	}
	if err := s.UsePasskey(t.Context(), "idn_none", store.PasskeyUse{ChallengedAt: now.Add(time.Hour)}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a passkey that is gone: %v, want ErrConflict", err)
	}
}

func copiedPasskey(t *testing.T, s Store) {
	p := passkey(1)
	must(t, s.AddPasskey(t.Context(), p))
	clock := now
	use := func(count uint32) error {
		clock = clock.Add(time.Second)
		return s.UsePasskey(t.Context(), p.ID, store.PasskeyUse{SignCount: count, ChallengedAt: clock, At: clock})
	}
	for _, x := range []struct {
		count uint32
		ok    bool
	}{{0, true}, {0, true}, {5, true}, {5, false}, {4, false}, {0, false}, {6, true}, {1<<32 - 1, true}} {
		if err := use(x.count); (err == nil) != x.ok || err != nil && !errors.Is(err, store.ErrConflict) {
			t.Errorf("the count %d: %v, want success %v", x.count, err, x.ok)
		}
	}
}

func lastWayIn(t *testing.T, s Store) {
	const keys = 6
	for n := range byte(keys) {
		must(t, s.AddPasskey(t.Context(), passkey(n+1)))
	}
	given := 0
	for _, err := range together(keys, func(i int) error { return s.GiveUpPasskey(t.Context(), user, passkey(byte(i+1)).ID, now) }) {
		switch {
		case err == nil:
			given++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("the last one: %v, want ErrConflict", err)
		}
	}
	found, err := s.PasskeysOf(t.Context(), user)
	if err != nil || given != keys-1 || len(found[user]) != 1 {
		t.Fatalf("%d were given up, %d are left, %v", given, len(found[user]), err)
	}
	last := found[user][0].ID
	if err := s.GiveUpPasskey(t.Context(), user, "idn_none", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that there is not: %v, want ErrNotFound", err)
	}
	if err := s.GiveUpPasskey(t.Context(), "user_none", last, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by nobody: %v, want ErrNotFound", err)
	}
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	was := u.UpdatedAt
	u.PasswordDigest, u.UpdatedAt = "$argon2id$x", was.Add(time.Second)
	must(t, s.UpdateUser(t.Context(), u, was, false))
	must(t, s.GiveUpPasskey(t.Context(), user, last, now))
}

func passkeysAreBounded(t *testing.T, s Store) {
	added := 0
	for i, err := range together(store.MaxPasskeys+4, func(i int) error { return s.AddPasskey(t.Context(), passkey(byte(i+1))) }) {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, store.ErrNotFound):
			t.Errorf("number %d: %v, want ErrNotFound", i, err)
		}
	}
	if added != store.MaxPasskeys {
		t.Errorf("%d were added, want %d", added, store.MaxPasskeys)
	}
}
