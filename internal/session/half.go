package session

import (
	"net/http"
	"time"
)

// halfLifetime is how long a user may take to give a second factor.
const halfLifetime = 10 * time.Minute

// A Half is a sign-in of which one factor is done and another one is missing. It is
// no session: it opens the page that asks for the second factor and nothing else. The
// browser carries it, sealed, so nothing is kept of those who never come back.
type Half struct {
	UserID    string
	Methods   []string // what is done (RFC 8176 §2)
	Ticket    string   // the sign-in token that was the first factor, or ""; it is taken at the end
	StartedAt time.Time
}

// KeepHalf hands a half to the browser, in place of one that it has. Nobody can read
// or change it, and it opens only in this browser, for ten minutes.
func (s *Sessions) KeepHalf(w http.ResponseWriter, r *http.Request, half Half) {
	half.StartedAt = s.now()
	s.setCookie(w, s.halfCookie, s.sealFor(s.halves, s.Browser(w, r), half), int(halfLifetime/time.Second))
}

// Half opens what KeepHalf handed to the browser that sent r. ok is false if it has
// none that still holds.
func (s *Sessions) Half(r *http.Request) (half Half, ok bool) {
	c, err := r.Cookie(s.halfCookie)
	if err != nil || !s.openFor(s.halves, r, c.Value, halfLifetime, &half) {
		return Half{}, false
	}
	return half, true
}

// DropHalf takes a half back, once it is whole.
func (s *Sessions) DropHalf(w http.ResponseWriter) { s.setCookie(w, s.halfCookie, "", -1) }
