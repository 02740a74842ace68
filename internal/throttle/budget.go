package throttle

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Budget admits for each key so many attempts within a window, which begins with
// the first of them. It is safe for concurrent use.
type Budget struct {
	most   int
	window time.Duration

	over atomic.Int64 // when all windows are, in nanoseconds since 1970; 0 without any

	mu   sync.Mutex
	keys map[string]spent
}

// spent is what a key has used of its window.
type spent struct {
	number int
	until  time.Time
}

// NewBudget makes a budget.
func NewBudget(most int, window time.Duration) *Budget {
	return &Budget{most: most, window: window, keys: map[string]spent{}}
}

// Spend counts an attempt and gives 0, or, without counting, how long to wait.
func (b *Budget) Spend(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.of(key, now)
	if s.number >= b.most {
		return s.until.Sub(now)
	}
	s.number++
	if len(b.keys) >= maxKeys {
		b.forget(now)
	}
	b.keys[key] = s
	b.over.Store(max(b.over.Load(), s.until.UnixNano()))
	return 0
}

// Idle reports that no key has used anything of a window, so that nobody has to wait. It
// takes no lock: many ask, and seldom has anybody to wait.
func (b *Budget) Idle(now time.Time) bool { return now.UnixNano() >= b.over.Load() }

// Wait is how long to wait, or 0. It counts nothing.
func (b *Budget) Wait(key string, now time.Time) time.Duration {
	if b.Idle(now) {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.of(key, now); s.number >= b.most {
		return s.until.Sub(now)
	}
	return 0
}

// Refund takes an attempt back, as one that succeeded.
func (b *Budget) Refund(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.keys[key]; ok && s.number > 0 {
		s.number--
		b.keys[key] = s
	}
}

// of is what a key has used by now. The caller holds the lock.
func (b *Budget) of(key string, now time.Time) spent {
	s, ok := b.keys[key]
	if !ok || !now.Before(s.until) {
		return spent{until: now.Add(b.window)}
	}
	return s
}

// forget makes room: of windows that are over or, if none is, of all. The caller
// holds the lock.
func (b *Budget) forget(now time.Time) {
	for key, s := range b.keys {
		if !now.Before(s.until) {
			delete(b.keys, key)
		}
	}
	if len(b.keys) >= maxKeys {
		clear(b.keys)
	}
}
