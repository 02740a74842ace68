package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// PutLetter implements store.Outbox.
func (db *DB) PutLetter(ctx context.Context, l store.Letter) error {
	if err := db.roomForLetter(ctx); err != nil {
		return err
	}
	return db.engine.transaction(ctx, func(tx querier) error { return putLetter(ctx, tx, l) })
}

func putLetter(ctx context.Context, tx querier, l store.Letter) error {
	err := execOne(ctx, tx, `INSERT INTO letters (id, sealed, claims, due_at, expires_at) VALUES ($1, $2, 0, $3, $4)`,
		l.ID, l.Sealed, ms(l.DueAt), ms(l.ExpiresAt))
	return wrapped("queueing a letter", err)
}

// roomForLetter reports whether one more letter may wait. It is no part of the
// transaction that puts it, which would then be in the way of all others.
func (db *DB) roomForLetter(ctx context.Context) error {
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM letters`).Scan(&n); err != nil {
		return fmt.Errorf("counting letters: %w", err)
	}
	if n >= store.MaxLetters {
		return fmt.Errorf("%w: too many letters wait to be sent", store.ErrUnavailable)
	}
	return nil
}

// ClaimLetters implements store.Outbox. That a letter is due is asked in the
// statement that moves the time, so that of two at once the second finds it moved.
func (db *DB) ClaimLetters(ctx context.Context, now, again time.Time, limit int) (claimed []store.Letter, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		claimed = nil // the transaction may run again
		rows, err := tx.QueryContext(ctx, `UPDATE letters SET claims = claims + 1, due_at = $2
			WHERE id IN (SELECT id FROM letters WHERE due_at <= $1 AND expires_at > $1 ORDER BY due_at, id LIMIT $3) AND due_at <= $1
			RETURNING id, sealed, claims, due_at, expires_at`, ms(now), ms(again), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l store.Letter
			if err := rows.Scan(&l.ID, &l.Sealed, &l.Claims, at{&l.DueAt}, at{&l.ExpiresAt}); err != nil {
				return err
			}
			claimed = append(claimed, l)
		}
		return rows.Err()
	})
	slices.SortFunc(claimed, func(a, b store.Letter) int { return strings.Compare(a.ID, b.ID) })
	return claimed, wrapped("claiming letters", err)
}

// PostponeLetter implements store.Outbox.
func (db *DB) PostponeLetter(ctx context.Context, id string, due time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE letters SET due_at = $2 WHERE id = $1`, id, ms(due))
	return wrapped("postponing a letter", err)
}

// DeleteLetter implements store.Outbox.
func (db *DB) DeleteLetter(ctx context.Context, id string) error {
	_, err := db.engine.exec(ctx, `DELETE FROM letters WHERE id = $1`, id)
	return wrapped("deleting a letter", err)
}

// DeleteExpiredLetters implements store.Outbox.
func (db *DB) DeleteExpiredLetters(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteExpired(ctx, "letters", before, limit)
}
