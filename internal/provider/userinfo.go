package provider

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// userInfo serves GET and POST /oauth/userinfo (OIDC Core §5.3; the members are
// Clerk's).
func (p *Provider) userInfo(r *http.Request) (any, error) {
	request, err := bearerRequest(r)
	if err != nil {
		return nil, err
	}
	bearer, err := request.Token()
	if err != nil {
		return nil, err
	}
	access, err := p.tokens.OpenAccess(r.Context(), bearer)
	if err != nil {
		return nil, err
	}
	if err := access.ForUserInfo(oauth.Grant{}, p.issuer); err != nil {
		return nil, err
	}
	now := p.now()
	standing, user, err := p.grants.GrantWithUser(r.Context(), access.GrantID, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.ErrForgedAccessToken
	case err != nil:
		return nil, fmt.Errorf("reading a grant and its user: %w", err)
	}
	if err := access.Check(standing.Grant, standing.Live, now); err != nil {
		return nil, err
	}
	if err := access.ForUserInfo(standing.Grant, p.issuer); err != nil {
		return nil, err
	}
	if err := p.seen(r.Context(), &standing.Grant); err != nil {
		return nil, err
	}
	scopes, asked := access.Scopes(standing.Grant), standing.UserInfoClaims
	if !standing.Scopes.Within(scopes) {
		asked = nil // what was asked for one by one belongs to the whole
	}
	return oauth.UserInfo(p.profile(user, standing.Organization), scopes, asked), nil
}

// bearerRequest collects the places where the token may be. A POST without a
// form body is served like a GET.
func bearerRequest(r *http.Request) (oauth.BearerRequest, error) {
	query, err := oauth.ParseForm(r.URL.RawQuery)
	if err != nil {
		return oauth.BearerRequest{}, err
	}
	request := oauth.BearerRequest{Authorization: r.Header.Get("Authorization"), Query: query}
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" && query.Get("access_token") == "" {
		request.Body, err = readBody(r)
	}
	return request, err
}

func (p *Provider) profile(u store.User, o oauth.Organization) oauth.Profile {
	email, _ := u.PrimaryEmail()
	return oauth.Profile{
		UserID:          u.ID,
		InstanceID:      p.instanceID,
		Email:           email.Address,
		EmailVerified:   email.Verified,
		GivenName:       u.FirstName,
		FamilyName:      u.LastName,
		Username:        u.Username,
		Picture:         u.ImageURL,
		Locale:          u.Locale,
		UpdatedAt:       u.UpdatedAt,
		PublicMetadata:  u.PublicMetadata,
		UnsafeMetadata:  u.UnsafeMetadata,
		PrivateMetadata: u.PrivateMetadata,
		Organization:    o,
	}
}
