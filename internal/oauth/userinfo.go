package oauth

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// An AccessToken is what an access token says once its tag or signature is
// checked. One of a client that acts on its own behalf has no grant.
type AccessToken struct {
	GrantID    GrantID
	Generation uint32 // of the refresh token it was issued with
	IssuedAt   time.Time
	ExpiresAt  time.Time
	Narrowed   Scopes   // nil: the scopes of the grant
	Audience   []string // nil: the resources of the grant

	ID       TokenID
	ClientID string // without a grant: the client, which is the subject too
}

// A TokenID names an access token without being of use to whoever sees it.
type TokenID [16]byte

// String gives the id as Clerk writes it.
func (id TokenID) String() string { return "oat_" + hex.EncodeToString(id[:]) }

// ErrNoToken asks for an access token where none was sent. It carries no error
// code, as RFC 6750 §3.1 wants for such an answer.
var ErrNoToken = refuse("", "RFC 6750 §3.1", "an access token is needed")

// ErrForgedAccessToken refuses an access token that was not issued here, or
// whose grant is long over.
var ErrForgedAccessToken = refuse(InvalidToken, "RFC 6750 §3.1", "the access token is not one that was issued here")

// A BearerRequest holds the places where an access token can be sent.
type BearerRequest struct {
	Authorization string // the header
	Query         Form
	Body          Form // empty for GET
}

// Token finds the access token: in the header (RFC 6750 §2.1) or in the body of
// a POST (§2.2), in one place only, and never in the query.
func (b BearerRequest) Token() (string, error) {
	body := b.Body.Get("access_token")
	switch {
	case b.Query.Get("access_token") != "":
		return "", refuse(InvalidRequest, "RFC 9700 §4.3.2", "an access token in the query is not accepted; send it in the Authorization header")
	case b.Body.Once() != nil:
		return "", refuse(InvalidRequest, "RFC 6750 §3.1", "a parameter was sent more than once")
	case b.Authorization == "" && body == "":
		return "", ErrNoToken
	case b.Authorization == "":
		return body, nil
	case body != "":
		return "", refuse(InvalidRequest, "RFC 6750 §2", "the access token was sent in the header and in the body")
	}
	scheme, token, _ := strings.Cut(b.Authorization, " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return "", ErrNoToken
	case token == "" || strings.ContainsAny(token, " \t,"):
		return "", refuse(InvalidRequest, "RFC 6750 §2.1", "the Authorization header does not hold one bearer token")
	}
	return token, nil
}

// Check decides whether the token still opens its grant, which live says.
func (t AccessToken) Check(g Grant, live bool, now time.Time) error {
	switch {
	case !now.Before(t.ExpiresAt):
		return refuse(InvalidToken, "RFC 6750 §3.1", "the access token has expired")
	case !g.RevokedAt.IsZero():
		return refuse(InvalidToken, "RFC 6750 §3.1", "the authorization was revoked")
	case !live:
		return refuse(InvalidToken, "RFC 6750 §3.1", "the authorization was withdrawn")
	}
	return nil
}

// errNoUser refuses a token of a client that acts on its own behalf.
var errNoUser = refuse(InsufficientScope, "RFC 6750 §3.1", "the access token stands for an application and not for a user")

// ForUserInfo refuses a token that is meant for other servers than this one, or
// for no user at all (RFC 8707 §2, OIDC Core §5.3).
func (t AccessToken) ForUserInfo(g Grant, issuer string) error {
	if t.ClientID != "" {
		return errNoUser
	}
	if audience := t.Resources(g); len(audience) > 0 && !slices.Contains(audience, issuer) && !slices.Contains(audience, issuer+UserInfoPath) {
		return refuse(InvalidToken, "RFC 8707 §2", "the access token is for another resource than user info")
	}
	return nil
}

// Resources are whom the token is for; none means anybody who trusts the issuer.
func (t AccessToken) Resources(g Grant) []string {
	if t.Audience == nil {
		return g.Resources
	}
	return t.Audience
}

// Scopes are what the token opens.
func (t AccessToken) Scopes(g Grant) Scopes {
	if t.Narrowed == nil {
		return g.Scopes
	}
	return t.Narrowed
}
