package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var letterPromises = map[string]func(*testing.T, Store){
	"a letter waits until it is deleted":      letterWaits,
	"a letter is claimed by one":              letterClaimedOnce,
	"a letter comes with its challenge":       letterWithChallenge,
	"letters that have expired go to nobody":  letterExpires,
	"no more letters wait than there is room": lettersBounded,
}

func letter(id string) store.Letter {
	return store.Letter{ID: id, Sealed: []byte("sealed " + id), DueAt: now, ExpiresAt: now.Add(time.Hour)}
}

// lettersDue checks which letters are claimed at a time, until a minute later.
func lettersDue(t *testing.T, s Store, at time.Time, want ...store.Letter) {
	t.Helper()
	got, err := s.ClaimLetters(t.Context(), at, at.Add(time.Minute), 10)
	for i := range want {
		want[i].DueAt = at.Add(time.Minute)
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("at %v: %v (-want +got)\n%s", at, err, diff)
	}
}

func letterWaits(t *testing.T, s Store) {
	one, two, later := letter("ltr_1"), letter("ltr_2"), letter("ltr_3")
	later.DueAt = now.Add(time.Second)
	for _, l := range []store.Letter{two, one, later} {
		must(t, s.PutLetter(t.Context(), l))
	}
	one.Claims, two.Claims, later.Claims = 1, 1, 1
	lettersDue(t, s, now, one, two)
	lettersDue(t, s, now.Add(59*time.Second), later)
	must(t, s.DeleteLetter(t.Context(), one.ID))
	must(t, s.PostponeLetter(t.Context(), two.ID, now.Add(10*time.Minute)))
	later.Claims = 2
	lettersDue(t, s, now.Add(5*time.Minute), later)
	must(t, s.DeleteLetter(t.Context(), later.ID))
	must(t, s.DeleteLetter(t.Context(), later.ID))
	must(t, s.PostponeLetter(t.Context(), later.ID, now))
	two.Claims = 2
	lettersDue(t, s, now.Add(10*time.Minute), two)
}

func letterClaimedOnce(t *testing.T, s Store) {
	for i := range 20 {
		must(t, s.PutLetter(t.Context(), letter(fmt.Sprintf("ltr_%02d", i))))
	}
	all := make([][]store.Letter, 10)
	for _, err := range together(len(all), func(i int) (err error) {
		all[i], err = s.ClaimLetters(t.Context(), now, now.Add(time.Minute), 4)
		return err
	}) {
		must(t, err)
	}
	seen := map[string]int{}
	for _, claimed := range all {
		for _, l := range claimed {
			seen[l.ID]++
		}
	}
	rest, err := s.ClaimLetters(t.Context(), now, now.Add(time.Minute), 100) // what two wanted at once
	must(t, err)
	for _, l := range rest {
		seen[l.ID]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d letters were claimed, want 20", len(seen))
	}
}

func letterWithChallenge(t *testing.T, s Store) {
	l := letter("ltr_1")
	must(t, s.PutChallenge(t.Context(), challenge(1), &l, now))
	l.Claims = 1
	lettersDue(t, s, now, l)
}

func letterExpires(t *testing.T, s Store) {
	for _, id := range []string{"ltr_1", "ltr_2", "ltr_3"} {
		must(t, s.PutLetter(t.Context(), letter(id)))
	}
	lettersDue(t, s, now.Add(time.Hour))
	deletes(t, s.DeleteExpiredLetters, now.Add(time.Hour))
}

func lettersBounded(t *testing.T, s Store) {
	for _, err := range together(store.MaxLetters/100, func(i int) error {
		for j := range 100 {
			if err := s.PutLetter(t.Context(), letter(fmt.Sprintf("ltr_%02d_%02d", i, j))); err != nil {
				return err
			}
		}
		return nil
	}) {
		must(t, err)
	}
	if err := s.PutLetter(t.Context(), letter("ltr_more")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("one more letter: %v, want ErrUnavailable", err)
	}
	l := letter("ltr_more")
	if err := s.PutChallenge(t.Context(), challenge(1), &l, now); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("one more with a challenge: %v, want ErrUnavailable", err)
	}
	if _, err := s.ChallengeByLink(t.Context(), challenge(1).Link, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its challenge was kept: %v", err)
	}
}
