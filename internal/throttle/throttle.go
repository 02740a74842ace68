// Package throttle slows down whoever asks too often. It counts in memory, on each
// node for itself, and knows nothing of what is asked for.
package throttle

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the memory: then all counts begin anew, which lets a flood of
// keys through for a moment rather than lock everybody out.
const maxKeys = 50_000

// A Pace admits for each key some requests at once and then so many a minute. It
// is safe for concurrent use.
type Pace struct {
	perMinute, burst int

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// NewPace makes a pace.
func NewPace(perMinute, burst int) *Pace {
	return &Pace{perMinute: perMinute, burst: burst, keys: map[string]*rate.Limiter{}}
}

// Allow reports whether the key may go on, and counts it if so.
func (p *Pace) Allow(key string) bool { return p.AllowAt(key, time.Now()) }

// AllowAt is Allow at a given time.
func (p *Pace) AllowAt(key string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limiter(key).AllowN(now, 1)
}

// limiter is the one of a key. The caller holds the lock.
func (p *Pace) limiter(key string) *rate.Limiter {
	l, ok := p.keys[key]
	if !ok {
		if len(p.keys) >= maxKeys {
			clear(p.keys)
		}
		l = rate.NewLimiter(rate.Limit(float64(p.perMinute)/60), p.burst)
		p.keys[key] = l
	}
	return l
}

// Wait is Allow for callers that say how long to wait: it is 0, and the request
// counts, if the key may go on, and else the time until it may.
func (p *Pace) Wait(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.limiter(key).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
