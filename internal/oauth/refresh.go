package oauth

import "time"

// A Refresh is a token request of type refresh_token (RFC 6749 §6).
type Refresh struct {
	Token     string
	Scopes    Scopes   // empty: as granted
	Resources []string // likewise
}

// ReadRefresh reads the parameters of a refresh.
func ReadRefresh(f Form) (Refresh, error) {
	x := Refresh{Token: f.Get("refresh_token")}
	if x.Token == "" {
		return Refresh{}, refuse(InvalidRequest, "RFC 6749 §6", "refresh_token is missing")
	}
	var err error
	if x.Scopes, err = ParseScopes(f.Get("scope")); err != nil {
		return Refresh{}, err
	}
	x.Resources, err = parseResources(f.All("resource"))
	return x, err
}

// A RefreshToken is what a refresh token says once its tag is checked.
type RefreshToken struct {
	GrantID    GrantID
	Generation uint32
}

// ErrForgedRefreshToken refuses a refresh token that was not issued here, or
// whose grant is long over.
var ErrForgedRefreshToken = refuse(InvalidGrant, "RFC 6749 §5.2", "the refresh token is not one that was issued here, or has expired")

// errRefreshReused refuses a refresh token that two parties must have held.
var errRefreshReused = refuse(InvalidGrant, "RFC 9700 §4.14.2", "the refresh token was used before; every token of this authorization is revoked")

// CheckRequest refuses a refresh that asks for more than was granted. It comes
// before the rotation, so that the token is unharmed.
func (x Refresh) CheckRequest(g Grant) error {
	if !x.Scopes.Within(g.Scopes) {
		return refuse(InvalidScope, "RFC 6749 §6", "scope asks for more than was granted")
	}
	_, err := NarrowResources(x.Resources, g.Resources)
	return err
}

// Check decides about a refresh token that was presented, given the grant as it
// stands after the attempt to rotate it: nil for the current generation just
// rotated, and for its immediate predecessor sent again within the grace, which
// is a client that lost the answer. reused is true for an older one: the grant
// has to be revoked.
func (t RefreshToken) Check(g Grant, live, rotated bool, client AuthenticatedClient, now time.Time) (reused bool, err error) {
	c := client.Client()
	switch {
	case c.ID == "" || g.ClientID != c.ID:
		return false, refuse(InvalidGrant, "RFC 6749 §6", "the refresh token was issued to another client")
	case rotated:
		return false, nil
	case !g.RevokedAt.IsZero():
		return false, refuse(InvalidGrant, "RFC 6749 §6", "the authorization was revoked")
	case !now.Before(g.ExpiresAt):
		return false, refuse(InvalidGrant, "RFC 6749 §1.5", "the refresh token has expired")
	case !live:
		return false, ErrAuthorizationWithdrawn
	case t.Generation == g.Generation && c.StickyRefresh:
		return false, nil // another call put off the expiry in the same batch
	case t.Generation+1 == g.Generation && now.Sub(g.RotatedAt) <= c.Lifetimes.RefreshGrace:
		return false, nil
	case t.Generation < g.Generation:
		return true, errRefreshReused
	}
	// A generation that was never reached: the store was restored from a backup.
	return false, ErrForgedRefreshToken
}

// Narrow gives the scopes of the access token: what was asked for, or all that
// was granted, less what the client has lost since.
func (x Refresh) Narrow(g Grant, client AuthenticatedClient) (Scopes, error) {
	scopes := g.Scopes
	if len(x.Scopes) > 0 {
		scopes = scopes.And(x.Scopes)
	}
	for _, name := range scopes {
		if !builtIn.Has(name) && !client.Client().Scopes.Has(name) {
			return nil, refuse(InvalidScope, "RFC 6749 §6", "a custom scope of this authorization has been taken from the application")
		}
	}
	scopes = scopes.And(client.Client().Scopes)
	if len(scopes) == 0 && len(g.Scopes) > 0 {
		return nil, refuse(InvalidScope, "RFC 6749 §6", "the application is no longer allowed any of the scopes")
	}
	return scopes, nil
}
