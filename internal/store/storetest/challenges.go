package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var challengePromises = map[string]func(*testing.T, Store){
	"a challenge is answered once":                     challengeOnce,
	"a challenge bears five tries":                     challengeTries,
	"five tries are all that concurrent guesses have":  challengeGuesses,
	"a code and its link are one challenge":            challengeByLink,
	"a new challenge replaces the one before":          challengeReplaced,
	"a challenge that was sent a moment ago stays":     challengeTooSoon,
	"an expired challenge is answered by nothing":      challengeExpires,
	"attempts are counted until their window has gone": attemptsCounted,
	"each concurrent attempt has its own number":       attemptsRace,
}

func challenge(n byte) store.Challenge {
	return store.Challenge{
		ID: store.Hash{1, n}, Purpose: store.PurposeSignIn, Address: "Ada@example.com", UserID: user,
		Code: store.Hash{2, n}, Link: store.Hash{3, n}, SentAt: now, ExpiresAt: now.Add(10 * time.Minute),
	}
}

func putChallenge(t *testing.T, s Store, c store.Challenge) {
	t.Helper()
	must(t, s.PutChallenge(t.Context(), c, nil, now))
}

// oneWins checks that one call succeeded and the others found nothing.
func oneWins(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrNotFound):
			t.Errorf("a loser got %v, want ErrNotFound", err)
		}
	}
	if won != 1 {
		t.Errorf("%d succeeded, want 1", won)
	}
}

func challengeOnce(t *testing.T, s Store) {
	want := challenge(1)
	putChallenge(t, s, want)
	oneWins(t, together(store.MaxTries, func(int) error {
		got, err := s.AnswerChallenge(t.Context(), want.ID, want.Code, now)
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		return err
	}))
}

func challengeTries(t *testing.T, s Store) {
	c, other := challenge(1), challenge(2)
	putChallenge(t, s, c)
	putChallenge(t, s, other)
	for range store.MaxTries {
		if _, err := s.AnswerChallenge(t.Context(), c.ID, other.Code, now); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the code of another challenge: %v, want ErrNotFound", err)
		}
	}
	if _, err := s.AnswerChallenge(t.Context(), c.ID, c.Code, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the right code at the sixth try: %v, want ErrNotFound", err)
	}
	_, err := s.AnswerChallenge(t.Context(), other.ID, other.Code, now)
	must(t, err) // tries are the challenge's own
	_, err = s.FollowChallenge(t.Context(), c.Link, now)
	must(t, err) // nobody guesses a link
}

func challengeGuesses(t *testing.T, s Store) {
	c := challenge(1)
	putChallenge(t, s, c)
	wrong := together(40, func(i int) error {
		_, err := s.AnswerChallenge(t.Context(), c.ID, store.Hash{9, byte(i)}, now)
		return err
	})
	for _, err := range wrong {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a guess got %v, want ErrNotFound", err)
		}
	}
	if _, err := s.AnswerChallenge(t.Context(), c.ID, c.Code, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the right code after 40 guesses: %v, want ErrNotFound", err)
	}
}

func challengeByLink(t *testing.T, s Store) {
	c := challenge(1)
	putChallenge(t, s, c)
	got, err := s.ChallengeByLink(t.Context(), c.Link, now)
	if diff := cmp.Diff(c, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	oneWins(t, together(8, func(i int) error {
		if i%2 == 0 {
			_, err := s.FollowChallenge(t.Context(), c.Link, now)
			return err
		}
		_, err := s.AnswerChallenge(t.Context(), c.ID, c.Code, now)
		return err
	}))
	if _, err := s.ChallengeByLink(t.Context(), c.Link, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("looking at it then: %v, want ErrNotFound", err)
	}
}

func challengeReplaced(t *testing.T, s Store) {
	first, second := challenge(1), challenge(2)
	second.ID, second.UserID = first.ID, ""
	putChallenge(t, s, first)
	for range store.MaxTries { // a new one has its tries again
		_, err := s.AnswerChallenge(t.Context(), first.ID, store.Hash{9}, now)
		if !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
	putChallenge(t, s, second)
	if _, err := s.AnswerChallenge(t.Context(), first.ID, first.Code, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the first code: %v, want ErrNotFound", err)
	}
	if _, err := s.FollowChallenge(t.Context(), first.Link, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the first link: %v, want ErrNotFound", err)
	}
	got, err := s.AnswerChallenge(t.Context(), first.ID, second.Code, now)
	if diff := cmp.Diff(second, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func challengeTooSoon(t *testing.T, s Store) {
	first, second := challenge(1), challenge(2)
	second.ID, second.SentAt = first.ID, now.Add(time.Second)
	putChallenge(t, s, first)
	l := letter("ltr_1")
	if err := s.PutChallenge(t.Context(), second, &l, now.Add(-time.Second)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("replacing it: %v, want ErrConflict", err)
	}
	if got, err := s.ClaimLetters(t.Context(), now, now.Add(time.Minute), 10); len(got) != 0 || err != nil {
		t.Errorf("letters %v, %v, want none", got, err)
	}
	_, err := s.AnswerChallenge(t.Context(), first.ID, first.Code, now)
	must(t, err)
}

func challengeExpires(t *testing.T, s Store) {
	for n := range byte(3) {
		putChallenge(t, s, challenge(n))
	}
	c := challenge(0)
	for what, try := range map[string]func() (store.Challenge, error){
		"answering":  func() (store.Challenge, error) { return s.AnswerChallenge(t.Context(), c.ID, c.Code, c.ExpiresAt) },
		"following":  func() (store.Challenge, error) { return s.FollowChallenge(t.Context(), c.Link, c.ExpiresAt) },
		"looking at": func() (store.Challenge, error) { return s.ChallengeByLink(t.Context(), c.Link, c.ExpiresAt) },
	} {
		if _, err := try(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s it at its expiry: %v, want ErrNotFound", what, err)
		}
	}
	deletes(t, s.DeleteExpiredChallenges, c.ExpiresAt)
}

// deletes checks a method that removes three rows which expire at a time, two at
// once.
func deletes(t *testing.T, remove func(ctx context.Context, before time.Time, limit int) (int, error), expiry time.Time) {
	t.Helper()
	for _, x := range []struct {
		at   time.Time
		want int
	}{{expiry, 0}, {expiry.Add(time.Second), 2}, {expiry.Add(time.Second), 1}, {expiry.Add(time.Second), 0}} {
		if n, err := remove(t.Context(), x.at, 2); n != x.want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, x.want)
		}
	}
}

func attemptsCounted(t *testing.T, s Store) {
	count := func(key byte, at time.Time, want int, until time.Time) {
		t.Helper()
		n, ends, err := s.CountAttempt(t.Context(), store.Hash{key}, at, time.Minute)
		if n != want || !ends.Equal(until) || err != nil {
			t.Errorf("attempt %d until %v, %v; want %d until %v", n, ends, err, want, until)
		}
	}
	first, later := now.Add(time.Minute), now.Add(2*time.Minute)
	count(1, now, 1, first)
	count(1, now.Add(59*time.Second), 2, first)
	count(2, now, 1, first)
	must(t, s.TakeBackAttempt(t.Context(), store.Hash{1}))
	count(1, now.Add(59*time.Second), 2, first)
	count(1, first, 1, later)
	must(t, s.TakeBackAttempt(t.Context(), store.Hash{1}))
	must(t, s.TakeBackAttempt(t.Context(), store.Hash{1})) // there is none, which is no debt
	must(t, s.TakeBackAttempt(t.Context(), store.Hash{9}))
	count(1, first, 1, later)
	count(2, first, 1, later)
	count(3, first, 1, later)
	deletes(t, s.DeleteOldAttempts, later)
}

func attemptsRace(t *testing.T, s Store) {
	seen := make([]int, 40)
	for _, err := range together(len(seen), func(i int) (err error) {
		seen[i], _, err = s.CountAttempt(t.Context(), store.Hash{1}, now, time.Minute)
		return err
	}) {
		must(t, err)
	}
	numbers := map[int]bool{}
	for _, n := range seen {
		numbers[n] = true
	}
	if len(numbers) != len(seen) || !numbers[len(seen)] {
		t.Errorf("the attempts have the numbers %v", seen)
	}
}
