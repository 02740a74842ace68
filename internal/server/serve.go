package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
)

// How long a peer may take, and how long a node that stops waits for answers
// under way.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 64 << 10
	drainTimeout      = 20 * time.Second
)

// Serve answers on l until ctx is done. Then /readyz fails, no new connection is
// taken, and requests under way get their answers; what takes too long is cut
// off and is the error. It can be called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // of connections that go wrong
	}
	beside, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the last answer is out
	var work sync.WaitGroup
	work.Go(func() { s.sweepForEver(beside) })
	work.Go(func() { s.flushForEver(beside) })
	work.Go(func() { s.countForEver(beside) })
	sending, halt := context.WithCancel(ctx) // nothing more is begun while the node drains
	work.Go(func() { s.deliverer.Run(sending) })
	if s.outbox != nil {
		work.Go(func() { s.outbox.Run(beside) })
	}
	work.Go(func() {
		s.office.held.Follow(beside, func(err error) { s.log.Error("following changes made on other nodes", "err", err) })
	})
	defer work.Wait()
	defer stop()
	defer halt()

	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.log.Info("draining", "at most", drainTimeout)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := h.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("draining: %w", err), h.Close())
	}
	return nil
}

const (
	firstSweep    = 30 * time.Second // after the start, at most
	sweepInterval = 10 * time.Minute
	sweepBatch    = 200
	sweepPause    = 5 * time.Millisecond // leaves the database to others between batches
	mergePause    = 50 * time.Millisecond
	pictureKept   = time.Hour // that nobody shows: it may be about to be shown
	useKept       = 400 * 24 * time.Hour
	tokenKept     = 24 * time.Hour      // of a machine, after it expired, to be seen in lists
	keyKept       = 90 * 24 * time.Hour // of a user, likewise
	grantKept     = 24 * time.Hour      // after it expired, so that a late replay is still recognized
)

const (
	flushInterval = 20 * time.Second
	flushTimeout  = 5 * time.Second // of the last one
)

// flushForEver writes down when secrets were used, now and then and at the end.
func (s *Server) flushForEver(ctx context.Context) {
	for pause(ctx, flushInterval) {
		if err := s.office.uses.Flush(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("noting when secrets were used", "err", err)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := s.office.uses.Flush(last); err != nil {
		s.log.Warn("noting when secrets were used", "err", err)
	}
}

// sweepForEver removes what has expired until ctx is done.
func (s *Server) sweepForEver(ctx context.Context) {
	// At random moments, so that nodes started together do not sweep together.
	for wait := rand.N(firstSweep); pause(ctx, wait); wait = sweepInterval/2 + rand.N(sweepInterval) {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("removing what has expired", "err", err)
		}
	}
}

// sweep removes everything that has expired by now, a small batch at a time.
func (s *Server) sweep(ctx context.Context) error {
	if err := s.office.keys.Ensure(ctx); err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	if err := s.sweepGrants(ctx, s.now().Add(-grantKept)); err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	if err := s.figures.Sweep(ctx, func() bool { return pause(ctx, sweepPause) }); err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	db := s.office.db
	pictures := func(ctx context.Context, now time.Time, limit int) (int, error) {
		return db.DeleteUnusedPictures(ctx, s.office.pictureAt, now.Add(-pictureKept), limit)
	}
	uses := func(ctx context.Context, now time.Time, limit int) (int, error) {
		return db.DeleteOldUses(ctx, now.Add(-useKept), limit)
	}
	m2mTokens := func(ctx context.Context, now time.Time, limit int) (int, error) {
		return db.DeleteExpiredM2MTokens(ctx, now.Add(-tokenKept), limit)
	}
	keys := func(ctx context.Context, now time.Time, limit int) (int, error) {
		return db.DeleteExpiredSubjectKeys(ctx, now.Add(-keyKept), limit)
	}
	events := func(ctx context.Context, now time.Time, limit int) (int, error) {
		settings, err := s.office.Admin.Settings(ctx)
		if err != nil {
			return 0, err
		}
		return db.DeleteOldEvents(ctx, now.Add(-admin.EventsKept(settings)), limit)
	}
	for what, remove := range map[string]func(context.Context, time.Time, int) (int, error){
		"pictures":        pictures,
		"uses of secrets": uses,
		"M2M tokens":      m2mTokens,
		"API keys":        keys,
		"events":          events,
		"sessions":        db.DeleteExpiredSessions,
		"sign-in tokens":  db.DeleteExpiredSignInTokens,
		"operator links":  db.DeleteExpiredOperatorLinks,
		"device requests": db.DeleteExpiredDeviceRequests,
		"revoked tokens":  db.DeleteExpiredTokens,
		"kept answers":    db.DeleteExpiredRequests,
		"challenges":      db.DeleteExpiredChallenges,
		"letters":         db.DeleteExpiredLetters,
		"attempts":        db.DeleteOldAttempts,
	} {
		if err := s.sweepRows(ctx, remove); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := s.mergeTexts(ctx); err != nil { // last: after an import it takes a while
		return fmt.Errorf("texts: %w", err)
	}
	return nil
}

// mergePages is how many pages of the index of texts are merged at once: some
// milliseconds of work, during which nobody else writes.
const mergePages = 100

// mergeTexts keeps the index by which users are found fast.
func (s *Server) mergeTexts(ctx context.Context) error {
	for {
		more, err := s.office.db.MergeTexts(ctx, mergePages)
		if err != nil || !more {
			return err
		}
		if !pause(ctx, mergePause) {
			return ctx.Err()
		}
	}
}

func (s *Server) sweepRows(ctx context.Context, remove func(context.Context, time.Time, int) (int, error)) error {
	for n := sweepBatch; n == sweepBatch; {
		var err error
		if n, err = remove(ctx, s.now(), sweepBatch); err != nil {
			return err
		}
		if n == sweepBatch && !pause(ctx, sweepPause) {
			return ctx.Err()
		}
	}
	return nil
}

// sweepGrants walks the grants that are old enough to have expired before the
// given time.
func (s *Server) sweepGrants(ctx context.Context, before time.Time) error {
	total, after := 0, oauth.GrantID{}
	for {
		n, last, err := s.office.db.DeleteExpiredGrants(ctx, before, after, sweepBatch)
		if err != nil {
			return err
		}
		total += n
		if last == (oauth.GrantID{}) {
			s.log.Debug("removed expired grants", "count", total)
			return nil
		}
		after = last
		if !pause(ctx, sweepPause) {
			return ctx.Err()
		}
	}
}

// pause waits and reports whether ctx is still going on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
