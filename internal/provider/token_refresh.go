package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
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
	if err := p.checkRefreshScopes(ctx, presented, client, x, now); err != nil {
		return nil, err
	}
	lifetimes := client.Client().Lifetimes
	standing, err := p.grants.RotateRefreshToken(ctx, store.Rotation{
		ID:         presented.GrantID,
		ClientID:   client.Client().ID,
		Generation: presented.Generation,
		Now:        now,
		ExpiresAt:  now.Add(lifetimes.RefreshToken),
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.ErrForgedRefreshToken
	case err != nil:
		return nil, fmt.Errorf("rotating a refresh token: %w", err)
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
	return p.tokenAnswer(p.tokens.Mint(standing.Grant, scopes, lifetimes.AccessToken)), nil
}

// checkRefreshScopes refuses a refresh that names scopes it cannot have, before
// the rotation would use the token up. Most refreshes name none and cost nothing.
func (p *Provider) checkRefreshScopes(ctx context.Context, presented oauth.RefreshToken, client oauth.AuthenticatedClient, x oauth.Refresh, now time.Time) error {
	if len(x.Scopes) == 0 {
		return nil
	}
	standing, err := p.grants.Grant(ctx, presented.GrantID, now)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && standing.ClientID != client.Client().ID:
		return nil // refused below, for what it is
	case err != nil:
		return fmt.Errorf("reading a grant: %w", err)
	}
	if err := x.CheckScopes(standing.Scopes); err != nil {
		return err
	}
	_, err = x.Narrow(standing.Grant, client)
	return err
}
