package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

// A tokenResponse is what a token request buys (RFC 6749 §5.1).
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"` // OIDC Core §3.1.3.3
}

// token serves POST /oauth/token: read the form, authenticate the client before
// anything is looked up for it, then do what the grant type says.
func (p *Provider) token(r *http.Request) (answer any, err error) {
	form, err := readBody(r)
	if err != nil {
		return nil, err
	}
	grantType, err := oauth.GrantType(form)
	if err != nil {
		return nil, err
	}
	client, err := p.authenticate(r, r.Header.Get("Authorization"), form)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err == nil {
			p.issued(grantType)
		}
	}()
	switch grantType {
	case oauth.GrantAuthorizationCode:
		x, err := oauth.ReadCodeExchange(form)
		if err != nil {
			return nil, err
		}
		return p.exchangeCode(r.Context(), client, x)
	case oauth.GrantRefreshToken:
		x, err := oauth.ReadRefresh(form)
		if err != nil {
			return nil, err
		}
		return p.refresh(r.Context(), client, x)
	case oauth.GrantClientCredentials:
		x, err := oauth.ReadClientGrant(form)
		if err != nil {
			return nil, err
		}
		return p.clientToken(r.Context(), client, x)
	case oauth.GrantDeviceCode:
		deviceCode, err := oauth.ReadDeviceCode(form)
		if err != nil {
			return nil, err
		}
		return p.exchangeDeviceCode(r.Context(), client, deviceCode)
	}
	panic("provider: a grant type that the rules admit is not served: " + grantType)
}

// authenticate proves who the client is (RFC 6749 §2.3). Whoever has guessed too
// often from one network is not looked at (RFC 6749 §10.10).
func (p *Provider) authenticate(r *http.Request, authorization string, form oauth.Form) (oauth.AuthenticatedClient, error) {
	ctx := r.Context()
	note := doctor.From(ctx)
	note.Form(form)
	credentials, err := oauth.ReadCredentials(authorization, form)
	note.Credentials(credentials)
	if err != nil {
		return oauth.AuthenticatedClient{}, err
	}
	if !p.wrongSecrets.Idle(p.now()) && p.wrongSecrets.Wait(p.guesser(r, credentials), p.now()) > 0 {
		return oauth.AuthenticatedClient{}, errTooMany
	}
	client, err := p.clients.ClientByClientID(ctx, credentials.ClientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return oauth.AuthenticatedClient{}, fmt.Errorf("looking up the client: %w", err)
	}
	note.Client(client.Client, err == nil)
	authenticated, err := credentials.Authenticate(client.Client, err == nil, p.now())
	if err == nil && credentials.Secret != "" {
		p.uses.Note(oauth.HashSecret(credentials.Secret))
	}
	if err != nil {
		p.wrongSecrets.Spend(p.guesser(r, credentials), p.now())
	}
	return authenticated, err
}

// guesser names who may guess a secret. To find it costs more than to see that nobody has
// guessed.
func (p *Provider) guesser(r *http.Request, c oauth.Credentials) string {
	return p.peers.Network(r) + " " + c.ClientID[:min(len(c.ClientID), longestGuessed)]
}

// longestGuessed is how much of a client_id tells those apart whose secret is
// guessed.
const longestGuessed = 64

// tokenAnswer puts minted tokens into wire format.
func (p *Provider) tokenAnswer(pair token.Pair) *tokenResponse {
	return &tokenResponse{
		AccessToken:  pair.Access,
		TokenType:    "Bearer",
		ExpiresIn:    int64(pair.AccessExpiry.Sub(p.now()).Seconds()),
		RefreshToken: pair.Refresh,
		Scope:        pair.Scopes.String(),
		IDToken:      pair.IDToken,
	}
}

// mint makes the tokens of an order. With the scope openid there is an ID token,
// which tells what its user looks like now.
func (p *Provider) mint(ctx context.Context, o token.Order) (token.Pair, error) {
	if err := p.seen(ctx, &o.Grant); err != nil {
		return token.Pair{}, err
	}
	if o.Scopes.Has(oauth.ScopeOpenID) {
		user, err := p.users.UserByID(ctx, o.Grant.UserID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return token.Pair{}, oauth.ErrAuthorizationWithdrawn
		case err != nil:
			return token.Pair{}, fmt.Errorf("reading the user: %w", err)
		}
		o.Profile = new(p.profile(user, o.Grant.Organization))
	}
	return p.tokens.Mint(ctx, o)
}
