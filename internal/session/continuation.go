package session

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// continuationLifetime is how long a user may take to answer an authorization
// request.
const continuationLifetime = time.Hour

// maxContinuation bounds what is decoded, in bytes. It is far above what any
// authorization request makes.
const maxContinuation = 96 << 10

// ErrContinuation refuses a continuation that was not made here, was made for
// another browser, or is too old.
var ErrContinuation = errors.New("the continuation is forged, expired or another browser's")

// A Continuation is an authorization request that waits for its user. The
// browser carries it, sealed, so nothing is kept of those who never come back.
type Continuation struct {
	Params       string // the authorization request as it came, form-encoded
	ClientID     string
	RedirectURI  string // known to be the client's when sealed
	Scopes       oauth.Scopes
	StartedAt    time.Time     // to the millisecond
	GrantID      oauth.GrantID // what every code for this request buys, so that it buys once
	LoginHint    string        // what the client thinks the user signs in with
	UILocales    string        // the languages that the client wants the pages in, unless the user chose another
	Again        bool          // whoever is signed in has to sign in once more
	SignedIn     string        // the session in which the user signed in for this very request, or ""
	Chosen       string        // the user who chose to go on with it, or ""
	AgreedBy     string        // the user who agreed to it, or ""
	Denied       bool
	Organization string // the one that the user who agreed chose, or ""
	Return       string // a page of ours to go on to, instead of an authorization request
}

// sealedContinuation is what is sealed. The names are short because the whole of
// it travels in a URL.
type sealedContinuation struct {
	Browser     []byte       `json:"b"` // hash of the browser's id
	Params      string       `json:"p"`
	ClientID    string       `json:"c"`
	RedirectURI string       `json:"r"`
	Scopes      oauth.Scopes `json:"s,omitempty"`
	StartedAt   int64        `json:"t"` // Unix milliseconds
	GrantID     []byte       `json:"n,omitempty"`
	LoginHint   string       `json:"l,omitempty"`
	UILocales   string       `json:"w,omitempty"`
	Again       bool         `json:"g,omitempty"`
	SignedIn    string       `json:"i,omitempty"`
	Chosen      string       `json:"o,omitempty"`
	AgreedBy    string       `json:"a,omitempty"`
	Denied      bool         `json:"d,omitempty"`
	Chose       string       `json:"z,omitempty"` // the organization
	Return      string       `json:"u,omitempty"`
}

// SealContinuation gives the form of c that the browser carries: nobody can read
// or change it, and it opens only in this browser, until an hour after
// c.StartedAt.
func (s *Sessions) SealContinuation(b Browser, c Continuation) string {
	hash := oauth.HashSecret(b.id)
	plaintext, err := json.Marshal(sealedContinuation{
		Browser:     hash[:],
		Params:      c.Params,
		ClientID:    c.ClientID,
		RedirectURI: c.RedirectURI,
		Scopes:      c.Scopes,
		StartedAt:   c.StartedAt.UnixMilli(),
		GrantID:     c.GrantID[:],
		LoginHint:   c.LoginHint,
		UILocales:   c.UILocales,
		Again:       c.Again,
		SignedIn:    c.SignedIn,
		Chosen:      c.Chosen,
		AgreedBy:    c.AgreedBy,
		Denied:      c.Denied,
		Chose:       c.Organization,
		Return:      c.Return,
	})
	if err != nil {
		panic(err) // strings, numbers and booleans always marshal
	}
	return base64.RawURLEncoding.EncodeToString(s.continuations.Seal(plaintext))
}

// OpenContinuation opens what SealContinuation made for the browser that sent r,
// or fails with ErrContinuation.
func (s *Sessions) OpenContinuation(r *http.Request, sealed string) (Continuation, error) {
	b, known := s.known(r)
	if !known || len(sealed) > maxContinuation {
		return Continuation{}, ErrContinuation
	}
	ciphertext, err := decode(sealed)
	if err != nil {
		return Continuation{}, ErrContinuation
	}
	plaintext, err := s.continuations.Open(ciphertext)
	if err != nil {
		return Continuation{}, ErrContinuation
	}
	var x sealedContinuation
	if err := json.Unmarshal(plaintext, &x); err != nil {
		return Continuation{}, ErrContinuation
	}
	hash := oauth.HashSecret(b.id)
	startedAt := time.UnixMilli(x.StartedAt)
	if subtle.ConstantTimeCompare(hash[:], x.Browser) != 1 || !s.now().Before(startedAt.Add(continuationLifetime)) {
		return Continuation{}, ErrContinuation
	}
	opened := Continuation{
		Params:      x.Params,
		ClientID:    x.ClientID,
		RedirectURI: x.RedirectURI,
		Scopes:      x.Scopes,
		StartedAt:   startedAt,
		LoginHint:   x.LoginHint,
		UILocales:   x.UILocales,
		Again:       x.Again,
		SignedIn:    x.SignedIn,
		Chosen:      x.Chosen,
		AgreedBy:    x.AgreedBy,
		Denied:      x.Denied,
		Return:      x.Return,

		Organization: x.Chose,
	}
	copy(opened.GrantID[:], x.GrantID)
	return opened, nil
}
