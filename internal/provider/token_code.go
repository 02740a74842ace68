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
	grant := code.Grant(now, client.Client().Lifetimes)
	resources, err := oauth.NarrowResources(x.Resources, grant.Resources)
	if err != nil {
		return nil, err
	}
	pair, err := p.mint(ctx, token.Order{Grant: grant, Client: client.Client(), Scopes: grant.Scopes, Resources: resources, Nonce: code.Nonce})
	if err != nil {
		return nil, err
	}
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
