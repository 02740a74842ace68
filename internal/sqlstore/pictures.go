package sqlstore

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// PutPicture implements store.Pictures.
func (db *DB) PutPicture(ctx context.Context, p store.Picture) error {
	_, err := db.engine.exec(ctx, `INSERT INTO pictures (id, type, bytes, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET created_at = $4`, p.ID, p.Type, p.Bytes, ms(p.CreatedAt))
	return wrapped("saving a picture", err)
}

// Picture implements store.Pictures.
func (db *DB) Picture(ctx context.Context, id string) (p store.Picture, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT id, type, bytes, created_at FROM pictures WHERE id = $1`, id).
		Scan(&p.ID, &p.Type, &p.Bytes, at{&p.CreatedAt})
	if err != nil {
		return store.Picture{}, fmt.Errorf("reading a picture: %w", db.missing(err))
	}
	return p, nil
}

// DeleteUnusedPictures implements store.Pictures.
func (db *DB) DeleteUnusedPictures(ctx context.Context, base string, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM pictures WHERE id IN (SELECT p.id FROM pictures p
		WHERE p.created_at < $1
			AND NOT EXISTS (SELECT 1 FROM clients c WHERE c.image_url = $3 || p.id)
			AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.settings LIKE '%' || p.id || '%')
			AND NOT EXISTS (SELECT 1 FROM users u WHERE u.image_url <> '' AND u.image_url = $3 || p.id)
			AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.image_url <> '' AND o.image_url = $3 || p.id)
		ORDER BY p.created_at LIMIT $2)`, ms(before), limit, base)
	return int(n), wrapped("deleting unused pictures", err)
}

// NoteUses implements store.Uses. The secrets go in one order, so that two nodes
// that write the same ones do not wait for each other in a circle.
func (db *DB) NoteUses(ctx context.Context, uses map[store.Hash]time.Time) error {
	secrets := slices.SortedFunc(maps.Keys(uses), func(a, b store.Hash) int { return bytes.Compare(a[:], b[:]) })
	err := db.engine.transaction(ctx, func(tx querier) error {
		for _, secret := range secrets {
			_, err := tx.ExecContext(ctx, `INSERT INTO secret_uses (secret, last_used_at) VALUES ($1, $2)
				ON CONFLICT (secret) DO UPDATE SET last_used_at = $2 WHERE secret_uses.last_used_at < $2`, secret[:], ms(uses[secret]))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return wrapped("noting the use of secrets", err)
}

// LastUses implements store.Uses.
func (db *DB) LastUses(ctx context.Context, secrets ...store.Hash) (map[store.Hash]time.Time, error) {
	uses := map[store.Hash]time.Time{}
	if len(secrets) == 0 {
		return uses, nil
	}
	places, args := make([]string, len(secrets)), make([]any, len(secrets))
	for i := range secrets {
		places[i], args[i] = fmt.Sprintf("$%d", i+1), secrets[i][:]
	}
	rows, err := db.read.QueryContext(ctx, `SELECT secret, last_used_at FROM secret_uses WHERE secret IN (`+strings.Join(places, ", ")+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading when secrets were used: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var secret store.Hash
		var used time.Time
		if err := rows.Scan(idField{secret[:]}, at{&used}); err != nil {
			return nil, fmt.Errorf("reading when secrets were used: %w", err)
		}
		uses[secret] = used
	}
	return uses, rows.Err()
}

// DeleteOldUses implements store.Uses.
func (db *DB) DeleteOldUses(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM secret_uses WHERE secret IN (
		SELECT secret FROM secret_uses WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("forgetting when secrets were used", err)
}
