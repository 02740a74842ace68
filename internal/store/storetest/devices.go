package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var devicePromises = map[string]func(*testing.T, Store){
	"a device request is kept":             deviceIsKept,
	"one user code belongs to one device":  userCodesAreUnique,
	"a device is decided about once":       decidedOnce,
	"a device that polls too often waits":  pollingTooOften,
	"expired device requests are deleted":  expiredDevices,
	"tokens of clients can be cut off":     clientTokens,
	"revoked tokens are forgotten in time": forgottenTokens,
}

func device(n byte) store.DeviceRequest {
	return store.DeviceRequest{
		DeviceCode: store.Hash{n}, UserCode: "BCDFGHJ" + string('K'+rune(n)), ClientID: client, Scopes: oauth.Scopes{"profile"},
		Nonce: "n", Resources: []string{"https://api.example"}, Status: store.DevicePending,
		Interval: 5 * time.Second, ExpiresAt: now.Add(10 * time.Minute),
	}
}

func deviceIsKept(t *testing.T, s Store) {
	want := device(1)
	must(t, s.CreateDeviceRequest(t.Context(), want))
	got, err := s.DeviceRequest(t.Context(), want.UserCode, now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if _, err := s.DeviceRequest(t.Context(), want.UserCode, want.ExpiresAt); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("at its expiry: %v, want ErrNotFound", err)
	}
	if _, _, err := s.PollDeviceRequest(t.Context(), want.DeviceCode, "another", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("polled by another client: %v, want ErrNotFound", err)
	}
}

func userCodesAreUnique(t *testing.T, s Store) {
	must(t, s.CreateDeviceRequest(t.Context(), device(1)))
	twin := device(1)
	twin.DeviceCode = store.Hash{9}
	if err := s.CreateDeviceRequest(t.Context(), twin); !errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
}

func decidedOnce(t *testing.T, s Store) {
	d := device(1)
	must(t, s.CreateDeviceRequest(t.Context(), d))
	d.Status, d.UserID, d.SessionID, d.GrantID = store.DeviceApproved, user, "sess_1", oauth.GrantID{7}
	d.AuthTime, d.AuthorizedAt, d.OrganizationID = now, now.Add(time.Second), "org_1"
	won := 0
	for _, err := range together(8, func(int) error { return s.DecideDeviceRequest(t.Context(), d) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d decisions, want 1", won)
	}
	got, tooSoon, err := s.PollDeviceRequest(t.Context(), d.DeviceCode, client, now)
	if diff := cmp.Diff(d, got); err != nil || tooSoon || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if err := s.DecideDeviceRequest(t.Context(), device(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("about a device that never asked: %v, want ErrNotFound", err)
	}
}

func pollingTooOften(t *testing.T, s Store) {
	d := device(1)
	must(t, s.CreateDeviceRequest(t.Context(), d))
	for i, x := range []struct {
		after   time.Duration
		tooSoon bool
	}{{0, false}, {4 * time.Second, true}, {13 * time.Second, true}, {29 * time.Second, false}} {
		_, tooSoon, err := s.PollDeviceRequest(t.Context(), d.DeviceCode, client, now.Add(x.after))
		if err != nil || tooSoon != x.tooSoon {
			t.Errorf("poll %d: too soon is %v, %v, want %v", i, tooSoon, err, x.tooSoon)
		}
	}
}

func expiredDevices(t *testing.T, s Store) {
	for n := range byte(5) {
		must(t, s.CreateDeviceRequest(t.Context(), device(n)))
	}
	if n, err := s.DeleteExpiredDeviceRequests(t.Context(), now.Add(10*time.Minute), 3); n != 0 || err != nil {
		t.Errorf("deleted %d, %v, want none", n, err)
	}
	for _, want := range []int{3, 2, 0} {
		if n, err := s.DeleteExpiredDeviceRequests(t.Context(), now.Add(time.Hour), 3); n != want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
}

func clientTokens(t *testing.T, s Store) {
	live := func(id byte, issued time.Time) bool {
		t.Helper()
		_, ok, err := s.ClientTokenLive(t.Context(), oauth.AccessToken{ID: oauth.TokenID{id}, ClientID: client, IssuedAt: issued})
		must(t, err)
		return ok
	}
	if !live(1, now) {
		t.Error("a new token is dead")
	}
	must(t, s.RevokeClientToken(t.Context(), oauth.TokenID{1}, now.Add(time.Hour)))
	must(t, s.RevokeClientToken(t.Context(), oauth.TokenID{1}, now.Add(time.Hour)))
	if live(1, now) || !live(2, now) {
		t.Error("revoking one token: it lives, or another died")
	}
	_, err := s.CutOff(t.Context(), now.Add(time.Minute))
	must(t, err)
	if live(2, now) || !live(2, now.Add(time.Hour)) {
		t.Error("cutting off: the token lives, or a later one died")
	}
	must(t, s.DeleteClient(t.Context(), app))
	if live(2, now.Add(time.Hour)) {
		t.Error("the token of a client that is gone lives")
	}
}

func forgottenTokens(t *testing.T, s Store) {
	must(t, s.RevokeClientToken(t.Context(), oauth.TokenID{1}, now.Add(time.Hour)))
	for _, x := range []struct {
		at   time.Time
		want int
	}{{now, 0}, {now.Add(2 * time.Hour), 1}, {now.Add(2 * time.Hour), 0}} {
		if n, err := s.DeleteExpiredTokens(t.Context(), x.at, 10); n != x.want || err != nil {
			t.Errorf("forgot %d, %v, want %d", n, err, x.want)
		}
	}
}
