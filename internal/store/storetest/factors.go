package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var factorPromises = map[string]func(*testing.T, Store){
	"a second factor is kept and read":                  factorIsKept,
	"one of many enrolments is kept":                    enrolledOnce,
	"remembered devices are forgotten":                  devicesAreForgotten,
	"a code is used once":                               stepOnce,
	"a backup code is used once":                        backupCodeOnce,
	"tries are counted before they are made":            triesAreCounted,
	"a second factor is made with its user":             factorWithUser,
	"what a user proves things with goes with the user": factorsGo,
	"sessions of a user end one by one or but one":      otherSessionsEnd,
}

func devicesAreForgotten(t *testing.T, s Store) {
	must(t, s.ForgetDevices(t.Context(), user, now)) // who never had a second factor
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), now))
	if got := factorOf(t, s, user).ForgottenAt; !got.IsZero() {
		t.Errorf("forgotten at %v before anything was", got)
	}
	later := now.Add(time.Hour)
	must(t, s.ForgetDevices(t.Context(), user, later))
	must(t, s.ForgetDevices(t.Context(), user, now)) // by a clock that is behind
	if got := factorOf(t, s, user); !got.ForgottenAt.Equal(later) || !got.Enabled() {
		t.Errorf("forgotten at %v, want %v", got.ForgottenAt, later)
	}
}

func secret(n byte) store.FactorChange {
	return store.FactorChange{TOTP: []byte{n}, LastStep: 100, BackupCodes: []string{"b", "a"}}
}

func factorOf(t *testing.T, s Store, id string) store.SecondFactor {
	t.Helper()
	found, err := s.SecondFactorsOf(t.Context(), id)
	must(t, err)
	return found[id]
}

func factorIsKept(t *testing.T, s Store) {
	if found, err := s.SecondFactorsOf(t.Context(), user, "user_none"); err != nil || len(found) != 0 {
		t.Errorf("of a user without any: %v, %v", found, err)
	}
	if found, err := s.SecondFactorsOf(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("of nobody: %v, %v", found, err)
	}
	later := now.Add(time.Minute)
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), later))
	want := store.SecondFactor{UserID: user, TOTP: []byte{1}, LastStep: 100, BackupCodes: []string{"a", "b"}, EnabledAt: later}
	if diff := cmp.Diff(want, factorOf(t, s, user)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if u, err := s.UserByID(t.Context(), user); err != nil || !u.UpdatedAt.Equal(later) {
		t.Errorf("the user was changed at %v, %v", u.UpdatedAt, err)
	}

	off := later.Add(time.Minute)
	must(t, s.ChangeFactors(t.Context(), user, store.FactorChange{TOTP: []byte{}}, off))
	got := factorOf(t, s, user)
	if got.Enabled() || !got.DisabledAt.Equal(off) || len(got.BackupCodes) != 2 {
		t.Errorf("without the secret: %+v", got)
	}
	must(t, s.ChangeFactors(t.Context(), user, store.FactorChange{TOTP: []byte{}, BackupCodes: []string{}}, off.Add(time.Minute)))
	got = factorOf(t, s, user)
	if !got.DisabledAt.Equal(off) || len(got.BackupCodes) != 0 {
		t.Errorf("without anything: %+v", got)
	}
	must(t, s.ChangeFactors(t.Context(), user, store.FactorChange{TOTP: []byte{2}, BackupCodes: []string{"c", "c"}}, off.Add(time.Hour)))
	got = factorOf(t, s, user)
	if !got.Enabled() || got.LastStep != 0 || !slices.Equal(got.BackupCodes, []string{"c"}) || !got.EnabledAt.Equal(off.Add(time.Hour)) {
		t.Errorf("with another secret: %+v", got)
	}
	for what, err := range map[string]error{
		"enrolling nobody": s.EnrolTOTP(t.Context(), "user_none", secret(1), now),
		"changing nobody":  s.ChangeFactors(t.Context(), "user_none", secret(1), now),
		"trying nobody's":  s.TakeTry(t.Context(), "user_none", now),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}
}

func enrolledOnce(t *testing.T, s Store) {
	won, winner := 0, byte(0)
	for i, err := range together(8, func(i int) error { return s.EnrolTOTP(t.Context(), user, secret(byte(i+1)), now) }) {
		switch {
		case err == nil:
			won, winner = won+1, byte(i+1)
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if got := factorOf(t, s, user); won != 1 || !slices.Equal(got.TOTP, []byte{winner}) || len(got.BackupCodes) != 2 {
		t.Errorf("%d won; kept %+v", won, got)
	}
}

func stepOnce(t *testing.T, s Store) {
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), now))
	f := factorOf(t, s, user)
	won := 0
	for _, err := range together(8, func(int) error { return s.UseTOTP(t.Context(), f, 101) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("a code was used %d times, want 1", won)
	}
	for what, step := range map[string]int64{"the code that confirmed the secret": 100, "an earlier code": 99} {
		if err := s.UseTOTP(t.Context(), f, step); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", what, err)
		}
	}
	must(t, s.ChangeFactors(t.Context(), user, store.FactorChange{TOTP: []byte{2}}, now))
	if err := s.UseTOTP(t.Context(), f, 200); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a code of a secret that is not the user's any more: %v, want ErrConflict", err)
	}
	must(t, s.UseTOTP(t.Context(), factorOf(t, s, user), 50)) // of the new one
}

func backupCodeOnce(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), now))
	must(t, s.EnrolTOTP(t.Context(), "user_2", store.FactorChange{TOTP: []byte{1}, BackupCodes: []string{"z"}}, now))
	won := 0
	for _, err := range together(8, func(int) error { return s.UseBackupCode(t.Context(), user, "a", now) }) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if left := factorOf(t, s, user).BackupCodes; won != 1 || !slices.Equal(left, []string{"b"}) {
		t.Errorf("used %d times, left %v", won, left)
	}
	if err := s.UseBackupCode(t.Context(), user, "z", now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another user's: %v, want ErrConflict", err)
	}
}

func triesAreCounted(t *testing.T, s Store) {
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), now))
	taken := 0
	for _, err := range together(4*store.FreeTries, func(int) error { return s.TakeTry(t.Context(), user, now) }) {
		switch {
		case err == nil:
			taken++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("one too many got %v, want ErrConflict", err)
		}
	}
	if taken != store.FreeTries {
		t.Fatalf("%d tries at once, want %d", taken, store.FreeTries)
	}
	clock := now
	for tries := store.FreeTries; tries < store.FreeTries+12; tries++ {
		free := clock.Add(store.FactorDelay(tries))
		if got := factorOf(t, s, user).BlockedUntil; !got.Equal(free) {
			t.Fatalf("after %d tries blocked until %v, want %v", tries, got, free)
		}
		if err := s.TakeTry(t.Context(), user, free.Add(-time.Millisecond)); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("too early: %v, want ErrConflict", err)
		}
		clock = free
		must(t, s.TakeTry(t.Context(), user, clock))
	}
	must(t, s.UseTOTP(t.Context(), factorOf(t, s, user), 500))
	for range store.FreeTries {
		must(t, s.TakeTry(t.Context(), user, clock))
	}
	must(t, s.UseBackupCode(t.Context(), user, "a", clock))
	must(t, s.TakeTry(t.Context(), user, clock))
}

func factorWithUser(t *testing.T, s Store) {
	u := newUser("user_2", "bob@example.com")
	change := secret(7)
	u.Factors = &change
	must(t, s.CreateUser(t.Context(), u))
	if got := factorOf(t, s, u.ID); !got.Enabled() || len(got.BackupCodes) != 2 || !got.EnabledAt.Equal(now) {
		t.Errorf("made with the user: %+v", got)
	}
	twin := newUser("user_3", "bob@example.com") // the address is taken
	twin.Factors = &change
	if err := s.CreateUser(t.Context(), twin); err == nil {
		t.Error("two users have one address")
	}
	if got := factorOf(t, s, twin.ID); got.Enabled() {
		t.Errorf("a user who was not made has %+v", got)
	}
	changed := u
	changed.UpdatedAt, changed.Factors = now.Add(time.Minute), &store.FactorChange{TOTP: []byte{8}}
	must(t, s.UpdateUser(t.Context(), changed, now, false))
	if got := factorOf(t, s, u.ID); !slices.Equal(got.TOTP, []byte{8}) || len(got.BackupCodes) != 2 {
		t.Errorf("changed with the user: %+v", got)
	}
	if err := s.UpdateUser(t.Context(), u, now, false); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a change that came too late: %v", err)
	}
	if got := factorOf(t, s, u.ID); !slices.Equal(got.TOTP, []byte{8}) {
		t.Errorf("a change that came too late kept %+v", got)
	}
}

func factorsGo(t *testing.T, s Store) {
	must(t, s.EnrolTOTP(t.Context(), user, secret(1), now))
	must(t, s.AddPasskey(t.Context(), passkey(1)))
	must(t, s.DeleteUser(t.Context(), user))
	must(t, s.CreateUser(t.Context(), newUser(user, "ada@example.com")))
	if got := factorOf(t, s, user); got.Enabled() || len(got.BackupCodes) != 0 {
		t.Errorf("a new user has %+v", got)
	}
	if _, err := s.PasskeyByCredential(t.Context(), []byte{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the passkey of a user who is gone: %v, want ErrNotFound", err)
	}
}

func otherSessionsEnd(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	begun := now.Add(time.Minute)
	for n, id := range []string{user, user, user, "user_2"} {
		x := signIn(byte(n), begun)
		x.UserID = id
		must(t, s.CreateSession(t.Context(), x))
	}
	if err := s.EndSessionOf(t.Context(), user, signIn(3, begun).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another user's session: %v, want ErrNotFound", err)
	}
	must(t, s.EndSessionOf(t.Context(), user, signIn(2, begun).ID))
	if err := s.EndSessionOf(t.Context(), user, signIn(2, begun).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("once more: %v, want ErrNotFound", err)
	}
	if n, err := s.EndOtherSessions(t.Context(), user, signIn(0, begun).ID); n != 1 || err != nil {
		t.Errorf("%d others ended, %v, want 1", n, err)
	}
	for id, want := range map[string]int{user: 1, "user_2": 1} {
		if _, n, err := s.SessionsOf(t.Context(), id, begun, 10, 0); n != want || err != nil {
			t.Errorf("%s has %d sessions, %v, want %d", id, n, err, want)
		}
	}
}
