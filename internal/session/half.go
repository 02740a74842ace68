package session

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
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

// sealedHalf is what is sealed.
type sealedHalf struct {
	Browser   []byte   `json:"b"` // hash of the browser's id
	UserID    string   `json:"u"`
	Methods   []string `json:"m,omitempty"`
	Ticket    string   `json:"k,omitempty"`
	StartedAt int64    `json:"t"` // Unix milliseconds
}

// KeepHalf hands a half to the browser, in place of one that it has. Nobody can read
// or change it, and it opens only in this browser, for ten minutes.
func (s *Sessions) KeepHalf(w http.ResponseWriter, r *http.Request, half Half) {
	hash := oauth.HashSecret(s.Browser(w, r).id)
	plaintext, err := json.Marshal(sealedHalf{hash[:], half.UserID, half.Methods, half.Ticket, s.now().UnixMilli()})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	s.setCookie(w, s.halfCookie, base64.RawURLEncoding.EncodeToString(s.halves.Seal(plaintext)), int(halfLifetime/time.Second))
}

// Half opens what KeepHalf handed to the browser that sent r. ok is false if it has
// none that still holds.
func (s *Sessions) Half(r *http.Request) (half Half, ok bool) {
	b, known := s.known(r)
	c, err := r.Cookie(s.halfCookie)
	if err != nil || !known {
		return Half{}, false
	}
	ciphertext, err := decode(c.Value)
	if err != nil {
		return Half{}, false
	}
	var x sealedHalf
	plaintext, err := s.halves.Open(ciphertext)
	if err != nil || json.Unmarshal(plaintext, &x) != nil {
		return Half{}, false
	}
	hash := oauth.HashSecret(b.id)
	started := time.UnixMilli(x.StartedAt)
	if subtle.ConstantTimeCompare(hash[:], x.Browser) != 1 || s.now().Sub(started) >= halfLifetime {
		return Half{}, false
	}
	return Half{UserID: x.UserID, Methods: x.Methods, Ticket: x.Ticket, StartedAt: started}, true
}

// DropHalf takes a half back, once it is whole.
func (s *Sessions) DropHalf(w http.ResponseWriter) { s.setCookie(w, s.halfCookie, "", -1) }
