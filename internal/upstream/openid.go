package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// openID is a conversation in OpenID Connect. The provider's metadata is read when it
// is first needed, so that Signet starts and others sign in while it is down.
type openID struct {
	settings Settings
	redirect string
	client   *http.Client
	now      func() time.Time

	finding singleflight.Group
	found   atomic.Pointer[discovered]
}

// discovered is the metadata of a provider.
type discovered struct {
	*oidc.Provider
	metadata
}

// metadata is what go-oidc does not read of it.
type metadata struct {
	NamesIssuer bool `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

func newOpenID(s Settings, redirect string, client *http.Client, now func() time.Time) *openID {
	return &openID{settings: s, redirect: redirect, client: client, now: now}
}

// provider finds the metadata, once. All who need it meanwhile wait for one request,
// each no longer than its own allows.
func (o *openID) provider(ctx context.Context) (*discovered, error) {
	if found := o.found.Load(); found != nil {
		return found, nil
	}
	select {
	case x := <-o.finding.DoChan("", func() (any, error) { return o.discover(ctx) }):
		if x.Err != nil {
			return nil, fmt.Errorf("%w: its metadata: %w", ErrUnreachable, x.Err)
		}
		return x.Val.(*discovered), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: its metadata: %w", ErrUnreachable, ctx.Err())
	}
}

// discover asks for the metadata.
func (o *openID) discover(ctx context.Context) (*discovered, error) {
	// What is found keeps the client for the keys, which outlives the request.
	keep := oidc.ClientContext(context.WithoutCancel(ctx), o.client)
	if o.perTenant() {
		keep = oidc.InsecureIssuerURLContext(keep, strings.Replace(o.settings.Issuer, "/common/", "/{tenantid}/", 1))
	}
	p, err := oidc.NewProvider(keep, o.settings.Issuer)
	if err != nil {
		return nil, err
	}
	found := &discovered{Provider: p}
	if err := p.Claims(&found.metadata); err != nil {
		return nil, err
	}
	o.found.Store(found)
	return found, nil
}

// perTenant reports whether each tenant is an issuer of its own, named by the token:
// that of accounts of any organization at Microsoft.
func (o *openID) perTenant() bool {
	return o.settings.Kind == Microsoft && strings.HasSuffix(o.settings.Issuer, "/common/v2.0")
}

func (o *openID) config(p *discovered) oauth2.Config {
	return oauth2.Config{
		ClientID: o.settings.ClientID, ClientSecret: o.settings.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: o.redirect,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, o.settings.Scopes...),
	}
}

func (o *openID) authorize(ctx context.Context, a Attempt) (string, error) {
	p, err := o.provider(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if a.LoginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", a.LoginHint))
	}
	if a.Again { // max_age has auth_time told as well (OpenID Connect Core §3.1.2.1)
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	c := o.config(p)
	return c.AuthCodeURL(a.State, options...), nil
}

// idClaims are the claims of an ID token or of user info that are read. Microsoft tells
// of a verified address in one of its own, if the operator has it do so.
type idClaims struct {
	Subject    string `json:"sub"`
	Email      string `json:"email"`
	Verified   truth  `json:"email_verified"`
	MSVerified truth  `json:"xms_edov"`
	Tenant     string `json:"tid"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Name       string `json:"name"`
	AuthTime   int64  `json:"auth_time"` // seconds
}

// truth is a boolean, which some providers write as text or as a number.
type truth bool

// UnmarshalJSON implements json.Unmarshaler.
func (t *truth) UnmarshalJSON(text []byte) error {
	said := strings.Trim(string(text), `"`)
	*t = truth(said == "true" || said == "1")
	return nil
}

func (o *openID) identify(ctx context.Context, code, issuer string, a Attempt) (Identity, error) {
	p, err := o.provider(ctx)
	if err != nil {
		return Identity{}, err
	}
	if !o.perTenant() && (issuer != "" || p.NamesIssuer) && issuer != o.settings.Issuer {
		return Identity{}, fmt.Errorf("%w: the answer is another issuer's (RFC 9207 §2.4)", ErrRefused)
	}
	ctx = oidc.ClientContext(ctx, o.client)
	t, err := exchange(ctx, o.config(p), code, a)
	if err != nil {
		return Identity{}, err
	}
	raw, _ := t.Extra("id_token").(string)
	verified, claims, err := o.verify(ctx, p, raw, a)
	if err != nil {
		return Identity{}, err
	}
	if claims.Email == "" {
		if claims, err = o.userInfo(ctx, p, t, claims); err != nil {
			return Identity{}, err
		}
	}
	x := Identity{Issuer: verified.Issuer, Subject: claims.Subject, Address: claims.Email, FirstName: claims.GivenName, LastName: claims.FamilyName}
	x.Verified = o.vouches(claims)
	if x.FirstName == "" && x.LastName == "" {
		x.FirstName, x.LastName = split(claims.Name)
	}
	return x, nil
}

// leeway is how far the clocks of the provider and of this machine may be apart.
const leeway = time.Minute

// verify checks an ID token (OpenID Connect Core §3.1.3.7).
func (o *openID) verify(ctx context.Context, p *discovered, raw string, a Attempt) (*oidc.IDToken, idClaims, error) {
	t, err := p.Verifier(&oidc.Config{ClientID: o.settings.ClientID, SkipIssuerCheck: o.perTenant(), Now: o.now}).Verify(ctx, raw)
	if err != nil {
		return nil, idClaims{}, fmt.Errorf("%w: the ID token: %w", ErrRefused, err)
	}
	var claims idClaims
	if err := t.Claims(&claims); err != nil {
		return nil, idClaims{}, fmt.Errorf("%w: the claims of the ID token: %w", ErrRefused, err)
	}
	switch {
	case t.Nonce != a.Nonce:
		return nil, idClaims{}, fmt.Errorf("%w: the ID token has another nonce", ErrRefused)
	case o.perTenant() && (!tenantForm.MatchString(claims.Tenant) || t.Issuer != strings.Replace(o.settings.Issuer, "/common/", "/"+claims.Tenant+"/", 1)):
		return nil, idClaims{}, fmt.Errorf("%w: the ID token is not its tenant's", ErrRefused)
	case a.Again && claims.AuthTime != 0 && time.Unix(claims.AuthTime, 0).Before(a.StartedAt.Add(-leeway)):
		return nil, idClaims{}, fmt.Errorf("%w: the user has not signed in once more", ErrRefused)
	}
	return t, claims, nil
}

var tenantForm = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// personalTenant is that of Microsoft's own accounts, whose addresses it has verified.
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// vouches reports whether the provider says that the address is the user's. An
// organization at Microsoft writes into its accounts what it likes.
func (o *openID) vouches(c idClaims) bool {
	if o.settings.Kind == Microsoft {
		return bool(c.MSVerified) || c.Tenant == personalTenant
	}
	return bool(c.Verified)
}

// userInfo asks for what the ID token does not say. It has to be of the same subject
// (OpenID Connect Core §5.3.2).
func (o *openID) userInfo(ctx context.Context, p *discovered, t *oauth2.Token, claims idClaims) (idClaims, error) {
	if p.UserInfoEndpoint() == "" {
		return claims, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(t))
	if err != nil {
		return idClaims{}, fmt.Errorf("%w: its user info: %w", ErrUnreachable, err)
	}
	var more idClaims
	var raw json.RawMessage
	if err := info.Claims(&raw); err != nil || json.Unmarshal(raw, &more) != nil || more.Subject != claims.Subject {
		return idClaims{}, fmt.Errorf("%w: the user info is of somebody else", ErrRefused)
	}
	more.Tenant, more.AuthTime = claims.Tenant, claims.AuthTime
	return more, nil
}
