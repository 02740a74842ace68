package token

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// What an access token says beyond its grant. Tokens have as a rule nothing to
// say, and are the shorter for it.
const (
	narrowed = 1 << iota
	audience
)

// mintAccess makes the access token in the format of the client, and tells when
// it expires.
func (t *Tokens) mintAccess(ctx context.Context, a oauth.AccessToken, o Order) (string, time.Time, error) {
	if o.Client.JWTAccessTokens {
		if latest := a.IssuedAt.Add(MaxSigned); a.ExpiresAt.After(latest) {
			a.ExpiresAt = latest // the key is published no longer
		}
		signed, err := t.mintJWT(ctx, jwtAccess{
			AccessToken: a, subject: o.Grant.UserID, client: o.Client, scopes: o.Scopes, audience: o.Resources, orgID: o.Grant.SeenIn(o.Scopes),
		})
		return signed, a.ExpiresAt, err
	}
	return accessPrefix + strict.EncodeToString(t.access.Tag(accessMessage(a))), a.ExpiresAt, nil
}

func accessMessage(a oauth.AccessToken) []byte {
	var w writer
	w.bytes(a.GrantID[:])
	w.number(uint64(a.Generation))
	w.time(a.IssuedAt)
	w.time(a.ExpiresAt)
	var says uint64
	if a.Narrowed != nil {
		says |= narrowed
	}
	if a.Audience != nil {
		says |= audience
	}
	w.number(says)
	if a.Narrowed != nil {
		w.text(a.Narrowed.String())
	}
	if a.Audience != nil {
		w.texts(a.Audience)
	}
	return w
}

// OpenAccess reads an access token of either format, or fails with
// oauth.ErrForgedAccessToken. Any other error is a fault.
func (t *Tokens) OpenAccess(ctx context.Context, s string) (oauth.AccessToken, error) {
	if strings.Count(s, ".") == 2 {
		return t.openJWT(ctx, s)
	}
	tagged, ok := decode(accessPrefix, s)
	if !ok {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	message, err := t.access.Open(tagged)
	if err != nil {
		return t.openClientAccess(s, tagged)
	}
	r := reader{rest: message}
	a := oauth.AccessToken{
		GrantID:    r.grantID(),
		Generation: uint32(r.number()),
		IssuedAt:   r.time(),
		ExpiresAt:  r.time(),
		ID:         nameOf(s),
	}
	says := r.number()
	if says&narrowed != 0 {
		a.Narrowed = append(oauth.Scopes{}, r.scopes()...) // never nil, which would mean all
	}
	if says&audience != 0 {
		a.Audience = append([]string{}, r.texts()...)
	}
	if !r.done() {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	return a, nil
}

// nameOf is the id of a token that carries none.
func nameOf(s string) oauth.TokenID {
	sum := sha256.Sum256([]byte(s))
	return oauth.TokenID(sum[:16])
}
