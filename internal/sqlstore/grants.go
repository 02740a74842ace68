package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
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
	JOIN connections k ON k.user_id = g.user_id AND k.client_id = g.client_id AND k.not_before < g.authorized_at AND k.agreed_at > 0
	WHERE i.not_before < g.authorized_at)`

const grantColumns = `id, client_id, user_id, session_id, scopes, generation, authorized_at, rotated_at, expires_at, ends_at, revoked_at, revoked, details`

// ofGrant is what is read of a grant g.
var ofGrant = `g.id, g.client_id, g.user_id, g.session_id, g.scopes, g.generation, g.authorized_at, g.rotated_at, g.expires_at, g.ends_at, g.revoked_at, g.revoked, g.details, ` +
	chosen("g")

// chosen is id, slug and name of the organization of a grant, with spaces between,
// while its user is a member; else the empty text. Without an organization nothing is looked up.
func chosen(grant string) string {
	return strings.ReplaceAll(`CASE WHEN GRANT.organization_id = '' THEN '' ELSE COALESCE((
		SELECT o.id || ' ' || o.slug || ' ' || o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
		WHERE m.organization_id = GRANT.organization_id AND m.user_id = GRANT.user_id), '') END`, "GRANT", grant)
}

// parseChosen reads it.
func parseChosen(text string) (o oauth.Organization) {
	o.ID, text, _ = strings.Cut(text, " ")
	o.Slug, o.Name, _ = strings.Cut(text, " ")
	return o
}

// A grantRow is a row as the engines read it.
type grantRow struct {
	id                                                    oauth.GrantID
	clientID, userID, sessionID, scopes                   string
	generation                                            int64
	authorizedAt, rotatedAt, expiresAt, endsAt, revokedAt int64 // milliseconds
	revoked, details                                      string
	organization                                          string // written: the id; read: as chosen has it
	alive                                                 bool   // what the grant stands on admits it
}

func rowOf(g oauth.Grant) grantRow {
	return grantRow{
		id: g.ID, clientID: g.ClientID, userID: g.UserID, sessionID: g.SessionID,
		scopes: g.Scopes.String(), generation: int64(g.Generation),
		authorizedAt: ms(g.AuthorizedAt), rotatedAt: ms(g.RotatedAt), expiresAt: ms(g.ExpiresAt), endsAt: ms(g.EndsAt), details: formatDetails(g.Details),
		organization: g.Organization.ID,
	}
}

func (r *grantRow) grant() (oauth.Grant, error) {
	scopes, err := oauth.ParseScopes(r.scopes)
	if err != nil {
		return oauth.Grant{}, fmt.Errorf("the scopes of grant %s: %w", r.id, err)
	}
	details, err := parseDetails(r.details)
	if err != nil {
		return oauth.Grant{}, fmt.Errorf("the details of grant %s: %w", r.id, err)
	}
	return oauth.Grant{
		ID: r.id, ClientID: r.clientID, UserID: r.userID, SessionID: r.sessionID,
		Scopes: scopes, Generation: uint32(r.generation),
		AuthorizedAt: fromMS(r.authorizedAt), RotatedAt: fromMS(r.rotatedAt),
		ExpiresAt: fromMS(r.expiresAt), EndsAt: fromMS(r.endsAt), RevokedAt: fromMS(r.revokedAt),
		Revoked: oauth.Reason(r.revoked), Details: details, Organization: parseChosen(r.organization),
	}, nil
}

// standing is the grant as it stands at now.
func (r *grantRow) standing(now time.Time) (s store.Standing, err error) {
	s.Grant, err = r.grant()
	s.Live = r.alive && r.revokedAt == 0 && r.expiresAt > ms(now)
	return s, err
}

// RedeemCode implements store.Grants. The primary key is the gate: it admits one
// row, whatever the isolation level and however many nodes race.
func (db *DB) RedeemCode(ctx context.Context, g oauth.Grant) error {
	saved, err := db.engine.redeem(ctx, g)
	switch {
	case err != nil:
		return fmt.Errorf("redeeming a code: %w", err)
	case saved:
		return nil
	}
	err = db.RevokeGrant(ctx, g.ID, oauth.CodeReplayed, g.RotatedAt)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.ErrDead
	case err != nil:
		return fmt.Errorf("a code was replayed: %w", err) // not ErrReplayed, which promises that the grant is revoked
	}
	return store.ErrReplayed
}

// RotateRefreshToken implements store.Grants.
func (db *DB) RotateRefreshToken(ctx context.Context, r store.Rotation) (store.Standing, error) {
	g, rotated, err := db.engine.rotate(ctx, r)
	switch {
	case err != nil:
		return store.Standing{}, fmt.Errorf("rotating a refresh token: %w", err)
	case rotated:
		return store.Standing{Grant: g, Live: true, Rotated: true}, nil
	}
	return db.Grant(ctx, r.ID, r.Now)
}

// Grant implements store.Grants.
func (db *DB) Grant(ctx context.Context, id oauth.GrantID, now time.Time) (store.Standing, error) {
	row, err := db.engine.grant(ctx, id)
	if err != nil {
		return store.Standing{}, fmt.Errorf("reading a grant: %w", err)
	}
	return row.standing(now)
}

// GrantWithUser implements store.Grants.
func (db *DB) GrantWithUser(ctx context.Context, id oauth.GrantID, now time.Time) (store.Standing, store.User, error) {
	row, user, err := db.engine.grantWithUser(ctx, id)
	if err != nil {
		return store.Standing{}, store.User{}, fmt.Errorf("reading a grant and its user: %w", err)
	}
	s, err := row.standing(now)
	return s, user, err
}

// RevokeGrant implements store.Grants. Only what revokes tells it.
func (db *DB) RevokeGrant(ctx context.Context, id oauth.GrantID, why oauth.Reason, now time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		then := store.GrantThen{ID: id.String(), Reason: string(why), RevokedAt: now}
		var scopes oauth.Scopes
		err := tx.QueryRowContext(ctx, `UPDATE grants SET revoked = $2, revoked_at = $3 WHERE id = $1 AND revoked_at = 0
			RETURNING client_id, user_id, session_id, scopes`, id[:], string(why), ms(now)).
			Scan(&then.ClientID, &then.UserID, &then.SessionID, scopesField{&scopes})
		switch {
		case errors.Is(err, sql.ErrNoRows):
			var revoked bool
			if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM grants WHERE id = $1)`, id[:]).Scan(&revoked); err != nil || revoked {
				return nil, err
			}
			return nil, store.ErrNotFound
		case err != nil:
			return nil, err
		}
		then.Scopes = scopes
		told := occurrence{kind: store.GrantRevoked, objectID: then.ID, userID: then.UserID, clientID: then.ClientID, about: then}
		if why == oauth.ClientRevoked {
			told.by = store.Actor{Kind: store.ByClient, ID: then.ClientID}
		}
		return []occurrence{told}, nil
	})
	return wrapped("revoking a grant", err)
}

// DeleteExpiredGrants implements store.Grants. Ids begin with their time, so the
// oldest come first without an index of their own. The rows are found by reading
// and then removed by their range of ids, so that whoever writes waits for no
// search.
func (db *DB) DeleteExpiredGrants(ctx context.Context, before time.Time, after oauth.GrantID, limit int) (int, oauth.GrantID, error) {
	last := oauth.NewGrantID(before, [10]byte{}) // what was authorized later cannot have expired before
	var next oauth.GrantID                       // the end, unless there is more
	err := db.read.QueryRowContext(ctx, `SELECT id FROM grants WHERE id > $1 AND id < $2 ORDER BY id LIMIT 1 OFFSET $3`,
		after[:], last[:], limit-1).Scan(idField{last[:]})
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return 0, oauth.GrantID{}, fmt.Errorf("looking for expired grants: %w", err)
	default:
		next = last
	}
	deleted, err := db.engine.exec(ctx, `DELETE FROM grants WHERE id > $1 AND id <= $2 AND expires_at < $3`, after[:], last[:], ms(before))
	if err != nil {
		return 0, oauth.GrantID{}, fmt.Errorf("deleting expired grants: %w", err)
	}
	return int(deleted), next, nil
}
