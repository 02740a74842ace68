package oauth

import "time"

// A ClientGrant is a token request of a client on its own behalf (RFC 6749 §4.4).
type ClientGrant struct {
	Scopes    Scopes   // empty: all that the client may have for itself
	Resources []string // RFC 8707
}

// ReadClientGrant reads the parameters of a client credentials request.
func ReadClientGrant(f Form) (x ClientGrant, err error) {
	if x.Scopes, err = ParseScopes(f.Get("scope")); err != nil {
		return ClientGrant{}, err
	}
	x.Resources, err = parseResources(f.All("resource"))
	return x, err
}

// Token decides what a client gets for itself: an access token, of which nothing
// is kept, and never a refresh token (§4.4.3). The built-in scopes are about
// users, so that no client has them for itself.
func (x ClientGrant) Token(client AuthenticatedClient, id TokenID, now time.Time, notBefore ...time.Time) (AccessToken, error) {
	c := client.Client()
	if c.Public || !c.ClientCredentials {
		return AccessToken{}, refuse(UnauthorizedClient, "RFC 6749 §4.4", "the application may not use client_credentials")
	}
	own := Scopes{}
	for _, name := range c.Scopes {
		if !builtIn.Has(name) {
			own = append(own, name)
		}
	}
	scopes := own
	if len(x.Scopes) > 0 {
		if !x.Scopes.Within(own) {
			return AccessToken{}, refuse(InvalidScope, "RFC 6749 §4.4", "scope asks for more than the application may have for itself")
		}
		scopes = x.Scopes
	}
	if err := c.admitted(x.Resources); err != nil {
		return AccessToken{}, err
	}
	issued := LaterThan(now, notBefore...)
	return AccessToken{
		ID:        id,
		ClientID:  c.ID,
		IssuedAt:  issued,
		ExpiresAt: issued.Add(c.Lifetimes.AccessToken),
		Narrowed:  scopes,
		Audience:  append([]string{}, x.Resources...),
	}, nil
}

// LaterThan is now, or the first moment after every not-before time.
func LaterThan(now time.Time, notBefore ...time.Time) time.Time {
	for _, t := range notBefore {
		if !now.After(t) {
			now = t.Add(time.Millisecond)
		}
	}
	return now
}
