package sqlstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/store"
)

// A line of questions is carried while the lanes are held; it shows which of them
// travelled together.
type line struct {
	batcher[int, int]
	mu      sync.Mutex
	batches []int // lengths
	fails   func([]int) error
	held    chan struct{}
}

func newLine() *line {
	l := &line{held: make(chan struct{}), fails: func([]int) error { return nil }}
	l.lanes = lanes
	l.run = func(_ context.Context, qs []int) ([]reply[int], error) {
		<-l.held
		l.mu.Lock()
		l.batches = append(l.batches, len(qs))
		l.mu.Unlock()
		if err := l.fails(qs); err != nil {
			return nil, err
		}
		replies := make([]reply[int], len(qs))
		for i, q := range qs {
			replies[i].answer = 2 * q
		}
		return replies, nil
	}
	return l
}

// ask puts questions one after the other and, when all of them wait or are under
// way, lets them go.
func (l *line) ask(t *testing.T, questions ...int) map[int]error {
	t.Helper()
	errs := map[int]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	arrived := make(chan struct{})
	for _, q := range questions {
		wg.Go(func() {
			arrived <- struct{}{}
			got, err := l.do(t.Context(), q)
			if err == nil && got != 2*q {
				t.Errorf("%d was answered with %d", q, got)
			}
			mu.Lock()
			defer mu.Unlock()
			errs[q] = err
		})
		<-arrived
	}
	close(l.held)
	wg.Wait()
	return errs
}

func TestALoneCallWaitsForNobody(t *testing.T) {
	l := newLine()
	if err := l.ask(t, 1)[1]; err != nil || !slices.Equal(l.batches, []int{1}) {
		t.Errorf("%v, batches %v", err, l.batches)
	}
}

func TestEveryCallGetsItsOwnAnswer(t *testing.T) {
	l := newLine()
	questions := make([]int, 300)
	for i := range questions {
		questions[i] = i
	}
	for q, err := range l.ask(t, questions...) {
		if err != nil {
			t.Errorf("%d: %v", q, err)
		}
	}
	if n := len(l.batches); n >= 300 || slices.Max(l.batches) > maxBatch {
		t.Errorf("%d batches of %v, want fewer than calls and none longer than %d", n, l.batches, maxBatch)
	}
}

func TestWhatIsWrongWithOneIsNotTheAnswerToOthers(t *testing.T) {
	bad := &pgconn.PgError{Code: noSuchCharacter}
	l := newLine()
	l.fails = func(qs []int) error {
		if slices.Contains(qs, 7) {
			return bad
		}
		return nil
	}
	for q, err := range l.ask(t, 1, 2, 3, 4, 5, 6, 7, 8, 9) {
		want := error(nil)
		if q == 7 {
			want = bad
		}
		if !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", q, err, want)
		}
	}
}

func TestALostConnectionIsTheAnswerToAll(t *testing.T) {
	l := newLine()
	lost := errors.New("lost")
	l.fails = func([]int) error { return lost }
	for q, err := range l.ask(t, 1, 2, 3) {
		if !errors.Is(err, lost) {
			t.Errorf("%d: %v, want the failure", q, err)
		}
	}
}

// Two callers with one code may travel in one statement: one of them wins.
func TestTwinsInOneBatch(t *testing.T) {
	for name, url := range map[string]string{"read committed": pgtest.URL(t), "serializable": pgtest.URL(t) + "&default_transaction_isolation=serializable"} {
		t.Run(name, func(t *testing.T) {
			e := seeded(t, url).engine.(*postgresEngine)
			row, other := rowOf(newGrant(1)), rowOf(newGrant(2))
			saved, err := e.redeemAll(t.Context(), []grantRow{row, row, other, row})
			if want := []reply[bool]{{answer: true}, {}, {answer: true}, {}}; err != nil || !slices.Equal(saved, want) {
				t.Errorf("redeemed %v, %v, want %v", saved, err, want)
			}
			r := store.Rotation{ID: row.id, ClientID: "client", Generation: 1, Now: now, ExpiresAt: now.AddDate(0, 0, 3)}
			rotated, err := e.rotateAll(t.Context(), []store.Rotation{r, r})
			if err != nil || rotated[0].answer == nil || rotated[0].answer.generation != 2 || rotated[1].answer != nil {
				t.Errorf("rotated %v, %v, want the first", rotated, err)
			}
			read, err := e.readAllWithUsers(t.Context(), []oauth.GrantID{row.id, {9}, row.id})
			if err != nil || read[0].answer == nil || read[1].answer != nil || read[2].answer == nil || len(read[2].answer.Emails) != 1 {
				t.Errorf("read %v, %v", read, err)
			}
		})
	}
}

func TestPoolConfig(t *testing.T) {
	tests := []struct{ url, parameter, want string }{
		{"postgres://h/d", "statement_timeout", "10000"},
		{"postgres://h/d?statement_timeout=3s", "statement_timeout", "3s"},
		{"postgres://h/d", "lock_timeout", "5000"},
		{"postgres://h/d", "application_name", "signet"},
		{"postgres://h/d?application_name=mine", "application_name", "mine"},
	}
	for _, tt := range tests {
		config, err := poolConfig(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := config.ConnConfig.RuntimeParams[tt.parameter]; got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.url, tt.parameter, got, tt.want)
		}
		if config.ConnConfig.ValidateConnect == nil {
			t.Errorf("%s: a server that only reads would be taken", tt.url)
		}
		if config.MaxConns < minConnections {
			t.Errorf("%s: %d connections", tt.url, config.MaxConns)
		}
	}
	config, err := poolConfig("postgres://h/d?pool_max_conns=3&connect_timeout=7")
	if err != nil || config.MaxConns != 3 || config.ConnConfig.ConnectTimeout.Seconds() != 7 {
		t.Errorf("%d connections, timeout %v, %v, want what the URL says", config.MaxConns, config.ConnConfig.ConnectTimeout, err)
	}
}
