package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

// refresh serves grant_type=refresh_token (RFC 6749 §6). The store decides which
// of several callers rotates; the rules then read the grant as it stands, and
// whoever may have tokens gets those of its current generation.
func (p *Provider) refresh(ctx context.Context, client oauth.AuthenticatedClient, x oauth.Refresh) (*tokenResponse, error) {
	presented, err := p.tokens.OpenRefresh(x.Token)
	if err != nil {
		return nil, err
	}
	now := p.now().Truncate(time.Millisecond)
	if err := p.checkRefresh(ctx, presented, client, x, now); err != nil {
		return nil, err
	}
	standing, err := p.rotate(ctx, presented, client.Client(), now)
	if err != nil {
		return nil, err
	}
	reused, refusal := presented.Check(standing.Grant, standing.Live, standing.Rotated, client, now)
	if reused {
		if err := p.grants.RevokeGrant(ctx, presented.GrantID, oauth.RefreshReused, now); err != nil {
			return nil, fmt.Errorf("revoking a grant whose refresh token was reused: %w", err)
		}
	}
	if refusal != nil {
		return nil, refusal
	}
	scopes, err := x.Narrow(standing.Grant, client)
	if err != nil {
		return nil, err
	}
	resources, err := oauth.NarrowResources(x.Resources, standing.Resources)
	if err != nil {
		return nil, err
	}
	pair, err := p.mint(ctx, token.Order{Grant: standing.Grant, Client: client.Client(), Scopes: scopes, Resources: resources})
	if err != nil {
		return nil, err
	}
	return p.tokenAnswer(pair), nil
}

// rotate begins the next generation or, for a client that keeps its refresh
// token, only puts off its expiry.
func (p *Provider) rotate(ctx context.Context, presented oauth.RefreshToken, c oauth.Client, now time.Time) (store.Standing, error) {
	standing, err := p.grants.RotateRefreshToken(ctx, store.Rotation{
		ID:         presented.GrantID,
		ClientID:   c.ID,
		Generation: presented.Generation,
		Now:        now,
		ExpiresAt:  now.Add(c.Lifetimes.RefreshToken),
		Sticky:     c.StickyRefresh,
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Standing{}, oauth.ErrForgedRefreshToken
	case err != nil:
		return store.Standing{}, fmt.Errorf("rotating a refresh token: %w", err)
	}
	return standing, nil
}

// checkRefresh refuses a refresh that asks for what it cannot have, before the
// rotation would use the token up. Most refreshes ask for nothing in particular and
// cost nothing here.
func (p *Provider) checkRefresh(ctx context.Context, presented oauth.RefreshToken, client oauth.AuthenticatedClient, x oauth.Refresh, now time.Time) error {
	if len(x.Scopes) == 0 && len(x.Resources) == 0 {
		return nil
	}
	standing, err := p.grants.Grant(ctx, presented.GrantID, now)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && standing.ClientID != client.Client().ID:
		return nil // refused below, for what it is
	case err != nil:
		return fmt.Errorf("reading a grant: %w", err)
	}
	if err := x.CheckRequest(standing.Grant); err != nil {
		return err
	}
	_, err = x.Narrow(standing.Grant, client)
	return err
}
