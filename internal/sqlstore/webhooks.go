package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

const webhookColumns = `w.id, w.url, w.description, w.types, w.enabled, w.secret, w.old_secret, w.old_until, w.failing_since, w.created_at, w.updated_at, w.revision`

func scanWebhook(r row) (w store.Webhook, err error) {
	var types string
	err = r.Scan(&w.ID, &w.URL, &w.Description, &types, &w.Enabled, &w.Secret, &w.OldSecret, at{&w.OldUntil},
		at{&w.FailingSince}, at{&w.CreatedAt}, at{&w.UpdatedAt}, &w.Revision)
	for _, t := range strings.Fields(types) {
		w.Types = append(w.Types, store.EventType(t))
	}
	return w, err
}

func webhookRow(w store.Webhook) []any {
	types := ``
	for _, t := range w.Types {
		types += ` ` + string(t)
	}
	if types != `` {
		types += ` `
	}
	return []any{
		w.ID, w.URL, w.Description, types, w.Enabled, append([]byte{}, w.Secret...), append([]byte{}, w.OldSecret...), ms(w.OldUntil),
		ms(w.FailingSince), ms(w.CreatedAt), ms(w.UpdatedAt), w.Revision,
	}
}

func aboutWebhook(kind store.EventType, w store.Webhook) occurrence {
	w.Secret, w.OldSecret = nil, nil
	return occurrence{kind: kind, objectID: w.ID, about: w}
}

// CreateWebhook implements store.Webhooks.
func (db *DB) CreateWebhook(ctx context.Context, w store.Webhook) error {
	w.Revision = 1
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		err := execOne(ctx, tx, `INSERT INTO webhooks (id, url, description, types, enabled, secret, old_secret, old_until, failing_since, created_at, updated_at, revision)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
			WHERE (SELECT COUNT(*) FROM webhooks) < CAST($13 AS BIGINT)`, append(webhookRow(w), store.MaxWebhooks)...)
		return []occurrence{aboutWebhook(store.WebhookCreated, w)}, err
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("creating a webhook", err)
}

// Webhook implements store.Webhooks.
func (db *DB) Webhook(ctx context.Context, id string) (store.Webhook, error) {
	w, err := scanWebhook(db.read.QueryRowContext(ctx, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.id = $1`, id))
	if err != nil {
		return store.Webhook{}, fmt.Errorf("reading a webhook: %w", db.missing(err))
	}
	return w, nil
}

// ListWebhooks implements store.Webhooks.
func (db *DB) ListWebhooks(ctx context.Context) ([]store.Webhook, error) {
	return list(ctx, db, scanWebhook, `SELECT `+webhookColumns+` FROM webhooks w ORDER BY w.created_at, w.id`)
}

// UpdateWebhook implements store.Webhooks.
func (db *DB) UpdateWebhook(ctx context.Context, w store.Webhook, as store.EventType) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		err := execOne(ctx, tx, `UPDATE webhooks SET url = $2, description = $3, types = $4, enabled = $5, secret = $6, old_secret = $7, old_until = $8,
				failing_since = CASE WHEN $5 AND NOT enabled THEN 0 ELSE failing_since END, created_at = $9, updated_at = $10, revision = revision + 1
			WHERE id = $1 AND revision = $11`, slices.Delete(webhookRow(w), 8, 9)...)
		return []occurrence{aboutWebhook(as, w)}, err
	})
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("changing a webhook", err)
	}
	if _, err := db.Webhook(ctx, w.ID); err != nil {
		return err
	}
	return store.ErrConflict
}

// DeleteWebhook implements store.Webhooks. What was noted of deliveries may be much,
// and goes first, a batch at a time, once nothing is added any more.
func (db *DB) DeleteWebhook(ctx context.Context, id string) error {
	if err := db.execOne(ctx, `UPDATE webhooks SET enabled = $2 WHERE id = $1`, id, false); err != nil {
		return fmt.Errorf("deleting a webhook: %w", err)
	}
	const batch = 1000
	for n := int64(batch); n == batch; {
		var err error
		n, err = db.engine.exec(ctx, `DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND event_id IN (
			SELECT event_id FROM webhook_deliveries WHERE webhook_id = $1 LIMIT $2)`, id, batch)
		if err != nil {
			return fmt.Errorf("deleting the deliveries of a webhook: %w", err)
		}
	}
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `DELETE FROM webhooks WHERE id = $1`, id); err != nil {
			return nil, err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM webhook_deliveries WHERE webhook_id = $1`, id)
		return []occurrence{{kind: store.WebhookDeleted, objectID: id, about: store.Deleted{Object: "webhook", ID: id}}}, err
	})
	return wrapped("deleting a webhook", db.missing(err))
}
