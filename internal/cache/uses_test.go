package cache

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// ledger keeps uses; fault, if set, is what writing returns.
type ledger struct {
	store.Uses
	kept   map[store.Hash]time.Time
	writes int
	fault  error
}

func (l *ledger) NoteUses(_ context.Context, uses map[store.Hash]time.Time) error {
	l.writes++
	if l.fault == nil {
		for s, at := range uses {
			l.kept[s] = at
		}
	}
	return l.fault
}

func (l *ledger) LastUses(_ context.Context, secrets ...store.Hash) (map[store.Hash]time.Time, error) {
	found := map[store.Hash]time.Time{}
	for _, s := range secrets {
		if at, ok := l.kept[s]; ok {
			found[s] = at
		}
	}
	return found, nil
}

func TestUses(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	l := &ledger{kept: map[store.Hash]time.Time{}}
	u := NewUses(l, func() time.Time { return now })
	a, b := store.Hash{1}, store.Hash{2}
	last := func(want time.Time) {
		t.Helper()
		got, err := u.Last(t.Context(), a, b)
		if _, other := got[b]; err != nil || !got[a].Equal(want) || other {
			t.Errorf("last used %v, %v, want %v for one alone", got, err, want)
		}
	}
	last(time.Time{})
	u.Note(a)
	last(now) // before it is written
	l.fault = errors.New("no disk")
	if err := u.Flush(t.Context()); !errors.Is(err, l.fault) {
		t.Errorf("Flush = %v", err)
	}
	last(now)
	l.fault = nil
	first := now
	for range 3 {
		now = now.Add(10 * time.Second)
		u.Note(a)
		if err := u.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	last(first)
	if l.writes != 2 {
		t.Errorf("written %d times, want 2: one failed", l.writes)
	}
	now = now.Add(time.Minute)
	u.Note(a)
	last(now)
}

// What many secrets were used for is written in batches, and what one of them could
// not be is written the next time.
func TestUsesAreWrittenInBatches(t *testing.T) {
	l := &ledger{kept: map[store.Hash]time.Time{}}
	u := NewUses(l, time.Now)
	const many = 2*flushBatch + 1
	for i := range many {
		u.Note(store.Hash{byte(i), byte(i >> 8)})
	}
	l.fault = errors.New("no disk")
	if err := u.Flush(t.Context()); !errors.Is(err, l.fault) || l.writes != 1 {
		t.Errorf("Flush = %v after %d writes", err, l.writes)
	}
	l.fault = nil
	for range 2 { // the second finds nothing to write
		if err := u.Flush(t.Context()); err != nil || len(l.kept) != many || l.writes != 4 {
			t.Errorf("%v: %d are kept after %d writes", err, len(l.kept), l.writes)
		}
	}
}
