package token

import (
	"context"

	"github.com/signet-auth/signet/internal/oauth"
)

// MintClient makes an access token for a client that acts on its own behalf
// (RFC 6749 §4.4). Nothing is kept of it.
func (t *Tokens) MintClient(ctx context.Context, a oauth.AccessToken, c oauth.Client) (string, error) {
	if c.JWTAccessTokens {
		return t.mintJWT(ctx, jwtAccess{AccessToken: a, subject: c.ID, client: c, scopes: a.Narrowed, audience: a.Audience})
	}
	var w writer
	w.bytes(a.ID[:])
	w.text(a.ClientID)
	w.time(a.IssuedAt)
	w.time(a.ExpiresAt)
	w.text(a.Narrowed.String())
	w.texts(a.Audience)
	return accessPrefix + strict.EncodeToString(t.clients.Tag(w)), nil
}

func (t *Tokens) openClientAccess(s string, tagged []byte) (oauth.AccessToken, error) {
	message, err := t.clients.Open(tagged)
	if err != nil {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	r := reader{rest: message}
	a := oauth.AccessToken{
		ID:        oauth.TokenID(r.take16()),
		ClientID:  r.text(),
		IssuedAt:  r.time(),
		ExpiresAt: r.time(),
		Narrowed:  r.scopes(),
		Audience:  r.texts(),
	}
	if !r.done() {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	return a, nil
}
