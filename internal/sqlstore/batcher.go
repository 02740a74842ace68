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
	run func(context.Context, []Q) ([]reply[A], error)

	mu      sync.Mutex
	waiting []*call[Q, A]
	taken   int // lanes
}

const (
	lanes      = 2    // statements of one kind under way at once
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
	free := b.taken < lanes
	if free {
		b.taken++
	}
	b.mu.Unlock()
	if free {
		go b.drive()
	}
	<-c.done
	return c.answer, c.err
}

// drive carries what waits until nothing does.
func (b *batcher[Q, A]) drive() {
	for {
		runtime.Gosched() // whoever is about to join does so now
		b.mu.Lock()
		n := min(len(b.waiting), maxBatch)
		if n == 0 {
			b.taken--
			b.mu.Unlock()
			return
		}
		batch := append([]*call[Q, A]{}, b.waiting[:n]...)
		left := copy(b.waiting, b.waiting[n:])
		clear(b.waiting[left:])
		b.waiting = b.waiting[:left]
		b.mu.Unlock()
		b.carry(batch)
	}
}

// carry runs one batch. When a statement fails for all, each call is tried alone,
// so that what is wrong with one is not the answer to the others.
func (b *batcher[Q, A]) carry(batch []*call[Q, A]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), statementTimeout)
	defer cancel()
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
