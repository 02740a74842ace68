package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/webhook"
)

// Webhooks keeps endpoints, and what is sent to them.
type Webhooks interface {
	store.Webhooks
	store.Deliveries
}

// A Webhook is an endpoint as an operator sees it.
type Webhook struct {
	store.Webhook
	Value string // the secret that signs, only in the answer that made it
}

// WebhookFields are what an operator decides about an endpoint. Nil is as it is, and
// on creation the default.
type WebhookFields struct {
	URL         *string // required on creation
	Description *string
	Types       []store.EventType // empty for all, which is the default
	Enabled     *bool             // by default true
}

// CreateWebhook makes an endpoint. The answer holds the secret, which is shown this
// once.
func (a *Admin) CreateWebhook(ctx context.Context, f WebhookFields) (Webhook, error) {
	now := a.now().Truncate(time.Millisecond)
	w := Webhook{Webhook: store.Webhook{Enabled: true, CreatedAt: now, UpdatedAt: now, Revision: 1}}
	if f.URL == nil {
		return Webhook{}, problems{{"url", Missing, "url must be included."}}.err()
	}
	if err := a.applyWebhook(f, &w.Webhook); err != nil {
		return Webhook{}, err
	}
	var err error
	if w.ID, err = a.id("we_", now); err != nil {
		return Webhook{}, err
	}
	if w.Value, w.Secret, err = a.webhookSecret.New(a.random); err != nil {
		return Webhook{}, err
	}
	switch err := a.webhooks.CreateWebhook(ctx, w.Webhook); {
	case errors.Is(err, store.ErrConflict):
		return Webhook{}, problems{{"url", TooMany, "There may be at most 50 webhooks."}}.err()
	case err != nil:
		return Webhook{}, fmt.Errorf("saving a webhook: %w", err)
	}
	return w, nil
}

func (a *Admin) applyWebhook(f WebhookFields, w *store.Webhook) error {
	var p problems
	if f.URL != nil {
		w.URL = *f.URL
		switch err := a.webhookReach.Check(w.URL); {
		case w.URL == "":
			p.add("url", Empty, "url must not be empty.")
		case errors.Is(err, webhook.ErrNotHTTPS):
			p.add("url", Malformed, "url must begin with https://; http is for loopback addresses of an instance in development.")
		case errors.Is(err, webhook.ErrNoPort):
			p.add("url", Malformed, "url must have a port from 1 to 65535, or none.")
		case errors.Is(err, webhook.ErrNotReached):
			p.add("url", Unacceptable, "url must lead to a public address.")
		case err != nil:
			p.add("url", Malformed, "url must be an absolute URL of at most 1024 characters, without a user or a fragment.")
		}
	}
	if f.Description != nil {
		w.Description = p.line("description", *f.Description)
	}
	if f.Types != nil {
		w.Types = nil
		for _, t := range f.Types {
			if slices.Contains(w.Types, t) {
				p.add("event_types", Repeated, "event_types must name each type once.")
				break
			}
			w.Types = append(w.Types, t)
		}
		var mistake *Error
		if errors.As(checkTypes("event_types", w.Types), &mistake) {
			p = append(p, mistake.Problems...)
		}
	}
	if f.Enabled != nil {
		w.Enabled = *f.Enabled
	}
	return p.err()
}

// Webhook finds an endpoint.
func (a *Admin) Webhook(ctx context.Context, id string) (Webhook, error) {
	if !isID("we_", id) {
		return Webhook{}, fmt.Errorf("finding a webhook: %w", store.ErrNotFound)
	}
	w, err := a.webhooks.Webhook(ctx, id)
	return Webhook{Webhook: w}, err
}

// ListWebhooks lists the endpoints, oldest first.
func (a *Admin) ListWebhooks(ctx context.Context) ([]Webhook, error) {
	kept, err := a.webhooks.ListWebhooks(ctx)
	all := make([]Webhook, len(kept))
	for i, w := range kept {
		all[i].Webhook = w
	}
	return all, err
}

// UpdateWebhook changes what f names. What is due for an endpoint that is enabled
// again is sent; what happened while it was not is not, unless it is asked for.
func (a *Admin) UpdateWebhook(ctx context.Context, id string, f WebhookFields) (Webhook, error) {
	var w Webhook
	err := retried(func() (err error) {
		w, err = a.changeWebhook(ctx, id, store.WebhookUpdated, func(w *Webhook) error { return a.applyWebhook(f, &w.Webhook) })
		return err
	})
	return w, err
}

// RotateWebhookSecret makes another secret, and signs with the one before it too for
// the time of the overlap. The answer holds the new one, which is shown this once. Of
// concurrent rotations one succeeds; the others return store.ErrConflict, since only the
// one before a secret signs beside it.
func (a *Admin) RotateWebhookSecret(ctx context.Context, id string, overlap time.Duration) (Webhook, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Webhook{}, problems{{"overlap_seconds", Unacceptable, "overlap_seconds must be 0 to 2592000, which is 30 days."}}.err()
	}
	return a.changeWebhook(ctx, id, store.WebhookSecretRotated, func(w *Webhook) (err error) {
		w.OldSecret, w.OldUntil = nil, time.Time{}
		if overlap > 0 {
			w.OldSecret, w.OldUntil = w.Secret, a.now().Add(overlap).Truncate(time.Millisecond)
		}
		w.Value, w.Secret, err = a.webhookSecret.New(a.random)
		return err
	})
}

// changeWebhook reads an endpoint, applies change and writes it, or fails with
// store.ErrConflict if another change came between.
func (a *Admin) changeWebhook(ctx context.Context, id string, as store.EventType, change func(*Webhook) error) (Webhook, error) {
	w, err := a.Webhook(ctx, id)
	if err != nil {
		return Webhook{}, err
	}
	wasEnabled := w.Enabled
	if err := change(&w); err != nil {
		return Webhook{}, err
	}
	if w.Enabled && !wasEnabled {
		w.FailingSince = time.Time{}
	}
	w.UpdatedAt = after(w.UpdatedAt, a.now())
	if err := a.webhooks.UpdateWebhook(ctx, w.Webhook, as); err != nil {
		return Webhook{}, err
	}
	w.Revision++
	return w, nil
}

// DeleteWebhook removes an endpoint; what is due for it is not sent.
func (a *Admin) DeleteWebhook(ctx context.Context, id string) error {
	if !isID("we_", id) {
		return fmt.Errorf("deleting a webhook: %w", store.ErrNotFound)
	}
	return a.webhooks.DeleteWebhook(ctx, id)
}

// TestWebhook sends an event of the type webhook.test to an endpoint, and to no other.
func (a *Admin) TestWebhook(ctx context.Context, id string) (store.Delivery, error) {
	w, err := a.Webhook(ctx, id)
	switch {
	case err != nil:
		return store.Delivery{}, err
	case !w.Enabled:
		return store.Delivery{}, ErrWebhookDisabled
	}
	return a.webhooks.TestWebhook(ctx, id)
}

// ErrWebhookDisabled means that nothing is sent to the endpoint.
var ErrWebhookDisabled = errors.New("the webhook is disabled")

// Deliveries returns one page of what was or will be sent to an endpoint, the newest
// event first.
func (a *Admin) Deliveries(ctx context.Context, q store.DeliveryQuery) ([]store.Delivery, error) {
	if _, err := a.Webhook(ctx, q.WebhookID); err != nil {
		return nil, err
	}
	return a.webhooks.ListDeliveries(ctx, q)
}

// Delivery finds what was or will be sent of an event to an endpoint.
func (a *Admin) Delivery(ctx context.Context, id, event string) (store.Delivery, error) {
	parsed, ok := store.ParseEventID(event)
	if !ok || !isID("we_", id) {
		return store.Delivery{}, fmt.Errorf("finding a delivery: %w", store.ErrNotFound)
	}
	return a.webhooks.Delivery(ctx, id, parsed)
}

// Replay sends an event to an endpoint again, whatever became of it.
func (a *Admin) Replay(ctx context.Context, id, event string) (store.Delivery, error) {
	d, err := a.Delivery(ctx, id, event)
	if err != nil {
		return store.Delivery{}, err
	}
	if err := a.webhooks.Redeliver(ctx, id, d.EventID, a.now()); err != nil {
		return store.Delivery{}, err
	}
	return a.Delivery(ctx, id, event)
}

// replayBatch is how many events one statement of ReplaySince looks at.
const replayBatch = 500

// ReplaySince sends what the endpoint wants of what has happened since a time, and
// returns how many events it will get. What it is about to get anyway is not counted.
func (a *Admin) ReplaySince(ctx context.Context, id string, since time.Time) (int, error) {
	if _, err := a.Webhook(ctx, id); err != nil {
		return 0, err
	}
	if since.After(a.now()) {
		return 0, problems{{"since", Unacceptable, "since must be a time that is past."}}.err()
	}
	total, now := 0, a.now()
	for after := store.NewEventID(since, 0, [8]byte{}); ; {
		n, next, err := a.webhooks.RedeliverSince(ctx, id, after, replayBatch, now)
		total += n
		if err != nil || next == (store.EventID{}) {
			return total, err
		}
		after = next
	}
}
