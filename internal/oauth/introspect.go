package oauth

import "time"

// ReadTokenQuestion reads the token that introspection or revocation is about
// (RFC 7662 §2.1, RFC 7009 §2.1). The hint may be wrong, and tokens here tell
// their kind themselves, so it is not read.
func ReadTokenQuestion(f Form) (token string, err error) {
	if err := f.Once(); err != nil {
		return "", err
	}
	if token = f.Get("token"); token == "" {
		return "", refuse(InvalidRequest, "RFC 7662 §2.1", "token is missing")
	}
	return token, nil
}

// Confidential refuses a client that has not proved who it is: what a token is
// good for is nobody else's business (RFC 7662 §2.1).
func (a AuthenticatedClient) Confidential() error {
	if a.client.Public {
		return refuse(InvalidClient, "RFC 7662 §2.1", "a public client cannot prove who it is, and may not ask about tokens")
	}
	return nil
}

// An Introspection is what is told of a token (RFC 7662 §2.2). The zero value says
// nothing but that the token is good for nothing, whatever the reason.
type Introspection struct {
	Active    bool     `json:"active"`
	ClientID  string   `json:"client_id,omitempty"`
	Scope     string   `json:"scope,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	ID        string   `json:"jti,omitempty"`
	OrgID     string   `json:"org_id,omitempty"` // Clerk's
	IssuedAt  int64    `json:"iat,omitempty"`    // seconds
	ExpiresAt int64    `json:"exp,omitempty"`
	scopes    Scopes
	expires   time.Time
}

// OfAccess tells of an access token that stands on a live grant.
func (t AccessToken) OfAccess(g Grant, issuer string) Introspection {
	i := Introspection{
		Active: true, ClientID: g.ClientID, Subject: g.UserID, Issuer: issuer, Audience: t.Resources(g), TokenType: "Bearer",
		ID: t.ID.String(), IssuedAt: t.IssuedAt.Unix(), ExpiresAt: t.ExpiresAt.Unix(), scopes: t.Scopes(g), expires: t.ExpiresAt,
	}
	if t.ClientID != "" {
		i.ClientID, i.Subject = t.ClientID, t.ClientID
	}
	i.Scope = i.scopes.String()
	i.OrgID = g.SeenIn(i.scopes)
	return i
}

// OfRefresh tells of the current refresh token of a live grant.
func OfRefresh(g Grant, issuer string) Introspection {
	return Introspection{
		Active: true, ClientID: g.ClientID, Subject: g.UserID, Issuer: issuer, Scope: g.Scopes.String(), Audience: g.Resources,
		IssuedAt: g.RotatedAt.Unix(), ExpiresAt: g.ExpiresAt.Unix(), OrgID: g.SeenIn(g.Scopes), scopes: g.Scopes, expires: g.ExpiresAt,
	}
}

// For gives what the client may learn: all of its own tokens, nothing of others',
// and nothing of one that lacks a scope that was asked about or has expired.
func (i Introspection) For(clientID string, asked Scopes, now time.Time) Introspection {
	if !i.Active || i.ClientID != clientID || !asked.Within(i.scopes) || !now.Before(i.expires) {
		return Introspection{}
	}
	return i
}

// ErrCannotRevokeJWT says that a JWT is good wherever nobody asks, until it
// expires (RFC 7009 §2.2.1). Its refresh token can be revoked instead.
var ErrCannotRevokeJWT = refuse(UnsupportedTokenType, "RFC 7009 §2.2.1", "JWT access tokens cannot be revoked; revoke the refresh token instead")
