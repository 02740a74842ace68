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
	err = db.execOne(ctx, `INSERT INTO subject_keys (id, subject, name, description, claims, scopes, created_by, revoked_at, expires_at, created_at, updated_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10 FROM instance WHERE `+subjectExists("$2"),
		k.ID[:], k.Subject, k.Name, k.Description, string(k.Claims), scopes, k.CreatedBy, ms(k.ExpiresAt), ms(k.CreatedAt), ms(k.UpdatedAt))
	return wrapped("creating a key", err)
}

// SubjectKey implements store.SubjectKeys.
func (db *DB) SubjectKey(ctx context.Context, id store.SubjectKeyID) (store.SubjectKey, error) {
	return db.subjectKey(ctx, `WHERE k.id = $1`, id[:])
}

// LiveSubjectKey implements store.SubjectKeys.
func (db *DB) LiveSubjectKey(ctx context.Context, id store.SubjectKeyID, now time.Time) (store.SubjectKey, error) {
	return db.subjectKey(ctx, `WHERE k.id = $1 AND `+keyIsLive("$2"), id[:], ms(now))
}

// keyIsLive is whether a key opens anything.
func keyIsLive(now string) string {
	return `k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > ` + now + `) AND ` + keyHolds
}

func (db *DB) subjectKey(ctx context.Context, where string, args ...any) (store.SubjectKey, error) {
	k, err := scanSubjectKey(db.read.QueryRowContext(ctx, `SELECT `+selectedSubjectKey+fromSubjectKeys+where, args...))
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
func (db *DB) ChangeSubjectKey(ctx context.Context, id store.SubjectKeyID, c store.SubjectKeyChange, now time.Time) (store.SubjectKey, error) {
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
	err := db.execOne(ctx, `UPDATE subject_keys SET subject = COALESCE($2, subject), description = COALESCE($3, description),
			claims = COALESCE($4, claims), scopes = COALESCE($5, scopes), expires_at = COALESCE($6, expires_at), `+touched("$7")+`
		WHERE id = $1 AND `+subjectExists("COALESCE($2, subject)"),
		id[:], c.Subject, c.Description, claims, scopes, expires, ms(now))
	if err != nil {
		return store.SubjectKey{}, fmt.Errorf("changing a key: %w", err)
	}
	return db.SubjectKey(ctx, id)
}

// RevokeSubjectKey implements store.SubjectKeys.
func (db *DB) RevokeSubjectKey(ctx context.Context, id store.SubjectKeyID, reason *string, now time.Time) (store.SubjectKey, error) {
	err := db.execOne(ctx, `UPDATE subject_keys SET `+revoked("$2", "$3")+`, `+touched("$2")+` WHERE id = $1`, id[:], ms(now), reason)
	if err != nil {
		return store.SubjectKey{}, fmt.Errorf("revoking a key: %w", err)
	}
	return db.SubjectKey(ctx, id)
}

// DeleteSubjectKey implements store.SubjectKeys.
func (db *DB) DeleteSubjectKey(ctx context.Context, id store.SubjectKeyID) error {
	return wrapped("deleting a key", db.execOne(ctx, `DELETE FROM subject_keys WHERE id = $1`, id[:]))
}

// DeleteExpiredSubjectKeys implements store.SubjectKeys.
func (db *DB) DeleteExpiredSubjectKeys(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := deleteWithUses(ctx, db, "subject_keys", `expires_at <> 0 AND expires_at < $1`, before, limit, func(id [16]byte) store.Hash { return store.SubjectKeyID(id).Use() })
	return n, wrapped("deleting expired keys", err)
}
