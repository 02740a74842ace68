package sqlstore

import (
	"context"
	"runtime"
	"sync"
)

// A batcher lets concurrent calls of one kind travel in one statement. A call
// that finds a free lane leaves at once; those that come while all lanes are
// taken leave together when one gets free. So nothing waits for a timer, and a
// lone call waits for nobody.
type batcher[Q, A any] struct {
	// run answers questions, in their order. Its error is the answer to all.
	run   func(context.Context, []Q) ([]reply[A], error)
	lanes int // batches under way at once

	mu      sync.Mutex
	waiting []*call[Q, A]
	taken   int // lanes
}

const (
	maxBatch   = 128  // calls in one statement
	maxWaiting = 2048 // calls of one kind; more are refused
)

// A reply is what became of one call.
type reply[A any] struct {
	answer A
	err    error
}

type call[Q, A any] struct {
	ctx context.Context
	q   Q
	reply[A]
	done chan struct{}
}

// do answers q, alone or together with others. It waits for the answer even if
// ctx ends meanwhile: what was sent may have been done.
func (b *batcher[Q, A]) do(ctx context.Context, q Q) (A, error) {
	c := &call[Q, A]{ctx: ctx, q: q, done: make(chan struct{})}
	b.mu.Lock()
	if len(b.waiting) >= maxWaiting {
		b.mu.Unlock()
		return c.answer, errCrowded
	}
	b.waiting = append(b.waiting, c)
	free := b.taken < b.lanes
	if free {
		b.taken++
	}
	b.mu.Unlock()
	if free { // the lane is this caller's for one batch, and its own call is in that or in an earlier one
		b.round()
		if !b.leave() {
			go b.drive()
		}
	}
	<-c.done
	return c.answer, c.err
}

// drive keeps a lane until nothing waits.
func (b *batcher[Q, A]) drive() {
	for {
		b.round()
		if b.leave() {
			return
		}
	}
}

// leave gives the lane up if nothing waits.
func (b *batcher[Q, A]) leave() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 {
		return false
	}
	b.taken--
	return true
}

// round carries what waits, as far as one batch goes.
func (b *batcher[Q, A]) round() {
	runtime.Gosched() // whoever is about to join does so now
	b.mu.Lock()
	n := min(len(b.waiting), maxBatch)
	batch := append([]*call[Q, A]{}, b.waiting[:n]...)
	left := copy(b.waiting, b.waiting[n:])
	clear(b.waiting[left:])
	b.waiting = b.waiting[:left]
	b.mu.Unlock()
	if n > 0 {
		b.carry(batch)
	}
}

// carry runs one batch. When a statement fails for all, each call is tried alone,
// so that what is wrong with one is not the answer to the others.
func (b *batcher[Q, A]) carry(batch []*call[Q, A]) {
	ctx := context.WithoutCancel(batch[0].ctx) // one caller that goes away takes no other along
	questions := make([]Q, len(batch))
	for i, c := range batch {
		questions[i] = c.q
	}
	replies, err := b.run(ctx, questions)
	for i, c := range batch {
		switch {
		case err == nil:
			c.reply = replies[i]
		case len(batch) > 1 && isStatementError(err):
			if alone, e := b.run(ctx, questions[i:i+1]); e != nil {
				c.err = e
			} else {
				c.reply = alone[0]
			}
		default:
			c.err = err
		}
		close(c.done)
	}
}

// queued counts the calls that wait for a lane.
func (b *batcher[Q, A]) queued() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
