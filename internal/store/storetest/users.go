package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var userPromises = map[string]func(*testing.T, Store){
	"a user is changed whole":                  userIsChanged,
	"one of concurrent changes to a user wins": concurrentUserChanges,
	"sessions of a user are listed and ended":  sessionsOfAUser,
	"who is locked does not sign in":           lockedUser,
	"a digest is renewed if it is still there": renewedDigest,
	"a user is active on a day":                activeUser,
	"users are found by parts and times":       findingUsers,
	"pages of users follow one another":        pagesOfUsers,
	"a user is kept as they were":              userIsKept,
	"identifiers are found in any case":        identifiers,
	"what is taken is named":                   takenValues,
	"one of concurrent sign-ups wins":          concurrentUsers,
	"whoever comes and goes is counted":        countingUsers,
	"users are listed in pages":                listingUsers,
	"deleting a user takes all of it":          deletingAUser,
	"a session signs in":                       sessions,
	"a session is extended while it lasts":     extendedSessions,
	"a ban ends sessions":                      banEndsSessions,
	"expired sessions are deleted in batches":  expiredSessions,
}

func userIsKept(t *testing.T, s Store) {
	want := newUser("user_2", "Grace@Example.com")
	want.Username, want.LastName, want.Locale, want.ExternalID, want.PasswordDigest = "Grace", "Hopper", "en-US", "ext_1", "$argon2id$x"
	want.PublicMetadata, want.PrivateMetadata, want.UnsafeMetadata = json.RawMessage(`{"a":1}`), json.RawMessage(`{"b":"é"}`), json.RawMessage(`{}`)
	want.Emails = append(want.Emails, store.Email{ID: "idn_2b", Address: "b@example.com", CreatedAt: now})
	must(t, s.CreateUser(t.Context(), want))
	got, err := s.UserByID(t.Context(), "user_2")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func identifiers(t *testing.T, s Store) {
	u := newUser("user_2", "Grace@Example.com")
	u.Username = "Grace"
	must(t, s.CreateUser(t.Context(), u))
	for identifier, want := range map[string]string{
		"grace@example.com": "user_2", "GRACE@EXAMPLE.COM": "user_2", "grace": "user_2", "ADA@example.com": user,
	} {
		if got, err := s.UserByIdentifier(t.Context(), identifier); err != nil || got.ID != want {
			t.Errorf("%q is %q, %v, want %q", identifier, got.ID, err, want)
		}
	}
	for _, identifier := range []string{"", "nobody", "a\x00b", "\xff"} {
		if _, err := s.UserByIdentifier(t.Context(), identifier); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UserByIdentifier(%q) = %v, want ErrNotFound", identifier, err)
		}
		if _, err := s.UserByID(t.Context(), identifier); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UserByID(%q) = %v, want ErrNotFound", identifier, err)
		}
	}
}

func takenValues(t *testing.T, s Store) {
	first := newUser("user_2", "b@example.com")
	first.Username, first.ExternalID = "grace", "ext_1"
	must(t, s.CreateUser(t.Context(), first))
	for field, change := range map[string]func(*store.User){
		"email_address": func(u *store.User) { u.Emails[0].Address = "ADA@example.com" },
		"username":      func(u *store.User) { u.Username = "GRACE" },
		"external_id":   func(u *store.User) { u.ExternalID = "ext_1" },
	} {
		u := newUser("user_3", "c@example.com")
		change(&u)
		err := s.CreateUser(t.Context(), u)
		var taken *store.ExistsError
		if !errors.As(err, &taken) || taken.Field != field {
			t.Errorf("got %v, want that %s is taken", err, field)
		}
		if _, err := s.UserByID(t.Context(), "user_3"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s taken, but the user was saved (%v)", field, err)
		}
	}
}

func concurrentUsers(t *testing.T, s Store) {
	won := 0
	for _, err := range together(10, func(i int) error {
		return s.CreateUser(t.Context(), newUser("user_x"+string(rune('a'+i)), "same@example.com"))
	}) {
		switch {
		case err == nil:
			won++
		case !errors.As(err, new(*store.ExistsError)):
			t.Errorf("a loser got %v, want ExistsError", err)
		}
	}
	if won != 1 {
		t.Errorf("%d users have one address, want 1", won)
	}
}

func deletingAUser(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.DeleteUser(t.Context(), user))
	noSession(t, s, session(1).Cookie, now, "deleted")
	if got, err := s.Connection(t.Context(), user, client); err != nil || len(got.Scopes) > 0 {
		t.Errorf("the connection is left: %+v, %v", got, err)
	}
	if err := s.DeleteUser(t.Context(), user); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: got %v, want ErrNotFound", err)
	}
	must(t, s.CreateUser(t.Context(), newUser("user_2", "ada@example.com"))) // the address is free
}

func userIsChanged(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	was, err := s.UserByID(t.Context(), user)
	must(t, err)
	want := was
	want.UserOptions = store.UserOptions{LegalAcceptedAt: now, PasswordUpdatedAt: now, PasswordCompromised: true, KeepsAccount: true, OrganizationsLimit: new(3)}
	want.FirstName, want.Username, want.ExternalID, want.PasswordDigest = "Augusta", "ada_b", "ext", "$x$"
	want.UpdatedAt = now.Add(time.Minute)
	want.Emails = []store.Email{
		{ID: "idn_new", Address: "augusta@example.com", Reserved: true, CreatedAt: now},
		{ID: "idn_code", Address: "lovelace@example.com", Verified: true, Proof: store.ProvedByCode, CreatedAt: now},
		{ID: was.Emails[0].ID, Address: was.Emails[0].Address, Verified: true, CreatedAt: was.Emails[0].CreatedAt},
	}
	want.PrimaryEmailID = "idn_new"
	must(t, s.UpdateUser(t.Context(), want, was.UpdatedAt, false))
	got, err := s.UserByID(t.Context(), user)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if list, err := s.ListUsers(t.Context(), store.UserQuery{EmailIDs: []string{"idn_new"}, Limit: 10}); err != nil || len(list) != 1 || list[0].ID != user {
		t.Errorf("found by the id of an address: %v, %v", list, err)
	}
	other, err := s.UserByID(t.Context(), "user_2")
	must(t, err)
	for field, change := range map[string]func(*store.User){
		"username":    func(u *store.User) { u.Username = "ADA_B" },
		"external_id": func(u *store.User) { u.ExternalID = "ext" },
		"email_address": func(u *store.User) {
			u.Emails = append([]store.Email{}, store.Email{ID: "idn_x", Address: "AUGUSTA@example.com", CreatedAt: now})
		},
	} {
		changed := other
		change(&changed)
		changed.UpdatedAt = now.Add(time.Hour)
		var exists *store.ExistsError
		if err := s.UpdateUser(t.Context(), changed, other.UpdatedAt, false); !errors.As(err, &exists) || exists.Field != field {
			t.Errorf("%s of another: %v", field, err)
		}
	}
	if after, err := s.UserByID(t.Context(), "user_2"); err != nil || cmp.Diff(other, after) != "" {
		t.Errorf("a refused change has changed something: %v, %v", after, err)
	}
}

func concurrentUserChanges(t *testing.T, s Store) {
	was, err := s.UserByID(t.Context(), user)
	must(t, err)
	won := 0
	for _, err := range together(8, func(i int) error {
		u := was
		u.UpdatedAt = now.Add(time.Duration(i+1) * time.Second)
		return s.UpdateUser(t.Context(), u, was.UpdatedAt, false)
	}) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
	was.ID = "user_gone"
	if err := s.UpdateUser(t.Context(), was, was.UpdatedAt, false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a user who is gone: %v", err)
	}
}

func lockedUser(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.SetLocked(t.Context(), user, true, now.Add(time.Second)))
	if u, err := s.UserByID(t.Context(), user); err != nil || !u.Locked || !u.UpdatedAt.Equal(now.Add(time.Second)) {
		t.Errorf("locked: %+v, %v", u, err)
	}
	if err := s.CreateSession(t.Context(), session(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("signing in: %v, want ErrNotFound", err)
	}
	if _, _, err := s.SessionWithUser(t.Context(), session(1).Cookie, now.Add(time.Second)); err != nil {
		t.Errorf("the session from before: %v", err)
	}
	must(t, s.SetLocked(t.Context(), user, false, now))
	must(t, s.CreateSession(t.Context(), session(2)))
	if err := s.SetLocked(t.Context(), "user_gone", true, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a user who is gone: %v", err)
	}
}

func activeUser(t *testing.T, s Store) {
	today := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	active := func(want time.Time) {
		t.Helper()
		if u, err := s.UserByID(t.Context(), user); err != nil || !u.LastActiveAt.Equal(want) {
			t.Errorf("last active %v, %v, want %v", u.LastActiveAt, err, want)
		}
	}
	active(time.Time{})
	must(t, s.CreateSession(t.Context(), session(1)))
	active(today)
	must(t, s.TouchUser(t.Context(), user, now.AddDate(0, 0, 2)))
	active(today.AddDate(0, 0, 2))
	must(t, s.TouchUser(t.Context(), user, now)) // never back
	active(today.AddDate(0, 0, 2))
	must(t, s.TouchUser(t.Context(), "user_gone", now))
}

func renewedDigest(t *testing.T, s Store) {
	u := newUser("user_2", "b@example.com")
	u.PasswordDigest = "md5:x"
	must(t, s.CreateUser(t.Context(), u))
	won := 0
	for i, err := range together(4, func(i int) error { return s.RenewDigest(t.Context(), u.ID, "md5:x", "$argon2id$"+string('a'+rune(i))) }) {
		switch {
		case err == nil:
			won++
			if got, err := s.UserByID(t.Context(), u.ID); err != nil || got.PasswordDigest != "$argon2id$"+string('a'+rune(i)) {
				t.Errorf("kept %q, %v", got.PasswordDigest, err)
			}
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("renewed %d times, want 1", won)
	}
	if err := s.RenewDigest(t.Context(), "user_gone", "", "x"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("of nobody: %v, want ErrConflict", err)
	}
}
