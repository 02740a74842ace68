package sqlstore

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func eventful(t *testing.T, url string, c *clock) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{URL: url, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func putKey(t *testing.T, db *DB, id string) {
	t.Helper()
	if err := db.CreateAPIKey(t.Context(), store.APIKey{ID: id, Name: id, Secret: oauth.HashSecret(id)}); err != nil {
		t.Error(err)
	}
}

// Whoever follows the feed misses no event, though one transaction begins before
// another and ends after it.
func TestTheFeedWaitsForWhatIsUnderWay(t *testing.T) {
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: time.Now()}
			db := eventful(t, url(t), c)
			if db.dialect.oneWriter {
				putKey(t, db, "key_1")
				c.move(-time.Hour) // a clock that is set back
				putKey(t, db, "key_2")
				page, err := db.Events(t.Context(), store.EventQuery{Limit: 10})
				if err != nil || len(page.Events) != 2 || page.Events[1].ObjectID != "key_2" {
					t.Fatalf("the feed has %+v, %v", page, err)
				}
				return
			}
			slow := errors.New("slow")
			err := db.engine.transaction(t.Context(), func(tx querier) error {
				if _, err := db.tell(t.Context(), tx, occurrence{kind: store.UserUpdated, objectID: "slow"}); err != nil {
					return err
				}
				c.move(longestTransaction - time.Second)
				putKey(t, db, "key_1") // beside it
				c.move(time.Second / 2)
				page, err := db.Events(t.Context(), store.EventQuery{Limit: 10})
				if err != nil || len(page.Events) != 0 {
					return errors.Join(slow, err)
				}
				return nil
			})
			if err != nil {
				t.Fatalf("the feed has gone past an event that was under way: %v", err)
			}
			c.move(db.dialect.unsettled)
			page, err := db.Events(t.Context(), store.EventQuery{Limit: 10})
			if err != nil || len(page.Events) != 2 || page.Events[0].ObjectID != "slow" || page.Last != page.Events[1].ID || page.More {
				t.Errorf("the feed has %+v, %v", page, err)
			}
		})
	}
}

// A transaction that lasts longer than the feed waits has never happened.
func TestALongTransactionIsEnded(t *testing.T) {
	db := open(t, engines["postgres"](t))
	db.engine.(*postgresEngine).longest = 50 * time.Millisecond
	err := db.engine.transaction(t.Context(), func(tx querier) error {
		if _, err := db.tell(t.Context(), tx, occurrence{kind: store.UserUpdated, objectID: "slow"}); err != nil {
			return err
		}
		_, err := tx.ExecContext(t.Context(), `SELECT pg_sleep(60)`)
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if page, err := db.Events(t.Context(), store.EventQuery{Limit: 10, Descending: true}); err != nil || len(page.Events) > 0 {
		t.Errorf("it has left %+v, %v", page, err)
	}
}

// An event whose transaction is under way while an endpoint is deleted leaves a delivery
// to it, which is removed with the event, and no other is.
func TestDeliveriesToNobodyAreRemoved(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: time.Now()}
			db := eventful(t, engines[name](t), c)
			for _, id := range []string{"we_gone", "we_kept"} {
				if err := db.CreateWebhook(t.Context(), store.Webhook{ID: id, Enabled: true}); err != nil {
					t.Fatal(err)
				}
			}
			err := db.engine.transaction(t.Context(), func(tx querier) error {
				if _, err := db.tell(t.Context(), tx, occurrence{kind: store.UserUpdated, objectID: "slow"}); err != nil || db.dialect.oneWriter {
					return err
				}
				return db.DeleteWebhook(t.Context(), "we_gone")
			})
			if err != nil {
				t.Fatal(err)
			}
			if db.dialect.oneWriter { // nothing is ever under way: as if it were
				if _, err := db.engine.exec(t.Context(), `DELETE FROM webhooks WHERE id = $1`, "we_gone"); err != nil {
					t.Fatal(err)
				}
			}
			c.move(time.Hour)
			old := c.now()
			c.move(time.Hour)
			putKey(t, db, "key_1")
			noted := func(id string) int {
				t.Helper()
				all, err := db.ListDeliveries(t.Context(), store.DeliveryQuery{WebhookID: id, Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				return len(all)
			}
			if noted("we_gone") == 0 || noted("we_kept") < 2 {
				t.Fatalf("at first %d and %d are noted", noted("we_gone"), noted("we_kept"))
			}
			for {
				n, err := db.DeleteOldEvents(t.Context(), old, 1)
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					break
				}
			}
			if gone, kept := noted("we_gone"), noted("we_kept"); gone != 0 || kept != 1 {
				t.Errorf("%d deliveries to nobody and %d others are left, want 0 and 1", gone, kept)
			}
		})
	}
}

func TestIDsOfEventsGrow(t *testing.T) {
	var s stamps
	at := time.UnixMilli(1_795_521_600_000)
	last := store.EventID{}
	for i := range 200_000 { // more than there are numbers in a millisecond
		id := s.next(at.Add(-time.Duration(i) * time.Microsecond))
		if string(id[:]) <= string(last[:]) {
			t.Fatalf("id %d is %s after %s", i, id, last)
		}
		last = id
	}
	parsed, ok := store.ParseEventID(last.String())
	if !ok || parsed != last {
		t.Errorf("%s is read as %s", last, parsed)
	}
	for _, text := range []string{"", "evt_", "evt_" + last.String(), last.String()[4:], last.String() + "0", "evt_" + "ABCDEF0123456789ABCDEF0123456789", "evt_zz000000000000000000000000000000"} {
		if _, ok := store.ParseEventID(text); ok {
			t.Errorf("%q passes for an id", text)
		}
	}
}

// A reader that follows the feed while many write sees everything once.
func TestTheFeedIsFollowedWhileManyWrite(t *testing.T) {
	db := open(t, engines["sqlite"](t))
	const writers, each = 8, 25
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range each {
				putKey(t, db, fmt.Sprintf("key_%d_%d", i, j))
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	seen, last := map[string]int{}, store.EventID{}
	follow := func() {
		page, err := db.Events(t.Context(), store.EventQuery{After: last, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			seen[e.ObjectID]++
		}
		last = page.Last
	}
	for writing := true; writing; {
		select {
		case <-done:
			writing = false
		default:
			follow()
		}
	}
	for range writers * each {
		follow()
	}
	if len(seen) != writers*each {
		t.Errorf("%d events were seen, want %d", len(seen), writers*each)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", id, n)
		}
	}
}
