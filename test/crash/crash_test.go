package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	clients     = 16
	sample      = 4 // grants of each client that are looked at after each kill
	breath      = 5 * time.Millisecond
	shortest    = 20 * time.Millisecond // of load before a kill
	longest     = 300 * time.Millisecond
	defaultKill = 8
)

// A storm is load on one Signet that is struck again and again.
type storm struct {
	t       *testing.T
	random  *rand.Rand
	clients []*client
	count   tally
	strike  func() // while there is load
	restore func() // when there is none
}

func newStorm(t *testing.T, node *harness.Node, faults bool) *storm {
	t.Helper()
	seed := number(t, "SIGNET_CRASH_SEED", rand.Uint64())
	t.Logf("SIGNET_CRASH_SEED=%d", seed)
	s := &storm{t: t, random: rand.New(rand.NewPCG(seed, 0)), restore: func() {}}
	for i := range clients {
		own := rand.New(rand.NewPCG(seed, uint64(i)+1))
		s.clients = append(s.clients, newClient(t, harness.Site{Issuer: node.URL}, i, own, faults, &s.count))
	}
	return s
}

// number is that of an environment variable, if it is set.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", variable, err))
	}
	return n
}

// rage strikes as often as it should, and looks at what is left.
func (s *storm) rage() {
	s.t.Helper()
	kills := int(number(s.t, "SIGNET_CRASH_KILLS", defaultKill))
	for range kills {
		s.underLoad(func() {
			s.wait(shortest, longest)
			s.strike()
		})
		s.restore()
		s.each(func(c *client) error { return c.verify(sample) })
		if s.t.Failed() {
			s.t.FailNow()
		}
	}
	s.each(func(c *client) error { return c.verify(len(c.records)) })
	n := &s.count
	s.t.Logf("%d kills; acknowledged: %d exchanges, %d refreshes, %d user infos, %d replays, %d bans, %d deletions; lost: %d", kills,
		n.exchanges.Load(), n.refreshes.Load(), n.infos.Load(), n.replays.Load(), n.bans.Load(), n.deletions.Load(), n.lost.Load())
	if n.exchanges.Load() == 0 || n.refreshes.Load() == 0 || n.replays.Load()+n.bans.Load()+n.deletions.Load() == 0 || n.lost.Load() == 0 {
		s.t.Error("something was not tested at all")
	}
}

// wait lets the load run for some time between the two.
func (s *storm) wait(least, most time.Duration) {
	<-time.After(least + time.Duration(s.random.Int64N(int64(most-least))))
}

// underLoad runs do while all clients work.
func (s *storm) underLoad(do func()) {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		s.each(func(c *client) error { return c.work(ctx) })
	}()
	defer func() {
		stop()
		<-worked
	}()
	do()
}

// each runs do for all clients at once. If one fails, the test has failed.
func (s *storm) each(do func(*client) error) {
	s.t.Helper()
	errs := make([]error, len(s.clients))
	var wg sync.WaitGroup
	for i, c := range s.clients {
		wg.Go(func() { errs[i] = do(c) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		s.t.Error(err)
	}
}

// work goes on until ctx is done or something is wrong.
func (c *client) work(ctx context.Context) error {
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

// verify settles what was under way and then looks at some grants, all of which
// have to be as the journal says. By now every answer has to arrive.
func (c *client) verify(some int) error {
	c.HTTP.CloseIdleConnections()
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

func TestKillSignetOnSQLite(t *testing.T) {
	node := harness.NewNode(t)
	s := newStorm(t, node, false)
	s.strike, s.restore = node.Kill, node.Start
	s.rage()
}

func TestKillSignetOnPostgreSQL(t *testing.T) {
	node := harness.NewNode(t, "SIGNET_DATABASE="+pgtest.URL(t))
	s := newStorm(t, node, false)
	s.strike, s.restore = node.Kill, node.Start
	s.rage()
}

// TestKillPostgreSQL kills the database under a Signet that keeps running.
func TestKillPostgreSQL(t *testing.T) {
	cluster := pgtest.NewCluster(t)
	node := harness.NewNode(t, "SIGNET_DATABASE="+cluster.URL())
	s := newStorm(t, node, true)
	s.strike = func() {
		cluster.Kill()
		s.wait(0, shortest)
		cluster.Start()
		node.AwaitReady()
		s.wait(0, shortest)
		if !node.Running() {
			t.Fatal("signet ended with its database")
		}
	}
	s.rage()
}
