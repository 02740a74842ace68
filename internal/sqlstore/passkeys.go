package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const passkeyColumns = `id, user_id, handle, credential_id, public_key, aaguid, name, transports, sign_count, backup_eligible, backed_up, created_at, last_used_at`

func scanPasskey(r row) (p store.Passkey, err error) {
	err = r.Scan(&p.ID, &p.UserID, &p.Handle, &p.CredentialID, &p.PublicKey, &p.AAGUID, &p.Name, wordsField{&p.Transports},
		&p.SignCount, &p.BackupEligible, &p.BackedUp, at{&p.CreatedAt}, at{&p.LastUsedAt})
	return p, err
}

// AddPasskey implements store.Passkeys. The unique credential is the gate.
func (db *DB) AddPasskey(ctx context.Context, p store.Passkey) error {
	err := db.changingProofs(ctx, p.UserID, p.CreatedAt, func(tx querier) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM passkeys WHERE user_id = $1`, p.UserID).Scan(&n); err != nil {
			return err
		}
		if n >= store.MaxPasskeys { // the row of the user is locked, so nobody adds one meanwhile
			return store.ErrNotFound
		}
		err := execOne(ctx, tx, `INSERT INTO passkeys (`+passkeyColumns+`, challenged_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0) ON CONFLICT DO NOTHING`,
			p.ID, p.UserID, p.Handle, p.CredentialID, p.PublicKey, p.AAGUID, p.Name, strings.Join(p.Transports, " "),
			int64(p.SignCount), p.BackupEligible, p.BackedUp, ms(p.CreatedAt), ms(p.LastUsedAt))
		if errors.Is(err, store.ErrNotFound) {
			return store.ErrConflict
		}
		return err
	})
	return wrapped("adding a passkey", err)
}

// PasskeyByCredential implements store.Passkeys.
func (db *DB) PasskeyByCredential(ctx context.Context, credentialID []byte) (store.Passkey, error) {
	p, err := scanPasskey(db.read.QueryRowContext(ctx, `SELECT `+passkeyColumns+` FROM passkeys WHERE credential_id = $1`, credentialID))
	if err != nil {
		return store.Passkey{}, fmt.Errorf("reading a passkey: %w", db.missing(err))
	}
	return p, nil
}

// PasskeysOf implements store.Passkeys.
func (db *DB) PasskeysOf(ctx context.Context, userIDs ...string) (map[string][]store.Passkey, error) {
	found, err := passkeysOf(ctx, db.read, userIDs...)
	return found, db.nothing(wrapped("reading passkeys", err))
}

func passkeysOf(ctx context.Context, q querier, userIDs ...string) (map[string][]store.Passkey, error) {
	found := map[string][]store.Passkey{}
	if len(userIDs) == 0 {
		return found, nil
	}
	condition, args := ofUsers(userIDs)
	rows, err := q.QueryContext(ctx, `SELECT `+passkeyColumns+` FROM passkeys WHERE `+condition+` ORDER BY user_id, created_at, id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPasskey(rows)
		if err != nil {
			return nil, err
		}
		found[p.UserID] = append(found[p.UserID], p)
	}
	return found, rows.Err()
}

// UsePasskey implements store.Passkeys. Authenticators that do not count always say 0.
func (db *DB) UsePasskey(ctx context.Context, id string, u store.PasskeyUse) error {
	err := db.execOne(ctx, `UPDATE passkeys SET sign_count = $2, backed_up = $3, challenged_at = $4, last_used_at = $5
		WHERE id = $1 AND challenged_at < $4 AND (sign_count < $2 OR sign_count = 0 AND $2 = 0)`,
		id, int64(u.SignCount), u.BackedUp, ms(u.ChallengedAt), ms(u.At))
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrConflict
	}
	return wrapped("using a passkey", err)
}

// RenamePasskey implements store.Passkeys.
func (db *DB) RenamePasskey(ctx context.Context, userID, id, name string, now time.Time) error {
	return wrapped("renaming a passkey", db.changePasskey(ctx, userID, now, `UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2`, userID, id, name))
}

// RemovePasskey implements store.Passkeys.
func (db *DB) RemovePasskey(ctx context.Context, userID, id string, now time.Time) error {
	return wrapped("removing a passkey", db.changePasskey(ctx, userID, now, `DELETE FROM passkeys WHERE user_id = $1 AND id = $2`, userID, id))
}

// GiveUpPasskey implements store.Passkeys. The row of the user is locked first, so that
// each sees what the one before has left.
func (db *DB) GiveUpPasskey(ctx context.Context, userID, id string, now time.Time) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error {
		return giveUpProof(ctx, tx, "passkeys", userID, id)
	})
	return wrapped("giving up a passkey", db.missing(err))
}

func (db *DB) changePasskey(ctx context.Context, userID string, now time.Time, statement string, args ...any) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error { return execOne(ctx, tx, statement, args...) })
	return db.missing(err)
}
