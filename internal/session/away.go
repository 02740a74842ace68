package session

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/upstream"
)

const (
	// awayLifetime is how long a user may take to sign in at another provider.
	awayLifetime = 15 * time.Minute
	// arrivalLifetime is how long a user may take to decide what an identity from
	// there is good for.
	arrivalLifetime = 15 * time.Minute
	// maxCookie is how long a cookie may be that every browser keeps, in bytes.
	maxCookie = 3800
)

// ErrTooLong means that an authorization request is too long to be kept by the
// browser while it is away.
var ErrTooLong = errors.New("the authorization request is too long to be kept in a cookie")

// An Away is a browser that was sent to another provider. It carries what it has to
// come back with, sealed, in a cookie for each time it went, so that it can be away in
// several tabs and nothing is kept of those who never come back.
type Away struct {
	Attempt  upstream.Attempt
	Provider string
	UserID   string // who asked, while signed in, to connect an account there, or ""
	Continue string // the sealed continuation that waits, or ""
}

// KeepAway hands x to the browser, or fails with ErrTooLong.
func (s *Sessions) KeepAway(w http.ResponseWriter, r *http.Request, x Away) error {
	sealed := s.sealFor(s.aways, s.Browser(w, r), x)
	if len(sealed) > maxCookie {
		return ErrTooLong
	}
	s.setCookie(w, s.awayName(x.Attempt.State), sealed, int(awayLifetime/time.Second))
	return nil
}

// Away opens what KeepAway handed to the browser that sent r, by its state. ok is
// false if it has none that still holds: the state is forged, another browser's, was
// used before or is too old.
func (s *Sessions) Away(r *http.Request, state string) (x Away, ok bool) {
	c, err := r.Cookie(s.awayName(state))
	if err != nil || !s.openFor(s.aways, r, c.Value, awayLifetime, &x) {
		return Away{}, false
	}
	return x, subtle.ConstantTimeCompare([]byte(x.Attempt.State), []byte(state)) == 1
}

// DropAway takes it back: it is good for one answer.
func (s *Sessions) DropAway(w http.ResponseWriter, state string) {
	s.setCookie(w, s.awayName(state), "", -1)
}

// awayName is the cookie for a state, of which the hash makes a name.
func (s *Sessions) awayName(state string) string {
	hash := oauth.HashSecret(state)
	return s.awayCookie + base64.RawURLEncoding.EncodeToString(hash[:6])
}

// SealArrival gives the form of an identity that the browser carries until the user has
// decided: nobody can read or change it, and it opens only in this browser, for a
// quarter of an hour.
func (s *Sessions) SealArrival(b Browser, x upstream.Identity) string {
	return s.sealFor(s.arrivals, b, x)
}

// OpenArrival opens what SealArrival made for the browser that sent r.
func (s *Sessions) OpenArrival(r *http.Request, sealed string) (x upstream.Identity, ok bool) {
	ok = s.openFor(s.arrivals, r, sealed, arrivalLifetime, &x)
	return x, ok
}

// boundTo is something sealed for one browser.
type boundTo struct {
	Browser []byte          `json:"b"` // hash of the browser's id
	At      int64           `json:"t"` // Unix milliseconds
	Content json.RawMessage `json:"c"`
}

func (s *Sessions) sealFor(sealer *keyring.Sealer, b Browser, x any) string {
	content, err := json.Marshal(x)
	if err != nil {
		panic(err) // strings, times and booleans always marshal
	}
	hash := oauth.HashSecret(b.id)
	plaintext, err := json.Marshal(boundTo{hash[:], s.now().UnixMilli(), content})
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(sealer.Seal(plaintext))
}

func (s *Sessions) openFor(sealer *keyring.Sealer, r *http.Request, sealed string, lifetime time.Duration, into any) bool {
	b, known := s.known(r)
	ciphertext, err := decode(sealed)
	if !known || err != nil {
		return false
	}
	plaintext, err := sealer.Open(ciphertext)
	if err != nil {
		return false
	}
	var x boundTo
	if json.Unmarshal(plaintext, &x) != nil {
		return false
	}
	hash := oauth.HashSecret(b.id)
	if subtle.ConstantTimeCompare(hash[:], x.Browser) != 1 || s.now().Sub(time.UnixMilli(x.At)) >= lifetime {
		return false
	}
	return json.Unmarshal(x.Content, into) == nil
}
