package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// exchangeCode serves grant_type=authorization_code (RFC 6749 §4.1.3). The rules
// read the opened code; RedeemCode then decides who was first, so one code never
// buys two grants however many callers race.
func (p *Provider) exchangeCode(ctx context.Context, client oauth.AuthenticatedClient, x oauth.CodeExchange) (*tokenResponse, error) {
	code, err := p.tokens.OpenCode(x.Code)
	if err != nil {
		return nil, err
	}
	now := p.now().Truncate(time.Millisecond) // as the store keeps it, so that minting again gives the same tokens
	if err := x.Check(code, client, now); err != nil {
		return nil, err
	}
	lifetimes := client.Client().Lifetimes
	grant := code.Grant(now, lifetimes)
	pair := p.tokens.Mint(grant, grant.Scopes, lifetimes.AccessToken)
	err = p.grants.RedeemCode(ctx, grant)
	switch {
	case errors.Is(err, store.ErrReplayed):
		return nil, oauth.ErrCodeReplayed
	case errors.Is(err, store.ErrDead):
		return nil, oauth.ErrAuthorizationWithdrawn
	case err != nil:
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	return p.tokenAnswer(pair), nil
}
