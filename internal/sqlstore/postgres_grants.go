package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// The statements carry any number of calls: each parameter is an array with a
// place for each call, and what comes back names the call by the grant's id.
var (
	redeemAll = `INSERT INTO grants (` + grantColumns + `, organization_id)
		SELECT g.id, g.client_id, g.user_id, g.session_id, g.scopes, g.generation, g.authorized_at, g.rotated_at, g.expires_at, g.ends_at, 0, '', g.details, g.organization_id
		FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[])
			AS g(id, client_id, user_id, session_id, scopes, generation, authorized_at, rotated_at, expires_at, ends_at, details, organization_id)
		WHERE ` + alive + `
		ON CONFLICT (id) DO NOTHING
		RETURNING id`

	rotateAll = `UPDATE grants AS g SET
			generation = g.generation + r.steps,
			rotated_at = r.now,
			expires_at = LEAST(g.ends_at, r.expires_at)
		FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS r(id, client_id, generation, now, expires_at, steps)
		WHERE g.id = r.id AND g.client_id = r.client_id AND g.generation = r.generation
			AND g.revoked_at = 0 AND g.expires_at > r.now AND ` + alive + `
		RETURNING ` + ofGrant

	readAll = `SELECT ` + ofGrant + `, ` + alive + ` FROM grants g WHERE g.id = ANY($1::bytea[])`

	readAllWithUsers = `SELECT ` + ofGrant + `, ` + alive + `, ` + userColumns + `
		FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN emails e ON e.user_id = u.id
		WHERE g.id = ANY($1::bytea[]) ORDER BY g.id, e.position`
)

func (e *postgresEngine) redeem(ctx context.Context, g oauth.Grant) (bool, error) {
	return e.redeems.do(ctx, rowOf(g))
}

func (e *postgresEngine) rotate(ctx context.Context, r store.Rotation) (oauth.Grant, bool, error) {
	row, err := e.rotates.do(ctx, r)
	if err != nil || row == nil {
		return oauth.Grant{}, false, err
	}
	g, err := row.grant()
	return g, true, err
}

func (e *postgresEngine) grant(ctx context.Context, id oauth.GrantID) (grantRow, error) {
	row, err := e.reads.do(ctx, id)
	switch {
	case err != nil:
		return grantRow{}, err
	case row == nil:
		return grantRow{}, store.ErrNotFound
	}
	return *row, nil
}

func (e *postgresEngine) grantWithUser(ctx context.Context, id oauth.GrantID) (grantRow, store.User, error) {
	both, err := e.users.do(ctx, id)
	switch {
	case err != nil:
		return grantRow{}, store.User{}, err
	case both == nil:
		return grantRow{}, store.User{}, store.ErrNotFound
	}
	return both.grantRow, both.User, nil
}

// redeemAll saves grants. Of those with one id the first is saved: the statement
// is given no other.
func (e *postgresEngine) redeemAll(ctx context.Context, rows []grantRow) ([]reply[bool], error) {
	first := make(map[oauth.GrantID]int, len(rows))
	var c struct {
		ids                                             [][]byte
		clients, users, sessions, scopes, details       []string
		organizations                                   []string
		generations, authorized, rotated, expires, ends []int64
	}
	for i, r := range rows {
		if _, twice := first[r.id]; twice {
			continue
		}
		first[r.id] = i
		c.ids = append(c.ids, r.id[:])
		c.clients, c.users = append(c.clients, r.clientID), append(c.users, r.userID)
		c.sessions, c.scopes, c.details = append(c.sessions, r.sessionID), append(c.scopes, r.scopes), append(c.details, r.details)
		c.generations, c.authorized = append(c.generations, r.generation), append(c.authorized, r.authorizedAt)
		c.rotated, c.expires, c.ends = append(c.rotated, r.rotatedAt), append(c.expires, r.expiresAt), append(c.ends, r.endsAt)
		c.organizations = append(c.organizations, r.organization)
	}
	var replies []reply[bool]
	err := e.again(ctx, func(ctx context.Context) error {
		replies = make([]reply[bool], len(rows))
		return e.rows(ctx, redeemAll, func(row pgx.Rows) error {
			id, err := scanID(row)
			if err == nil {
				replies[first[id]].answer = true
			}
			return err
		}, c.ids, c.clients, c.users, c.sessions, c.scopes, c.generations, c.authorized, c.rotated, c.expires, c.ends, c.details, c.organizations)
	})
	return replies, err
}

// rotateAll moves grants on. Of those with one id the first is moved. It may be
// repeated: the second time nothing moves, which is what a refresh that is sent
// again finds as well.
func (e *postgresEngine) rotateAll(ctx context.Context, rotations []store.Rotation) ([]reply[*grantRow], error) {
	first := make(map[oauth.GrantID]int, len(rotations))
	var c struct {
		ids                               [][]byte
		clients                           []string
		generations, nows, expires, steps []int64
	}
	for i, r := range rotations {
		if _, twice := first[r.ID]; twice {
			continue
		}
		first[r.ID] = i
		c.ids, c.clients = append(c.ids, r.ID[:]), append(c.clients, r.ClientID)
		c.generations = append(c.generations, int64(r.Generation))
		c.nows, c.expires, c.steps = append(c.nows, ms(r.Now)), append(c.expires, ms(r.ExpiresAt)), append(c.steps, steps(r))
	}
	var replies []reply[*grantRow]
	err := e.repeat(ctx, func(ctx context.Context) error {
		replies = make([]reply[*grantRow], len(rotations))
		return e.rows(ctx, rotateAll, func(row pgx.Rows) error {
			var g grantRow
			if err := row.Scan(grantFields(&g)...); err != nil {
				return err
			}
			replies[first[g.id]].answer = &g
			return nil
		}, c.ids, c.clients, c.generations, c.nows, c.expires, c.steps)
	})
	return replies, err
}

func (e *postgresEngine) readAll(ctx context.Context, ids []oauth.GrantID) ([]reply[*grantRow], error) {
	found := map[oauth.GrantID]*grantRow{}
	err := e.repeat(ctx, func(ctx context.Context) error {
		clear(found)
		return e.rows(ctx, readAll, func(row pgx.Rows) error {
			g := new(grantRow)
			if err := row.Scan(append(grantFields(g), &g.alive)...); err != nil {
				return err
			}
			found[g.id] = g
			return nil
		}, arrayOf(ids))
	})
	return repliesFrom(found, ids), err
}

func (e *postgresEngine) readAllWithUsers(ctx context.Context, ids []oauth.GrantID) ([]reply[*grantAndUser], error) {
	found := map[oauth.GrantID]*grantAndUser{}
	err := e.repeat(ctx, func(ctx context.Context) error {
		clear(found)
		return e.rows(ctx, readAllWithUsers, func(row pgx.Rows) error {
			both := new(grantAndUser)
			var email emailRow
			fields := append(grantFields(&both.grantRow), &both.alive)
			if err := row.Scan(append(fields, userFields(&both.User, &email)...)...); err != nil {
				return err
			}
			if seen, twice := found[both.id]; twice {
				both = seen
			}
			found[both.id] = both
			email.addTo(&both.User)
			return nil
		}, arrayOf(ids))
	})
	return repliesFrom(found, ids), err
}

// rows runs a statement and hands each row to read.
func (e *postgresEngine) rows(ctx context.Context, statement string, read func(pgx.Rows) error, args ...any) error {
	rows, err := e.pool.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func arrayOf(ids []oauth.GrantID) [][]byte {
	array := make([][]byte, len(ids))
	for i := range ids {
		array[i] = ids[i][:]
	}
	return array
}

// repliesFrom answers each id with what was found for it, or nil.
func repliesFrom[A any](found map[oauth.GrantID]*A, ids []oauth.GrantID) []reply[*A] {
	replies := make([]reply[*A], len(ids))
	for i, id := range ids {
		replies[i].answer = found[id]
	}
	return replies
}

// grantFields are where ofGrant is read to.
func grantFields(g *grantRow) []any {
	return []any{
		&idBytes{&g.id}, &g.clientID, &g.userID, &g.sessionID, &g.scopes, &g.generation,
		&g.authorizedAt, &g.rotatedAt, &g.expiresAt, &g.endsAt, &g.revokedAt, &g.revoked, &g.details, &g.organization,
	}
}

func scanID(row pgx.Rows) (id oauth.GrantID, err error) {
	err = row.Scan(&idBytes{&id})
	return id, err
}

// idBytes reads an id without copying it twice.
type idBytes struct{ into *oauth.GrantID }

// ScanBytes implements pgtype.BytesScanner.
func (b *idBytes) ScanBytes(v []byte) error {
	if len(v) != len(b.into) {
		return fmt.Errorf("an id is kept as %d bytes: %w", len(v), errors.ErrUnsupported)
	}
	copy(b.into[:], v)
	return nil
}
