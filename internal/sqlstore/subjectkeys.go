package sqlstore

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const subjectKeyColumns = `id, subject, name, description, claims, scopes, created_by, revoked_at, revoked_reason, expires_at, created_at, updated_at`

// subjects are where those are kept who can have keys, and what of them admits a key.
var subjects = []struct{ table, admits string }{
	{"users", `NOT s.banned AND s.not_before < k.created_at`},
	{"machines", `TRUE`},
	{"organizations", `TRUE`},
}

// keyHolds is whether the subject of a key and the instance still admit it.
var keyHolds = func() string {
	var any []string
	for _, s := range subjects {
		any = append(any, `EXISTS (SELECT 1 FROM `+s.table+` s WHERE s.id = k.subject AND `+s.admits+`)`)
	}
	return `(EXISTS (SELECT 1 FROM instance i WHERE i.not_before < k.created_at) AND (` + strings.Join(any, ` OR `) + `))`
}()

// subjectExists is whether there is a subject with the id in the parameter.
func subjectExists(parameter string) string {
	var any []string
	for _, s := range subjects {
		any = append(any, `EXISTS (SELECT 1 FROM `+s.table+` s WHERE s.id = `+parameter+`)`)
	}
	return `(` + strings.Join(any, ` OR `) + `)`
}

var selectedSubjectKey = subjectKeyColumns + `, ` + keyHolds

const fromSubjectKeys = ` FROM subject_keys k `

var subjectKeyByID = `SELECT ` + selectedSubjectKey + fromSubjectKeys + `WHERE k.id = $1`

func scanSubjectKey(r row) (k store.SubjectKey, err error) {
	var claims, scopes string
	var holds bool
	err = r.Scan(idField{k.ID[:]}, &k.Subject, &k.Name, &k.Description, &claims, &scopes, &k.CreatedBy, at{&k.RevokedAt}, &k.RevokedReason,
		at{&k.ExpiresAt}, at{&k.CreatedAt}, at{&k.UpdatedAt}, &holds)
	if err == nil {
		err = json.Unmarshal([]byte(scopes), &k.Scopes)
	}
	k.Claims, k.Withdrawn = parseClaims(claims), !holds
	return k, err
}

func formatScopes(scopes []string) (string, error) {
	text, err := json.Marshal(append([]string{}, scopes...))
	return string(text), err
}

// CreateSubjectKey implements store.SubjectKeys. The insert reads the subject, so
// that one deleted meanwhile gets none.
func (db *DB) CreateSubjectKey(ctx context.Context, k store.SubjectKey) error {
	scopes, err := formatScopes(k.Scopes)
	if err != nil {
		return fmt.Errorf("creating a key: %w", err)
	}
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutSubjectKey(store.SubjectKeyCreated, k)}, execOne(ctx, tx, `INSERT INTO subject_keys
				(id, subject, name, description, claims, scopes, created_by, revoked_at, expires_at, created_at, updated_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10 FROM instance WHERE `+subjectExists("$2"),
			k.ID[:], k.Subject, k.Name, k.Description, string(k.Claims), scopes, k.CreatedBy, ms(k.ExpiresAt), ms(k.CreatedAt), ms(k.UpdatedAt))
	})
	return wrapped("creating a key", db.missing(err))
}

// aboutSubjectKey tells of a key. A machine is concerned as a client is.
func aboutSubjectKey(kind store.EventType, k store.SubjectKey) occurrence {
	o := occurrence{kind: kind, objectID: k.ID.String(), about: k}
	switch {
	case strings.HasPrefix(k.Subject, "user_"):
		o.userID = k.Subject
	case strings.HasPrefix(k.Subject, "mch_"):
		o.clientID = k.Subject
	}
	return o
}

// SubjectKey implements store.SubjectKeys.
func (db *DB) SubjectKey(ctx context.Context, id store.SubjectKeyID) (store.SubjectKey, error) {
	return db.subjectKey(ctx, subjectKeyByID, id[:])
}

// LiveSubjectKey implements store.SubjectKeys.
func (db *DB) LiveSubjectKey(ctx context.Context, id store.SubjectKeyID, now time.Time) (store.SubjectKey, error) {
	return db.subjectKey(ctx, subjectKeyByID+` AND `+keyIsLive("$2"), id[:], ms(now))
}

// keyIsLive is whether a key opens anything.
func keyIsLive(now string) string {
	return `k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ` + now + `) AND ` + keyHolds
}

func (db *DB) subjectKey(ctx context.Context, query string, args ...any) (store.SubjectKey, error) {
	k, err := scanSubjectKey(db.read.QueryRowContext(ctx, query, args...))
	if err != nil {
		return store.SubjectKey{}, fmt.Errorf("reading a key: %w", db.missing(err))
	}
	return k, nil
}

// ListSubjectKeys implements store.SubjectKeys.
func (db *DB) ListSubjectKeys(ctx context.Context, q store.SubjectKeyQuery, now time.Time) ([]store.SubjectKey, int, error) {
	if !isText(q.Subject) || !isText(q.Query) {
		return nil, 0, nil
	}
	where, args := `WHERE k.subject = $1`, []any{q.Subject}
	if q.Query != "" {
		id, _ := hex.DecodeString(strings.TrimPrefix(q.Query, "ak_"))
		where, args = where+` AND (lower(k.name) LIKE $2 ESCAPE '!' OR k.id = $3)`, append(args, contains(q.Query), id)
	}
	if !q.IncludeInvalid {
		args = append(args, ms(now))
		where += ` AND ` + keyIsLive(fmt.Sprintf("$%d", len(args)))
	}
	keys, total, err := paged(ctx, db, scanSubjectKey, selectedSubjectKey, fromSubjectKeys+where, ` ORDER BY k.id DESC`, q.Limit, q.Offset, args)
	return keys, total, wrapped("listing keys", err)
}

// ChangeSubjectKey implements store.SubjectKeys.
func (db *DB) ChangeSubjectKey(ctx context.Context, id store.SubjectKeyID, c store.SubjectKeyChange, now time.Time) (k store.SubjectKey, err error) {
	var claims, scopes *string
	var expires *int64
	if c.Claims != nil {
		claims = new(string(c.Claims))
	}
	if c.Scopes != nil {
		text, err := formatScopes(c.Scopes)
		if err != nil {
			return store.SubjectKey{}, fmt.Errorf("changing a key: %w", err)
		}
		scopes = &text
	}
	if c.ExpiresAt != nil {
		expires = new(ms(*c.ExpiresAt))
	}
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		err := execOne(ctx, tx, `UPDATE subject_keys SET subject = COALESCE($2, subject), description = COALESCE($3, description),
				claims = COALESCE($4, claims), scopes = COALESCE($5, scopes), expires_at = COALESCE($6, expires_at), `+touched("$7")+`
			WHERE id = $1 AND `+subjectExists("COALESCE($2, subject)"),
			id[:], c.Subject, c.Description, claims, scopes, expires, ms(now))
		if err != nil {
			return nil, err
		}
		k, err = scanSubjectKey(tx.QueryRowContext(ctx, subjectKeyByID, id[:]))
		return []occurrence{aboutSubjectKey(store.SubjectKeyUpdated, k)}, err
	})
	return k, wrapped("changing a key", db.missing(err))
}

// RevokeSubjectKey implements store.SubjectKeys.
func (db *DB) RevokeSubjectKey(ctx context.Context, id store.SubjectKeyID, reason *string, now time.Time) (k store.SubjectKey, err error) {
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		first, err := revoke(ctx, tx, "subject_keys", id[:], reason, now)
		if err != nil {
			return nil, err
		}
		k, err = scanSubjectKey(tx.QueryRowContext(ctx, subjectKeyByID, id[:]))
		if err != nil || !first {
			return nil, err
		}
		return []occurrence{aboutSubjectKey(store.SubjectKeyRevoked, k)}, nil
	})
	return k, wrapped("revoking a key", db.missing(err))
}

// DeleteSubjectKey implements store.SubjectKeys.
func (db *DB) DeleteSubjectKey(ctx context.Context, id store.SubjectKeyID) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		gone := store.SubjectKey{ID: id}
		err := tx.QueryRowContext(ctx, `DELETE FROM subject_keys WHERE id = $1 RETURNING subject`, id[:]).Scan(&gone.Subject)
		told := aboutSubjectKey(store.SubjectKeyDeleted, gone)
		told.about = store.Deleted{Object: "api_key", ID: id.String()}
		return []occurrence{told}, err
	})
	return wrapped("deleting a key", db.missing(err))
}

// DeleteExpiredSubjectKeys implements store.SubjectKeys.
func (db *DB) DeleteExpiredSubjectKeys(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := deleteWithUses(ctx, db, "subject_keys", `expires_at <> 0 AND expires_at < $1`, before, limit, func(id [16]byte) store.Hash { return store.SubjectKeyID(id).Use() })
	return n, wrapped("deleting expired keys", err)
}
