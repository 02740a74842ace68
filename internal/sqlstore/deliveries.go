package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const (
	deliveryColumns = `webhook_id, event_id, type, state, attempts, due_at, log`
	newDelivery     = `INSERT INTO webhook_deliveries (webhook_id, event_id, type, state, attempts, due_at, claim, log) `
	// wanted selects the events e that an endpoint w is to get.
	wanted = `(w.types = '' AND e.type <> 'webhook.test' OR w.types LIKE '% ' || e.type || ' %')`
)

// address writes down where events are to be sent.
func (db *DB) address(ctx context.Context, tx querier, events []store.Event, only string) error {
	due := ms(db.now())
	if only != "" {
		_, err := tx.ExecContext(ctx, newDelivery+`VALUES ($1, $2, $3, 'pending', 0, $4, '', '')`, only, events[0].ID[:], string(events[0].Type), due)
		return err
	}
	args := []any{due}
	for _, e := range events {
		args = append(args, e.ID[:])
	}
	_, err := tx.ExecContext(ctx, newDelivery+`
		SELECT w.id, e.id, e.type, 'pending', 0, CAST($1 AS BIGINT), '', '' FROM webhooks w JOIN events e ON `+wanted+`
		WHERE w.enabled AND e.id IN `+placesAfter(1, len(events)), args...)
	return err
}

// attempt is how a store.Attempt is kept.
type attempt struct {
	At      int64  `json:"t"`
	Status  int    `json:"s,omitempty"`
	Took    int64  `json:"d"` // milliseconds
	Problem string `json:"p,omitempty"`
}

func scanDelivery(r row) (d store.Delivery, err error) {
	var log string
	if err := r.Scan(&d.WebhookID, idField{d.EventID[:]}, &d.EventType, &d.State, &d.Attempts, at{&d.DueAt}, &log); err != nil {
		return d, err
	}
	if log == "" {
		return d, nil
	}
	var kept []attempt
	if err := json.Unmarshal([]byte(log), &kept); err != nil {
		return d, fmt.Errorf("the log of a delivery: %w", err)
	}
	for _, a := range kept {
		d.Log = append(d.Log, store.Attempt{At: fromMS(a.At), Status: a.Status, Took: time.Duration(a.Took) * time.Millisecond, Problem: a.Problem})
	}
	return d, nil
}

func formatLog(log []store.Attempt) (string, error) {
	var kept []attempt
	for _, a := range log[max(0, len(log)-store.MaxAttemptsKept):] {
		kept = append(kept, attempt{ms(a.At), a.Status, a.Took.Milliseconds(), a.Problem})
	}
	text, err := json.Marshal(kept)
	return string(text), err
}

// due selects the deliveries of an endpoint that somebody may take at $1. It names
// the condition of the index.
const due = `due_at > 0 AND due_at <= $1`

// DueWebhooks implements store.Deliveries.
func (db *DB) DueWebhooks(ctx context.Context, now time.Time) ([]store.Webhook, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+webhookColumns+` FROM webhooks w
		WHERE w.enabled AND EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_id = w.id AND `+due+`)`, ms(now))
	if err != nil {
		return nil, fmt.Errorf("looking for due deliveries: %w", err)
	}
	return all(rows, scanWebhook)
}

// ClaimDeliveries implements store.Deliveries. Whoever comes second finds that the
// rows are not due any more.
func (db *DB) ClaimDeliveries(ctx context.Context, c store.DeliveryClaim) (claimed []store.Delivery, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		rows, err := tx.QueryContext(ctx, `UPDATE webhook_deliveries SET due_at = $2, claim = $3
			WHERE webhook_id = $4 AND `+due+` AND event_id IN (
				SELECT event_id FROM webhook_deliveries WHERE webhook_id = $4 AND `+due+` ORDER BY due_at LIMIT $5)
			RETURNING `+deliveryColumns, ms(c.Now), ms(c.Until), c.Token, c.WebhookID, c.Limit)
		if err != nil {
			return err
		}
		claimed, err = all(rows, scanDelivery)
		return err
	})
	return claimed, wrapped("claiming deliveries", err)
}

// SettleDelivery implements store.Deliveries.
func (db *DB) SettleDelivery(ctx context.Context, s store.Settlement) (disabled bool, err error) {
	log, err := formatLog(append(s.Log, s.Attempt))
	if err != nil {
		return false, fmt.Errorf("settling a delivery: %w", err)
	}
	state := store.DeliveryPending
	switch {
	case s.Delivered:
		state, s.Next = store.DeliveryDelivered, time.Time{}
	case s.Next.IsZero():
		state = store.DeliveryFailed
	}
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		disabled = false
		err := execOne(ctx, tx, `UPDATE webhook_deliveries SET state = $4, attempts = attempts + 1, due_at = $5, claim = '', log = $6
			WHERE webhook_id = $1 AND event_id = $2 AND claim = $3`, s.WebhookID, s.EventID[:], s.Token, string(state), ms(s.Next), log)
		if err != nil {
			return nil, err
		}
		if s.Delivered {
			_, err = tx.ExecContext(ctx, `UPDATE webhooks SET failing_since = 0 WHERE id = $1 AND failing_since > 0`, s.WebhookID)
			return nil, err
		}
		_, err = tx.ExecContext(ctx, `UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since = 0`, s.WebhookID, ms(s.Attempt.At))
		if err != nil || state != store.DeliveryFailed {
			return nil, err
		}
		told, err := giveUp(ctx, tx, s)
		disabled = len(told) > 0
		return told, err
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, store.ErrConflict
	}
	return disabled, wrapped("settling a delivery", err)
}

// giveUp disables an endpoint that has failed for too long. One that was given up
// is not enabled, so that it is given up once.
func giveUp(ctx context.Context, tx querier, s store.Settlement) ([]occurrence, error) {
	rows, err := tx.QueryContext(ctx, `UPDATE webhooks SET enabled = $2, revision = revision + 1,
			updated_at = CASE WHEN updated_at >= $4 THEN updated_at + 1 ELSE $4 END
		WHERE id = $1 AND enabled AND failing_since > 0 AND failing_since < $3 RETURNING `+strings.ReplaceAll(webhookColumns, "w.", ""),
		s.WebhookID, false, ms(s.GiveUp), ms(s.Attempt.At))
	if err != nil {
		return nil, err
	}
	given, err := all(rows, scanWebhook)
	if err != nil || len(given) == 0 {
		return nil, err
	}
	return []occurrence{aboutWebhook(store.WebhookDisabled, given[0])}, nil
}

// Delivery implements store.Deliveries.
func (db *DB) Delivery(ctx context.Context, webhookID string, event store.EventID) (store.Delivery, error) {
	d, err := scanDelivery(db.read.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE webhook_id = $1 AND event_id = $2`, webhookID, event[:]))
	if err != nil {
		return store.Delivery{}, fmt.Errorf("reading a delivery: %w", db.missing(err))
	}
	return d, nil
}

// ListDeliveries implements store.Deliveries.
func (db *DB) ListDeliveries(ctx context.Context, q store.DeliveryQuery) ([]store.Delivery, error) {
	where, args := `webhook_id = $1`, []any{q.WebhookID, q.Limit}
	if (q.Before != store.EventID{}) {
		args = append(args, q.Before[:])
		where += ` AND event_id < $3`
	}
	if q.State != "" {
		args = append(args, string(q.State))
		where += fmt.Sprintf(` AND state = $%d`, len(args))
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM webhook_deliveries WHERE `+where+` ORDER BY event_id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("listing deliveries: %w", db.missing(err))
	}
	return all(rows, scanDelivery)
}
