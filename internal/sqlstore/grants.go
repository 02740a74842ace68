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

// alive decides whether what g.user_id authorized for g.client_id at
// g.authorized_at still holds. Every statement about grants uses this one text.
const alive = `EXISTS (
	SELECT 1 FROM instance i
	JOIN clients c ON c.client_id = g.client_id AND c.not_before < g.authorized_at
	JOIN users u ON u.id = g.user_id AND NOT u.banned AND u.not_before < g.authorized_at
	JOIN connections k ON k.user_id = g.user_id AND k.client_id = g.client_id AND k.not_before < g.authorized_at
	WHERE i.not_before < g.authorized_at)`

const grantColumns = `id, client_id, user_id, session_id, scopes, generation, authorized_at, rotated_at, expires_at, ends_at, revoked_at, revoked`

// The casts tell PostgreSQL the types of parameters that no column gives one.
const redeem = `INSERT INTO grants (` + grantColumns + `)
	SELECT $1, g.client_id, g.user_id, $4, $5, $6, g.authorized_at, $8, $9, $10, 0, ''
	FROM (SELECT CAST($2 AS TEXT) AS client_id, CAST($3 AS TEXT) AS user_id, CAST($7 AS BIGINT) AS authorized_at) AS g
	WHERE ` + alive + `
	ON CONFLICT (id) DO NOTHING`

// RedeemCode implements store.Grants. The primary key is the gate: it admits one
// row, whatever the isolation level and however many nodes race.
func (db *DB) RedeemCode(ctx context.Context, g oauth.Grant) error {
	n, err := db.exec(ctx, redeem,
		g.ID[:], g.ClientID, g.UserID, g.SessionID, g.Scopes.String(), int64(g.Generation),
		ms(g.AuthorizedAt), ms(g.RotatedAt), ms(g.ExpiresAt), ms(g.EndsAt))
	switch {
	case err != nil:
		return fmt.Errorf("redeeming a code: %w", err)
	case n == 1:
		return nil
	}
	err = db.RevokeGrant(ctx, g.ID, oauth.CodeReplayed, g.RotatedAt)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.ErrDead
	case err != nil:
		return errors.Join(store.ErrReplayed, err)
	}
	return store.ErrReplayed
}

const rotate = `UPDATE grants AS g SET
		generation = generation + 1,
		rotated_at = $4,
		expires_at = CASE WHEN ends_at < $5 THEN ends_at ELSE $5 END
	WHERE g.id = $1 AND g.client_id = $2 AND g.generation = $3 AND g.revoked_at = 0 AND g.expires_at > $4 AND ` + alive + `
	RETURNING ` + grantColumns

// RotateRefreshToken implements store.Grants.
func (db *DB) RotateRefreshToken(ctx context.Context, r store.Rotation) (store.Standing, error) {
	var s store.Standing
	err := db.again(ctx, func() error {
		return scanGrant(db.write.QueryRowContext(ctx, rotate,
			r.ID[:], r.ClientID, int64(r.Generation), ms(r.Now), ms(r.ExpiresAt)), &s.Grant)
	})
	switch {
	case err == nil:
		s.Live, s.Rotated = true, true
		return s, nil
	case errors.Is(err, sql.ErrNoRows):
		return db.Grant(ctx, r.ID, r.Now)
	}
	return store.Standing{}, fmt.Errorf("rotating a refresh token: %w", err)
}

const readGrant = `SELECT ` + grantColumns + `, (g.revoked_at = 0 AND g.expires_at > $2 AND ` + alive + `)
	FROM grants g WHERE g.id = $1`

// Grant implements store.Grants.
func (db *DB) Grant(ctx context.Context, id oauth.GrantID, now time.Time) (store.Standing, error) {
	var s store.Standing
	err := scanGrant(db.read.QueryRowContext(ctx, readGrant, id[:], ms(now)), &s.Grant, &s.Live)
	if err != nil {
		return store.Standing{}, fmt.Errorf("reading a grant: %w", db.missing(err))
	}
	return s, nil
}

const readGrantWithUser = `SELECT
		g.id, g.client_id, g.user_id, g.session_id, g.scopes, g.generation, g.authorized_at, g.rotated_at, g.expires_at, g.ends_at, g.revoked_at, g.revoked,
		(g.revoked_at = 0 AND g.expires_at > $2 AND ` + alive + `), ` + userColumns + `
	FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN emails e ON e.user_id = u.id
	WHERE g.id = $1 ORDER BY e.position`

// GrantWithUser implements store.Grants.
func (db *DB) GrantWithUser(ctx context.Context, id oauth.GrantID, now time.Time) (store.Standing, store.User, error) {
	var s store.Standing
	rows, err := db.read.QueryContext(ctx, readGrantWithUser, id[:], ms(now))
	if err != nil {
		return store.Standing{}, store.User{}, fmt.Errorf("reading a grant: %w", err)
	}
	users, err := scanUsers(rows, append(grantFields(&s.Grant), &s.Live)...)
	switch {
	case err != nil:
		return store.Standing{}, store.User{}, fmt.Errorf("reading a grant: %w", err)
	case len(users) == 0:
		return store.Standing{}, store.User{}, store.ErrNotFound
	}
	return s, users[0], nil
}

// RevokeGrant implements store.Grants.
func (db *DB) RevokeGrant(ctx context.Context, id oauth.GrantID, why oauth.Reason, now time.Time) error {
	err := db.execOne(ctx, `UPDATE grants SET
			revoked = CASE WHEN revoked_at = 0 THEN $2 ELSE revoked END,
			revoked_at = CASE WHEN revoked_at = 0 THEN $3 ELSE revoked_at END
		WHERE id = $1`, id[:], string(why), ms(now))
	if err != nil {
		return fmt.Errorf("revoking a grant: %w", err)
	}
	return nil
}

// DeleteExpiredGrants implements store.Grants. Ids begin with their time, so the
// oldest come first without an index of their own.
func (db *DB) DeleteExpiredGrants(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.exec(ctx, `DELETE FROM grants WHERE id IN (
		SELECT id FROM grants WHERE expires_at < $1 ORDER BY id LIMIT $2)`, ms(before), limit)
	if err != nil {
		return 0, fmt.Errorf("deleting expired grants: %w", err)
	}
	return int(n), nil
}

// A row is *sql.Row or *sql.Rows.
type row interface{ Scan(into ...any) error }

func scanGrant(r row, g *oauth.Grant, more ...any) error {
	return r.Scan(append(grantFields(g), more...)...)
}

// grantFields are where grantColumns are read to.
func grantFields(g *oauth.Grant) []any {
	return []any{
		idField{g.ID[:]},
		&g.ClientID, &g.UserID, &g.SessionID,
		scopesField{&g.Scopes},
		&g.Generation,
		at{&g.AuthorizedAt},
		at{&g.RotatedAt},
		at{&g.ExpiresAt},
		at{&g.EndsAt},
		at{&g.RevokedAt},
		(*string)(&g.Revoked),
	}
}

// idField reads bytes of a fixed length: ids and hashes.
type idField struct{ into []byte }

// Scan implements sql.Scanner.
func (f idField) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(f.into) {
		return fmt.Errorf("%d bytes are kept as %T of %d", len(f.into), value, len(b))
	}
	copy(f.into, b)
	return nil
}

// scopesField reads a set of scopes.
type scopesField struct{ into *oauth.Scopes }

// Scan implements sql.Scanner.
func (f scopesField) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	if err == nil {
		*f.into, err = oauth.ParseScopes(text.String)
	}
	return err
}
