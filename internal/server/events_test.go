package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/webhook"
)

func TestEventsAreKeptForAsLongAsTheSettingsSay(t *testing.T) {
	var ahead atomic.Int64
	o := Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	s, err := New(t.Context(), configFor(t.TempDir()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	left := func(wait time.Duration) int {
		t.Helper()
		ahead.Add(int64(wait))
		if err := s.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := s.Admin().Events(t.Context(), store.EventQuery{Types: []store.EventType{store.SecretKeyCreated}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Events)
	}
	keep := func(d time.Duration) error {
		_, err := s.Admin().UpdateSettings(t.Context(), func(s *store.Settings) { s.EventsKept = d })
		return err
	}
	if n := left(store.DefaultEventsKept - time.Hour); n != 1 {
		t.Errorf("%d events after 89 days, want 1", n)
	}
	if err := keep(24 * time.Hour); err == nil {
		t.Error("events may be swept before they are delivered")
	}
	if err := keep(100 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := left(2 * time.Hour); n != 1 {
		t.Errorf("%d events after 90 days of 100, want 1", n)
	}
	if n := left(10 * 24 * time.Hour); n != 0 {
		t.Errorf("%d events after 100 days", n)
	}
}

func TestWhereWebhooksMayGo(t *testing.T) {
	for _, tt := range []struct {
		issuer  string
		private bool
		want    webhook.Reach
	}{
		{"https://id.example.com", false, webhook.Public},
		{"http://127.0.0.1:8080", false, webhook.Loopback},
		{"https://id.example.com", true, webhook.Private},
	} {
		issuer, err := url.Parse(tt.issuer)
		if got := reachOf(config.Config{AllowPrivateWebhooks: tt.private}, issuer); got != tt.want || err != nil {
			t.Errorf("%s, %v: %d, want %d", tt.issuer, tt.private, got, tt.want)
		}
	}
}

// A node that stops waits for the endpoint that it has just sent to.
func TestDrainingWaitsForWebhooks(t *testing.T) {
	inside, leave := make(chan bool), make(chan bool)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		inside <- true
		<-leave
	}))
	t.Cleanup(endpoint.Close)
	s, _ := newServer(t, configFor(t.TempDir()))
	w, err := s.Admin().CreateWebhook(t.Context(), admin.WebhookFields{URL: &endpoint.URL})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Admin().TestWebhook(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	<-inside
	<-inside // the event of its creation, and the test
	stop()
	select {
	case err := <-served:
		t.Fatalf("stopped with messages under way: %v", err)
	default:
	}
	close(leave)
	if err := <-served; err != nil {
		t.Error(err)
	}
	if got, err := s.Admin().Delivery(t.Context(), w.ID, d.EventID.String()); err != nil || got.State != store.DeliveryDelivered {
		t.Errorf("noted as %+v, %v", got, err)
	}
}
