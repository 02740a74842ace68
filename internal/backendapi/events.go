package backendapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/signet-auth/signet/internal/store"
)

// Clerk has no public API for what follows; paths are ours, and an event is what its
// webhooks carry.
func (a *API) eventRoutes() routes {
	return routes{
		"/v1/events":      {http.MethodGet: a.listEvents},
		"/v1/events/{id}": {http.MethodGet: a.getEvent},
	}
}

// An eventObject is something that has happened, here and in webhooks.
type eventObject struct {
	Object     string          `json:"object"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Timestamp  int64           `json:"timestamp"`
	InstanceID string          `json:"instance_id"`
	ObjectID   string          `json:"object_id"`
	UserID     *string         `json:"user_id"`
	ClientID   *string         `json:"client_id"`
	Attributes eventAttributes `json:"event_attributes"`
	Data       json.RawMessage `json:"data"`
}

// eventAttributes say who did it. Nobody's address is kept, so that what Clerk has of
// the request is empty.
type eventAttributes struct {
	Actor   actorObject   `json:"actor"`
	Request requestObject `json:"http_request"`
}

type actorObject struct {
	Type string  `json:"type"`
	ID   *string `json:"id"`
	Name *string `json:"name"`
}

type requestObject struct {
	ClientIP  string `json:"client_ip"`
	UserAgent string `json:"user_agent"`
}

func newEventObject(e store.Event, instanceID string) eventObject {
	return eventObject{
		Object: "event", ID: e.ID.String(), Type: string(e.Type), Timestamp: e.ID.Time().UnixMilli(), InstanceID: instanceID,
		ObjectID: e.ObjectID, UserID: orNull(e.UserID), ClientID: orNull(e.ClientID), Data: e.Data,
		Attributes: eventAttributes{Actor: actorObject{string(e.Actor.Kind), orNull(e.Actor.ID), orNull(e.Actor.Name)}},
	}
}

// Message is what webhooks carry of an event.
func (a *API) Message(ctx context.Context, e store.Event) ([]byte, error) {
	i, err := a.admin.Instance(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(newEventObject(e, i.ID))
}

// getEvent serves GET /v1/events/{id}.
func (a *API) getEvent(r *http.Request) (any, error) {
	e, err := a.admin.Event(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	return newEventObject(e, i.ID), nil
}

// An eventPlace is where a page of events ended.
type eventPlace struct {
	Last       store.EventID
	Descending bool
}

// listEvents serves GET /v1/events: the oldest first, to be followed by cursor for
// ever, or the newest first. There is always a cursor: later there may be more.
func (a *API) listEvents(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.EventQuery{Limit: p.integer("limit", defaultLimit, 1, maxLimit), Object: p.text("object_id")}
	q.Since, q.Before = p.moment("since"), p.moment("before")
	for _, t := range p.texts("type") {
		q.Types = append(q.Types, store.EventType(t))
	}
	switch order := p.text("order_by"); order {
	case "", "timestamp", "+timestamp", " timestamp":
	case "-timestamp":
		q.Descending = true
	default:
		p.invalid("order_by", "order_by must be +timestamp or -timestamp.")
	}
	if place := (eventPlace{}); a.cursor(p, r, &place) {
		if q.After = place.Last; place.Descending != q.Descending {
			p.invalid("after", "after must be the next_cursor of a page in the same order.")
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	found, err := a.admin.Events(r.Context(), q)
	if err != nil {
		return nil, err
	}
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	list := cursorPage{Data: []any{}, HasMore: found.More}
	if list.NextCursor, err = a.sealCursor(r, eventPlace{found.Last, q.Descending}); err != nil {
		return nil, err
	}
	for _, e := range found.Events {
		list.Data = append(list.Data, newEventObject(e, i.ID))
	}
	return list, nil
}
