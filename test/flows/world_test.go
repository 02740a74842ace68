package flows

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/test/harness"
)

// A clock stands still until it is advanced.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(seconds int) { c.add(time.Duration(seconds) * time.Second) }

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A world is a running Signet with one user in it.
type world struct {
	harness.Site
	database string // as configured
	user     string
	clock    *clock
	logs     *logs
}

// logs collects what the server says.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, *world)) {
	onBothWith(t, func(*config.Config) {}, test)
}

// onBothWith is onBoth for a Signet that is set up otherwise.
func onBothWith(t *testing.T, change func(*config.Config), test func(*testing.T, *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorldWith(t, filepath.Join(t.TempDir(), "signet.db"), change)) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorldWith(t, pgtest.URL(t), change)) })
}

// writeCA writes a certificate to a file in PEM and gives its path.
func writeCA(t *testing.T, certificate *x509.Certificate) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newWorld(t *testing.T, database string) *world {
	return newWorldWith(t, database, func(*config.Config) {})
}

func newWorldWith(t *testing.T, database string, change func(*config.Config)) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		Site:     harness.Site{Issuer: "http://" + listener.Addr().String()},
		database: database,
		clock:    &clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)},
		logs:     &logs{},
	}
	cfg := config.Config{
		Listen:    listener.Addr().String(),
		Issuer:    w.Issuer,
		DataDir:   t.TempDir(),
		Database:  database,
		SecretKey: harness.SecretKey,
	}
	change(&cfg)
	s, err := server.New(t.Context(), cfg, server.Options{
		Now: w.clock.time,
		Log: slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, s.Close()); err != nil {
			t.Error(err)
		}
	})
	w.user = w.CreateUser(t, map[string]any{
		"email_address": []string{harness.Email}, "username": "ada_byron",
		"first_name": "Ada", "last_name": "Byron", "public_metadata": map[string]any{"plan": "gold"},
	})
	return w
}

// grant makes a confidential application and takes a user through it.
func (w *world) grant(t testing.TB) (harness.Application, *oauth2.Token) {
	t.Helper()
	c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	config := w.OAuth2(c)
	left := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj"))
	token, err := config.Exchange(context.Background(), left.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return c, token
}

// refresh sends a refresh token and returns the whole answer.
func (w *world) refresh(c harness.Application, token, scope string) (string, error) {
	answer, err := harness.Client{Node: w.Issuer, Application: c}.Refresh(token, scope)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("%d %s", answer.Status, answer.Body)
	}
	return answer.Body, err
}

func field(t testing.TB, answer, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	value, _ := body[name].(string)
	return value
}

func (w *world) userInfo(t testing.TB, bearer string) map[string]any {
	t.Helper()
	status, info := w.Get(t, "/oauth/userinfo", bearer)
	if status != http.StatusOK {
		t.Fatalf("user info answers %d %v", status, info)
	}
	return info
}
