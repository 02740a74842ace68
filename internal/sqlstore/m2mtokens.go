package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const m2mTokenColumns = `id, machine_id, claims, scopes, revoked_at, revoked_reason, expires_at, created_at, updated_at`

func scanM2MToken(r row) (t store.M2MToken, err error) {
	var claims string
	err = r.Scan(idField{t.ID[:]}, &t.MachineID, &claims, wordsField{&t.Scopes}, at{&t.RevokedAt}, &t.RevokedReason,
		at{&t.ExpiresAt}, at{&t.CreatedAt}, at{&t.UpdatedAt})
	t.Claims = parseClaims(claims)
	return t, err
}

// parseClaims reads claims as they are kept; ” is none.
func parseClaims(kept string) json.RawMessage {
	if kept == "" {
		return nil
	}
	return json.RawMessage(kept)
}

// printOf is the same for tokens of one machine that say the same.
func printOf(t store.M2MToken) []byte {
	sum := sha256.Sum256([]byte(t.MachineID + "\x00" + strings.Join(t.Scopes, " ") + "\x00" + string(t.Claims)))
	return sum[:]
}

func insertM2MToken(ctx context.Context, tx querier, t store.M2MToken) error {
	return execOne(ctx, tx, `INSERT INTO m2m_tokens (id, machine_id, claims, scopes, print, revoked_at, expires_at, created_at, updated_at)
		SELECT $1, m.id, $3, $4, $5, 0, $6, $7, $8 FROM machines m WHERE m.id = $2`,
		t.ID[:], t.MachineID, string(t.Claims), strings.Join(t.Scopes, " "), printOf(t), ms(t.ExpiresAt), ms(t.CreatedAt), ms(t.UpdatedAt))
}

// CreateM2MToken implements store.M2MTokens. The insert reads the machine, so that
// one deleted meanwhile gets none.
func (db *DB) CreateM2MToken(ctx context.Context, t store.M2MToken) error {
	err := db.engine.transaction(ctx, func(tx querier) error { return insertM2MToken(ctx, tx, t) })
	return wrapped("creating a token of a machine", db.missing(err))
}

// PooledM2MToken implements store.M2MTokens. Most calls find a token and write
// nothing. Those that do not write to the row of the machine first, and so take
// turns: the second finds what the first has made.
func (db *DB) PooledM2MToken(ctx context.Context, t store.M2MToken, until time.Time) (store.M2MToken, error) {
	found, err := pooled(ctx, db.read, t, until)
	if errors.Is(err, sql.ErrNoRows) {
		err = db.engine.transaction(ctx, func(tx querier) error {
			if err := execOne(ctx, tx, `UPDATE machines SET name = name WHERE id = $1`, t.MachineID); err != nil {
				return err
			}
			if found, err = pooled(ctx, tx, t, until); !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			found = t
			return insertM2MToken(ctx, tx, t)
		})
	}
	if err != nil {
		return store.M2MToken{}, fmt.Errorf("pooling a token of a machine: %w", db.missing(err))
	}
	return found, nil
}

// pooled finds the token that says what t says and lives longest. One from before a
// scope was taken back and given again does not have that scope any more.
func pooled(ctx context.Context, q querier, t store.M2MToken, until time.Time) (store.M2MToken, error) {
	return scanM2MToken(q.QueryRowContext(ctx, `SELECT `+qualified("t", m2mTokenColumns)+liveTokens+`
		WHERE t.print = $1 AND t.revoked_at = 0 AND t.expires_at >= $2
			AND NOT EXISTS (SELECT 1 FROM machine_scopes s WHERE s.from_id = t.machine_id AND s.created_at > t.created_at)
		ORDER BY t.expires_at DESC LIMIT 1`, printOf(t), ms(until)))
}

// liveTokens are those whose machine is there and that the instance has not cut off.
const liveTokens = ` FROM m2m_tokens t JOIN machines m ON m.id = t.machine_id JOIN instance i ON i.not_before < t.created_at `

// M2MToken implements store.M2MTokens.
func (db *DB) M2MToken(ctx context.Context, id store.M2MTokenID) (store.M2MToken, error) {
	t, err := m2mToken(ctx, db.read, id)
	return t, wrapped("reading a token of a machine", db.missing(err))
}

func m2mToken(ctx context.Context, q querier, id store.M2MTokenID) (store.M2MToken, error) {
	t, err := scanM2MToken(q.QueryRowContext(ctx, `SELECT `+qualified("t", m2mTokenColumns)+liveTokens+`WHERE t.id = $1`, id[:]))
	if err != nil {
		return store.M2MToken{}, err
	}
	scopes, _, err := machineScopes(ctx, q, t.MachineID)
	if err != nil {
		return store.M2MToken{}, err
	}
	t.Scopes = remaining(t, scopes)
	return t, nil
}

// remaining are the scopes of a token that were not taken back since: one that was
// given again later is another one.
func remaining(t store.M2MToken, scopes []store.MachineScope) []string {
	return slices.DeleteFunc(t.Scopes, func(id string) bool {
		return !slices.ContainsFunc(scopes, func(s store.MachineScope) bool { return s.To == id && !s.CreatedAt.After(t.CreatedAt) })
	})
}

// ListM2MTokens implements store.M2MTokens.
func (db *DB) ListM2MTokens(ctx context.Context, q store.M2MTokenQuery, now time.Time) ([]store.M2MToken, int, error) {
	scopes, _, err := db.MachineScopes(ctx, q.MachineID)
	if err != nil {
		return nil, 0, err
	}
	where, args := `WHERE t.machine_id = $1`, []any{q.MachineID}
	if !q.Revoked {
		where += ` AND t.revoked_at = 0`
	}
	if !q.Expired {
		where, args = where+` AND t.expires_at > $2`, append(args, ms(now))
	}
	tokens, total, err := paged(ctx, db, scanM2MToken, qualified("t", m2mTokenColumns), liveTokens+where, ` ORDER BY t.id DESC`, q.Limit, q.Offset, args)
	if err != nil {
		return nil, 0, fmt.Errorf("listing tokens of a machine: %w", err)
	}
	for i := range tokens {
		tokens[i].Scopes = remaining(tokens[i], scopes)
	}
	return tokens, total, nil
}

// RevokeM2MToken implements store.M2MTokens.
func (db *DB) RevokeM2MToken(ctx context.Context, id store.M2MTokenID, machine string, reason *string, now time.Time) (t store.M2MToken, err error) {
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		first, err := revoke(ctx, tx, "m2m_tokens", id[:], reason, now)
		if err != nil {
			return nil, err
		}
		t, err = m2mToken(ctx, tx, id)
		switch {
		case err != nil:
			return nil, err
		case machine != "" && t.MachineID != machine:
			return nil, store.ErrNotFound // which undoes it
		case !first:
			return nil, nil
		}
		return []occurrence{{kind: store.M2MTokenRevoked, objectID: id.String(), clientID: t.MachineID, about: t}}, nil
	})
	if err != nil {
		return store.M2MToken{}, fmt.Errorf("revoking a token of a machine: %w", db.missing(err))
	}
	return t, nil
}

// revoke notes when something was revoked and why, and whether it was the first time,
// which stays.
func revoke(ctx context.Context, tx querier, table string, id []byte, reason *string, now time.Time) (first bool, err error) {
	result, err := tx.ExecContext(ctx, `UPDATE `+table+` SET revoked_reason = $2, revoked_at = $3, `+touched("$3")+`
		WHERE id = $1 AND revoked_at = 0`, id, reason, ms(now))
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// DeleteExpiredM2MTokens implements store.M2MTokens.
func (db *DB) DeleteExpiredM2MTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := deleteWithUses(ctx, db, "m2m_tokens", `expires_at < $1`, before, limit, func(id [16]byte) store.Hash { return store.M2MTokenID(id).Use() })
	return n, wrapped("deleting expired tokens of machines", err)
}

// deleteWithUses removes rows that have expired, and what is noted of their use: there
// are as many of those as there ever were tokens.
func deleteWithUses(ctx context.Context, db *DB, table, expired string, before time.Time, limit int, use func(id [16]byte) store.Hash) (int, error) {
	ids, err := list(ctx, db, func(r row) (id [16]byte, err error) { return id, r.Scan(idField{id[:]}) },
		`SELECT id FROM `+table+` WHERE `+expired+` ORDER BY expires_at LIMIT $2`, ms(before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	rows, uses := make([][]byte, len(ids)), make([][]byte, len(ids))
	for i, id := range ids {
		hash := use(id)
		rows[i], uses[i] = id[:], hash[:]
	}
	var deleted int64
	err = db.engine.transaction(ctx, func(tx querier) error {
		if deleted, err = deleteAll(ctx, tx, table, "id", rows); err != nil {
			return err
		}
		_, err = deleteAll(ctx, tx, "secret_uses", "secret", uses)
		return err
	})
	return int(deleted), err
}

// deleteAll removes the rows with the given keys and counts them.
func deleteAll(ctx context.Context, tx querier, table, column string, keys [][]byte) (int64, error) {
	places, args := placesOf(keys)
	result, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE `+column+` IN (`+places+`)`, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
