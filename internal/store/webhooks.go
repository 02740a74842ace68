package store

import (
	"context"
	"time"
)

// Webhooks keeps where events are sent to. A change and its event are one.
type Webhooks interface {
	// CreateWebhook saves an endpoint; w.Revision is ignored and starts at 1.
	// ErrConflict if there are MaxWebhooks.
	CreateWebhook(ctx context.Context, w Webhook) error

	// Webhook finds an endpoint, or ErrNotFound.
	Webhook(ctx context.Context, id string) (Webhook, error)

	// ListWebhooks returns all endpoints, oldest first.
	ListWebhooks(ctx context.Context) ([]Webhook, error)

	// UpdateWebhook saves w if w.Revision is the stored one, and moves it on; the
	// event is of the given type. Of any number of concurrent calls with one revision
	// exactly one succeeds; the others return ErrConflict, or ErrNotFound if the
	// endpoint is gone. One that is enabled counts as not failing.
	UpdateWebhook(ctx context.Context, w Webhook, as EventType) error

	// DeleteWebhook removes an endpoint and what was noted of deliveries to it.
	// ErrNotFound if there is none.
	DeleteWebhook(ctx context.Context, id string) error
}

// MaxWebhooks is how many endpoints there may be: each costs a row for every event
// that it wants.
const MaxWebhooks = 50

// A Webhook is where events are sent to.
type Webhook struct {
	ID           string // we_...
	URL          string
	Description  string
	Types        []EventType // nil for all
	Enabled      bool
	Secret       []byte    // sealed
	OldSecret    []byte    // sealed; the one before it, which signs too
	OldUntil     time.Time // for so long
	FailingSince time.Time // zero while it answers
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Revision     int64
}

// Deliveries keeps which events are yet to be sent where. The row of a delivery is
// written with its event, for every endpoint that is enabled and wants it.
type Deliveries interface {
	// DueWebhooks returns the enabled endpoints that something is due for at now.
	DueWebhooks(ctx context.Context, now time.Time) ([]Webhook, error)

	// ClaimDeliveries takes at most c.Limit deliveries that are due, the longest due
	// first, until c.Until. Of any number of concurrent calls each delivery goes to
	// one. One that is not settled by then is due again.
	ClaimDeliveries(ctx context.Context, c DeliveryClaim) ([]Delivery, error)

	// SettleDelivery notes how an attempt went, for whoever claimed the delivery;
	// ErrConflict if another one has claimed it since, or it is gone. An endpoint
	// that has failed since before s.GiveUp is disabled when a delivery to it fails
	// for good, once and with an event, and disabled is true.
	SettleDelivery(ctx context.Context, s Settlement) (disabled bool, err error)

	// Delivery finds one, or ErrNotFound.
	Delivery(ctx context.Context, webhookID string, event EventID) (Delivery, error)

	// ListDeliveries returns one page of what was or will be sent to an endpoint, the
	// newest event first: those before the event q.Before.
	ListDeliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error)

	// Redeliver makes a delivery due at now, whatever became of it, and begins to
	// count its attempts anew. One that is claimed just now is not touched:
	// ErrConflict. ErrNotFound if there is none.
	Redeliver(ctx context.Context, webhookID string, event EventID, now time.Time) error

	// RedeliverSince does so for the events past after that the endpoint wants, those
	// too that were never sent to it, looking at no more than limit of them. It
	// returns how many it made due, and the event to go on after, which is the zero
	// id at the end. What is pending stays as it is. ErrNotFound if there is no such
	// endpoint.
	RedeliverSince(ctx context.Context, webhookID string, after EventID, limit int, now time.Time) (int, EventID, error)

	// TestWebhook makes an event for the endpoint alone, and its delivery. ErrNotFound
	// if there is no such endpoint.
	TestWebhook(ctx context.Context, webhookID string) (Delivery, error)
}

// A DeliveryClaim takes deliveries to one endpoint.
type DeliveryClaim struct {
	WebhookID string
	Token     string // random; whoever settles has to know it
	Now       time.Time
	Until     time.Time
	Limit     int
}

// A Delivery is an event on its way to an endpoint.
type Delivery struct {
	WebhookID string
	EventID   EventID
	EventType EventType
	State     DeliveryState
	Attempts  int       // since it was last made due by hand
	DueAt     time.Time // of the next attempt; zero when there is none
	Log       []Attempt // the last MaxAttemptsKept, oldest first
}

// MaxAttemptsKept is how many attempts of one delivery are remembered.
const MaxAttemptsKept = 20

// A DeliveryState is what became of a delivery.
type DeliveryState string

// The states.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed" // given up
)

// An Attempt is one request to an endpoint.
type Attempt struct {
	At      time.Time
	Status  int           // of the answer; 0 without one
	Took    time.Duration // until the answer
	Problem string        // a constant text; "" when it was delivered
}

// A Settlement is how an attempt went.
type Settlement struct {
	WebhookID string
	EventID   EventID
	Token     string
	Attempt   Attempt
	Log       []Attempt // of the delivery before this attempt
	Delivered bool
	Next      time.Time // zero: there is no other attempt
	GiveUp    time.Time
}

// A DeliveryQuery selects deliveries to an endpoint.
type DeliveryQuery struct {
	WebhookID string
	Before    EventID       // zero is from the newest on
	State     DeliveryState // "" matches all
	Limit     int
}
