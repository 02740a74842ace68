package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// introspect serves POST /oauth/token_info (RFC 7662).
func (p *Provider) introspect(r *http.Request) (any, error) {
	form, err := readBody(r)
	if err != nil {
		return nil, err
	}
	asker, err := p.asker(r, form)
	if err != nil {
		return nil, err
	}
	presented, err := oauth.ReadTokenQuestion(form)
	if err != nil {
		return nil, err
	}
	asked, err := oauth.ParseScopes(form.Get("scope"))
	if err != nil {
		return nil, err
	}
	info, err := p.describe(r.Context(), presented)
	if err != nil {
		return nil, err
	}
	return info.For(asker, asked, p.now()), nil
}

// asker is the client that asks: by its credentials or, as RFC 7662 §2.1 admits
// too, by an access token of its own.
func (p *Provider) asker(r *http.Request, form oauth.Form) (clientID string, err error) {
	authorization := r.Header.Get("Authorization")
	if scheme, bearer, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Bearer") {
		info, err := p.describe(r.Context(), strings.TrimSpace(bearer))
		switch {
		case err != nil:
			return "", err
		case !info.Active || info.TokenType == "":
			return "", errBearerAsker
		}
		return info.ClientID, nil
	}
	client, err := p.authenticate(r, authorization, form)
	if err != nil {
		return "", err
	}
	return client.Client().ID, client.Confidential()
}

var errBearerAsker = &oauth.Error{
	Code: oauth.InvalidClient, Spec: "RFC 7662 §2.1",
	Description: "the access token in the Authorization header is not live",
}

// describe tells what a token of any kind is good for now. One that is good for
// nothing is not active, whatever the reason; an error is a fault.
func (p *Provider) describe(ctx context.Context, presented string) (oauth.Introspection, error) {
	if refresh, err := p.tokens.OpenRefresh(presented); err == nil {
		standing, err := p.standing(ctx, refresh.GrantID)
		if err != nil || !standing.Live || standing.Generation != refresh.Generation {
			return oauth.Introspection{}, err
		}
		return oauth.OfRefresh(standing.Grant, p.issuer), nil
	}
	access, err := p.openAccess(ctx, presented)
	switch {
	case err != nil || access == nil:
		return oauth.Introspection{}, err
	case access.ClientID != "":
		left, live, err := p.clientTokens.ClientTokenLive(ctx, *access)
		if err != nil || !live {
			return oauth.Introspection{}, err
		}
		access.Narrowed = left
		return access.OfAccess(oauth.Grant{}, p.issuer), nil
	}
	standing, err := p.standing(ctx, access.GrantID)
	if err != nil || !standing.Live {
		return oauth.Introspection{}, err
	}
	return access.OfAccess(standing.Grant, p.issuer), nil
}

// openAccess opens an access token; nil is one that was not issued here.
func (p *Provider) openAccess(ctx context.Context, presented string) (*oauth.AccessToken, error) {
	access, err := p.tokens.OpenAccess(ctx, presented)
	var refused *oauth.Error
	switch {
	case errors.As(err, &refused):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("opening an access token: %w", err)
	}
	return &access, nil
}

// standing reads a grant; one that does not exist is not live.
func (p *Provider) standing(ctx context.Context, id oauth.GrantID) (store.Standing, error) {
	standing, err := p.grants.Grant(ctx, id, p.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Standing{}, nil
	case err != nil:
		return store.Standing{}, fmt.Errorf("reading a grant: %w", err)
	}
	return standing, p.seen(ctx, &standing.Grant)
}

// revoke serves POST /oauth/token/revoke (RFC 7009). Either token of a grant ends
// the grant; a token that is not the client's is left alone, and nobody learns
// which of the two it was.
func (p *Provider) revoke(r *http.Request) (any, error) {
	ctx := r.Context()
	form, err := readBody(r)
	if err != nil {
		return nil, err
	}
	client, err := p.authenticate(r, r.Header.Get("Authorization"), form)
	if err != nil {
		return nil, err
	}
	presented, err := oauth.ReadTokenQuestion(form)
	if err != nil {
		return nil, err
	}
	if refresh, err := p.tokens.OpenRefresh(presented); err == nil {
		return nil, p.revokeGrant(ctx, refresh.GrantID, client)
	}
	access, err := p.openAccess(ctx, presented)
	switch {
	case err != nil || access == nil:
		return nil, err
	case access.ClientID != "" && access.ClientID != client.Client().ID:
		return nil, nil
	case access.ClientID == "":
		standing, err := p.standing(ctx, access.GrantID)
		if err != nil || standing.ClientID != client.Client().ID {
			return nil, err
		}
	}
	switch isJWT := strings.Contains(presented, "."); {
	case isJWT:
		return nil, oauth.ErrCannotRevokeJWT
	case access.ClientID != "":
		return nil, p.clientTokens.RevokeClientToken(ctx, access.ID, access.ExpiresAt)
	}
	return nil, p.revokeGrant(ctx, access.GrantID, client)
}

func (p *Provider) revokeGrant(ctx context.Context, id oauth.GrantID, client oauth.AuthenticatedClient) error {
	standing, err := p.standing(ctx, id)
	if err != nil || standing.ClientID != client.Client().ID {
		return err
	}
	err = p.grants.RevokeGrant(ctx, id, oauth.ClientRevoked, p.now())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("revoking a grant: %w", err)
	}
	return nil
}
