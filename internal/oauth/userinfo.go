package oauth

import (
	"strings"
	"time"
)

// An AccessToken is what an opaque access token says once its tag is checked.
type AccessToken struct {
	GrantID    GrantID
	Generation uint32 // of the refresh token it was issued with
	IssuedAt   time.Time
	ExpiresAt  time.Time
	Narrowed   Scopes // nil: the scopes of the grant
}

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

// Scopes are what the token opens.
func (t AccessToken) Scopes(g Grant) Scopes {
	if t.Narrowed == nil {
		return g.Scopes
	}
	return t.Narrowed
}
