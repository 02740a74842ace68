package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	size   = 16                   // clients of a crowd
	breath = 5 * time.Millisecond // taken when an answer is lost
)

// A Crowd is clients that work at once. SIGNET_CRASH_SEED makes them choose what
// they chose in an earlier run.
type Crowd struct {
	Tally
	Random  *rand.Rand
	t       testing.TB
	clients []*Client
}

// NewCrowd makes the clients, and their users and applications.
func NewCrowd(t testing.TB, o Options) *Crowd {
	t.Helper()
	seed := uint64(Number(t, "SIGNET_CRASH_SEED", int(rand.Int64())))
	t.Logf("SIGNET_CRASH_SEED=%d", seed)
	crowd := &Crowd{t: t, Random: rand.New(rand.NewPCG(seed, 0))}
	for i := range size {
		own := rand.New(rand.NewPCG(seed, uint64(i)+1))
		crowd.clients = append(crowd.clients, newClient(t, o, i, own, &crowd.Tally))
	}
	return crowd
}

// Number is that of an environment variable, if it is set.
func Number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", variable, err))
	}
	return n
}

// Wait lets some time pass, at random between the two.
func (c *Crowd) Wait(least, most time.Duration) {
	<-time.After(least + time.Duration(c.Random.Int64N(int64(most-least))))
}

// WorkDuring lets all clients work while do runs. An answer that a client's notes
// do not allow is an error of the test.
func (c *Crowd) WorkDuring(do func()) {
	c.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		c.each(func(one *Client) error { return one.work(ctx) })
	}()
	defer func() {
		stop()
		<-worked
	}()
	do()
}

// All is for Verify to look at every grant.
const All = math.MaxInt

// Verify settles what is not known and looks at some grants of every client, all
// of which have to be as their notes say. By now every answer has to arrive. It
// ends the test if anything is wrong, or was before.
func (c *Crowd) Verify(some int) {
	c.t.Helper()
	c.each(func(one *Client) error { return one.verify(some) })
	if c.t.Failed() {
		c.t.FailNow()
	}
}

func (c *Crowd) each(do func(*Client) error) {
	c.t.Helper()
	errs := make([]error, len(c.clients))
	var wg sync.WaitGroup
	for i, one := range c.clients {
		wg.Go(func() { errs[i] = do(one) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		c.t.Error(err)
	}
}

// work goes on until ctx is done or something is wrong.
func (c *Client) work(ctx context.Context) error {
	for ctx.Err() == nil {
		err := c.step()
		switch {
		case errors.Is(err, errLost):
			select {
			case <-ctx.Done():
			case <-time.After(breath):
			}
		case err != nil:
			return err
		}
	}
	return nil
}

func (c *Client) verify(some int) error {
	c.http.CloseIdleConnections() // to processes that are no more
	if err := c.settle(); err != nil {
		return err
	}
	for _, i := range c.random.Perm(len(c.records))[:min(some, len(c.records))] {
		r := c.records[i]
		if err := errors.Join(c.visit(r), c.rotate(r), c.visit(r)); err != nil {
			return fmt.Errorf("grant %d of %d: %w", i, len(c.records), err)
		}
	}
	return nil
}
