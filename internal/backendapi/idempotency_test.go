package backendapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

func TestRequestsAreDoneOnceUnderAKey(t *testing.T) {
	b := newBench(t)
	const what = "POST /v1/oauth_applications"
	first := b.do(what, sampleApplication, idempotencyKey, "order 66")
	again := b.do(what, sampleApplication, idempotencyKey, "order 66")
	if first.status != 200 || again.status != 200 || !bytes.Equal(first.body, again.body) {
		t.Errorf("first  %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
	}
	if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed: first %v, again %v", first.header, again.header)
	}
	if !bytes.Contains(again.body, []byte(`"client_secret":"`)) {
		t.Errorf("the secret of the answer is gone: %s", again.body)
	}
	other := b.do(what, sampleApplication, idempotencyKey, "order 67")
	if total := b.do("GET /v1/oauth_applications", "").member(t, "total_count"); total != 2.0 || bytes.Equal(first.body, other.body) {
		t.Errorf("%v applications, want one for each key", total)
	}
}

func TestOneKeyIsForOneRequest(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)["id"].(string)
	const what = "POST /v1/oauth_applications"
	b.do(what, sampleApplication, idempotencyKey, "k").member(t, "id")
	for name, again := range map[string]func() answer{
		"another body":  func() answer { return b.do(what, samplePublic, idempotencyKey, "k") },
		"another path":  func() answer { return b.do(what+"/"+app+"/rotate_secret", sampleApplication, idempotencyKey, "k") },
		"another query": func() answer { return b.do(what+"?x=1", sampleApplication, idempotencyKey, "k") },
		"another version": func() answer {
			return b.do(what, sampleApplication, idempotencyKey, "k", "Clerk-API-Version", "2021-02-05")
		},
	} {
		if got := again().refusedWith(t); got != "422 idempotency_key_reused" {
			t.Errorf("%s: %s", name, got)
		}
	}
	const second = "sk_test_another_0123456789"
	if _, err := b.admin.EnsureSecretKey(t.Context(), second, true); err != nil { // takes the place of the first
		t.Fatal(err)
	}
	if got := b.do(what, samplePublic, idempotencyKey, "k", "Authorization", "Bearer "+second); got.status != 200 {
		t.Errorf("the same key under another secret key: %d %s", got.status, got.body)
	}
}

func TestRefusalsAndFaultsAreNotKept(t *testing.T) {
	b := newBench(t)
	const what = "POST /v1/oauth_applications"
	if got := b.do(what, `{}`, idempotencyKey, "k").refusedWith(t); got != "422 form_param_missing name" {
		t.Fatal(got)
	}
	b.do(what, sampleApplication, idempotencyKey, "k").member(t, "id") // mended, under the same key
}

func TestAnAnswerWithoutABodyIsKept(t *testing.T) {
	b := newBench(t)
	serve := func(*http.Request) (any, error) { return nil, nil }
	got := b.through(t, serve, "k")
	again := b.through(t, func(*http.Request) (any, error) { return nil, errors.New("done twice") }, "k")
	if got.status != http.StatusNoContent || again.status != http.StatusNoContent || len(again.body) != 0 {
		t.Errorf("first %d, again %d %q", got.status, again.status, again.body)
	}
}

// through sends a POST under a key to one method alone.
func (b *bench) through(t *testing.T, serve method, key string) answer {
	t.Helper()
	bb := *b
	bb.t, bb.server = t, b.serveMethod(serve)
	return bb.do("POST /", `{}`, idempotencyKey, key)
}

func TestOneOfConcurrentRequestsRuns(t *testing.T) {
	b := newBench(t)
	under, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	runs := 0
	b.server = b.serveMethod(func(*http.Request) (any, error) {
		runs++ // one at a time, or the race detector sees it
		once.Do(func() { close(under) })
		<-goOn
		return map[string]int{"n": runs}, nil
	})
	var first answer
	var wg sync.WaitGroup
	wg.Go(func() { first = b.do("POST /", `{}`, idempotencyKey, "k") })
	<-under
	for range 3 {
		got := b.do("POST /", `{}`, idempotencyKey, "k")
		if refused := got.refusedWith(t); refused != "409 conflict" || got.header.Get("Retry-After") != "1" {
			t.Errorf("while it is under way: %s, %v", refused, got.header)
		}
	}
	close(goOn)
	wg.Wait()
	again := b.do("POST /", `{}`, idempotencyKey, "k")
	if first.status != 200 || !bytes.Equal(first.body, again.body) || runs != 1 {
		t.Errorf("first %s, again %s, %d runs", first.body, again.body, runs)
	}
}

// A sender that goes away does not end the request, and finds its answer later.
func TestARequestUnderAKeyIsDoneToTheEnd(t *testing.T) {
	b := newBench(t)
	under, gone, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b.server = b.serveMethod(func(r *http.Request) (any, error) {
		defer close(done)
		close(under)
		<-gone
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return map[string]int{"n": 1}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server.URL+"/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set(idempotencyKey, "k")
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if response, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
	}()
	<-under
	cancel()
	<-sent
	close(gone)
	<-done
	for {
		got := b.do("POST /", `{}`, idempotencyKey, "k")
		if got.status == http.StatusConflict {
			continue // the answer is being kept
		}
		if got.status != 200 || got.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("later: %d %s", got.status, got.body)
		}
		return
	}
}

func TestKeysThatAreNone(t *testing.T) {
	b := newBench(t)
	for name, given := range map[string]string{
		"long": strings.Repeat("x", 256), "not ASCII": "clé", "a tab within": "a\tb",
	} {
		if got := b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, given).refusedWith(t); got != "400 idempotency_key_invalid" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, given := range map[string][]string{"empty": {""}, "two": {"a", "b"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/v1/oauth_applications", strings.NewReader(sampleApplication))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {"Bearer " + key}, idempotencyKey: given}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); response.StatusCode != 400 {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	if got := b.do("POST /v1/oauth_applications", "x", idempotencyKey, "k", "Content-Type", "multipart/form-data; boundary=x").refusedWith(t); got != "400 idempotency_key_invalid" {
		t.Errorf("an upload: %s", got)
	}
	if got := b.do("POST /v1/oauth_applications", strings.Repeat(" ", maxBody+1), idempotencyKey, "k").refusedWith(t); got != "413 request_body_too_large" {
		t.Errorf("a large body: %s", got)
	}
	if got := b.do("GET /v1/oauth_applications", "", idempotencyKey, strings.Repeat("x", 256)); got.status != 200 {
		t.Errorf("GET pays no heed to it, and answers %d", got.status)
	}
	b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, strings.Repeat("~", 255)).member(t, "id")
}

// spied are kept requests that can be looked into, and changed.
type spied struct {
	store.Requests
	finish func(store.Claim, []byte) error
}

func (s spied) FinishRequest(ctx context.Context, c store.Claim, sealed []byte) error {
	if err := s.finish(c, sealed); err != nil {
		return err
	}
	return s.Requests.FinishRequest(ctx, c, sealed)
}

// dying is a node that dies between doing a request and keeping its answer.
type dying struct{ store.Requests }

func (dying) FinishRequest(context.Context, store.Claim, []byte) error { return store.ErrUnavailable }

func (dying) ReleaseRequest(context.Context, store.Claim) error { return store.ErrUnavailable }

func TestAKeyIsFreeAgainWhenItsNodeHasDied(t *testing.T) {
	b := newBench(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	b.now = func() time.Time { return now }
	b.requests = dying{b.stores}
	b.server = b.serve(b.stores)
	b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "k").member(t, "id")
	b.requests = b.stores
	b.server = b.serve(b.stores) // another node
	if got := b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "k").refusedWith(t); got != "409 conflict" {
		t.Errorf("within the lease: %s", got)
	}
	now = now.Add(claimLease)
	if got := b.do("POST /v1/oauth_applications", samplePublic, idempotencyKey, "k").refusedWith(t); got != "422 idempotency_key_reused" {
		t.Errorf("another request after the lease: %s", got)
	}
	first := b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "k")
	again := b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "k")
	if first.status != 200 || !bytes.Equal(first.body, again.body) {
		t.Errorf("after the lease: %d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	now = now.Add(answerKept)
	b.do("POST /v1/oauth_applications", samplePublic, idempotencyKey, "k").member(t, "id") // a day later it is a new one
}

func TestAnswersAreKeptSealed(t *testing.T) {
	b := newBench(t)
	var kept []byte
	b.requests = spied{b.stores, func(_ store.Claim, sealed []byte) error {
		kept = sealed
		return nil
	}}
	b.server = b.serve(b.stores)
	secret := b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "marker").member(t, "client_secret").(string)
	if len(kept) < 500 || bytes.Contains(kept, []byte(secret)) || bytes.Contains(kept, []byte("oauth_application")) {
		t.Errorf("kept as %q", kept)
	}
}

// Whoever can write to the database cannot give one request the answer of another.
func TestAnswersCannotBeSwapped(t *testing.T) {
	b := newBench(t)
	var first []byte
	swapping := false
	b.requests = swapped{spied{b.stores, func(_ store.Claim, sealed []byte) error {
		first = append(first[:0:0], sealed...)
		return nil
	}}, &first, &swapping}
	b.server = b.serve(b.stores)
	b.do("POST /v1/oauth_applications", samplePublic, idempotencyKey, "one").member(t, "id")
	b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "two").member(t, "id")
	swapping = true
	if got := b.do("POST /v1/oauth_applications", samplePublic, idempotencyKey, "one").refusedWith(t); got != "500 internal_clerk_error" {
		t.Errorf("with the answer of another: %s", got)
	}
	first = []byte("not sealed")
	if got := b.do("POST /v1/oauth_applications", samplePublic, idempotencyKey, "one").refusedWith(t); got != "500 internal_clerk_error" {
		t.Errorf("with no answer of ours: %s", got)
	}
}

type swapped struct {
	spied
	answer *[]byte
	now    *bool
}

func (s swapped) ClaimRequest(ctx context.Context, c store.Claim, at time.Time) (store.KeptRequest, bool, error) {
	kept, claimed, err := s.spied.ClaimRequest(ctx, c, at)
	if *s.now {
		kept.Answer = *s.answer
	}
	return kept, claimed, err
}

func TestAnAnswerThatCannotBeKeptIsGivenAllTheSame(t *testing.T) {
	b := newBench(t)
	b.requests = spied{b.stores, func(store.Claim, []byte) error { return store.ErrUnavailable }}
	b.server = b.serve(b.stores)
	b.do("POST /v1/oauth_applications", sampleApplication, idempotencyKey, "k").member(t, "id")
	if !strings.Contains(b.log.String(), "is not kept") {
		t.Errorf("nothing of it in the log: %s", b.log)
	}
}

func TestRateLimit(t *testing.T) {
	b := newBench(t)
	b.limit = 10
	b.server = b.serve(b.stores)
	for i := range 40 { // the clock moves a second at each look, and each second admits one
		if got := b.do("GET /v1/users", ""); got.status != 200 {
			t.Errorf("request %d at the pace that is admitted: %d %s", i+1, got.status, got.body)
		}
	}
	b.now = func() time.Time { return time.Unix(1_800_000_000, 0) }
	b.server = b.serve(b.stores)
	for i := range 12 {
		got := b.do("GET /v1/users", "")
		if want := i < 10; (got.status == 200) != want {
			t.Errorf("request %d at once: %d", i+1, got.status)
		}
		if got.status == 429 && (got.refusedWith(t) != "429 too_many_requests" || got.header.Get("Retry-After") != "1") {
			t.Errorf("refused with %s, %v", got.body, got.header)
		}
	}
	if got := b.do("GET /v1/nothing", "", "Authorization", "Bearer sk_test_other"); got.status != 401 {
		t.Errorf("a stranger: %d", got.status)
	}
}
