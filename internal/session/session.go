// Package session knows the browser: who is signed in in it, which forms it was
// given, and which authorization request it is in the middle of. It knows no
// page and no rule of OAuth.
//
// A browser holds four cookies for long. One names its session and is worth as much
// as the password, so only its hash is kept. Another is the browser's own random
// id, which is kept nowhere: forms (csrf.go) and pending authorization requests
// (continuation.go) are bound to it, so that nobody can pass theirs to another's
// browser, signed in or not. The third remembers who has signed in there
// (device.go), and the last one how the pages are to look (look.go). Others are short-lived:
// half a sign-in (half.go), and where the browser was sent (away.go).
package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/segmentio/ksuid"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	// lifetime is how long a user stays signed in, however active.
	lifetime = 7 * 24 * time.Hour
	// idle is how long a session lasts that is not used.
	idle = 3 * 24 * time.Hour
	// extension is by how much the end of a session is moved at least: what is used all
	// the time is not written all the time.
	extension = time.Hour
)

// end is when a session ends that began and is used at these times.
func end(signedIn, used time.Time) time.Time {
	if absolute := signedIn.Add(lifetime); absolute.Before(used.Add(idle)) {
		return absolute
	}
	return used.Add(idle)
}

// maxUserAgent bounds what is kept of the User-Agent header, in bytes.
const maxUserAgent = 256

// Sessions signs browsers in and out. It is safe for concurrent use.
type Sessions struct {
	sessions      store.Sessions
	activity      Activity
	csrf          *keyring.Authenticator
	continuations *keyring.Sealer
	devices       *keyring.Sealer
	halves        *keyring.Sealer
	aways         *keyring.Sealer
	arrivals      *keyring.Sealer
	sessionCookie string
	halfCookie    string
	awayCookie    string // what the names of such cookies begin with
	browserCookie string
	deviceCookie  string
	secure        bool
	now           func() time.Time
	begun         []func()
}

// Activity notes when users were last active.
type Activity interface {
	TouchUser(ctx context.Context, id string, now time.Time) error
}

// Kept is what Sessions keeps.
type Kept interface {
	store.Sessions
	Activity
}

// New makes the sessions of an issuer. Under https the cookies have the prefix
// __Host-, so that no other host of the domain can set them.
func New(kept Kept, ring *keyring.Ring, issuer *url.URL, now func() time.Time) *Sessions {
	s := &Sessions{
		sessions:      kept,
		activity:      kept,
		csrf:          ring.Authenticator("csrf"),
		continuations: ring.Sealer("continuation"),
		devices:       ring.Sealer("device"),
		halves:        ring.Sealer("half a sign-in"),
		aways:         ring.Sealer("away at a provider"),
		arrivals:      ring.Sealer("arrival from a provider"),
		sessionCookie: "signet_session",
		halfCookie:    "signet_half",
		awayCookie:    "signet_away_",
		browserCookie: "signet_browser",
		deviceCookie:  "signet_device",
		secure:        issuer.Scheme == "https",
		now:           now,
	}
	if s.secure {
		s.sessionCookie = "__Host-" + s.sessionCookie
		s.browserCookie = "__Host-" + s.browserCookie
		s.deviceCookie = "__Host-" + s.deviceCookie
		s.halfCookie = "__Host-" + s.halfCookie
		s.awayCookie = "__Host-" + s.awayCookie
	}
	return s
}

// OnBegin lets f know of every session that begins. It is called before the sessions
// are in use.
func (s *Sessions) OnBegin(f func()) { s.begun = append(s.begun, f) }

// A Current is a session that is live, and its user.
type Current struct {
	store.Session
	User store.User
}

// Current finds out who is signed in in the browser that sent r. ok is false if
// nobody is; err is a fault.
func (s *Sessions) Current(r *http.Request) (c Current, ok bool, err error) {
	id := cookie(r, s.sessionCookie)
	if id == "" {
		return Current{}, false, nil
	}
	c.Session, c.User, err = s.sessions.SessionWithUser(r.Context(), oauth.HashSecret(id), s.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Current{}, false, nil
	case err != nil:
		return Current{}, false, fmt.Errorf("finding the session: %w", err)
	}
	return c, true, errors.Join(s.touch(r, c.User), s.extend(r, &c))
}

// extend moves the end of a session that is used, and never back.
func (s *Sessions) extend(r *http.Request, c *Current) error {
	now := s.now()
	until := end(c.SignedInAt, now)
	if until.Sub(c.ExpiresAt) < extension {
		return nil
	}
	if err := s.sessions.ExtendSession(r.Context(), c.Session.ID, until, now); err != nil {
		return fmt.Errorf("extending a session: %w", err)
	}
	c.ExpiresAt = until
	return nil
}

// touch notes once a day that the user was active.
func (s *Sessions) touch(r *http.Request, u store.User) error {
	now := s.now()
	if now.Sub(u.LastActiveAt) < 24*time.Hour {
		return nil
	}
	if err := s.activity.TouchUser(r.Context(), u.ID, now); err != nil {
		return fmt.Errorf("noting the activity of a user: %w", err)
	}
	return nil
}

// Begin signs the user in, who has given the password, and returns the id of the
// session, which is new: one that the browser brought along is never taken over,
// and ends. The error wraps store.ErrNotFound if the user is gone or banned.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, userID string) (sessionID string, err error) {
	return s.BeginWith(w, r, userID, "pwd")
}

// BeginWith is Begin for a user who has signed in by other methods: values of RFC
// 8176 §2, or none if no value fits.
func (s *Sessions) BeginWith(w http.ResponseWriter, r *http.Request, userID string, methods ...string) (sessionID string, err error) {
	return s.BeginBy(w, r, func(ctx context.Context, begun store.Session) error {
		begun.UserID, begun.Methods = userID, methods
		return s.sessions.CreateSession(ctx, begun)
	})
}

// Renew gives a session of the browser a new id, as when the user has proved something
// more or has signed out elsewhere. When the user signed in stays, and so does when the
// session ends at the latest: a new id is no new sign-in.
func (s *Sessions) Renew(w http.ResponseWriter, r *http.Request, c Current, methods []string) (sessionID string, err error) {
	return s.BeginBy(w, r, func(ctx context.Context, begun store.Session) error {
		begun.UserID, begun.Methods = c.User.ID, methods
		begun.SignedInAt, begun.ExpiresAt = c.SignedInAt, end(c.SignedInAt, begun.SignedInAt)
		return s.sessions.CreateSession(ctx, begun)
	})
}

// BeginBy is Begin for what else may sign somebody in: create decides whether and
// whom, and keeps the session that it is given.
func (s *Sessions) BeginBy(w http.ResponseWriter, r *http.Request, create func(context.Context, store.Session) error) (sessionID string, err error) {
	if err := s.endCurrent(r); err != nil {
		return "", err
	}
	now := s.now()
	id, err := ksuid.NewRandomWithTime(now)
	if err != nil {
		return "", fmt.Errorf("making a session id: %w", err)
	}
	secret := randomID()
	sessionID = "sess_" + id.String()
	err = create(r.Context(), store.Session{
		ID:         sessionID,
		Cookie:     oauth.HashSecret(secret),
		UserAgent:  userAgent(r),
		SignedInAt: now,
		ExpiresAt:  end(now, now),
	})
	if err != nil {
		return "", fmt.Errorf("beginning a session: %w", err)
	}
	s.setCookie(w, s.sessionCookie, secret, int(lifetime/time.Second))
	for _, f := range s.begun {
		f()
	}
	return sessionID, nil
}

// End signs the browser out. The cookie goes when the session has ended, so that
// nobody is told so before it is true.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) error {
	if err := s.endCurrent(r); err != nil {
		return err
	}
	s.setCookie(w, s.sessionCookie, "", -1)
	return nil
}

func (s *Sessions) endCurrent(r *http.Request) error {
	current, ok, err := s.Current(r)
	if err != nil || !ok {
		return err
	}
	if err := s.sessions.EndSession(r.Context(), current.ID, s.now()); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	return nil
}

// A Browser is one browser, signed in or not. Only Sessions.Browser makes one.
type Browser struct{ id string }

// Browser gives the browser that sent r. One that is here for the first time
// gets its id in a cookie, which later calls with the same r see too.
func (s *Sessions) Browser(w http.ResponseWriter, r *http.Request) Browser {
	if b, ok := s.known(r); ok {
		return b
	}
	b := Browser{randomID()}
	s.setCookie(w, s.browserCookie, b.id, 0)
	r.AddCookie(&http.Cookie{Name: s.browserCookie, Value: b.id})
	return b
}

// known gives the browser that r says it is from.
func (s *Sessions) known(r *http.Request) (Browser, bool) {
	id := cookie(r, s.browserCookie)
	return Browser{id}, id != ""
}

func (s *Sessions) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge, // 0: until the browser is closed
		Secure:   s.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// cookie gives the first value that randomID can have made, or "".
func cookie(r *http.Request, name string) string {
	for _, c := range r.CookiesNamed(name) {
		if id, err := decode(c.Value); err == nil && len(id) == idSize {
			return c.Value
		}
	}
	return ""
}

// idSize is the length of a random id in bytes.
const idSize = 32

func randomID() string {
	id := make([]byte, idSize)
	rand.Read(id) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(id)
}

var strictBase64 = base64.RawURLEncoding.Strict()

// decode reads base64url in the one spelling that encoding gives; the decoder of
// the library would skip line breaks.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("line break in base64url")
	}
	return strictBase64.DecodeString(text)
}

// userAgent is the header cut to what is kept, as text that every engine takes.
func userAgent(r *http.Request) string {
	agent := r.UserAgent()
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(agent, ""), "\x00", "")
}
