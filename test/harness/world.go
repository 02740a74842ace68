package harness

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/mail/mailtest"
	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/server"
)

// A Clock stands still until it is advanced.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Time is the time of the clock.
func (c *Clock) Time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by seconds.
func (c *Clock) Advance(seconds int) { c.Add(time.Duration(seconds) * time.Second) }

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Logs collects what a server says.
type Logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is all that was said.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// A World is a Signet that runs in this process, with one user in it and a clock
// that stands still.
type World struct {
	Site
	Database string // as configured
	User     string // id of the user with the address Email
	Clock    *Clock
	Logs     *Logs
	Mail     *mailtest.Server // takes what Signet sends
	// SetUp is the page on which the first operator is made.
	SetUp string
}

// OnBoth runs a test on SQLite and on PostgreSQL. change sets Signet up otherwise.
func OnBoth(t *testing.T, change func(*config.Config), test func(*testing.T, World)) {
	t.Run("sqlite", func(t *testing.T) { test(t, NewWorld(t, filepath.Join(t.TempDir(), "signet.db"), change)) })
	t.Run("postgres", func(t *testing.T) { test(t, NewWorld(t, pgtest.URL(t), change)) })
}

// NewWorld starts a Signet, and ends it with the test.
func NewWorld(t testing.TB, database string, change func(*config.Config)) World {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := World{
		Site:     Site{Issuer: "http://" + listener.Addr().String()},
		Database: database,
		Clock:    &Clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)},
		Logs:     &Logs{},
		Mail:     mailtest.Serve(t),
	}
	cfg := config.Config{
		Listen:    listener.Addr().String(),
		Issuer:    w.Issuer,
		DataDir:   t.TempDir(),
		Database:  database,
		SecretKey: SecretKey,

		RememberDevices: config.DefaultRememberDevices,
		Mail:            config.Mail{SMTPHost: w.Mail.Host, SMTPPort: w.Mail.Port, SMTPTLS: "none", MailFrom: "Signet <no-reply@example.com>"},
	}
	change(&cfg)
	w.Issuer = cfg.Issuer
	s, err := server.New(t.Context(), cfg, server.Options{
		Now: w.Clock.Time,
		Log: slog.New(slog.NewJSONHandler(w.Logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.SetUp = w.Issuer + dashboard.SetUpLink(s.OperatorLink())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, s.Close()); err != nil {
			t.Error(err)
		}
	})
	w.User = w.CreateUser(t, map[string]any{
		"email_address": []string{Email}, "username": "ada_byron",
		"first_name": "Ada", "last_name": "Byron", "public_metadata": map[string]any{"plan": "gold"},
	})
	return w
}
