package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

func TestReach(t *testing.T) {
	for _, tt := range []struct {
		url                       string
		public, loopback, private error
	}{
		{"https://app.example.com/hooks?a=b", nil, nil, nil},
		{"https://app.example.com:8443/", nil, nil, nil},
		{"https://app.example.com:65535/", nil, nil, nil},
		{"https://app.example.com:0/", ErrNoPort, ErrNoPort, ErrNoPort},
		{"https://app.example.com:65536/", ErrNoPort, ErrNoPort, ErrNoPort},
		{"http://[::1]:99999999999999999999/", ErrNoPort, ErrNoPort, ErrNoPort},
		{"https://8.8.8.8/", nil, nil, nil},
		{"http://app.example.com/", ErrNotHTTPS, ErrNotHTTPS, nil},
		{"http://127.0.0.1:3000/", ErrNotHTTPS, nil, nil},
		{"http://localhost:3000/", ErrNotHTTPS, nil, nil},
		{"http://[::1]:3000/", ErrNotHTTPS, nil, nil},
		{"https://127.0.0.1/", ErrNotReached, nil, nil},
		{"https://LOCALHOST/", ErrNotReached, nil, nil},
		{"https://10.0.0.1/", ErrNotReached, ErrNotReached, nil},
		{"https://169.254.169.254/latest/meta-data", ErrNotReached, ErrNotReached, nil},
		{"https://[fd00::1]/", ErrNotReached, ErrNotReached, nil},
		{"https://[::ffff:10.0.0.1]/", ErrNotReached, ErrNotReached, nil},
		{"https://[fe80::1%25eth0]/", ErrNotReached, ErrNotReached, nil},
		{"file:///etc/passwd", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"gopher://app.example.com/", ErrNotHTTPS, ErrNotHTTPS, ErrNotHTTPS},
		{"https://user:pass@app.example.com/", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"https://app.example.com/#x", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"https://app.example.com\\@10.0.0.1/", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"//app.example.com/", ErrNotHTTPS, ErrNotHTTPS, ErrNotHTTPS},
		{"https:app.example.com", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"https://", ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"https://app.example.com/" + strings.Repeat("x", maxURL), ErrNotAURL, ErrNotAURL, ErrNotAURL},
		{"", ErrNotAURL, ErrNotAURL, ErrNotAURL},
	} {
		for reach, want := range map[Reach]error{Public: tt.public, Loopback: tt.loopback, Private: tt.private} {
			if err := reach.Check(tt.url); !errors.Is(err, want) {
				t.Errorf("%s with reach %d: %v, want %v", tt.url, reach, err, want)
			}
		}
	}
}

func TestSchedule(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	least, most := time.Duration(0), time.Duration(0)
	for failed := 1; ; failed++ {
		first, last := next(failed, at, 0), next(failed, at, 1)
		if first.IsZero() {
			if failed != 8 || !last.IsZero() || !next(0, at, 0).IsZero() {
				t.Errorf("given up after %d attempts, want 8", failed)
			}
			break
		}
		least, most = least+first.Sub(at), most+last.Sub(at)
	}
	if least < 24*time.Hour || most > 36*time.Hour {
		t.Errorf("it takes from %v to %v until a delivery is given up", least, most)
	}
}

// A world is a database with one user, a receiver, and a deliverer whose clock the test
// moves.
type world struct {
	t       *testing.T
	db      *sqlstore.DB
	secrets *Secrets
	mu      sync.Mutex
	at      time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) move(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, secrets: NewSecrets(keyring.Generate()), at: time.Now().Truncate(time.Second)}
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db"), Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.db = db
	return w
}

func (w *world) deliverer(reach Reach) *Deliverer {
	return New(Deps{
		Kept: w.db, Secrets: w.secrets, Reach: reach, Now: w.now, Log: slog.New(slog.DiscardHandler),
		Message: func(_ context.Context, e store.Event) ([]byte, error) { return json.Marshal(e) },
	})
}

// endpoint makes a webhook for user.created.
func (w *world) endpoint(id, url string) (secret string) {
	w.t.Helper()
	secret, sealed, err := w.secrets.New(rand.Reader)
	if err == nil {
		err = w.db.CreateWebhook(w.t.Context(), store.Webhook{
			ID: id, URL: url, Types: []store.EventType{store.UserCreated}, Enabled: true, Secret: sealed, CreatedAt: w.now(), UpdatedAt: w.now(),
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

func (w *world) user(id string) {
	w.t.Helper()
	if err := w.db.CreateUser(w.t.Context(), store.User{ID: id, Username: id}); err != nil {
		w.t.Fatal(err)
	}
}

// round has one round sent and settled.
func (w *world) round(d *Deliverer) {
	w.t.Helper()
	if err := d.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	d.Wait()
}

// only is the one delivery to an endpoint.
func (w *world) only(id string) store.Delivery {
	w.t.Helper()
	all, err := w.db.ListDeliveries(w.t.Context(), store.DeliveryQuery{WebhookID: id, Limit: 10})
	if err != nil || len(all) != 1 {
		w.t.Fatalf("deliveries to %s: %+v, %v", id, all, err)
	}
	return all[0]
}

// A receiver keeps what it is sent, and answers with a status.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []http.Header
	bodies [][]byte
	wait   int // done is called when so many have come
	done   func()
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.bodies = append(r.got, request.Header), append(r.bodies, body)
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(r.status)
	if r.wait > 0 && len(r.got) == r.wait {
		r.done()
	}
}

func (w *world) receiver(status int) (*receiver, string) {
	r := &receiver{status: status}
	s := httptest.NewServer(r)
	w.t.Cleanup(s.Close)
	return r, s.URL
}

// verified reports whether a message has a signature by the secret.
func verified(t *testing.T, secret string, h http.Header, body []byte) bool {
	t.Helper()
	x, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	standard := http.Header{}
	for _, name := range []string{"Id", "Timestamp", "Signature"} {
		standard.Set("Webhook-"+name, h.Get("Svix-"+name))
	}
	return x.Verify(body, standard) == nil
}

func TestAMessageIsSignedAndSentOnce(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusNoContent)
	secret := w.endpoint("we_1", url)
	w.user("user_1")
	d := w.deliverer(Loopback)
	w.round(d)
	w.round(d)
	if len(r.got) != 1 {
		t.Fatalf("sent %d times", len(r.got))
	}
	x := w.only("we_1")
	if x.State != store.DeliveryDelivered || x.Attempts != 1 || x.Log[0].Status != http.StatusNoContent || x.Log[0].Problem != "" {
		t.Errorf("noted as %+v", x)
	}
	if r.got[0].Get("Svix-Id") != x.EventID.String() || r.got[0].Get("Content-Type") != "application/json" || !verified(t, secret, r.got[0], r.bodies[0]) {
		t.Errorf("sent as %v", r.got[0])
	}
	if verified(t, secret, r.got[0], append(r.bodies[0], ' ')) {
		t.Error("a changed message passes")
	}
}

func TestBothSecretsSignDuringTheOverlap(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusOK)
	before := w.endpoint("we_1", url)
	kept, err := w.db.Webhook(t.Context(), "we_1")
	if err != nil {
		t.Fatal(err)
	}
	kept.OldSecret, kept.OldUntil = kept.Secret, w.now().Add(time.Minute)
	var after string
	if after, kept.Secret, err = w.secrets.New(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if err := w.db.UpdateWebhook(t.Context(), kept, store.WebhookSecretRotated); err != nil {
		t.Fatal(err)
	}
	d := w.deliverer(Loopback)
	for i, want := range []bool{true, false} {
		w.user([]string{"user_1", "user_2"}[i])
		w.round(d)
		if !verified(t, after, r.got[i], r.bodies[i]) || verified(t, before, r.got[i], r.bodies[i]) != want {
			t.Errorf("message %d: signed with %s", i, r.got[i].Get("Svix-Signature"))
		}
		w.move(2 * time.Minute)
	}
	opened, err := w.secrets.Open(kept.Secret)
	if err != nil || opened != after {
		t.Errorf("the secret is kept as another one, %v", err)
	}
}

func TestAFailureIsTriedAgainForADay(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusFound) // and nobody follows it
	w.endpoint("we_1", url)
	w.user("user_1")
	d := w.deliverer(Loopback)
	for attempt := 1; attempt <= len(waits)+1; attempt++ {
		w.round(d)
		w.round(d) // nothing is due yet
		x := w.only("we_1")
		if len(r.got) != attempt || x.Attempts != attempt || x.Log[attempt-1].Status != http.StatusFound || x.Log[attempt-1].Problem != problemStatus {
			t.Fatalf("attempt %d: %d requests, noted as %+v", attempt, len(r.got), x)
		}
		if attempt <= len(waits) {
			if wait := x.DueAt.Sub(w.now()); wait < waits[attempt-1] || wait > waits[attempt-1]*6/5 {
				t.Errorf("attempt %d is followed by another one in %v", attempt, wait)
			}
			w.move(x.DueAt.Sub(w.now()))
		}
	}
	if x := w.only("we_1"); x.State != store.DeliveryFailed || !x.DueAt.IsZero() {
		t.Errorf("given up as %+v", x)
	}
	if kept, err := w.db.Webhook(t.Context(), "we_1"); err != nil || !kept.Enabled {
		t.Errorf("one message that fails disables the endpoint: %+v, %v", kept, err)
	}
	w.move(giveUpAfter)
	w.user("user_2")
	for range len(waits) + 1 {
		w.round(d)
		w.move(12 * time.Hour)
	}
	page, err := w.db.Events(t.Context(), store.EventQuery{Types: []store.EventType{store.WebhookDisabled}, Limit: 10})
	if kept, err2 := w.db.Webhook(t.Context(), "we_1"); err != nil || err2 != nil || kept.Enabled || len(page.Events) != 1 {
		t.Errorf("five days of failures: %+v, events %+v, %v, %v", kept, page.Events, err, err2)
	}
}

// An endpoint that hangs takes its own places and no others.
func TestAnEndpointThatHangsDelaysNoOther(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hanging.Close)
	r, url := w.receiver(http.StatusOK)
	w.endpoint("we_hangs", hanging.URL)
	w.endpoint("we_works", url)
	const users = 3 * perEndpoint
	for i := range users {
		w.user("user_" + strings.Repeat("x", i+1))
	}
	d := w.deliverer(Loopback)
	done := func() int {
		all, err := w.db.ListDeliveries(t.Context(), store.DeliveryQuery{WebhookID: "we_works", State: store.DeliveryDelivered, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for done() < users {
		if err := d.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	d.Wait()
	if len(r.got) != users {
		t.Errorf("the endpoint that works got %d messages, want %d", len(r.got), users)
	}
}

// What is due is sent as fast as it is taken, not so many at each look.
func TestABacklogIsWorkedOff(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusOK)
	w.endpoint("we_1", url)
	const users = 5 * perEndpoint
	for i := range users {
		w.user("user_" + strings.Repeat("x", i+1))
	}
	d := w.deliverer(Loopback)
	d.every = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	r.wait = users
	r.done = stop
	d.Run(ctx)
	if len(r.got) != users {
		t.Errorf("sent %d messages, want %d", len(r.got), users)
	}
	if x, err := w.db.ListDeliveries(t.Context(), store.DeliveryQuery{WebhookID: "we_1", State: store.DeliveryDelivered, Limit: 100}); err != nil || len(x) != users {
		t.Errorf("the node has stopped before %d of them were noted, %v", users-len(x), err)
	}
}

func TestAddressesThatAreNotPublicAreNotDialled(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusOK)
	w.endpoint("we_1", url)
	w.endpoint("we_2", strings.Replace(url, "127.0.0.1", "localhost", 1)) // a name that leads there
	w.user("user_1")
	w.round(w.deliverer(Public))
	for _, id := range []string{"we_1", "we_2"} {
		if x := w.only(id); x.State != store.DeliveryPending || x.Log[0].Problem != problemAddress || x.Log[0].Status != 0 {
			t.Errorf("%s: noted as %+v", id, x)
		}
	}
	if len(r.got) > 0 {
		t.Errorf("%d requests came through", len(r.got))
	}
}

func TestProblemsAreNamed(t *testing.T) {
	w := newWorld(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	strange.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	t.Cleanup(strange.Close)
	for id, x := range map[string]struct{ url, want string }{
		"we_gone":    {gone.URL, problemRefused},
		"we_strange": {strange.URL, problemTLS},
		"we_nowhere": {"http://nowhere.invalid/", problemName},
	} {
		w.endpoint(id, x.url)
		defer func() {
			if got := w.only(id).Log[0]; got.Problem != x.want {
				t.Errorf("%s: %q, want %q", id, got.Problem, x.want)
			}
		}()
	}
	w.user("user_1")
	w.round(w.deliverer(Private))
}

// Nodes that share a database send each message once, and what a node that died had
// claimed is sent by another one.
func TestManyDeliverers(t *testing.T) {
	w := newWorld(t)
	r, url := w.receiver(http.StatusOK)
	w.endpoint("we_1", url)
	const users = 30
	for i := range users {
		w.user("user_" + strings.Repeat("x", i+1))
	}
	if lost, err := w.db.ClaimDeliveries(t.Context(), store.DeliveryClaim{WebhookID: "we_1", Token: "dead", Now: w.now(), Until: w.now().Add(lease), Limit: 5}); err != nil || len(lost) != 5 {
		t.Fatal(lost, err)
	}
	nodes := []*Deliverer{w.deliverer(Loopback), w.deliverer(Loopback), w.deliverer(Loopback)}
	for range users {
		var all sync.WaitGroup
		for _, d := range nodes {
			all.Go(func() { w.round(d) })
		}
		all.Wait()
	}
	if len(r.got) != users-5 {
		t.Errorf("%d messages, want %d: five are claimed", len(r.got), users-5)
	}
	w.move(lease)
	for range 2 {
		w.round(nodes[0])
	}
	seen := map[string]bool{}
	for _, h := range r.got {
		seen[h.Get("Svix-Id")] = true
	}
	if len(r.got) != users || len(seen) != users {
		t.Errorf("%d messages, %d of them different, want %d", len(r.got), len(seen), users)
	}
}
