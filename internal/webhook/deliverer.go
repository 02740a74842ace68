package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const (
	interval     = time.Second      // between looks at what is due
	lease        = 30 * time.Second // of what was claimed: longer than a request and its writes
	perEndpoint  = 4                // requests to one endpoint at once, so that one that hangs delays no other
	settleWithin = 10 * time.Second // after the answer, however the node is doing
)

// Kept is what a Deliverer reads and writes.
type Kept interface {
	DueWebhooks(ctx context.Context, now time.Time) ([]store.Webhook, error)
	ClaimDeliveries(ctx context.Context, c store.DeliveryClaim) ([]store.Delivery, error)
	SettleDelivery(ctx context.Context, s store.Settlement) (disabled bool, err error)
	Event(ctx context.Context, id store.EventID) (store.Event, error)
}

// Deps are what New needs; all of them are required.
type Deps struct {
	Kept    Kept
	Secrets *Secrets
	Reach   Reach
	Message func(context.Context, store.Event) ([]byte, error) // what an endpoint is sent
	Now     func() time.Time
	Log     *slog.Logger
}

// A Deliverer sends what is due. Any number of them may work over one database: each
// delivery is claimed by one, and is due again if that one is gone. So a message may
// arrive twice, under one id, and messages may overtake one another.
type Deliverer struct {
	kept    Kept
	secrets *Secrets
	client  *http.Client
	message func(context.Context, store.Event) ([]byte, error)
	now     func() time.Time
	log     *slog.Logger

	every time.Duration // between looks at what is due
	more  chan struct{} // there may be more due than there was room for, and there is room
	work  sync.WaitGroup

	mu   sync.Mutex
	busy map[string]int // places taken at an endpoint
}

// New makes a Deliverer.
func New(d Deps) *Deliverer {
	return &Deliverer{
		kept: d.Kept, secrets: d.Secrets, client: d.Reach.client(), message: d.Message, now: d.Now, log: d.Log,
		every: interval, more: make(chan struct{}, 1), busy: map[string]int{},
	}
}

// Run sends what gets due until ctx is done, and returns when the requests that are
// under way then have been answered or have taken too long.
func (d *Deliverer) Run(ctx context.Context) {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		if err := d.Round(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("looking for webhooks to send", "err", err)
		}
		select {
		case <-ctx.Done():
			d.work.Wait()
			d.client.CloseIdleConnections()
			return
		case <-tick.C:
		case <-d.more:
		}
	}
}

// Wait returns when no request is under way.
func (d *Deliverer) Wait() { d.work.Wait() }

// Round begins to send what is due, as far as there is room.
func (d *Deliverer) Round(ctx context.Context) error {
	due, err := d.kept.DueWebhooks(ctx, d.now())
	if err != nil {
		return err
	}
	for _, w := range due {
		if err := d.to(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// to claims deliveries to one endpoint and sends each.
func (d *Deliverer) to(ctx context.Context, w store.Webhook) error {
	places := d.reserve(w.ID)
	if places == 0 {
		return nil // those under way are followed by the next round
	}
	now, token := d.now(), rand.Text()
	claimed, err := d.kept.ClaimDeliveries(ctx, store.DeliveryClaim{WebhookID: w.ID, Token: token, Now: now, Until: now.Add(lease), Limit: places})
	d.release(w.ID, places-len(claimed))
	for _, x := range claimed {
		// A request that is under way is not cut off when the node drains.
		d.work.Go(func() {
			d.deliver(context.WithoutCancel(ctx), w, x, token)
			d.release(w.ID, 1)
			if len(claimed) == places {
				d.again()
			}
		})
	}
	return err
}

// again has Run look at once, rather than in a moment.
func (d *Deliverer) again() {
	select {
	case d.more <- struct{}{}:
	default:
	}
}

// reserve takes the places that an endpoint has left. There are no more endpoints than
// store.MaxWebhooks, which bounds the requests of all.
func (d *Deliverer) reserve(id string) (places int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	places = perEndpoint - d.busy[id]
	d.busy[id] = perEndpoint
	return places
}

// release gives n places back.
func (d *Deliverer) release(id string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[id] -= n; d.busy[id] == 0 {
		delete(d.busy, id)
	}
}

// deliver sends one message and notes how that went.
func (d *Deliverer) deliver(ctx context.Context, w store.Webhook, x store.Delivery, token string) {
	log := d.log.With("webhook", w.ID, "event", x.EventID.String())
	body, err := d.body(ctx, x.EventID)
	if err != nil {
		log.Error("a webhook could not be put together", "err", err) // it is due again when the claim ends
		return
	}
	attempt := d.send(ctx, w, x.EventID, body)
	s := store.Settlement{
		WebhookID: w.ID, EventID: x.EventID, Token: token, Attempt: attempt, Log: x.Log, Delivered: attempt.Problem == "",
		GiveUp: d.now().Add(-giveUpAfter),
	}
	if !s.Delivered {
		s.Next = next(x.Attempts+1, d.now(), mathrand.Float64())
		log.Info("a webhook was not delivered", "status", attempt.Status, "problem", attempt.Problem, "attempt", x.Attempts+1)
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	disabled, err := d.kept.SettleDelivery(ctx, s)
	switch {
	case errors.Is(err, store.ErrConflict):
		log.Info("a webhook was taken by another node meanwhile")
	case err != nil:
		log.Error("noting the delivery of a webhook", "err", err)
	case disabled:
		log.Warn("a webhook has failed for too long and was disabled")
	}
}

func (d *Deliverer) body(ctx context.Context, id store.EventID) ([]byte, error) {
	e, err := d.kept.Event(ctx, id)
	if err != nil {
		return nil, err
	}
	body, err := d.message(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("writing event %s: %w", id, err)
	}
	return body, nil
}
