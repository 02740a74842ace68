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
	err := db.read.QueryRowContext(ctx, `SELECT scopes, created_at, agreed_at, last_used_at, not_before, organization_id
		FROM connections WHERE user_id = $1 AND client_id = $2`, userID, clientID).
		Scan(scopesField{&c.Scopes}, at{&c.CreatedAt}, at{&c.AgreedAt}, at{&c.LastUsedAt}, at{&c.NotBefore}, &c.OrganizationID)
	if err = db.missing(err); err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Connection{}, fmt.Errorf("reading a connection: %w", err)
	}
	return c, nil
}

// Agree implements store.Connections. The update names the scopes it read, so a
// concurrent agreement makes it read again rather than be lost.
func (db *DB) Agree(ctx context.Context, userID, clientID string, scopes oauth.Scopes, now time.Time) error {
	for {
		n, err := db.agreed(ctx, userID, clientID, scopes, `INSERT INTO connections (user_id, client_id, scopes, created_at, agreed_at, last_used_at, not_before,
				client_name, client_uri, client_image_url)
			SELECT u.id, c.client_id, $3, $4, $4, $5, 0, c.name, c.client_uri, c.image_url FROM users u, clients c WHERE u.id = $1 AND c.client_id = $2
			ON CONFLICT (user_id, client_id) DO NOTHING`,
			userID, clientID, scopes.String(), ms(now), ms(now.UTC().Truncate(day)))
		if err != nil {
			return fmt.Errorf("agreeing: %w", db.missing(err))
		}
		if n == 1 {
			return nil
		}
		var agreed oauth.Scopes
		err = db.read.QueryRowContext(ctx, `SELECT k.scopes FROM connections k JOIN clients c ON c.client_id = k.client_id
			WHERE k.user_id = $1 AND k.client_id = $2`, userID, clientID).Scan(scopesField{&agreed})
		if err != nil {
			return fmt.Errorf("agreeing: %w", db.missing(err))
		}
		n, err = db.agreed(ctx, userID, clientID, agreed.Or(scopes), `UPDATE connections SET scopes = $3, agreed_at = $4,
				client_name = c.name, client_uri = c.client_uri, client_image_url = c.image_url
			FROM clients c WHERE connections.user_id = $1 AND connections.client_id = $2 AND connections.scopes = $5
				AND c.client_id = $2`,
			userID, clientID, agreed.Or(scopes).String(), ms(now), agreed.String())
		if err != nil {
			return fmt.Errorf("agreeing: %w", err)
		}
		if n == 1 {
			return nil
		}
	}
}

// RememberOrganization implements store.Connections.
func (db *DB) RememberOrganization(ctx context.Context, userID, clientID, organizationID string) error {
	_, err := db.engine.exec(ctx, `UPDATE connections SET organization_id = $3 WHERE user_id = $1 AND client_id = $2`, userID, clientID, organizationID)
	return wrapped("remembering an organization", err)
}

// agreed runs the statement that makes or widens a connection, and tells it if it did.
func (db *DB) agreed(ctx context.Context, userID, clientID string, scopes oauth.Scopes, statement string, args ...any) (n int64, err error) {
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return nil, err
		}
		if n, err = result.RowsAffected(); err != nil || n == 0 {
			return nil, err
		}
		return []occurrence{aboutAuthorization(store.AuthorizationGranted, store.Authorization{UserID: userID, ClientID: clientID, Scopes: scopes})}, nil
	})
	return n, err
}

func aboutAuthorization(kind store.EventType, a store.Authorization) occurrence {
	return occurrence{
		kind: kind, objectID: a.ClientID, userID: a.UserID, clientID: a.ClientID,
		by: ownBusiness(a.UserID), about: a,
	}
}

// withdraw is what withdrawing makes of a connection, with the not-before time as
// the last parameter.
const withdraw = `UPDATE connections SET scopes = '', agreed_at = 0, organization_id = '', not_before = CASE WHEN not_before > $3 THEN not_before ELSE $3 END `

// Withdraw implements store.Connections. There is nothing to tell of one that was
// withdrawn before.
func (db *DB) Withdraw(ctx context.Context, userID, clientID string, now time.Time) error {
	const one = withdraw + `WHERE user_id = $1 AND client_id = $2`
	n, err := db.withdrawn(ctx, one+` AND agreed_at > 0`, userID, clientID, ms(now.Add(db.dialect.skew)))
	if err == nil && n == 0 {
		err = db.execOne(ctx, one, userID, clientID, ms(now.Add(db.dialect.skew)))
	}
	return wrapped("withdrawing a connection", db.missing(err))
}

// withdrawn runs a statement that withdraws, tells of each, and counts them.
func (db *DB) withdrawn(ctx context.Context, statement string, args ...any) (n int, err error) {
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		rows, err := tx.QueryContext(ctx, statement+` RETURNING user_id, client_id`, args...)
		if err != nil {
			return nil, err
		}
		gone, err := all(rows, func(r row) (a store.Authorization, err error) {
			err = r.Scan(&a.UserID, &a.ClientID)
			return a, err
		})
		if err != nil {
			return nil, err
		}
		n = len(gone)
		told := make([]occurrence, n)
		for i, a := range gone {
			told[i] = aboutAuthorization(store.AuthorizationWithdrawn, a)
		}
		return told, nil
	})
	return n, err
}

// WithdrawSome implements store.Connections. Connections that are withdrawn are in
// no index of agreements, so each batch finds the next ones at once.
func (db *DB) WithdrawSome(ctx context.Context, userID, clientID string, now time.Time, limit int) (int, error) {
	column, id := ofWhom(userID, clientID)
	n, err := db.withdrawn(ctx, withdraw+`WHERE agreed_at > 0 AND agreed_at <= $3 AND (user_id, client_id) IN (
		SELECT user_id, client_id FROM connections WHERE `+column+` = $1 AND agreed_at > 0 AND agreed_at <= $3
		ORDER BY agreed_at LIMIT $2)`, id, limit, ms(now.Add(db.dialect.skew)))
	return n, wrapped("withdrawing connections", err)
}

// ofWhom is the column that selects the connections of a user or of a client.
func ofWhom(userID, clientID string) (column, id string) {
	if userID != "" {
		return "user_id", userID
	}
	return "client_id", clientID
}

// Agreements implements store.Connections. Those of a client are in the index in
// this order; those of a user are few.
func (db *DB) Agreements(ctx context.Context, q store.AgreementQuery) ([]store.Agreement, error) {
	column, id := ofWhom(q.UserID, q.ClientID)
	other := map[string]string{"user_id": "c.application_id", "client_id": "k.user_id"}[column]
	after, args := ``, []any{id, q.Limit}
	if q.After != nil {
		after = ` AND (k.agreed_at, ` + other + `) < ($3, $4)`
		args = append(args, ms(q.After.AgreedAt), q.After.OtherID)
	}
	rows, err := db.read.QueryContext(ctx, `SELECT k.user_id, k.client_id, k.scopes, k.created_at, k.agreed_at, k.last_used_at, k.not_before,
			c.application_id, c.name, k.client_name, k.client_uri, k.client_image_url
		FROM connections k JOIN clients c ON c.client_id = k.client_id
		WHERE k.`+column+` = $1 AND k.agreed_at > 0`+after+`
		ORDER BY k.agreed_at DESC, `+other+` DESC LIMIT $2`, args...)
	if err != nil {
		return nil, db.nothing(fmt.Errorf("listing connections: %w", err))
	}
	defer rows.Close()
	list := []store.Agreement{}
	for rows.Next() {
		var a store.Agreement
		err := rows.Scan(&a.UserID, &a.ClientID, scopesField{&a.Scopes}, at{&a.CreatedAt}, at{&a.AgreedAt}, at{&a.LastUsedAt}, at{&a.NotBefore},
			&a.ApplicationID, &a.Name, &a.Then.Name, &a.Then.URI, &a.Then.ImageURL)
		if err != nil {
			return nil, fmt.Errorf("listing connections: %w", err)
		}
		list = append(list, a)
	}
	return list, wrapped("listing connections", rows.Err())
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
