package token

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
)

// The prefixes tell people and secret scanners what they are looking at.
// Clerk's SDKs know an opaque access token by "oat_".
const (
	accessPrefix  = "oat_"
	refreshPrefix = "ort_"
	codePrefix    = "oac_"
)

// strict refuses what decodes to the same bytes but is another string.
var strict = base64.RawURLEncoding.Strict()

// Tokens makes and opens codes and tokens. It is safe for concurrent use.
type Tokens struct {
	codes   *keyring.Sealer
	access  *keyring.Authenticator
	refresh *keyring.Authenticator
}

// New derives the keys from the ring, one per kind of token, so that no kind
// passes for another.
func New(ring *keyring.Ring) *Tokens {
	return &Tokens{
		codes:   ring.Sealer("authorization code"),
		access:  ring.Authenticator("access token"),
		refresh: ring.Authenticator("refresh token"),
	}
}

// SealCode makes the authorization code that says c. Times are cut to
// milliseconds.
func (t *Tokens) SealCode(c oauth.Code) string {
	var w writer
	w.bytes(c.GrantID[:])
	w.text(c.ClientID)
	w.text(c.UserID)
	w.text(c.SessionID)
	w.text(c.RedirectURI)
	w.flag(c.RedirectRequested)
	w.text(c.Scopes.String())
	w.text(string(c.Challenge))
	w.time(c.AuthorizedAt)
	w.time(c.ExpiresAt)
	return codePrefix + strict.EncodeToString(t.codes.Seal(w))
}

// OpenCode reads a code, or fails with oauth.ErrForgedCode.
func (t *Tokens) OpenCode(s string) (oauth.Code, error) {
	sealed, ok := decode(codePrefix, s)
	if !ok {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	plain, err := t.codes.Open(sealed)
	if err != nil {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	r := reader{rest: plain}
	c := oauth.Code{
		GrantID:           r.grantID(),
		ClientID:          r.text(),
		UserID:            r.text(),
		SessionID:         r.text(),
		RedirectURI:       r.text(),
		RedirectRequested: r.flag(),
		Scopes:            r.scopes(),
		Challenge:         oauth.Challenge(r.text()),
		AuthorizedAt:      r.time(),
		ExpiresAt:         r.time(),
	}
	if !r.done() {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	return c, nil
}

// A Pair is what a token request buys.
type Pair struct {
	Access       string
	Refresh      string
	AccessExpiry time.Time
	Scopes       oauth.Scopes // of the access token
}

// Mint derives the tokens of the grant's current generation. It is a function of
// the grant, the scopes and the lifetime: who asks again gets the same strings,
// so a repeated refresh has nothing to store and nothing to lose.
func (t *Tokens) Mint(g oauth.Grant, scopes oauth.Scopes, lifetime time.Duration) Pair {
	access := oauth.AccessToken{
		GrantID:    g.ID,
		Generation: g.Generation,
		IssuedAt:   g.RotatedAt,
		ExpiresAt:  g.RotatedAt.Add(lifetime),
	}
	if access.ExpiresAt.After(g.ExpiresAt) {
		access.ExpiresAt = g.ExpiresAt // nothing under the grant outlives it
	}
	if !g.Scopes.Within(scopes) {
		access.Narrowed = scopes
	}
	return Pair{
		Access:       t.mintAccess(access),
		Refresh:      t.mintRefresh(g),
		AccessExpiry: access.ExpiresAt,
		Scopes:       scopes,
	}
}

func (t *Tokens) mintAccess(a oauth.AccessToken) string {
	var w writer
	w.bytes(a.GrantID[:])
	w.number(uint64(a.Generation))
	w.time(a.IssuedAt)
	w.time(a.ExpiresAt)
	w.flag(a.Narrowed != nil)
	if a.Narrowed != nil {
		w.text(a.Narrowed.String())
	}
	return accessPrefix + strict.EncodeToString(t.access.Tag(w))
}

// OpenAccess reads an access token, or fails with oauth.ErrForgedAccessToken.
func (t *Tokens) OpenAccess(s string) (oauth.AccessToken, error) {
	tagged, ok := decode(accessPrefix, s)
	if !ok {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	message, err := t.access.Open(tagged)
	if err != nil {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	r := reader{rest: message}
	a := oauth.AccessToken{
		GrantID:    r.grantID(),
		Generation: uint32(r.number()),
		IssuedAt:   r.time(),
		ExpiresAt:  r.time(),
	}
	if r.flag() {
		a.Narrowed = append(oauth.Scopes{}, r.scopes()...) // never nil, which would mean all
	}
	if !r.done() {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	return a, nil
}

func (t *Tokens) mintRefresh(g oauth.Grant) string {
	var w writer
	w.bytes(g.ID[:])
	w.number(uint64(g.Generation))
	return refreshPrefix + strict.EncodeToString(t.refresh.Tag(w))
}

// OpenRefresh reads a refresh token, or fails with oauth.ErrForgedRefreshToken.
func (t *Tokens) OpenRefresh(s string) (oauth.RefreshToken, error) {
	tagged, ok := decode(refreshPrefix, s)
	if !ok {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	message, err := t.refresh.Open(tagged)
	if err != nil {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	r := reader{rest: message}
	rt := oauth.RefreshToken{GrantID: r.grantID(), Generation: uint32(r.number())}
	if !r.done() {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	return rt, nil
}

func decode(prefix, s string) ([]byte, bool) {
	encoded, ok := strings.CutPrefix(s, prefix)
	if !ok || strings.ContainsAny(encoded, "\r\n") { // which base64 would skip
		return nil, false
	}
	raw, err := strict.DecodeString(encoded)
	return raw, err == nil
}
