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
	l, ok := p.keys[key]
	if !ok {
		if len(p.keys) >= maxKeys {
			clear(p.keys)
		}
		l = rate.NewLimiter(rate.Limit(float64(p.perMinute)/60), p.burst)
		p.keys[key] = l
	}
	return l.AllowN(now, 1)
}
