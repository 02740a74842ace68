package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// seeded gives a database with what grants stand on.
func seeded(t testing.TB, url string) *DB {
	t.Helper()
	ctx := context.Background()
	db, err := Open(ctx, Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	_, err = db.CreateInstance(ctx, store.Instance{ID: "ins_1", Settings: store.Settings{Lifetimes: oauth.DefaultLifetimes()}})
	err = errors.Join(err,
		db.CreateUser(ctx, store.User{ID: "user_1", CreatedAt: now, UpdatedAt: now, Emails: []store.Email{{ID: "idn_1", Address: "ada@example.com"}}}),
		db.CreateClient(ctx, store.Client{ApplicationID: "oa_1", Client: oauth.Client{ID: "client"}}),
		db.Agree(ctx, "user_1", "client", oauth.Scopes{"profile"}, now))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func newGrant(n int) oauth.Grant {
	at := now.Add(time.Second)
	return oauth.Grant{
		ID: oauth.NewGrantID(at, [10]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}), ClientID: "client", UserID: "user_1", SessionID: "sess_1",
		Scopes: oauth.Scopes{"profile"}, Generation: 1,
		AuthorizedAt: at, RotatedAt: at, ExpiresAt: at.Add(72 * time.Hour), EndsAt: at.Add(90 * 24 * time.Hour),
	}
}

// hold keeps the writer busy until the function it returns is called, so that what
// is asked for meanwhile becomes one group.
func hold(t *testing.T, w *writer) (release func()) {
	t.Helper()
	running, goOn := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := w.do(context.Background(), func() error {
			close(running)
			<-goOn
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-running
	return func() {
		close(goOn)
		wg.Wait()
	}
}

func sqliteWriter(db *DB) *writer { return db.engine.(*sqliteEngine).writer }

func TestAFailingOperationRollsBackAlone(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	errWork := errors.New("work failed")
	release := hold(t, sqliteWriter(db))
	errs := make([]error, 9)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = db.engine.transaction(t.Context(), func(q querier) error {
				_, err := q.ExecContext(t.Context(), `INSERT INTO api_keys (id, name, secret, prefix, created_at) VALUES ($1, $1, $2, '', 0)`,
					fmt.Sprint(i), append(make([]byte, 31), byte(i)))
				if i%3 == 0 {
					err = errWork
				}
				return err
			})
		})
	}
	release()
	wg.Wait()
	keys, err := db.ListAPIKeys(t.Context())
	if err != nil || len(keys) != 6 {
		t.Errorf("%d rows, %v, want 6", len(keys), err)
	}
	for i, err := range errs {
		want := error(nil)
		if i%3 == 0 {
			want = errWork
		}
		if !errors.Is(err, want) {
			t.Errorf("operation %d: %v, want %v", i, err, want)
		}
	}
}

func TestAPanicIsTheCallersOwn(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	func() {
		defer func() {
			if got := recover(); got != "work" {
				t.Errorf("recovered %v, want the panic of the work", got)
			}
		}()
		db.engine.transaction(t.Context(), func(q querier) error {
			if _, err := q.ExecContext(t.Context(), `DELETE FROM clients`); err != nil {
				t.Error(err)
			}
			panic("work")
		})
	}()
	if _, err := db.ClientByID(t.Context(), "oa_1"); err != nil {
		t.Errorf("the change of a work that panicked: %v", err)
	}
	if err := db.RedeemCode(t.Context(), newGrant(1)); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

// fill asks for n redemptions while nothing is carried out, and gives what became
// of them once it is.
func fill(t *testing.T, db *DB, n int, wait func(), release func()) []error {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = db.RedeemCode(t.Context(), newGrant(i)) })
	}
	wait()
	release()
	wg.Wait()
	return errs
}

func TestTooMuchIsRefused(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	w := sqliteWriter(db)
	refused := 0
	full := func() {
		for len(w.queue) < maxQueued {
			runtime.Gosched()
		}
		for range 10 {
			if err := db.RedeemCode(t.Context(), newGrant(1<<20)); errors.Is(err, store.ErrUnavailable) {
				refused++
			}
		}
	}
	for i, err := range fill(t, db, maxQueued, full, hold(t, w)) {
		if err != nil {
			t.Errorf("operation %d that was queued: %v", i, err)
		}
	}
	if refused != 10 {
		t.Errorf("%d of 10 were refused with ErrUnavailable, want all", refused)
	}
	if err := db.RedeemCode(t.Context(), newGrant(1<<20)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A disk without room is one that admits no more pages.
func TestAFullDiskIsSurvived(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	w := sqliteWriter(db)
	pages := func(n int) {
		err := w.do(t.Context(), func() error { return w.raw.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, n)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	pages(60)
	saved := 0
	for ; ; saved++ {
		err := db.RedeemCode(t.Context(), newGrant(saved))
		if errors.Is(err, store.ErrUnavailable) {
			break
		}
		if err != nil || saved == 10_000 {
			t.Fatalf("after %d grants: %v, want ErrUnavailable", saved, err)
		}
	}
	for n := range saved {
		if _, err := db.Grant(t.Context(), newGrant(n).ID, now); err != nil {
			t.Fatalf("grant %d, which was acknowledged: %v", n, err)
		}
	}
	if _, err := db.Grant(t.Context(), newGrant(saved).ID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the grant that found no room: %v, want ErrNotFound", err)
	}
	pages(1 << 30)
	if err := db.RedeemCode(t.Context(), newGrant(saved)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// A broken engine cannot write anything but grants.
type broken struct {
	engine
	err error
}

func (b broken) exec(context.Context, string, ...any) (int64, error) { return 0, b.err }

func (b broken) transaction(context.Context, func(querier) error) error { return b.err }

// Whoever is told of a replay is told that what the code bought is revoked.
func TestAReplayThatRevokedNothingIsAFault(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	if err := db.RedeemCode(t.Context(), newGrant(1)); err != nil {
		t.Fatal(err)
	}
	whole := db.engine
	db.engine = broken{whole, store.ErrUnavailable}
	err := db.RedeemCode(t.Context(), newGrant(1))
	db.engine = whole
	if errors.Is(err, store.ErrReplayed) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable alone", err)
	}
}
