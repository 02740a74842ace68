package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const identityColumns = `id, user_id, provider, issuer, subject, address, created_at, last_used_at`

func scanIdentity(r row) (x store.Identity, err error) {
	err = r.Scan(&x.ID, &x.UserID, &x.Provider, &x.Issuer, &x.Subject, &x.Address, at{&x.CreatedAt}, at{&x.LastUsedAt})
	return x, err
}

// IdentityBySubject implements store.Identities.
func (db *DB) IdentityBySubject(ctx context.Context, provider, issuer, subject string) (store.Identity, error) {
	x, err := scanIdentity(db.read.QueryRowContext(ctx, `SELECT `+identityColumns+` FROM identities
		WHERE provider = $1 AND issuer = $2 AND subject = $3`, provider, issuer, subject))
	if err != nil {
		return store.Identity{}, fmt.Errorf("reading an identity: %w", db.missing(err))
	}
	return x, nil
}

// IdentitiesOf implements store.Identities.
func (db *DB) IdentitiesOf(ctx context.Context, userID string) (all []store.Identity, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+identityColumns+` FROM identities WHERE user_id = $1 ORDER BY created_at, id`, userID)
	if err != nil {
		return nil, db.nothing(wrapped("reading identities", err))
	}
	defer rows.Close()
	for rows.Next() {
		x, err := scanIdentity(rows)
		if err != nil {
			return nil, wrapped("reading identities", err)
		}
		all = append(all, x)
	}
	return all, wrapped("reading identities", rows.Err())
}

// AddIdentity implements store.Identities. The unique keys are the gate.
func (db *DB) AddIdentity(ctx context.Context, x store.Identity) error {
	err := db.changingProofs(ctx, x.UserID, x.CreatedAt, func(tx querier) error { return addIdentity(ctx, tx, x) })
	return wrapped("adding an identity", err)
}

func addIdentity(ctx context.Context, tx querier, x store.Identity) error {
	err := execOne(ctx, tx, `INSERT INTO identities (`+identityColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		x.ID, x.UserID, x.Provider, x.Issuer, x.Subject, x.Address, ms(x.CreatedAt), ms(x.LastUsedAt))
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return err
}

// UseIdentity implements store.Identities.
func (db *DB) UseIdentity(ctx context.Context, id, address string, now time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE identities SET address = $2, last_used_at = $3 WHERE id = $1`, id, address, ms(now))
	return wrapped("using an identity", err)
}

// GiveUpIdentity implements store.Identities. The row of the user is locked first, so
// that each sees what the one before has left.
func (db *DB) GiveUpIdentity(ctx context.Context, userID, id string, now time.Time) error {
	err := db.changingProofs(ctx, userID, now, func(tx querier) error {
		return giveUpProof(ctx, tx, "identities", userID, id)
	})
	return wrapped("giving up an identity", db.missing(err))
}

// giveUpProof removes a row of a table of what signs users in, unless it is the last one of
// all, whose removal is store.ErrConflict. The caller has locked the row of the user.
func giveUpProof(ctx context.Context, tx querier, table, userID, id string) error {
	var found, password, others int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM `+table+` WHERE user_id = $1 AND id = $2),
		(SELECT COUNT(*) FROM users WHERE id = $1 AND password_digest <> ''),
		(SELECT COUNT(*) FROM passkeys WHERE user_id = $1) + (SELECT COUNT(*) FROM identities WHERE user_id = $1) - 1`, userID, id).
		Scan(&found, &password, &others)
	switch {
	case err != nil:
		return err
	case found == 0:
		return store.ErrNotFound
	case password+others == 0:
		return store.ErrConflict
	}
	return execOne(ctx, tx, `DELETE FROM `+table+` WHERE user_id = $1 AND id = $2`, userID, id)
}
