package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// day is how often the use of a connection is noted.
const day = 24 * time.Hour

// Connection implements store.Connections.
func (db *DB) Connection(ctx context.Context, userID, clientID string) (store.Connection, error) {
	c := store.Connection{UserID: userID, ClientID: clientID}
	err := db.read.QueryRowContext(ctx, `SELECT scopes, created_at, agreed_at, last_used_at, not_before
		FROM connections WHERE user_id = $1 AND client_id = $2`, userID, clientID).
		Scan(scopesField{&c.Scopes}, at{&c.CreatedAt}, at{&c.AgreedAt}, at{&c.LastUsedAt}, at{&c.NotBefore})
	if err = db.missing(err); err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Connection{}, fmt.Errorf("reading a connection: %w", err)
	}
	return c, nil
}

// Agree implements store.Connections. The update names the scopes it read, so a
// concurrent agreement makes it read again rather than be lost.
func (db *DB) Agree(ctx context.Context, userID, clientID string, scopes oauth.Scopes, now time.Time) error {
	for {
		n, err := db.engine.exec(ctx, `INSERT INTO connections (user_id, client_id, scopes, created_at, agreed_at, last_used_at, not_before)
			SELECT u.id, c.client_id, $3, $4, $4, $5, 0 FROM users u, clients c WHERE u.id = $1 AND c.client_id = $2
			ON CONFLICT (user_id, client_id) DO NOTHING`,
			userID, clientID, scopes.String(), ms(now), ms(now.UTC().Truncate(day)))
		if err != nil {
			return fmt.Errorf("agreeing: %w", db.missing(err))
		}
		if n == 1 {
			return nil
		}
		var agreed oauth.Scopes
		err = db.read.QueryRowContext(ctx, `SELECT scopes FROM connections WHERE user_id = $1 AND client_id = $2`,
			userID, clientID).Scan(scopesField{&agreed})
		if err != nil {
			return fmt.Errorf("agreeing: %w", db.missing(err))
		}
		n, err = db.engine.exec(ctx, `UPDATE connections SET scopes = $3, agreed_at = $4
			WHERE user_id = $1 AND client_id = $2 AND scopes = $5`,
			userID, clientID, agreed.Or(scopes).String(), ms(now), agreed.String())
		if err != nil {
			return fmt.Errorf("agreeing: %w", err)
		}
		if n == 1 {
			return nil
		}
	}
}

// Withdraw implements store.Connections.
func (db *DB) Withdraw(ctx context.Context, userID, clientID string, now time.Time) error {
	err := db.execOne(ctx, `UPDATE connections SET scopes = '', not_before = CASE WHEN not_before > $3 THEN not_before ELSE $3 END
		WHERE user_id = $1 AND client_id = $2`, userID, clientID, ms(now.Add(db.dialect.skew)))
	if err != nil {
		return fmt.Errorf("withdrawing a connection: %w", err)
	}
	return nil
}

// Touch implements store.Connections. It reads first, so that all but one use a
// day costs no write.
func (db *DB) Touch(ctx context.Context, userID, clientID string, now time.Time) error {
	today := ms(now.UTC().Truncate(day))
	var last int64
	err := db.read.QueryRowContext(ctx, `SELECT last_used_at FROM connections WHERE user_id = $1 AND client_id = $2`,
		userID, clientID).Scan(&last)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && last >= today:
		return nil
	case err == nil:
		_, err = db.engine.exec(ctx, `UPDATE connections SET last_used_at = $3
			WHERE user_id = $1 AND client_id = $2 AND last_used_at < $3`, userID, clientID, today)
	}
	if err != nil {
		return fmt.Errorf("noting the use of a connection: %w", err)
	}
	return nil
}
