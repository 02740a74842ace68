package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var versionPromises = map[string]func(*testing.T, Store){
	"a client is deleted in one version":         clientDeletedAt,
	"a user is deleted in one version":           userDeletedAt,
	"every change moves the version of the user": versionsOfAUser,
}

// oneOf wants one of the callers to have got through, and the others to be told
// that they came too late, or that there is nothing left.
func oneOf(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound):
			t.Errorf("a loser got %v, want ErrConflict or ErrNotFound", err)
		}
	}
	if won != 1 {
		t.Errorf("%d callers changed one version, want 1", won)
	}
}

func clientDeletedAt(t *testing.T, s Store) {
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	if err := s.DeleteClientAt(t.Context(), app, c.Revision+1); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another version: got %v, want ErrConflict", err)
	}
	if kept, err := s.Connection(t.Context(), user, client); err != nil || len(kept.Scopes) == 0 {
		t.Errorf("a client that was not deleted has lost its connection: %+v, %v", kept, err)
	}
	if err := s.DeleteClientAt(t.Context(), "oa_2", 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such client: got %v, want ErrNotFound", err)
	}
	oneOf(t, together(8, func(i int) error {
		if i%2 == 0 {
			return s.UpdateClient(t.Context(), c)
		}
		return s.DeleteClientAt(t.Context(), app, c.Revision)
	}))
}

func userDeletedAt(t *testing.T, s Store) {
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	if err := s.DeleteUserAt(t.Context(), user, u.UpdatedAt.Add(time.Second)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another version: got %v, want ErrConflict", err)
	}
	if got, err := s.Grant(t.Context(), g.ID, now); err != nil || !got.Live {
		t.Errorf("the grant of a user who was not deleted: %+v, %v", got, err)
	}
	if err := s.DeleteUserAt(t.Context(), "user_2", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such user: got %v, want ErrNotFound", err)
	}
	was := u.UpdatedAt
	u.UpdatedAt = was.Add(time.Second)
	oneOf(t, together(8, func(i int) error {
		if i%2 == 0 {
			return s.UpdateUser(t.Context(), u, was, false)
		}
		return s.DeleteUserAt(t.Context(), user, was)
	}))
}

// versionsOfAUser makes changes within one millisecond, and before the last one.
func versionsOfAUser(t *testing.T, s Store) {
	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"email"}, now))
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	last := u.UpdatedAt
	for name, change := range map[string]func() error{
		"ban":                 func() error { return s.SetBanned(t.Context(), user, true, now) },
		"unban, in the past":  func() error { return s.SetBanned(t.Context(), user, false, now.Add(-time.Hour)) },
		"lock":                func() error { return s.SetLocked(t.Context(), user, true, now) },
		"unlock, in the past": func() error { return s.SetLocked(t.Context(), user, false, now.Add(-time.Hour)) },
	} {
		must(t, change())
		got, err := s.UserByID(t.Context(), user)
		if err != nil || !got.UpdatedAt.After(last) {
			t.Errorf("%s: updated at %v after %v, %v", name, got.UpdatedAt, last, err)
		}
		last = got.UpdatedAt
	}
}
