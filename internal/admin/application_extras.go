package admin

import (
	"net/url"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// maxResources is the most resources that an application or the instance may list.
const maxResources = 50

// A Lifetime is one of LifetimeNames and how long; 0 is as the instance has it.
type Lifetime struct {
	Name  string
	Value time.Duration
}

// applyTokens decides what tokens the application gets.
func (f ApplicationFields) applyTokens(c *store.Client, p *problems) {
	if f.IDTokenAlgorithm != nil {
		c.IDTokenAlgorithm = oauth.Algorithm(*f.IDTokenAlgorithm)
		if !slices.Contains(oauth.Algorithms(), c.IDTokenAlgorithm) {
			p.add("id_token_signed_response_alg", Unacceptable, "id_token_signed_response_alg must be RS256, ES256 or EdDSA.")
		}
	}
	if f.TokenFormat != nil {
		c.Own.TokenFormat = store.TokenFormat(*f.TokenFormat)
		if c.Own.TokenFormat != "" && c.Own.TokenFormat != store.OpaqueTokens && c.Own.TokenFormat != store.JWTTokens {
			p.add("access_token_format", Unacceptable, "access_token_format must be opaque or jwt, or null for what the instance has.")
		}
	}
	if f.RefreshPolicy != nil {
		c.StickyRefresh = *f.RefreshPolicy == StickyRefresh
		if !c.StickyRefresh && *f.RefreshPolicy != RotateRefresh {
			p.add("refresh_token_policy", Unacceptable, "refresh_token_policy must be rotate or sticky.")
		}
	}
	if f.ClientCredentials != nil {
		c.ClientCredentials = *f.ClientCredentials
	}
	if c.ClientCredentials && (f.Public != nil && *f.Public || f.Public == nil && c.Public) {
		p.add("client_credentials_grant_enabled", Disallowed, "A public application cannot act on its own behalf: it has no secret to prove itself by.")
	}
	if c.StickyRefresh && (f.Public != nil && *f.Public || f.Public == nil && c.Public) {
		p.add("refresh_token_policy", Disallowed, "The refresh tokens of a public application rotate (RFC 9700 §4.14.2).")
	}
	for _, l := range f.Lifetimes {
		bound, ok := lifetimeBounds[l.Name]
		if !ok || l.Value != 0 && (l.Value < bound.least || l.Value > bound.most) {
			p.add(l.Name, Unacceptable, bound.text)
			continue
		}
		*bound.field(&c.Own.Lifetimes) = l.Value
	}
}

// applyTargets decides what the application's tokens are for, and where its users
// may go after they have signed out.
func (f ApplicationFields) applyTargets(c *store.Client, s store.Settings, p *problems) {
	if f.Resources != nil {
		c.Own.Resources = p.resources("resources", f.Resources)
	}
	if f.PostLogoutURIs == nil {
		return
	}
	if len(f.PostLogoutURIs) > maxRedirectURIs {
		p.add("post_logout_redirect_uris", TooMany, "post_logout_redirect_uris must name at most 50 URIs.")
		return
	}
	for _, uri := range f.PostLogoutURIs {
		p.redirectURI("post_logout_redirect_uris", uri, s)
	}
	c.PostLogoutURIs = slices.Clone(f.PostLogoutURIs)
}

// resources reads a list of resource indicators (RFC 8707 §2).
func (p *problems) resources(field string, given []string) []string {
	if len(given) > maxResources {
		p.add(field, TooMany, field+" must name at most 50 URIs.")
		return nil
	}
	for _, resource := range given {
		u, err := url.Parse(resource)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Fragment != "" || len(resource) > 512 {
			p.add(field, Malformed, field+" must hold absolute URIs without fragment.")
			return nil
		}
	}
	return slices.Clone(given)
}
