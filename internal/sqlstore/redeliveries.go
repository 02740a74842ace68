package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// Redeliver implements store.Deliveries.
func (db *DB) Redeliver(ctx context.Context, webhookID string, event store.EventID, now time.Time) error {
	err := db.execOne(ctx, `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = $3, claim = ''
		WHERE webhook_id = $1 AND event_id = $2 AND (claim = '' OR due_at <= $3)`, webhookID, event[:], ms(now))
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("sending an event again", err)
	}
	if _, err := db.Delivery(ctx, webhookID, event); err != nil {
		return err
	}
	return store.ErrConflict
}

// RedeliverSince implements store.Deliveries.
func (db *DB) RedeliverSince(ctx context.Context, webhookID string, after store.EventID, limit int, now time.Time) (int, store.EventID, error) {
	if _, err := db.Webhook(ctx, webhookID); err != nil {
		return 0, store.EventID{}, err
	}
	var last, next store.EventID
	err := db.read.QueryRowContext(ctx, `SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2`, after[:], limit-1).Scan(idField{last[:]})
	if next = last; errors.Is(err, sql.ErrNoRows) { // they are fewer
		err = db.read.QueryRowContext(ctx, `SELECT id FROM events WHERE id > $1 ORDER BY id DESC LIMIT 1`, after[:]).Scan(idField{last[:]})
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, store.EventID{}, nil
	case err != nil:
		return 0, store.EventID{}, fmt.Errorf("looking for events to send again: %w", err)
	}
	n, err := db.engine.exec(ctx, newDelivery+`
		SELECT w.id, e.id, e.type, 'pending', 0, CAST($4 AS BIGINT), '', '' FROM webhooks w JOIN events e ON `+wanted+`
		WHERE w.id = $1 AND e.id > $2 AND e.id <= $3
		ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = 'pending', attempts = 0, due_at = excluded.due_at, claim = ''
			WHERE webhook_deliveries.due_at = 0`, webhookID, after[:], last[:], ms(now))
	return int(n), next, wrapped("sending events again", err)
}

// TestWebhook implements store.Deliveries.
func (db *DB) TestWebhook(ctx context.Context, webhookID string) (store.Delivery, error) {
	var made []store.Event
	err := db.engine.transaction(ctx, func(tx querier) error {
		w, err := scanWebhook(tx.QueryRowContext(ctx, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.id = $1`, webhookID))
		if err != nil {
			return err
		}
		o := aboutWebhook(store.WebhookTest, w)
		o.only = webhookID
		made, err = db.tell(ctx, tx, o)
		return err
	})
	if err != nil {
		return store.Delivery{}, fmt.Errorf("testing a webhook: %w", db.missing(err))
	}
	return db.Delivery(ctx, webhookID, made[0].ID)
}
