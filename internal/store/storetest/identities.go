package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var identityPromises = map[string]func(*testing.T, Store){
	"an identity is kept, used and given up by its user": identityIsKept,
	"a subject is one user's":                            subjectOnce,
	"a user is made with an identity or not at all":      madeWithIdentity,
	"the last identity is not given up":                  lastIdentity,
}

func identity(userID, provider, subject string) store.Identity {
	return store.Identity{
		ID: "eac_" + userID + provider + subject, UserID: userID, Provider: provider, Issuer: "https://" + provider + ".example", Subject: subject,
		Address: "ada@elsewhere.example", CreatedAt: now, LastUsedAt: now,
	}
}

func identityIsKept(t *testing.T, s Store) {
	first, second := identity(user, "google", "1"), identity(user, "github", "1")
	second.CreatedAt, second.LastUsedAt = now.Add(time.Second), time.Time{}
	must(t, s.AddIdentity(t.Context(), second))
	must(t, s.AddIdentity(t.Context(), first))
	found, err := s.IdentitiesOf(t.Context(), user)
	if diff := cmp.Diff([]store.Identity{first, second}, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	later := now.Add(time.Hour)
	must(t, s.UseIdentity(t.Context(), first.ID, "new@elsewhere.example", later))
	must(t, s.UseIdentity(t.Context(), "eac_none", "", later))
	first.Address, first.LastUsedAt = "new@elsewhere.example", later
	got, err := s.IdentityBySubject(t.Context(), first.Provider, first.Issuer, first.Subject)
	if diff := cmp.Diff(first, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for what, key := range map[string][3]string{
		"another provider": {"github", first.Issuer, "1"}, "another issuer": {"google", "https://evil.example", "1"}, "another subject": {"google", first.Issuer, "2"},
	} {
		if _, err := s.IdentityBySubject(t.Context(), key[0], key[1], key[2]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}
	for what, err := range map[string]error{
		"by somebody else": s.GiveUpIdentity(t.Context(), "user_none", first.ID, later),
		"adding nobody's":  s.AddIdentity(t.Context(), identity("user_none", "google", "9")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}
	before, err := s.UserByID(t.Context(), user)
	must(t, err)
	must(t, s.GiveUpIdentity(t.Context(), user, first.ID, later))
	if after, err := s.UserByID(t.Context(), user); err != nil || !after.UpdatedAt.After(before.UpdatedAt) {
		t.Errorf("the user was last changed at %v, %v", after.UpdatedAt, err)
	}
	if _, err := s.IdentityBySubject(t.Context(), first.Provider, first.Issuer, first.Subject); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("given up: %v, want ErrNotFound", err)
	}
	must(t, s.DeleteUser(t.Context(), user))
	if _, err := s.IdentityBySubject(t.Context(), second.Provider, second.Issuer, second.Subject); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a user who is gone: %v, want ErrNotFound", err)
	}
}

// Of users who connect one subject at once, one does.
func subjectOnce(t *testing.T, s Store) {
	const users = 8
	for i := range users {
		must(t, s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_x%d", i), fmt.Sprintf("x%d@example.com", i))))
	}
	added := 0
	for i, err := range together(users, func(i int) error {
		return s.AddIdentity(t.Context(), identity(fmt.Sprintf("user_x%d", i), "google", "1"))
	}) {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("user %d: %v, want ErrConflict", i, err)
		}
	}
	if added != 1 {
		t.Errorf("%d users have the subject", added)
	}
	must(t, s.AddIdentity(t.Context(), identity(user, "google", "2")))
	if err := s.AddIdentity(t.Context(), identity(user, "google", "3")); !errors.Is(err, store.ErrConflict) {
		t.Errorf("two of one provider: %v, want ErrConflict", err)
	}
}

func madeWithIdentity(t *testing.T, s Store) {
	const users = 6
	made := 0
	for i, err := range together(users, func(i int) error {
		u := newUser(fmt.Sprintf("user_x%d", i), fmt.Sprintf("x%d@example.com", i))
		x := identity(u.ID, "google", "1")
		u.Identity = &x
		return s.CreateUser(t.Context(), u)
	}) {
		var exists *store.ExistsError
		switch {
		case err == nil:
			made++
		case !errors.As(err, &exists) || exists.Field != "identity":
			t.Errorf("user %d: %v, want an ExistsError of identity", i, err)
		}
	}
	kept, err := s.IdentityBySubject(t.Context(), "google", "https://google.example", "1")
	if err != nil || made != 1 {
		t.Fatalf("%d users were made, %v", made, err)
	}
	for i := range users {
		id := fmt.Sprintf("user_x%d", i)
		if _, err := s.UserByID(t.Context(), id); (err == nil) != (id == kept.UserID) {
			t.Errorf("%s: %v, while %s has the identity", id, err, kept.UserID)
		}
	}
}

// A passkey and an identity that are given up at once leave one of them.
func lastIdentity(t *testing.T, s Store) {
	x := identity(user, "google", "1")
	must(t, s.AddIdentity(t.Context(), x))
	if err := s.GiveUpIdentity(t.Context(), user, x.ID, now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the last one: %v, want ErrConflict", err)
	}
	must(t, s.AddPasskey(t.Context(), passkey(1)))
	given := 0
	for _, err := range together(2, func(i int) error {
		if i == 0 {
			return s.GiveUpPasskey(t.Context(), user, passkey(1).ID, now)
		}
		return s.GiveUpIdentity(t.Context(), user, x.ID, now)
	}) {
		switch {
		case err == nil:
			given++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("%v, want ErrConflict", err)
		}
	}
	if given != 1 {
		t.Errorf("%d were given up", given)
	}
}
