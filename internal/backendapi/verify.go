package backendapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// AccessTokens opens what the provider has issued.
type AccessTokens interface {
	// OpenAccess reads an access token, or fails with oauth.ErrForgedAccessToken.
	OpenAccess(ctx context.Context, token string) (oauth.AccessToken, error)
	// OpenRefresh reads a refresh token, or fails with oauth.ErrForgedRefreshToken.
	OpenRefresh(token string) (oauth.RefreshToken, error)
}

// Grants reads what access tokens stand on.
type Grants interface {
	// Grant returns a grant as it stands, or store.ErrNotFound.
	Grant(ctx context.Context, id oauth.GrantID, now time.Time) (store.Standing, error)
	// RevokeGrant ends a grant, or fails with store.ErrNotFound.
	RevokeGrant(ctx context.Context, id oauth.GrantID, why oauth.Reason, now time.Time) error
}

// SigningKeys tells which keys signatures are checked with.
type SigningKeys interface {
	Published(ctx context.Context) (jose.JSONWebKeySet, error)
}

// isJWT tells the two formats of access tokens apart.
func isJWT(token string) bool { return strings.Count(token, ".") == 2 }

// An accessToken is a live access token as resource servers learn of it. Times
// are milliseconds since 1970.
type accessToken struct {
	Object           string       `json:"object"`
	ID               string       `json:"id"`
	ClientID         string       `json:"client_id"`
	Subject          string       `json:"subject"`
	Scopes           oauth.Scopes `json:"scopes"`
	Revoked          bool         `json:"revoked"`
	RevocationReason *string      `json:"revocation_reason"`
	Expired          bool         `json:"expired"`
	Expiration       int64        `json:"expiration"`
	CreatedAt        int64        `json:"created_at"`
	UpdatedAt        int64        `json:"updated_at"`
	Audience         []string     `json:"aud,omitempty"` // RFC 8707; Clerk's SDKs read it if it is there
}

// verifyAccessToken serves POST /v1/oauth_applications/access_tokens/verify, for
// resource servers that hold the secret key. A token that opens nothing, whatever
// the reason, is not found: Clerk's SDK takes any answer of success for a token
// that is good.
func (a *API) verifyAccessToken(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	presented := f.textOrEmpty("access_token")
	if older := f.textOrEmpty("secret"); presented == "" { // what the field was called before
		presented = older
	}
	switch {
	case f.err() != nil:
		return nil, f.err()
	case presented == "":
		return nil, refuse("malformed_request_parameters", "access_token", "access_token is missing.")
	}
	token, err := a.tokens.OpenAccess(r.Context(), presented)
	if err != nil {
		return nil, asNoToken(err)
	}
	now := a.now()
	if token.ClientID != "" {
		return a.verifyClientToken(r.Context(), token, now)
	}
	standing, err := a.grants.Grant(r.Context(), token.GrantID, now)
	if err == nil {
		err = token.Check(standing.Grant, standing.Live, now)
	}
	if err != nil {
		return nil, asNoToken(err)
	}
	return answerToken(token, standing.Grant), nil
}

// verifyClientToken serves a token that a client got for itself.
func (a *API) verifyClientToken(ctx context.Context, token oauth.AccessToken, now time.Time) (any, error) {
	left, live, err := a.clientTokens.ClientTokenLive(ctx, token)
	switch {
	case err != nil:
		return nil, fmt.Errorf("verifying an access token: %w", err)
	case !live:
		return nil, asNoToken(oauth.ErrForgedAccessToken)
	}
	if err := token.Check(oauth.Grant{}, true, now); err != nil {
		return nil, asNoToken(err)
	}
	token.Narrowed = left
	return answerToken(token, oauth.Grant{ClientID: token.ClientID, UserID: token.ClientID}), nil
}

func answerToken(token oauth.AccessToken, g oauth.Grant) accessToken {
	return accessToken{
		Object:     "clerk_idp_oauth_access_token",
		ID:         token.ID.String(),
		ClientID:   g.ClientID,
		Subject:    g.UserID,
		Scopes:     append(oauth.Scopes{}, token.Scopes(g)...),
		Expiration: token.ExpiresAt.UnixMilli(),
		CreatedAt:  token.IssuedAt.UnixMilli(),
		UpdatedAt:  token.IssuedAt.UnixMilli(),
		Audience:   token.Resources(g),
	}
}

// asNoToken turns the refusals of a token into the one answer there is for them.
func asNoToken(err error) error {
	var refused *oauth.Error
	switch {
	case errors.As(err, &refused):
		return refuse("resource_not_found", "", "There is no such access token: "+refused.Description+".")
	case errors.Is(err, store.ErrNotFound):
		return refuse("resource_not_found", "", "There is no such access token.")
	}
	return fmt.Errorf("verifying an access token: %w", err)
}
