package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/signet-auth/signet/internal/reqid"
)

// through takes every request through what they have in common: an id, a line in
// the log, headers, and an answer even if a handler panics.
func (s *Server) through(mux http.Handler, https bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The id is never the client's: it could forge log lines or match another's.
		id := reqid.New()
		r = r.WithContext(reqid.With(r.Context(), id))
		answer := &answer{ResponseWriter: w}
		answer.Header().Set("X-Request-Id", id)
		answer.Header().Set("X-Content-Type-Options", "nosniff")
		if https {
			answer.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		began := time.Now() // not the instance's clock, which tests stop
		if len(r.TransferEncoding) > 0 {
			// What follows may have been meant as a body by whoever believed a length that
			// came with the chunks (RFC 9112 §6.3).
			answer.Header().Set("Connection", "close")
		}
		defer func() {
			took := time.Since(began)
			s.measure(r, answer.status, took)
			s.logAnswer(r, answer.status, took)
		}()
		defer s.recover(r, answer)
		s.warnOfProxy(r)
		mux.ServeHTTP(answer, r)
	})
}

// warnOfProxy says once that a proxy is not believed, behind which all callers may be
// one network. Anybody may send the header, so it is not said more often.
func (s *Server) warnOfProxy(r *http.Request) {
	if !s.warned.Load() && s.peers.Unheeded(r) && s.warned.CompareAndSwap(false, true) {
		s.log.WarnContext(r.Context(), "a peer that is not among trusted_proxies sends X-Forwarded-For; if it is a proxy of yours, all its clients share the limits of one network until it is", "peer", r.RemoteAddr)
	}
}

// logAnswer writes the line of a request; of one that went well only at the level
// debug, since the line would cost a tenth of what a token does. It names the
// route and never the URL, whose path and query can hold secrets, nor headers or
// bodies.
func (s *Server) logAnswer(r *http.Request, status int, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case status >= 500:
		level = slog.LevelWarn
	case status >= 400:
		level = slog.LevelInfo
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", method(r)),
		slog.String("route", r.Pattern),
		slog.Int("status", status),
		slog.Duration("took", took),
		slog.String("request_id", reqid.From(r.Context())))
}

// method is the request's method if it is one of those in use, as the log must
// not grow by what clients make up.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// recover turns a panic into a line in the log and, if nothing was sent yet, an
// answer.
func (s *Server) recover(r *http.Request, w *answer) {
	cause := recover()
	switch {
	case cause == nil:
		return
	case cause == http.ErrAbortHandler:
		panic(cause) // net/http cuts the connection, as the handler wants
	}
	id := reqid.From(r.Context())
	s.log.ErrorContext(r.Context(), "panic", "cause", fmt.Sprint(cause), "route", r.Pattern, "request_id", id, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "internal error, request "+id, http.StatusInternalServerError)
}

// An answer remembers the status that was sent.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Where load balancers and supervisors ask.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// healthy says that the process answers.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// readyTimeout bounds the question to the database.
const readyTimeout = 2 * time.Second

// ready says whether requests should be sent here: not while draining, and not
// without a database.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "draining")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.office.db.Ready(ctx); err != nil {
		s.log.WarnContext(r.Context(), "the database does not answer", "err", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	plain(w, http.StatusOK, "ok")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") // whoever went away needs no answer
}
