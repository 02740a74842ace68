// Package cache holds in memory what every request needs and operators seldom
// change: clients, settings and keys. Grants, users, connections and sessions are
// never held: they are read each time, so that what is revoked is dead at once.
//
// The store keeps one number that moves with every change to what is held here.
// Each node asks for it every second and forgets everything when it has moved; a
// node that could not ask for a while, as one that was paused, asks before it
// trusts what it holds. So a change made on another node is known here within
// maxAge, and one made on this node at once.
package cache

import (
	"context"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const (
	interval = time.Second
	maxAge   = 2 * interval // of the last answer, for what is held to be trusted
	maxHeld  = 10_000       // clients, and keys; then all are forgotten
)

// A Backing is what a Cache reads from and writes to.
type Backing interface {
	store.Clients
	store.Instances
	store.APIKeys
	store.SigningKeys
	store.Versions
}

// A Cache is a Backing with a memory. What it returns is shared: callers must not
// change what slices point to. It is safe for concurrent use.
type Cache struct {
	Backing
	now func() time.Time // monotonic; the instance's clock may stand still in tests

	mu      sync.RWMutex
	held    *held
	version int64
	asked   time.Time // before the last answer was asked for

	asking sync.Mutex
}

// held is what was read since the last change. A new one replaces it, so whoever
// read before the change and comes to keep it after finds another one here.
type held struct {
	clients  map[string]store.Client
	keys     map[store.Hash]store.APIKey
	instance *store.Instance
	signing  []store.SigningKey
}

func nothing() *held {
	return &held{clients: map[string]store.Client{}, keys: map[store.Hash]store.APIKey{}}
}

// New makes a cache that holds nothing yet.
func New(b Backing) *Cache {
	return &Cache{Backing: b, now: time.Now, held: nothing()}
}

// Follow asks for changes every second until ctx is done. Errors go to report.
func (c *Cache) Follow(ctx context.Context, report func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.ask(ctx, 0); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
}

// ask finds out whether something has changed, unless the last answer is younger
// than enough.
func (c *Cache) ask(ctx context.Context, enough time.Duration) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	now := c.now()
	if c.age(now) < enough {
		return nil // another caller has asked meanwhile
	}
	version, err := c.Version(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version {
		c.version, c.held = version, nothing()
	}
	c.asked = now
	return nil
}

func (c *Cache) age(now time.Time) time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return now.Sub(c.asked)
}

// forget drops what is held after a change made here, successful or not.
func (c *Cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = nothing()
}

// recall answers from memory, or by load and then remembers the answer. An error
// of load is not remembered: strangers could fill the memory with what is not
// there.
func recall[T any](ctx context.Context, c *Cache, from func(*held) (T, bool), load func() (T, error), keep func(*held, T)) (T, error) {
	if c.age(c.now()) >= maxAge {
		if err := c.ask(ctx, maxAge); err != nil {
			var none T
			return none, err
		}
	}
	c.mu.RLock()
	held := c.held
	value, ok := from(held)
	c.mu.RUnlock()
	if ok {
		return value, nil
	}
	value, err := load()
	if err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == held {
		if len(held.clients) >= maxHeld || len(held.keys) >= maxHeld {
			c.held = nothing()
		}
		keep(c.held, value)
	}
	return value, nil
}
