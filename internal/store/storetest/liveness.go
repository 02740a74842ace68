package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var livenessPromises = map[string]func(*testing.T, Store){
	"what cuts off kills the older and spares the younger": cuttingOff,
	"cutting off never moves back":                         cuttingOffIsMonotone,
	"a change of a client does not undo a cut":             changingACutClient,
	"what deletes kills for good":                          deleting,
	"unbanning revives nothing":                            unbanning,
}

// maxSkew is the most that an engine adds to a not-before time.
const maxSkew = 10 * time.Second

func cuttingOff(t *testing.T, s Store) {
	older := grant(1)
	at := older.AuthorizedAt // exactly then counts as earlier
	cuts := map[string]func() error{
		"instance":   func() error { _, err := s.CutOff(t.Context(), at); return err },
		"connection": func() error { return s.Withdraw(t.Context(), user, client, at) },
		"user": func() error {
			return errors.Join(s.SetBanned(t.Context(), user, true, at), s.SetBanned(t.Context(), user, false, at))
		},
		"cut client": func() error { _, err := s.CutOffClient(t.Context(), app, at); return err },
		"cut user":   func() error { _, err := s.CutOffUser(t.Context(), user, at); return err },
		"client": func() error {
			c, err := s.ClientByID(t.Context(), app)
			c.NotBefore = at
			return errors.Join(err, s.UpdateClient(t.Context(), c))
		},
	}
	n := byte(0)
	for _, name := range []string{"client", "cut client", "user", "cut user", "connection", "instance"} {
		t.Run(name, func(t *testing.T) {
			n++
			redeemed := grant(n)
			redeemed.AuthorizedAt = at
			must(t, s.RedeemCode(t.Context(), redeemed))
			must(t, cuts[name]())
			dead(t, s, redeemed)
			if name == "connection" {
				mustBeWithdrawn(t, s, at.Add(maxSkew))
				must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"profile"}, at))
				dead(t, s, redeemed)
			}
			pending := grant(n + 100)
			pending.AuthorizedAt = at
			if err := s.RedeemCode(t.Context(), pending); !errors.Is(err, store.ErrDead) {
				t.Errorf("a code from before: got %v, want ErrDead", err)
			}
			at = at.Add(maxSkew)
			younger := grant(n + 200)
			younger.AuthorizedAt = at
			must(t, s.RedeemCode(t.Context(), younger))
			if got, err := s.Grant(t.Context(), younger.ID, now); err != nil || !got.Live {
				t.Errorf("a grant from later: %+v, %v, want it live", got, err)
			}
		})
	}
}

// mustBeWithdrawn wants a code from later to buy nothing: until the user agrees
// again nothing lives on a connection that was withdrawn.
func mustBeWithdrawn(t *testing.T, s Store, later time.Time) {
	t.Helper()
	g := grant(250)
	g.AuthorizedAt = later
	if err := s.RedeemCode(t.Context(), g); !errors.Is(err, store.ErrDead) {
		t.Errorf("a code for a withdrawn connection: got %v, want ErrDead", err)
	}
}

func cuttingOffIsMonotone(t *testing.T, s Store) {
	at := now.Add(time.Hour)
	for name, cut := range map[string]func(time.Time) (time.Time, error){
		"client":   func(at time.Time) (time.Time, error) { return s.CutOffClient(t.Context(), app, at) },
		"user":     func(at time.Time) (time.Time, error) { return s.CutOffUser(t.Context(), user, at) },
		"instance": func(at time.Time) (time.Time, error) { return s.CutOff(t.Context(), at) },
	} {
		first, err := cut(at)
		if err != nil || first.Before(at) || first.After(at.Add(maxSkew)) {
			t.Errorf("%s: cut up to %v, %v, want about %v", name, first, err, at)
		}
		for _, err := range together(8, func(i int) error {
			got, err := cut(at.Add(time.Duration(i-8) * time.Minute))
			if !got.Equal(first) {
				t.Errorf("%s: moved back to %v from %v", name, got, first)
			}
			return err
		}) {
			must(t, err)
		}
	}
	for name, cut := range map[string]func(context.Context, string, time.Time) (time.Time, error){
		"client": s.CutOffClient, "user": s.CutOffUser,
	} {
		for _, id := range []string{"nobody", "a\x00b"} {
			if _, err := cut(t.Context(), id, now); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("no such %s: got %v, want ErrNotFound", name, err)
			}
		}
	}
}

// A change that was read before a cut and is written after it leaves the cut.
func changingACutClient(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	_, err = s.CutOffClient(t.Context(), app, g.AuthorizedAt)
	must(t, err)
	must(t, s.UpdateClient(t.Context(), c))
	dead(t, s, g)
}

func dead(t *testing.T, s Store, g oauth.Grant) {
	t.Helper()
	got, err := s.Grant(t.Context(), g.ID, now)
	if err != nil || got.Live {
		t.Errorf("Grant: live %v, %v, want it dead", got.Live, err)
	}
	got, err = s.RotateRefreshToken(t.Context(), rotation(g, g.Generation, g.RotatedAt))
	if err != nil || got.Live || got.Rotated {
		t.Errorf("RotateRefreshToken: %+v, %v, want it dead and unchanged", got, err)
	}
}

func deleting(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	must(t, s.DeleteClient(t.Context(), app))
	dead(t, s, g)
	must(t, s.CreateClient(t.Context(), newClient(app, client)))
	dead(t, s, g) // the connection went with the client

	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"profile"}, now))
	h := grant(2)
	must(t, s.RedeemCode(t.Context(), h))
	must(t, s.DeleteUser(t.Context(), user))
	dead(t, s, h)
	if _, _, err := s.GrantWithUser(t.Context(), h.ID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("GrantWithUser: got %v, want ErrNotFound", err)
	}
}

func unbanning(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	must(t, s.SetBanned(t.Context(), user, true, g.AuthorizedAt))
	dead(t, s, g)
	young := grant(2)
	young.AuthorizedAt = g.AuthorizedAt.Add(maxSkew)
	if err := s.RedeemCode(t.Context(), young); !errors.Is(err, store.ErrDead) {
		t.Errorf("banned: got %v, want ErrDead", err)
	}
	must(t, s.SetBanned(t.Context(), user, false, g.AuthorizedAt))
	dead(t, s, g)
	must(t, s.RedeemCode(t.Context(), young))
	if err := s.SetBanned(t.Context(), "user_2", true, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such user: got %v, want ErrNotFound", err)
	}
}
