package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// ofUsers is the condition for rows of these users, and its parameters.
func ofUsers(userIDs []string) (condition string, args []any) {
	places := make([]string, len(userIDs))
	for i, id := range userIDs {
		places[i] = fmt.Sprintf("$%d", i+1)
		args = append(args, id)
	}
	return `user_id IN (` + strings.Join(places, ", ") + `)`, args
}

// SecondFactorsOf implements store.SecondFactors.
func (db *DB) SecondFactorsOf(ctx context.Context, userIDs ...string) (map[string]store.SecondFactor, error) {
	found, err := secondFactorsOf(ctx, db.read, userIDs...)
	return found, db.nothing(wrapped("reading second factors", err))
}

func secondFactorsOf(ctx context.Context, q querier, userIDs ...string) (map[string]store.SecondFactor, error) {
	found := map[string]store.SecondFactor{}
	if len(userIDs) == 0 {
		return found, nil
	}
	condition, args := ofUsers(userIDs)
	rows, err := q.QueryContext(ctx, `SELECT f.user_id, f.totp, f.last_step, f.blocked_until, f.enabled_at, f.disabled_at, f.forgotten_at, b.code
		FROM second_factors f LEFT JOIN backup_codes b ON b.user_id = f.user_id AND b.used_at = 0
		WHERE f.`+condition+` ORDER BY f.user_id, b.code`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f store.SecondFactor
		code := ""
		err := rows.Scan(&f.UserID, &f.TOTP, &f.LastStep, at{&f.BlockedUntil}, at{&f.EnabledAt}, at{&f.DisabledAt}, at{&f.ForgottenAt}, textOrNull{&code})
		if err != nil {
			return nil, err
		}
		if before, ok := found[f.UserID]; ok {
			f = before
		}
		if code != "" {
			f.BackupCodes = append(f.BackupCodes, code)
		}
		found[f.UserID] = f
	}
	return found, rows.Err()
}

// withProofs is a user as an event tells of it.
func withProofs(ctx context.Context, tx querier, u store.User) (store.UserThen, error) {
	factors, err := secondFactorsOf(ctx, tx, u.ID)
	if err != nil {
		return store.UserThen{}, err
	}
	passkeys, err := passkeysOf(ctx, tx, u.ID)
	return store.UserThen{User: u, Proofs: store.Proofs{SecondFactor: factors[u.ID], Passkeys: passkeys[u.ID]}}, err
}

// changingProofs runs work in one transaction that tells that the user has changed.
func (db *DB) changingProofs(ctx context.Context, userID string, now time.Time, work func(tx querier) error) error {
	return db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := touchUser(ctx, tx, userID, now); err != nil {
			return nil, err
		}
		if err := work(tx); err != nil {
			return nil, err
		}
		return userThen(ctx, tx, userID)
	})
}

// EnrolTOTP implements store.SecondFactors. The row is the gate: it takes a secret
// only while it has none.
func (db *DB) EnrolTOTP(ctx context.Context, userID string, f store.FactorChange, now time.Time) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error {
		err := execOne(ctx, tx, `INSERT INTO second_factors (user_id, totp, last_step, tries, blocked_until, enabled_at, disabled_at)
			VALUES ($1, $2, $3, 0, 0, $4, 0)
			ON CONFLICT (user_id) DO UPDATE SET totp = EXCLUDED.totp, last_step = EXCLUDED.last_step, tries = 0, blocked_until = 0, enabled_at = EXCLUDED.enabled_at
			WHERE second_factors.totp = $5`, userID, f.TOTP, f.LastStep, ms(now), []byte{})
		if errors.Is(err, store.ErrNotFound) {
			return store.ErrConflict
		}
		if err != nil {
			return err
		}
		return replaceBackupCodes(ctx, tx, userID, f.BackupCodes)
	})
	return wrapped("enrolling a second factor", err)
}

// ChangeFactors implements store.SecondFactors.
func (db *DB) ChangeFactors(ctx context.Context, userID string, f store.FactorChange, now time.Time) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error { return changeFactors(ctx, tx, userID, f, now) })
	return wrapped("changing a second factor", err)
}

// touchUser moves the time of a user's last change, or fails with store.ErrNotFound.
func touchUser(ctx context.Context, tx querier, userID string, now time.Time) error {
	return execOne(ctx, tx, `UPDATE users SET updated_at = CASE WHEN updated_at >= $2 THEN updated_at + 1 ELSE $2 END WHERE id = $1`, userID, ms(now))
}

func changeFactors(ctx context.Context, tx querier, userID string, f store.FactorChange, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO second_factors (user_id, totp, last_step, tries, blocked_until, enabled_at, disabled_at)
		VALUES ($1, $2, 0, 0, 0, 0, 0) ON CONFLICT (user_id) DO NOTHING`, userID, []byte{})
	if err != nil {
		return err
	}
	switch {
	case len(f.TOTP) > 0:
		_, err = tx.ExecContext(ctx, `UPDATE second_factors SET totp = $2, last_step = $3, tries = 0, blocked_until = 0, enabled_at = $4
			WHERE user_id = $1`, userID, f.TOTP, f.LastStep, ms(now))
	case f.TOTP != nil:
		_, err = tx.ExecContext(ctx, `UPDATE second_factors SET totp = $2, last_step = 0, tries = 0, blocked_until = 0, disabled_at = $3
			WHERE user_id = $1 AND totp <> $2`, userID, []byte{}, ms(now))
	}
	if err != nil || f.BackupCodes == nil {
		return err
	}
	return replaceBackupCodes(ctx, tx, userID, f.BackupCodes)
}

func replaceBackupCodes(ctx context.Context, tx querier, userID string, codes []string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM backup_codes WHERE user_id = $1`, userID); err != nil {
		return err
	}
	for _, code := range codes {
		_, err := tx.ExecContext(ctx, `INSERT INTO backup_codes (user_id, code, used_at) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, userID, code)
		if err != nil {
			return err
		}
	}
	return nil
}

// TakeTry implements store.SecondFactors. The delay is store.FactorDelay of the tries
// with this one.
func (db *DB) TakeTry(ctx context.Context, userID string, now time.Time) error {
	err := db.execOne(ctx, `UPDATE second_factors SET tries = tries + 1, blocked_until = CAST($2 AS BIGINT) + CASE
			WHEN tries + 1 < $3 THEN 0
			WHEN tries + 1 - $3 > 8 THEN $4 * 256
			ELSE $4 * (1 << CAST(tries + 1 - $3 AS INTEGER)) END
		WHERE user_id = $1 AND blocked_until <= $2`, userID, ms(now), int64(store.FreeTries), time.Minute.Milliseconds())
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("counting a try", err)
	}
	found, err := db.SecondFactorsOf(ctx, userID)
	if _, ok := found[userID]; err == nil && ok {
		err = store.ErrConflict
	} else if err == nil {
		err = store.ErrNotFound
	}
	return wrapped("counting a try", err)
}

// ForgetDevices implements store.SecondFactors.
func (db *DB) ForgetDevices(ctx context.Context, userID string, now time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE second_factors SET forgotten_at = $2 WHERE user_id = $1 AND forgotten_at < $2`, userID, ms(now))
	return wrapped("forgetting the devices of a user", err)
}

// UseTOTP implements store.SecondFactors.
func (db *DB) UseTOTP(ctx context.Context, f store.SecondFactor, step int64) error {
	err := db.execOne(ctx, `UPDATE second_factors SET last_step = $2, tries = 0, blocked_until = 0
		WHERE user_id = $1 AND last_step < $2 AND totp = $3`, f.UserID, step, f.TOTP)
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrConflict
	}
	return wrapped("using a code", err)
}

// UseBackupCode implements store.SecondFactors.
func (db *DB) UseBackupCode(ctx context.Context, userID, code string, now time.Time) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error {
		err := execOne(ctx, tx, `UPDATE backup_codes SET used_at = $3 WHERE user_id = $1 AND code = $2 AND used_at = 0`, userID, code, ms(now))
		if errors.Is(err, store.ErrNotFound) {
			return store.ErrConflict
		}
		if err != nil {
			return err
		}
		return execOne(ctx, tx, `UPDATE second_factors SET tries = 0, blocked_until = 0 WHERE user_id = $1`, userID)
	})
	return wrapped("using a backup code", err)
}
