package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

func session(n byte) store.Session {
	return store.Session{
		ID: "sess_" + string('a'+rune(n)), Cookie: store.Hash{n}, UserID: user, UserAgent: "browser",
		SignedInAt: now, ExpiresAt: now.Add(time.Hour),
	}
}

func sessions(t *testing.T, s Store) {
	want := session(1)
	must(t, s.CreateSession(t.Context(), want))
	got, u, err := s.SessionWithUser(t.Context(), want.Cookie, now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || u.ID != user || !u.LastSignInAt.Equal(now) || len(u.Emails) != 1 {
		t.Errorf("%v, user %+v (-want +got)\n%s", err, u, diff)
	}
	noSession(t, s, want.Cookie, want.ExpiresAt, "expired")
	noSession(t, s, store.Hash{9}, now, "unknown")
	must(t, s.EndSession(t.Context(), want.ID, now))
	must(t, s.EndSession(t.Context(), want.ID, now))
	noSession(t, s, want.Cookie, now, "ended")
	stranger := session(2)
	stranger.UserID = "user_2"
	if err := s.CreateSession(t.Context(), stranger); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such user: got %v, want ErrNotFound", err)
	}
}

func extendedSessions(t *testing.T, s Store) {
	x := session(1)
	must(t, s.CreateSession(t.Context(), x))
	later := x.ExpiresAt.Add(time.Hour)
	must(t, s.ExtendSession(t.Context(), x.ID, later, now))
	must(t, s.ExtendSession(t.Context(), x.ID, x.ExpiresAt, now)) // never back
	got, _, err := s.SessionWithUser(t.Context(), x.Cookie, x.ExpiresAt)
	if must(t, err); !got.ExpiresAt.Equal(later) || !got.SignedInAt.Equal(x.SignedInAt) {
		t.Errorf("extended to %v, want %v", got.ExpiresAt, later)
	}
	must(t, s.ExtendSession(t.Context(), x.ID, later.Add(time.Hour), later)) // it is over
	noSession(t, s, x.Cookie, later, "over")
	must(t, s.EndSession(t.Context(), x.ID, now))
	must(t, s.ExtendSession(t.Context(), x.ID, later.Add(time.Hour), now))
	noSession(t, s, x.Cookie, now, "ended")
}

func noSession(t *testing.T, s Store, cookie store.Hash, at time.Time, why string) {
	t.Helper()
	if _, _, err := s.SessionWithUser(t.Context(), cookie, at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: got %v, want ErrNotFound", why, err)
	}
}

func banEndsSessions(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.SetBanned(t.Context(), user, true, now))
	noSession(t, s, session(1).Cookie, now, "banned")
	if err := s.CreateSession(t.Context(), session(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("banned: got %v, want ErrNotFound", err)
	}
	must(t, s.SetBanned(t.Context(), user, false, now))
	noSession(t, s, session(1).Cookie, now, "unbanned")
	must(t, s.CreateSession(t.Context(), session(3)))
	if _, _, err := s.SessionWithUser(t.Context(), session(3).Cookie, now); err != nil {
		t.Errorf("signed in after the unban: %v", err)
	}
	_, err := s.CutOffUser(t.Context(), user, now.Add(time.Minute))
	must(t, err)
	noSession(t, s, session(3).Cookie, now, "the user is cut off")
	later := session(4)
	later.SignedInAt = now.Add(time.Hour)
	must(t, s.CreateSession(t.Context(), later))
	_, err = s.CutOff(t.Context(), now.Add(2*time.Hour))
	must(t, err)
	noSession(t, s, later.Cookie, now, "cut off")
	noSession(t, s, session(3).Cookie, now, "cut off")
}

func expiredSessions(t *testing.T, s Store) {
	for n := range byte(5) {
		must(t, s.CreateSession(t.Context(), session(n)))
	}
	for _, want := range []int{3, 2, 0} {
		if n, err := s.DeleteExpiredSessions(t.Context(), now.Add(2*time.Hour), 3); err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
}

func sessionsOfAUser(t *testing.T, s Store) {
	for n := range byte(3) {
		must(t, s.CreateSession(t.Context(), session(n+1)))
	}
	first := session(1)
	got, err := s.SessionByID(t.Context(), first.ID, now.Add(time.Second))
	if err != nil || got.UserID != user || got.Cookie != first.Cookie {
		t.Errorf("%+v, %v", got, err)
	}
	list, total, err := s.SessionsOf(t.Context(), user, now.Add(time.Second), 2, 0)
	if err != nil || total != 3 || len(list) != 2 {
		t.Errorf("%d of %d, %v", len(list), total, err)
	}
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	was := u.UpdatedAt
	u.UpdatedAt = now.Add(time.Minute)
	must(t, s.UpdateUser(t.Context(), u, was, true))
	list, total, err = s.SessionsOf(t.Context(), user, now.Add(time.Second), 10, 0)
	if err != nil || total != 0 || len(list) != 0 {
		t.Errorf("after a change that signs out: %v, %d, %v", list, total, err)
	}
	if _, err := s.SessionByID(t.Context(), session(2).ID, now.Add(time.Second)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an ended session: %v", err)
	}
}
