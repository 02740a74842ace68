package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var grantPromises = map[string]func(*testing.T, Store){
	"a grant is kept as it was":              grantIsKept,
	"a code buys one grant":                  codeBuysOneGrant,
	"fifty redeem one code":                  fiftyRedeemOneCode,
	"a code for nobody buys nothing":         codeForNobody,
	"rotating moves one generation":          rotating,
	"rotating stops at the end of the grant": rotatingStopsAtTheEnd,
	"rotating leaves other grants alone":     rotatingLeavesAlone,
	"fifty refresh one token":                fiftyRefreshOneToken,
	"revoking races refreshing":              revokingRacesRefreshing,
	"a sticky refresh token stays":           stickyRefresh,
	"revoking is monotone":                   revokingIsMonotone,
	"expired grants are deleted in batches":  expiredGrants,
	"a grant that never was cannot be read":  noSuchGrant,
}

func grantIsKept(t *testing.T, s Store) {
	want := grant(1)
	want.Details = oauth.Details{
		AuthTime: now, Methods: []string{"pwd"}, UserInfoClaims: []string{"name"}, IDTokenClaims: []string{"email"},
		Resources: []string{"https://api.example"},
	}
	must(t, s.RedeemCode(t.Context(), want))
	got, u, err := s.GrantWithUser(t.Context(), want.ID, now)
	if diff := cmp.Diff(store.Standing{Grant: want, Live: true}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if e, ok := u.PrimaryEmail(); u.ID != user || !ok || e.Address != "ada@example.com" || !e.Verified {
		t.Errorf("the user is %+v", u)
	}
	expired, err := s.Grant(t.Context(), want.ID, want.ExpiresAt)
	if err != nil || expired.Live {
		t.Errorf("at its expiry the grant is live: %+v, %v", expired, err)
	}
}

func codeBuysOneGrant(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	g.RotatedAt = g.RotatedAt.Add(time.Second)
	if err := s.RedeemCode(t.Context(), g); !errors.Is(err, store.ErrReplayed) {
		t.Errorf("got %v, want ErrReplayed", err)
	}
	got, err := s.Grant(t.Context(), g.ID, now)
	if err != nil || got.Live || got.Revoked != oauth.CodeReplayed || !got.RevokedAt.Equal(g.RotatedAt) {
		t.Errorf("after the replay: %+v, %v, want it revoked", got, err)
	}
}

func fiftyRedeemOneCode(t *testing.T, s Store) {
	won := 0
	for _, err := range together(50, func(int) error { return s.RedeemCode(t.Context(), grant(1)) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrReplayed):
			t.Errorf("a loser got %v, want ErrReplayed", err)
		}
	}
	if won != 1 {
		t.Errorf("one code bought %d grants, want 1", won)
	}
	if got, err := s.Grant(t.Context(), grant(1).ID, now); err != nil || got.Live {
		t.Errorf("after the replays: %+v, %v, want it revoked", got, err)
	}
}

func codeForNobody(t *testing.T, s Store) {
	for name, change := range map[string]func(*oauth.Grant){
		"user":   func(g *oauth.Grant) { g.UserID = "user_2" },
		"client": func(g *oauth.Grant) { g.ClientID = "client2" },
	} {
		g := grant(1)
		change(&g)
		if err := s.RedeemCode(t.Context(), g); !errors.Is(err, store.ErrDead) {
			t.Errorf("no such %s: got %v, want ErrDead", name, err)
		}
		if _, err := s.Grant(t.Context(), g.ID, now); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no such %s: the grant was saved (%v)", name, err)
		}
	}
}

func rotation(g oauth.Grant, generation uint32, at time.Time) store.Rotation {
	return store.Rotation{ID: g.ID, ClientID: g.ClientID, Generation: generation, Now: at, ExpiresAt: at.Add(72 * time.Hour)}
}

func rotating(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	later := g.RotatedAt.Add(time.Hour)
	got, err := s.RotateRefreshToken(t.Context(), rotation(g, 1, later))
	want := g
	want.Generation, want.RotatedAt, want.ExpiresAt = 2, later, later.Add(72*time.Hour)
	if diff := cmp.Diff(store.Standing{Grant: want, Live: true, Rotated: true}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	again, err := s.RotateRefreshToken(t.Context(), rotation(g, 1, later.Add(time.Second)))
	if diff := cmp.Diff(store.Standing{Grant: want, Live: true}, again); err != nil || diff != "" {
		t.Errorf("the same token again: %v (-want +got)\n%s", err, diff)
	}
}

// A client that keeps its refresh token moves nothing but the times.
func stickyRefresh(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	later := g.RotatedAt.Add(time.Hour)
	r := rotation(g, 1, later)
	r.Sticky = true
	for _, err := range together(8, func(int) error {
		got, err := s.RotateRefreshToken(t.Context(), r)
		if err == nil && (got.Generation != 1 || !got.ExpiresAt.Equal(later.Add(72*time.Hour)) || !got.Live) {
			return fmt.Errorf("got %+v", got)
		}
		return err
	}) {
		must(t, err)
	}
}

func rotatingStopsAtTheEnd(t *testing.T, s Store) {
	g := grant(1)
	g.EndsAt = g.ExpiresAt
	must(t, s.RedeemCode(t.Context(), g))
	got, err := s.RotateRefreshToken(t.Context(), rotation(g, 1, g.RotatedAt.Add(time.Hour)))
	if err != nil || !got.ExpiresAt.Equal(g.EndsAt) {
		t.Errorf("expires at %v, %v, want no later than %v", got.ExpiresAt, err, g.EndsAt)
	}
	over, err := s.RotateRefreshToken(t.Context(), rotation(g, 2, g.EndsAt))
	if err != nil || over.Rotated || over.Live {
		t.Errorf("after the end: %+v, %v, want neither live nor rotated", over, err)
	}
}

func rotatingLeavesAlone(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	foreign := rotation(g, 1, g.RotatedAt)
	foreign.ClientID = "client2"
	got, err := s.RotateRefreshToken(t.Context(), foreign)
	if err != nil || got.Rotated || got.Generation != 1 {
		t.Errorf("another client: %+v, %v, want it untouched", got, err)
	}
	if _, err := s.RotateRefreshToken(t.Context(), rotation(grant(2), 1, now)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such grant: got %v, want ErrNotFound", err)
	}
}

func fiftyRefreshOneToken(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	var rotated atomic.Int32
	for _, err := range together(50, func(i int) error {
		got, err := s.RotateRefreshToken(t.Context(), rotation(g, 1, g.RotatedAt.Add(time.Hour)))
		if got.Rotated {
			rotated.Add(1)
		}
		if err == nil && (got.Generation != 2 || !got.Live) {
			t.Errorf("a caller sees generation %d, live %v, want 2, true", got.Generation, got.Live)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := rotated.Load(); n != 1 {
		t.Errorf("%d callers rotated, want 1", n)
	}
}

func revokingRacesRefreshing(t *testing.T, s Store) {
	for n := range byte(10) {
		g := grant(n)
		must(t, s.RedeemCode(t.Context(), g))
		for _, err := range together(10, func(i int) error {
			if i == 5 {
				return s.RevokeGrant(t.Context(), g.ID, oauth.ClientRevoked, g.RotatedAt)
			}
			_, err := s.RotateRefreshToken(t.Context(), rotation(g, uint32(i%3+1), g.RotatedAt))
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if got, err := s.Grant(t.Context(), g.ID, now); err != nil || got.Live {
			t.Errorf("after the race: %+v, %v, want it dead", got, err)
		}
		got, err := s.RotateRefreshToken(t.Context(), rotation(g, 1, g.RotatedAt))
		if err != nil || got.Rotated || got.Live {
			t.Errorf("a refresh after the race: %+v, %v, want it refused", got, err)
		}
	}
}

func revokingIsMonotone(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	must(t, s.RevokeGrant(t.Context(), g.ID, oauth.ClientRevoked, now))
	must(t, s.RevokeGrant(t.Context(), g.ID, oauth.RefreshReused, now.Add(time.Hour)))
	got, err := s.Grant(t.Context(), g.ID, now)
	if err != nil || got.Revoked != oauth.ClientRevoked || !got.RevokedAt.Equal(now) {
		t.Errorf("got %v at %v, %v, want the first reason and time", got.Revoked, got.RevokedAt, err)
	}
	if err := s.RevokeGrant(t.Context(), grant(2).ID, oauth.ClientRevoked, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such grant: got %v, want ErrNotFound", err)
	}
}

// The oldest grant lives on, as one that is refreshed does, and must not make
// every batch begin with it.
func expiredGrants(t *testing.T, s Store) {
	live := grant(0)
	live.ExpiresAt = live.ExpiresAt.Add(time.Hour)
	must(t, s.RedeemCode(t.Context(), live))
	for n := range byte(5) {
		must(t, s.RedeemCode(t.Context(), grant(n+1)))
	}
	before := grant(0).ExpiresAt.Add(time.Millisecond)
	younger := grant(9)
	younger.ID = oauth.NewGrantID(before, [10]byte{})
	younger.ExpiresAt = before.Add(time.Hour)
	must(t, s.RedeemCode(t.Context(), younger))

	var after oauth.GrantID
	for _, want := range []int{2, 3} { // three looked at each time
		n, last, err := s.DeleteExpiredGrants(t.Context(), before, after, 3)
		if err != nil || n != want || last == (oauth.GrantID{}) {
			t.Errorf("deleted %d up to %v, %v, want %d", n, last, err, want)
		}
		after = last
	}
	if n, last, err := s.DeleteExpiredGrants(t.Context(), before, after, 3); err != nil || n != 0 || last != (oauth.GrantID{}) {
		t.Errorf("at the end: deleted %d up to %v, %v, want 0 and no more to do", n, last, err)
	}
	for _, g := range []oauth.Grant{live, younger} {
		if _, err := s.Grant(t.Context(), g.ID, now); err != nil {
			t.Errorf("a grant that has not expired: %v", err)
		}
	}
}

func noSuchGrant(t *testing.T, s Store) {
	if _, err := s.Grant(t.Context(), grant(1).ID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Grant: got %v, want ErrNotFound", err)
	}
	if _, _, err := s.GrantWithUser(t.Context(), grant(1).ID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("GrantWithUser: got %v, want ErrNotFound", err)
	}
}
