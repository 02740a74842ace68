package provider

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/token"
)

// clientToken serves grant_type=client_credentials (RFC 6749 §4.4). Nothing is
// read or written.
func (p *Provider) clientToken(ctx context.Context, client oauth.AuthenticatedClient, x oauth.ClientGrant) (*tokenResponse, error) {
	instance, err := p.instances.Instance(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the instance: %w", err)
	}
	var id oauth.TokenID
	rand.Read(id[:]) // never fails: it ends the program instead
	now := p.now().Truncate(time.Millisecond)
	access, err := x.Token(client, id, now, instance.NotBefore, client.Client().NotBefore)
	if err != nil {
		return nil, err
	}
	minted, err := p.tokens.MintClient(ctx, access, client.Client())
	if err != nil {
		return nil, err
	}
	return p.tokenAnswer(token.Pair{Access: minted, AccessExpiry: access.ExpiresAt, Scopes: access.Narrowed}), nil
}
