package cache

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const (
	// usesApart is how far apart uses of one secret have to be for both to be noted.
	usesApart = time.Minute
	// flushBatch is how many are written at once: between batches others get their
	// turn at the database.
	flushBatch = 256
)

// Uses notes in memory when secrets were last used, so that no request waits for
// it. Flush writes it down; what was noted since is lost if the node dies. It is
// safe for concurrent use.
type Uses struct {
	kept store.Uses
	now  func() time.Time

	mu      sync.Mutex
	noted   map[store.Hash]time.Time // secrets that are good, so that strangers fill no memory
	pending map[store.Hash]time.Time
}

// NewUses makes Uses that has noted nothing.
func NewUses(kept store.Uses, now func() time.Time) *Uses {
	return &Uses{kept: kept, now: now, noted: map[store.Hash]time.Time{}, pending: map[store.Hash]time.Time{}}
}

// Note notes that a secret, which was good, is used now.
func (u *Uses) Note(secret store.Hash) {
	now := u.now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.noted[secret]) < usesApart {
		return
	}
	if len(u.noted) >= maxHeld {
		u.noted = map[store.Hash]time.Time{}
	}
	u.noted[secret], u.pending[secret] = now, now
}

// Flush writes down what was noted. What cannot be written is written the next time.
func (u *Uses) Flush(ctx context.Context) error {
	u.mu.Lock()
	pending := u.pending
	u.pending = map[store.Hash]time.Time{}
	u.mu.Unlock()
	for len(pending) > 0 {
		batch := map[store.Hash]time.Time{}
		for secret, at := range pending {
			if len(batch) == flushBatch {
				break
			}
			batch[secret] = at
		}
		if err := u.kept.NoteUses(ctx, batch); err != nil {
			u.again(pending)
			return err
		}
		maps.DeleteFunc(pending, func(secret store.Hash, _ time.Time) bool { _, ok := batch[secret]; return ok })
	}
	return nil
}

// again takes back what could not be written.
func (u *Uses) again(pending map[store.Hash]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for secret, at := range pending {
		if u.pending[secret].Before(at) {
			u.pending[secret] = at
		}
	}
}

// Last tells when secrets were last used, here or on any node that has said so.
func (u *Uses) Last(ctx context.Context, secrets ...store.Hash) (map[store.Hash]time.Time, error) {
	last, err := u.kept.LastUses(ctx, secrets...)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range secrets {
		if at, ok := u.pending[s]; ok && at.After(last[s]) {
			last[s] = at
		}
	}
	return last, nil
}
