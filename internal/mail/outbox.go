package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/ksuid"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
)

// ErrPermanent means that a message will not be taken however often it is sent.
var ErrPermanent = errors.New("refused for good")

// A Sender passes messages on. One that fails with anything but ErrPermanent may
// be tried again.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

const (
	atOnce      = 4                // how many letters are sent at the same time
	sendTimeout = 20 * time.Second // of one letter
	lease       = time.Minute      // longer than sendTimeout: when another node may try
	firstPause  = 5 * time.Second  // after a letter could not be sent; doubled each time
	longestWait = 15 * time.Minute
	lookAgain   = 2 * time.Second // for letters of other nodes and those put off
	lastRounds  = 10 * time.Second
)

// An Outbox sends letters. It is safe for concurrent use.
type Outbox struct {
	letters store.Outbox
	sender  Sender
	sealer  *keyring.Sealer
	host    string
	woken   chan struct{}
	now     func() time.Time
	log     *slog.Logger
}

// Deps are what an Outbox needs.
type Deps struct {
	Letters store.Outbox
	Sender  Sender
	Ring    *keyring.Ring
	Host    string // of the installation, which letters name
	Now     func() time.Time
	Log     *slog.Logger
}

// NewOutbox makes an outbox. Nothing is sent before Run.
func NewOutbox(d Deps) *Outbox {
	return &Outbox{
		letters: d.Letters, sender: d.Sender, sealer: d.Ring.Sealer("letter"), host: d.Host,
		woken: make(chan struct{}, 1), now: d.Now, log: d.Log,
	}
}

// Prepare puts a letter into the form in which it is kept. It is of use for as
// long as the lifetime says. What keeps it should call Wake then.
func (o *Outbox) Prepare(l Letter, lifetime time.Duration) (store.Letter, error) {
	now := o.now().Truncate(time.Millisecond)
	m, err := Compose(l, o.host)
	if err != nil {
		return store.Letter{}, err
	}
	id, err := ksuid.NewRandomWithTime(now)
	if err != nil {
		return store.Letter{}, fmt.Errorf("making the id of a letter: %w", err)
	}
	m.ID = "ltr_" + id.String()
	plain, err := json.Marshal(m)
	if err != nil {
		return store.Letter{}, fmt.Errorf("writing a letter: %w", err)
	}
	return store.Letter{ID: m.ID, Sealed: o.sealer.Seal(plain), DueAt: now, ExpiresAt: now.Add(lifetime)}, nil
}

// Post keeps a letter, to be sent soon.
func (o *Outbox) Post(ctx context.Context, l Letter, lifetime time.Duration) error {
	kept, err := o.Prepare(l, lifetime)
	if err != nil {
		return err
	}
	if err := o.letters.PutLetter(ctx, kept); err != nil {
		return err
	}
	o.Wake()
	return nil
}

// Wake says that a letter was kept.
func (o *Outbox) Wake() {
	select {
	case o.woken <- struct{}{}:
	default: // it is awake
	}
}

// Run sends letters until ctx is done, and then those that are due, for a while.
func (o *Outbox) Run(ctx context.Context) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for ctx.Err() == nil {
		o.deliver(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-o.woken:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRounds)
	defer cancel()
	o.deliver(last)
}

// deliver is Deliver for Run.
func (o *Outbox) deliver(ctx context.Context) {
	if err := o.Deliver(ctx); err != nil && ctx.Err() == nil {
		o.log.Error("sending mail", "err", err)
	}
}

// Deliver tries every letter that is due, once.
func (o *Outbox) Deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		now := o.now()
		claimed, err := o.letters.ClaimLetters(ctx, now, now.Add(lease), atOnce)
		if err != nil || len(claimed) == 0 {
			return err
		}
		failures := make([]error, len(claimed))
		var sending sync.WaitGroup
		for i, l := range claimed {
			sending.Go(func() { failures[i] = o.try(ctx, l) })
		}
		sending.Wait()
		if err := errors.Join(failures...); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// try sends a letter and notes what became of it. What it fails with is about the
// note: that a letter could not be sent is in the log.
func (o *Outbox) try(ctx context.Context, l store.Letter) error {
	err := o.send(ctx, l)
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	switch {
	case err == nil:
		return o.letters.DeleteLetter(kept, l.ID)
	case errors.Is(err, ErrPermanent):
		o.log.Error("a letter cannot be sent", "letter", l.ID, "err", err)
		return o.letters.DeleteLetter(kept, l.ID)
	}
	o.log.Warn("a letter could not be sent and waits", "letter", l.ID, "tries", l.Claims, "err", err)
	return o.letters.PostponeLetter(kept, l.ID, o.now().Add(wait(l.Claims)))
}

func (o *Outbox) send(ctx context.Context, l store.Letter) error {
	plain, err := o.sealer.Open(l.Sealed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	var m Message
	if err := json.Unmarshal(plain, &m); err != nil {
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return o.sender.Send(ctx, m)
}

// wait is how long a letter waits that was tried so often.
func wait(tries int) time.Duration {
	return min(longestWait, firstPause<<min(max(tries-1, 0), 10))
}
