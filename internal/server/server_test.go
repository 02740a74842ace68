package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/store"
)

// A record is a log that can be read while it is written.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

func configFor(dir string) config.Config {
	return config.Config{Listen: "127.0.0.1:0", Issuer: "http://localhost:8080", DataDir: dir, Database: filepath.Join(dir, "signet.db"), RememberDevices: config.DefaultRememberDevices}
}

func newServer(t *testing.T, cfg config.Config) (*Server, *record) {
	t.Helper()
	log := &record{}
	s, err := New(t.Context(), cfg, Options{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, log
}

// Behind a proxy that is not trusted all are one network, which an operator is told.
func TestAProxyThatIsNotTrustedIsToldOnce(t *testing.T) {
	const said = "not among trusted_proxies"
	cfg := configFor(t.TempDir())
	cfg.TrustedProxies = "10.0.0.0/8"
	s, log := newServer(t, cfg)
	ask := func(remote, forwarded string) {
		r := httptest.NewRequest(http.MethodGet, "/v1/users", nil)
		r.RemoteAddr = remote
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("192.0.2.1:99", "")
	ask("10.1.2.3:99", "203.0.113.5")
	if strings.Contains(log.String(), said) {
		t.Errorf("told of a proxy that is trusted, or of none:\n%s", log)
	}
	for range 3 {
		ask("192.0.2.1:99", "203.0.113.5")
	}
	if n := strings.Count(log.String(), said); n != 1 || !strings.Contains(log.String(), "peer=192.0.2.1:99") {
		t.Errorf("told %d times, want once:\n%s", n, log)
	}
}

func get(t *testing.T, s *Server, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("X-Request-Id", "theirs")
	r.Header.Set("Authorization", "Bearer marker-header")
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestEveryFaceIsServed(t *testing.T) {
	s, _ := newServer(t, configFor(t.TempDir()))
	for path, status := range map[string]int{
		oauth.MetadataPath:  200,
		oauth.AuthorizePath: 400,
		oauth.UserInfoPath:  401,
		"/":                 200,
		"/sign-in":          200,
		"/v1/users":         401,
		"/healthz":          200,
		"/readyz":           200,
		"/nowhere":          404,
	} {
		if w := get(t, s, path); w.Code != status {
			t.Errorf("GET %s: %d, want %d: %s", path, w.Code, status, w.Body)
		}
	}
}

func TestLogNamesRouteAndID(t *testing.T) {
	s, log := newServer(t, configFor(t.TempDir()))
	w := get(t, s, "/v1/users/marker-path?a=marker-query")
	id := w.Header().Get("X-Request-Id")
	if len(id) != 32 {
		t.Errorf("request id %q", id)
	}
	text := log.String()
	for _, want := range []string{"method=GET", "route=/v1/users/{id}", "status=401", "request_id=" + id} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "marker") || strings.Contains(text, "theirs") {
		t.Errorf("the log has what the client sent:\n%s", text)
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	s, log := newServer(t, configFor(t.TempDir()))
	var seen string
	h := s.through(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = reqid.From(r.Context())
		panic("on purpose")
	}), true)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), seen) || strings.Contains(w.Body.String(), "purpose") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("https without HSTS")
	}
	if !strings.Contains(log.String(), "on purpose") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("the log lacks the panic:\n%s", log)
	}

	half := s.through(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		panic("too late")
	}), false)
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("half an answer passes for a whole one: %v", cause)
		}
	}()
	half.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestSecretKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	s, _ := newServer(t, configFor(dir))
	key := s.SecretKeyMade()
	if !strings.HasPrefix(key, "sk_test_") {
		t.Errorf("made %q", key)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := newServer(t, configFor(dir))
	if made := again.SecretKeyMade(); made != "" {
		t.Errorf("the second start made %q", made)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/v1/users", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	if again.Handler().ServeHTTP(w, r); w.Code != 200 {
		t.Errorf("the key opens nothing: %d %s", w.Code, w.Body)
	}
}

func TestAnotherRootKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := newServer(t, configFor(dir))
	s.Close()
	cfg := configFor(dir)
	cfg.RootKey = config.Secret(keyring.Generate().String())
	if _, err := New(t.Context(), cfg, Options{}); err == nil || !strings.Contains(err.Error(), "root key") {
		t.Errorf("got %v, want a refusal", err)
	}
	cfg.RootKey = "torn"
	if _, err := New(t.Context(), cfg, Options{}); err == nil {
		t.Error("a torn root key is no error")
	}
}

func TestServeDrains(t *testing.T) {
	s, _ := newServer(t, configFor(t.TempDir()))
	inside, leave := make(chan bool), make(chan bool)
	mux := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			inside <- true
			<-leave
		}
		mux.ServeHTTP(w, r)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()

	answered := make(chan error, 1)
	go func() {
		res, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		answered <- err
	}()
	<-inside
	stop()
	for !s.draining.Load() {
		time.Sleep(time.Millisecond)
	}
	if w := get(t, s, "/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("ready while draining: %d", w.Code)
	}
	if w := get(t, s, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("not healthy while draining: %d", w.Code)
	}
	leave <- true
	if err := <-answered; err != nil {
		t.Errorf("the request under way got %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestReadinessNeedsTheDatabase(t *testing.T) {
	s, _ := newServer(t, configFor(t.TempDir()))
	s.Close()
	if w := get(t, s, "/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("ready without a database: %d", w.Code)
	}
}

func TestSweep(t *testing.T) {
	s, _ := newServer(t, configFor(t.TempDir()))
	past := s.now().Add(-time.Hour)
	if _, _, err := s.office.db.ClaimRequest(t.Context(), store.Claim{LeaseUntil: past, ExpiresAt: past}, past.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	long := s.now().Add(-100 * 24 * time.Hour)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.office.db.CreateMachine(t.Context(), store.Machine{ID: "mch_1", SealedKey: []byte{1}, CreatedAt: long}))
	must(s.office.db.CreateM2MToken(t.Context(), store.M2MToken{ID: store.M2MTokenID{1}, MachineID: "mch_1", CreatedAt: long, ExpiresAt: long}))
	must(s.office.db.CreateSubjectKey(t.Context(), store.SubjectKey{ID: store.SubjectKeyID{1}, Subject: "mch_1", CreatedAt: long, ExpiresAt: long}))
	if err := s.sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.office.db.M2MToken(t.Context(), store.M2MTokenID{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an expired token of a machine: %v, want ErrNotFound", err)
	}
	if _, err := s.office.db.SubjectKey(t.Context(), store.SubjectKeyID{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an expired API key: %v, want ErrNotFound", err)
	}
	if n, err := s.office.db.DeleteExpiredRequests(t.Context(), s.now(), 10); n != 0 || err != nil {
		t.Errorf("%d kept answers are left, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.sweepForEver(ctx) // returns
}

func TestDataDirIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	newServer(t, configFor(dir))
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v, want mode 0700", info, err)
	}
}
