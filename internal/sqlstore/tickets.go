package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const signInTokenColumns = `id, user_id, status, expires_at, created_at, updated_at`

func scanSignInToken(r row) (t store.SignInToken, err error) {
	err = r.Scan(&t.ID, &t.UserID, &t.Status, at{&t.ExpiresAt}, at{&t.CreatedAt}, at{&t.UpdatedAt})
	return t, err
}

// CreateSignInToken implements store.SignInTokens. The insert reads the user, so
// that one deleted meanwhile gets none.
func (db *DB) CreateSignInToken(ctx context.Context, t store.SignInToken) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutSignInToken(store.SignInTokenCreated, t)}, execOne(ctx, tx, `INSERT INTO sign_in_tokens (`+signInTokenColumns+`)
			SELECT $1, u.id, $3, $4, $5, $6 FROM users u WHERE u.id = $2`,
			t.ID, t.UserID, string(t.Status), ms(t.ExpiresAt), ms(t.CreatedAt), ms(t.UpdatedAt))
	})
	return wrapped("creating a sign-in token", db.missing(err))
}

func aboutSignInToken(kind store.EventType, t store.SignInToken) occurrence {
	return occurrence{kind: kind, objectID: t.ID, userID: t.UserID, about: t}
}

// SignInToken implements store.SignInTokens.
func (db *DB) SignInToken(ctx context.Context, id string, now time.Time) (store.SignInToken, error) {
	t, err := scanSignInToken(db.read.QueryRowContext(ctx, `SELECT `+signInTokenColumns+` FROM sign_in_tokens WHERE id = $1 AND expires_at > $2`, id, ms(now)))
	if err != nil {
		return store.SignInToken{}, fmt.Errorf("reading a sign-in token: %w", db.missing(err))
	}
	return t, nil
}

// RedeemSignInToken implements store.SignInTokens.
func (db *DB) RedeemSignInToken(ctx context.Context, id string, s store.Session) error {
	now := s.SignedInAt
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		err := tx.QueryRowContext(ctx, `UPDATE sign_in_tokens SET status = $2, updated_at = $3
			WHERE id = $1 AND status = $4 AND expires_at > $3 RETURNING user_id`,
			id, string(store.TicketAccepted), ms(now), string(store.TicketPending)).Scan(&s.UserID)
		if err != nil {
			return nil, err
		}
		return []occurrence{aboutSession(store.SessionCreated, s)}, createSession(ctx, tx, s)
	})
	if err = db.missing(err); !errors.Is(err, store.ErrNotFound) {
		return wrapped("redeeming a sign-in token", err)
	}
	return db.settledToken(ctx, id, now)
}

// RevokeSignInToken implements store.SignInTokens.
func (db *DB) RevokeSignInToken(ctx context.Context, id string, now time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		t, err := scanSignInToken(tx.QueryRowContext(ctx, `UPDATE sign_in_tokens SET status = $2, updated_at = $3
			WHERE id = $1 AND status = $4 AND expires_at > $3 RETURNING `+signInTokenColumns,
			id, string(store.TicketRevoked), ms(now), string(store.TicketPending)))
		return []occurrence{aboutSignInToken(store.SignInTokenRevoked, t)}, err
	})
	if err = db.missing(err); !errors.Is(err, store.ErrNotFound) {
		return wrapped("revoking a sign-in token", err)
	}
	return db.settledToken(ctx, id, now)
}

// settledToken says why a token could not be taken: it is not pending any more, or
// there is nothing to take.
func (db *DB) settledToken(ctx context.Context, id string, now time.Time) error {
	t, err := db.SignInToken(ctx, id, now)
	switch {
	case err != nil:
		return err
	case t.Status == store.TicketPending: // its user is banned
		return store.ErrNotFound
	}
	return store.ErrConflict
}

// DeleteExpiredSignInTokens implements store.SignInTokens.
func (db *DB) DeleteExpiredSignInTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM sign_in_tokens WHERE id IN (
		SELECT id FROM sign_in_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("deleting expired sign-in tokens", err)
}
