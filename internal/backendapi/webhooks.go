package backendapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// Clerk has its endpoints managed on a page of another service; paths and objects are
// ours.
func (a *API) webhookRoutes() routes {
	return routes{
		"/v1/webhooks":                                      {http.MethodPost: a.createWebhook, http.MethodGet: a.listWebhooks},
		"/v1/webhooks/{id}":                                 {http.MethodGet: a.getWebhook, http.MethodPatch: a.updateWebhook, http.MethodDelete: a.deleteWebhook},
		"/v1/webhooks/{id}/rotate_secret":                   {http.MethodPost: a.rotateWebhookSecret},
		"/v1/webhooks/{id}/test":                            {http.MethodPost: a.testWebhook},
		"/v1/webhooks/{id}/replay":                          {http.MethodPost: a.replayWebhook},
		"/v1/webhooks/{id}/deliveries":                      {http.MethodGet: a.listDeliveries},
		"/v1/webhooks/{id}/deliveries/{event_id}":           {http.MethodGet: a.getDelivery},
		"/v1/webhooks/{id}/deliveries/{event_id}/redeliver": {http.MethodPost: a.redeliver},
	}
}

// A webhookObject is an endpoint.
type webhookObject struct {
	Object           string            `json:"object"`
	ID               string            `json:"id"`
	URL              string            `json:"url"`
	Description      string            `json:"description"`
	EventTypes       []store.EventType `json:"event_types"` // empty for all
	Enabled          bool              `json:"enabled"`
	FailingSince     *int64            `json:"failing_since"`      // null while it answers
	OldSecretExpires *int64            `json:"old_secret_expires"` // null if one secret signs
	Secret           string            `json:"secret,omitempty"`
	CreatedAt        int64             `json:"created_at"`
	UpdatedAt        int64             `json:"updated_at"`
}

func newWebhookObject(w store.Webhook, now time.Time) webhookObject {
	o := webhookObject{
		Object: "webhook", ID: w.ID, URL: w.URL, Description: w.Description, EventTypes: append([]store.EventType{}, w.Types...), Enabled: w.Enabled,
		FailingSince: millisOrNull(w.FailingSince), CreatedAt: w.CreatedAt.UnixMilli(), UpdatedAt: w.UpdatedAt.UnixMilli(),
	}
	if now.Before(w.OldUntil) {
		o.OldSecretExpires = millisOrNull(w.OldUntil)
	}
	return o
}

// answerWebhook is the object, with the secret if it was made just now.
func (a *API) answerWebhook(w admin.Webhook, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	o := newWebhookObject(w.Webhook, a.now())
	o.Secret = w.Value
	return o, nil
}

// webhookFields reads what may be decided about an endpoint.
func webhookFields(r *http.Request) (admin.WebhookFields, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return admin.WebhookFields{}, err
	}
	x := admin.WebhookFields{URL: f.text("url"), Description: f.text("description"), Enabled: f.flag("enabled")}
	if types := f.texts("event_types"); types != nil {
		x.Types = []store.EventType{}
		for _, t := range types {
			x.Types = append(x.Types, store.EventType(t))
		}
	}
	f.refuseUnknown()
	return x, f.err()
}

// createWebhook serves POST /v1/webhooks.
func (a *API) createWebhook(r *http.Request) (any, error) {
	f, err := webhookFields(r)
	if err != nil {
		return nil, err
	}
	return a.answerWebhook(a.admin.CreateWebhook(r.Context(), f))
}

// listWebhooks serves GET /v1/webhooks, oldest first.
func (a *API) listWebhooks(r *http.Request) (any, error) {
	all, err := a.admin.ListWebhooks(r.Context())
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: len(all)}
	for _, w := range all {
		list.Data = append(list.Data, newWebhookObject(w.Webhook, a.now()))
	}
	return list, nil
}

// getWebhook serves GET /v1/webhooks/{id}.
func (a *API) getWebhook(r *http.Request) (any, error) {
	return a.answerWebhook(a.admin.Webhook(r.Context(), r.PathValue("id")))
}

// updateWebhook serves PATCH /v1/webhooks/{id}.
func (a *API) updateWebhook(r *http.Request) (any, error) {
	f, err := webhookFields(r)
	if err != nil {
		return nil, err
	}
	return a.answerWebhook(a.admin.UpdateWebhook(r.Context(), r.PathValue("id"), f))
}

// deleteWebhook serves DELETE /v1/webhooks/{id}.
func (a *API) deleteWebhook(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.admin.DeleteWebhook(r.Context(), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "webhook", ID: id, Deleted: true}, nil
}

// usualOverlap is how long two secrets sign unless the request says otherwise.
const usualOverlap = 24 * time.Hour

// rotateWebhookSecret serves POST /v1/webhooks/{id}/rotate_secret.
func (a *API) rotateWebhookSecret(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	overlap := f.seconds("overlap_seconds")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	if overlap == nil {
		overlap = new(usualOverlap)
	}
	return a.answerWebhook(a.admin.RotateWebhookSecret(r.Context(), r.PathValue("id"), *overlap))
}

// A deliveryObject is an event on its way to an endpoint.
type deliveryObject struct {
	Object        string          `json:"object"`
	WebhookID     string          `json:"webhook_id"`
	EventID       string          `json:"event_id"`
	EventType     store.EventType `json:"event_type"`
	Status        string          `json:"status"`
	Attempts      int             `json:"attempts"`
	NextAttemptAt *int64          `json:"next_attempt_at"`
	Log           []attemptObject `json:"log"`
}

// An attemptObject is one request to an endpoint.
type attemptObject struct {
	At       int64   `json:"at"`
	Status   *int    `json:"status_code"` // null without an answer
	Duration int64   `json:"duration_ms"`
	Error    *string `json:"error"`
}

func newDeliveryObject(d store.Delivery) deliveryObject {
	o := deliveryObject{
		Object: "webhook_delivery", WebhookID: d.WebhookID, EventID: d.EventID.String(), EventType: d.EventType,
		Status: string(d.State), Attempts: d.Attempts, NextAttemptAt: millisOrNull(d.DueAt), Log: []attemptObject{},
	}
	for _, x := range d.Log {
		one := attemptObject{At: x.At.UnixMilli(), Duration: x.Took.Milliseconds(), Error: orNull(x.Problem)}
		if x.Status != 0 {
			one.Status = &x.Status
		}
		o.Log = append(o.Log, one)
	}
	return o
}

func answerDelivery(d store.Delivery, err error) (any, error) {
	switch {
	case errors.Is(err, admin.ErrWebhookDisabled):
		return nil, refuse("conflict", "", "The webhook is disabled, so that nothing is sent to it; enable it first.")
	case errors.Is(err, store.ErrConflict):
		return nil, refuse("conflict", "", "The event is being sent just now; try again in a minute.")
	case err != nil:
		return nil, err
	}
	return newDeliveryObject(d), nil
}

// testWebhook serves POST /v1/webhooks/{id}/test.
func (a *API) testWebhook(r *http.Request) (any, error) {
	return answerDelivery(a.admin.TestWebhook(r.Context(), r.PathValue("id")))
}

// getDelivery serves GET /v1/webhooks/{id}/deliveries/{event_id}.
func (a *API) getDelivery(r *http.Request) (any, error) {
	return answerDelivery(a.admin.Delivery(r.Context(), r.PathValue("id"), r.PathValue("event_id")))
}

// redeliver serves POST /v1/webhooks/{id}/deliveries/{event_id}/redeliver.
func (a *API) redeliver(r *http.Request) (any, error) {
	return answerDelivery(a.admin.Replay(r.Context(), r.PathValue("id"), r.PathValue("event_id")))
}

// listDeliveries serves GET /v1/webhooks/{id}/deliveries, the newest event first.
func (a *API) listDeliveries(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	limit := p.integer("limit", defaultLimit, 1, maxLimit)
	q := store.DeliveryQuery{WebhookID: r.PathValue("id"), Limit: limit + 1, State: store.DeliveryState(p.text("status"))}
	switch q.State {
	case "", store.DeliveryPending, store.DeliveryDelivered, store.DeliveryFailed:
	default:
		p.invalid("status", "status must be pending, delivered or failed.")
	}
	a.cursor(p, r, &q.Before)
	if err := p.err(); err != nil {
		return nil, err
	}
	found, err := a.admin.Deliveries(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := cursorPage{Data: []any{}, HasMore: len(found) > limit}
	if list.HasMore {
		found = found[:limit]
		if list.NextCursor, err = a.sealCursor(r, found[limit-1].EventID); err != nil {
			return nil, err
		}
	}
	for _, d := range found {
		list.Data = append(list.Data, newDeliveryObject(d))
	}
	return list, nil
}

// A replayObject says how many events will be sent again.
type replayObject struct {
	Object    string `json:"object"`
	WebhookID string `json:"webhook_id"`
	Replayed  int    `json:"replayed"`
}

// replayWebhook serves POST /v1/webhooks/{id}/replay.
func (a *API) replayWebhook(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	since := as[int64](f, "since", "a time in milliseconds since 1970")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case since == nil:
		return nil, refuse("form_param_missing", "since", "since must be included.")
	case *since < 0 || *since > maxMoment:
		return nil, refuse("form_param_value_invalid", "since", "since must be a time in milliseconds since 1970.")
	}
	n, err := a.admin.ReplaySince(r.Context(), r.PathValue("id"), time.UnixMilli(*since))
	if err != nil {
		return nil, err
	}
	return replayObject{Object: "webhook_replay", WebhookID: r.PathValue("id"), Replayed: n}, nil
}
