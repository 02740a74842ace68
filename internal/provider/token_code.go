package provider

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
)

// exchangeCode serves grant_type=authorization_code (RFC 6749 §4.1.3). The rules
// read the opened code; the store then decides who was first, so one code never
// buys two grants however many callers race.
func (p *Provider) exchangeCode(ctx context.Context, client oauth.AuthenticatedClient, x oauth.CodeExchange) (*tokenResponse, error) {
	code, err := p.tokens.OpenCode(x.Code)
	if err != nil {
		return nil, err
	}
	doctor.From(ctx).Code(code)
	now := p.now().Truncate(time.Millisecond) // as the store keeps it, so that minting again gives the same tokens
	if err := x.Check(code, client, now); err != nil {
		return nil, err
	}
	resources, err := oauth.NarrowResources(x.Resources, code.Resources)
	if err != nil {
		return nil, err
	}
	return p.redeem(ctx, client.Client(), code, resources, now)
}
