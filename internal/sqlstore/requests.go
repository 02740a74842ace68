package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// claimTries bounds how often a claim is tried again because the request that was
// in its way has gone before it could be read.
const claimTries = 16

// ClaimRequest implements store.Requests. The primary key is the gate, and one
// statement decides as well about what is in its place but over.
func (db *DB) ClaimRequest(ctx context.Context, c store.Claim, now time.Time) (kept store.KeptRequest, claimed bool, err error) {
	for range claimTries {
		n, err := db.engine.exec(ctx, `INSERT INTO idempotent_requests AS r (id, request, claim, answered, answer, lease_until, expires_at)
			VALUES ($1, $2, $3, FALSE, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET request = excluded.request, claim = excluded.claim, answered = excluded.answered,
				answer = excluded.answer, lease_until = excluded.lease_until, expires_at = excluded.expires_at
			WHERE r.expires_at <= $7 OR NOT r.answered AND r.lease_until <= $7 AND r.request = excluded.request`,
			c.ID[:], c.Request[:], c.By[:], []byte{}, ms(c.LeaseUntil), ms(c.ExpiresAt), ms(now))
		if err != nil {
			return store.KeptRequest{}, false, fmt.Errorf("claiming a request: %w", err)
		}
		if n == 1 {
			return store.KeptRequest{}, true, nil
		}
		err = db.read.QueryRowContext(ctx, `SELECT request, answered, answer FROM idempotent_requests WHERE id = $1`, c.ID[:]).
			Scan(idField{kept.Request[:]}, &kept.Answered, &kept.Answer)
		if err = db.missing(err); !errors.Is(err, store.ErrNotFound) {
			return kept, false, wrapped("reading a request", err)
		}
	}
	return store.KeptRequest{}, false, fmt.Errorf("claiming a request: %w", store.ErrConflict)
}

// FinishRequest implements store.Requests.
func (db *DB) FinishRequest(ctx context.Context, c store.Claim, answer []byte) error {
	err := db.execOne(ctx, `UPDATE idempotent_requests SET answered = TRUE, answer = $3 WHERE id = $1 AND claim = $2 AND NOT answered`,
		c.ID[:], c.By[:], answer)
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrConflict
	}
	return wrapped("keeping an answer", err)
}

// ReleaseRequest implements store.Requests.
func (db *DB) ReleaseRequest(ctx context.Context, c store.Claim) error {
	_, err := db.engine.exec(ctx, `DELETE FROM idempotent_requests WHERE id = $1 AND claim = $2 AND NOT answered`, c.ID[:], c.By[:])
	return wrapped("releasing a request", err)
}

// DeleteExpiredRequests implements store.Requests.
func (db *DB) DeleteExpiredRequests(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM idempotent_requests WHERE id IN (
		SELECT id FROM idempotent_requests WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("forgetting requests", err)
}
