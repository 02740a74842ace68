package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/signet-auth/signet/internal/cache"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/telemetry"
)

// metricsPath is where Prometheus asks.
const metricsPath = "/metrics"

// A counting node counts what it does.
type counting struct {
	counts  *telemetry.Counts
	figures *cache.Figures // of counts, written down
	invited string         // the link of the first operator
}

func newCounting(office *Office, o Options) counting {
	counts := telemetry.New()
	return counting{counts: counts, figures: cache.NewFigures(office.db, thisNode(o), counts.All, o.Now)}
}

// thisNode tells this process from others.
func thisNode(o Options) store.Node {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return store.Node{ID: rand.Text(), Name: name, Version: cmp.Or(o.Version, "devel"), StartedAt: o.Now().Truncate(time.Millisecond)}
}

// count counts a refused request.
func (s *Server) count(c doctor.Case) {
	if c.Code != "" {
		s.counts.Refuse(oauth.ErrorCode(c.Code))
	}
}

// measure counts a request that was answered.
func (s *Server) measure(r *http.Request, status int, took time.Duration) {
	if face, ok := telemetry.FaceOf(r.Pattern); ok {
		s.counts.Answer(face, status, took)
	}
	if status >= 400 && status < 500 && strings.HasPrefix(r.Pattern, "POST /sign-in") {
		s.counts.SignInFailed()
	}
}

// countForEver writes down what was counted, when a minute is over and at the end.
func (s *Server) countForEver(ctx context.Context) {
	write := func(ctx context.Context) {
		if err := s.figures.Write(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("writing down figures", "err", err)
		}
	}
	for write(ctx); pause(ctx, time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))); {
		write(ctx)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	write(last)
}

// metrics serves the counts of this node to whoever has a secret key of the Backend
// API: they tell how the business goes.
func (s *Server) metrics() http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s.counts, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	answers := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		key, err := s.office.held.APIKey(r.Context(), oauth.HashSecret(secret))
		switch {
		case !ok, errors.Is(err, store.ErrNotFound), err == nil && !key.Live(s.now()):
			w.Header().Set("WWW-Authenticate", `Bearer realm="signet"`)
			plain(w, http.StatusUnauthorized, "the metrics want a secret key of the Backend API as a bearer token")
		case err != nil:
			s.log.ErrorContext(r.Context(), "finding a secret key", "err", err)
			plain(w, http.StatusServiceUnavailable, "the database does not answer")
		default:
			w.Header().Set("Cache-Control", "no-store")
			answers.ServeHTTP(w, r)
		}
	})
}
