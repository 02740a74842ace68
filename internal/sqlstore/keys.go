package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// PutAPIKey implements store.APIKeys.
func (db *DB) PutAPIKey(ctx context.Context, k store.APIKey) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		told, err := revokeAPIKeys(ctx, tx, `name = $1`, k.Name)
		if err != nil {
			return nil, err
		}
		return append(told, aboutAPIKey(store.SecretKeyCreated, k)), execOne(ctx, tx, insertAPIKey+` ON CONFLICT (name) DO UPDATE SET
				id = excluded.id, secret = excluded.secret, prefix = excluded.prefix, created_at = excluded.created_at, expires_at = excluded.expires_at`,
			k.ID, k.Name, k.Secret[:], k.Prefix, ms(k.CreatedAt), ms(k.ExpiresAt))
	})
	return wrapped("saving an API key", err)
}

func aboutAPIKey(kind store.EventType, k store.APIKey) occurrence {
	k.Secret = store.Hash{}
	return occurrence{kind: kind, objectID: k.ID, about: k}
}

// revokeAPIKeys removes the keys that the condition selects, and tells it.
func revokeAPIKeys(ctx context.Context, tx querier, condition string, args ...any) ([]occurrence, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM api_keys WHERE `+condition+` RETURNING `+apiKeyColumns, args...)
	if err != nil {
		return nil, err
	}
	gone, err := all(rows, scanAPIKey)
	if err != nil {
		return nil, err
	}
	told := make([]occurrence, len(gone), len(gone)+1)
	for i, k := range gone {
		told[i] = aboutAPIKey(store.SecretKeyRevoked, k)
	}
	return told, nil
}

const insertAPIKey = `INSERT INTO api_keys (id, name, secret, prefix, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`

// CreateAPIKey implements store.APIKeys.
func (db *DB) CreateAPIKey(ctx context.Context, k store.APIKey) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutAPIKey(store.SecretKeyCreated, k)}, execOne(ctx, tx, insertAPIKey+` ON CONFLICT (name) DO NOTHING`, k.ID, k.Name, k.Secret[:], k.Prefix, ms(k.CreatedAt), ms(k.ExpiresAt))
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("saving an API key", err)
}

// RevokeAPIKey implements store.APIKeys. The version is moved first: its row makes
// those who revoke take turns, so that the last of them sees what the others did.
func (db *DB) RevokeAPIKey(ctx context.Context, id string, now time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if _, err := tx.ExecContext(ctx, `UPDATE version SET number = number + 1`); err != nil {
			return nil, err
		}
		told, err := revokeAPIKeys(ctx, tx, `id = $1
			AND EXISTS (SELECT 1 FROM api_keys o WHERE o.id <> $1 AND (o.expires_at = 0 OR o.expires_at > $2))`, id, ms(now))
		if err == nil && len(told) == 0 {
			err = store.ErrNotFound
		}
		return told, err
	})
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("revoking an API key", err)
	}
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM api_keys WHERE id = $1`, id).Scan(&n); err != nil {
		return fmt.Errorf("revoking an API key: %w", err)
	}
	if n == 0 {
		return store.ErrNotFound
	}
	return store.ErrConflict
}

const (
	apiKeyColumns = `id, name, secret, prefix, created_at, expires_at`
	selectAPIKey  = `SELECT ` + apiKeyColumns + ` FROM api_keys `
)

func scanAPIKey(r row) (k store.APIKey, err error) {
	err = r.Scan(&k.ID, &k.Name, idField{k.Secret[:]}, &k.Prefix, at{&k.CreatedAt}, at{&k.ExpiresAt})
	return k, err
}

// APIKey implements store.APIKeys.
func (db *DB) APIKey(ctx context.Context, secret store.Hash) (store.APIKey, error) {
	k, err := scanAPIKey(db.read.QueryRowContext(ctx, selectAPIKey+`WHERE secret = $1`, secret[:]))
	if err != nil {
		return store.APIKey{}, fmt.Errorf("reading an API key: %w", db.missing(err))
	}
	return k, nil
}

// ListAPIKeys implements store.APIKeys.
func (db *DB) ListAPIKeys(ctx context.Context) ([]store.APIKey, error) {
	return list(ctx, db, scanAPIKey, selectAPIKey+`ORDER BY created_at, id`)
}

// CreateSigningKey implements store.SigningKeys.
func (db *DB) CreateSigningKey(ctx context.Context, k store.SigningKey) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutSigningKey(store.SigningKeyCreated, k)}, execOne(ctx, tx, `INSERT INTO signing_keys (id, algorithm, number, public_jwk, sealed_key, created_at, active_from, retired_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (algorithm, number) DO NOTHING`,
			k.ID, k.Algorithm, k.Number, k.PublicJWK, k.SealedKey, ms(k.CreatedAt), ms(k.ActiveFrom), ms(k.RetiredAt))
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("saving a signing key: %w", err)
	}
	return nil
}

func aboutSigningKey(kind store.EventType, k store.SigningKey) occurrence {
	k.SealedKey = nil
	return occurrence{kind: kind, objectID: k.ID, about: k}
}

func scanSigningKey(r row) (k store.SigningKey, err error) {
	err = r.Scan(&k.ID, &k.Algorithm, &k.Number, &k.PublicJWK, &k.SealedKey, at{&k.CreatedAt}, at{&k.ActiveFrom}, at{&k.RetiredAt})
	return k, err
}

// SigningKeys implements store.SigningKeys.
func (db *DB) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	return list(ctx, db, scanSigningKey, `SELECT `+signingKeyColumns+` FROM signing_keys ORDER BY created_at, id`)
}

const signingKeyColumns = `id, algorithm, number, public_jwk, sealed_key, created_at, active_from, retired_at`

// RetireSigningKey implements store.SigningKeys.
func (db *DB) RetireSigningKey(ctx context.Context, id string, now time.Time) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		rows, err := tx.QueryContext(ctx, `UPDATE signing_keys SET retired_at = $2 WHERE id = $1 AND retired_at = 0 RETURNING `+signingKeyColumns, id, ms(now))
		if err != nil {
			return nil, err
		}
		retired, err := all(rows, scanSigningKey)
		if err != nil || len(retired) == 0 {
			return nil, errors.Join(err, store.ErrNotFound)
		}
		return []occurrence{aboutSigningKey(store.SigningKeyRetired, retired[0])}, nil
	})
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("retiring a signing key", err)
	}
	var kept bool
	if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM signing_keys WHERE id = $1)`, id).Scan(&kept); err != nil || kept {
		return wrapped("retiring a signing key", err)
	}
	return store.ErrNotFound
}

// DeleteSigningKey implements store.SigningKeys.
func (db *DB) DeleteSigningKey(ctx context.Context, id string) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		gone := store.Deleted{Object: "signing_key", ID: id}
		return []occurrence{{kind: store.SigningKeyDeleted, objectID: id, about: gone}}, execOne(ctx, tx, `DELETE FROM signing_keys WHERE id = $1`, id)
	})
	return wrapped("deleting a signing key", err)
}

// list reads all rows of a query.
func list[T any](ctx context.Context, db *DB, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing: %w", err)
	}
	return all(rows, scan)
}

// all reads what is left of rows.
func all[T any](rows *sql.Rows, scan func(row) (T, error)) ([]T, error) {
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("listing: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
