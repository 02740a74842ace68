package cache

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// A counted store counts what is read and fails on demand.
type counted struct {
	*sqlstore.DB
	clients, versions atomic.Int32
	versionErr        error
	duringRead        func()
}

func (c *counted) ClientByClientID(ctx context.Context, id string) (store.Client, error) {
	c.clients.Add(1)
	client, err := c.DB.ClientByClientID(ctx, id)
	if c.duringRead != nil {
		c.duringRead()
	}
	return client, err
}

func (c *counted) Version(ctx context.Context) (int64, error) {
	c.versions.Add(1)
	if c.versionErr != nil {
		return 0, c.versionErr
	}
	return c.DB.Version(ctx)
}

// setUp gives a cache and the store below it, which other nodes write to.
func setUp(t *testing.T) (*Cache, *counted, *time.Time) {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	below := &counted{DB: db}
	if err := db.CreateClient(t.Context(), newClient("first")); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := New(below)
	c.now = func() time.Time { return now }
	return c, below, &now
}

func newClient(name string) store.Client {
	return store.Client{Client: oauth.Client{ID: "client", Lifetimes: oauth.DefaultLifetimes()}, ApplicationID: "oa_1", Name: name, Revision: 1}
}

func wantName(t *testing.T, c *Cache, want string) {
	t.Helper()
	got, err := c.ClientByClientID(t.Context(), "client")
	if err != nil || got.Name != want {
		t.Errorf("the client is %q, %v, want %q", got.Name, err, want)
	}
}

func TestReadsOnce(t *testing.T) {
	c, below, _ := setUp(t)
	for range 3 {
		wantName(t, c, "first")
	}
	if n := below.clients.Load(); n != 1 {
		t.Errorf("read %d times, want once", n)
	}
}

func TestOwnChangesAreSeenAtOnce(t *testing.T) {
	c, _, _ := setUp(t)
	wantName(t, c, "first")
	if err := c.UpdateClient(t.Context(), newClient("second")); err != nil {
		t.Fatal(err)
	}
	wantName(t, c, "second")
	if err := c.DeleteClient(t.Context(), "oa_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ClientByClientID(t.Context(), "client"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted client: %v, want ErrNotFound", err)
	}
}

func TestChangesOfOthersAreSeenWhenAsked(t *testing.T) {
	c, below, now := setUp(t)
	wantName(t, c, "first")
	if err := below.UpdateClient(t.Context(), newClient("second")); err != nil {
		t.Fatal(err)
	}
	wantName(t, c, "first") // not yet
	*now = now.Add(interval)
	if err := c.ask(t.Context(), 0); err != nil { // as Follow does
		t.Fatal(err)
	}
	wantName(t, c, "second")
}

// A node that was paused must not trust what it held before.
func TestAnOldAnswerIsNotTrusted(t *testing.T) {
	c, below, now := setUp(t)
	wantName(t, c, "first")
	if err := below.UpdateClient(t.Context(), newClient("second")); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(30 * time.Second)
	wantName(t, c, "second")

	below.versionErr = errors.New("no database")
	*now = now.Add(30 * time.Second)
	if _, err := c.ClientByClientID(t.Context(), "client"); !errors.Is(err, below.versionErr) {
		t.Errorf("without a database: %v, want its error", err)
	}
}

// What was read before a change and arrives after it must not be kept.
func TestAReadThatAChangeOvertakesIsNotKept(t *testing.T) {
	c, below, _ := setUp(t)
	below.duringRead = func() {
		below.duringRead = nil
		if err := c.UpdateClient(t.Context(), newClient("second")); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.ClientByClientID(t.Context(), "client"); err != nil {
		t.Fatal(err)
	}
	wantName(t, c, "second")
}

func TestStrangersFillNoMemory(t *testing.T) {
	c, _, _ := setUp(t)
	for range 3 {
		if _, err := c.ClientByClientID(t.Context(), "stranger"); !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if n := len(c.held.clients); n != 0 {
		t.Errorf("%d clients are held, want none", n)
	}
}
