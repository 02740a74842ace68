package admin

import (
	"errors"
	"slices"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	maxRedirectURIs = 50
	maxScopeText    = 1024
)

// applyToNew decides what a new application looks like.
func (f ApplicationFields) applyToNew(c *store.Client, s store.Settings) error {
	var p problems
	if f.Name == nil {
		p.add("name", Missing, "name must be included.")
	}
	if f.Public != nil && *f.Public {
		// Some clients send every field with its zero value, so that "false" here
		// says nothing; it is overruled rather than refused.
		f.RequirePKCE = nil
	}
	f.apply(c, s, &p)
	return p.err()
}

// applyTo decides what a changed application looks like.
func (f ApplicationFields) applyTo(c *store.Client, s store.Settings) error {
	var p problems
	f.apply(c, s, &p)
	return p.err()
}

func (f ApplicationFields) apply(c *store.Client, s store.Settings, p *problems) {
	if f.Name != nil {
		c.Name = p.line("name", *f.Name)
		if c.Name == "" {
			p.add("name", Empty, "name must not be empty.")
		}
	}
	f.applyRedirectURIs(c, s, p)
	f.applyScopes(c, s, p)
	f.applyPublic(c, p)
	if f.ConsentScreen != nil {
		c.AskConsent = *f.ConsentScreen
		if c.DynamicallyRegistered && !c.AskConsent {
			p.add("consent_screen_enabled", ConsentRequired, "An application that registered itself always asks for consent.")
		}
	}
	if f.DeviceGrant != nil {
		c.DeviceGrant = *f.DeviceGrant
	}
	f.applyTokens(c, p)
	f.applyTargets(c, s, p)
}

// applyRedirectURIs joins the two spellings of redirect URIs. Given together,
// redirect_uris is the list and callback_url is on it; callback_url alone is the
// first of the list, which others may follow.
func (f ApplicationFields) applyRedirectURIs(c *store.Client, s store.Settings, p *problems) {
	if len(f.RedirectURIs) > maxRedirectURIs {
		p.add("redirect_uris", TooMany, "redirect_uris must name at most 50 URIs.")
		return
	}
	seen := map[string]bool{}
	for _, uri := range f.RedirectURIs {
		p.redirectURI("redirect_uris", uri, s)
		if seen[uri] {
			p.add("redirect_uris", Repeated, "redirect_uris must not name a URI twice.")
		}
		seen[uri] = true
	}
	callback := ""
	if f.CallbackURL != nil && *f.CallbackURL != "" {
		callback = *f.CallbackURL
		p.redirectURI("callback_url", callback, s)
	}
	c.RedirectURIs = joinRedirectURIs(c.RedirectURIs, f.RedirectURIs, callback)
	if len(c.RedirectURIs) > maxRedirectURIs {
		p.add("redirect_uris", TooMany, "redirect_uris must name at most 50 URIs.")
	}
}

func joinRedirectURIs(current, given []string, callback string) []string {
	switch {
	case given != nil && callback != "" && !slices.Contains(given, callback):
		return append(slices.Clone(given), callback)
	case given != nil:
		return slices.Clone(given)
	case callback != "":
		joined := []string{callback}
		if len(current) > 0 {
			for _, uri := range current[1:] {
				if uri != callback {
					joined = append(joined, uri)
				}
			}
		}
		return joined
	}
	return current
}

func (p *problems) redirectURI(field, uri string, s store.Settings) {
	err := oauth.CheckRedirectURI(uri, s.AllowHTTPRedirectURIs)
	var refusal *oauth.Error
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		p.add(field, Malformed, field+": "+refusal.Description+".")
	default:
		p.add(field, Malformed, field+" must hold valid URIs.")
	}
}

func (f ApplicationFields) applyScopes(c *store.Client, s store.Settings, p *problems) {
	if f.Scopes == nil || *f.Scopes == "" {
		return
	}
	if len(*f.Scopes) > maxScopeText {
		p.add("scopes", TooLong, "scopes must be at most 1024 characters long.")
		return
	}
	scopes, err := oauth.ParseScopes(*f.Scopes)
	if err != nil || !scopes.Within(s.Scopes()) {
		p.add("scopes", UnknownScope, "scopes must be names out of "+scopeList(s)+", separated by single spaces.")
		return
	}
	c.Scopes = scopes
}

// applyPublic keeps a public application on PKCE: it has no other proof that
// whoever redeems a code is whoever asked for it (RFC 9700 §2.1.1).
func (f ApplicationFields) applyPublic(c *store.Client, p *problems) {
	if f.Public != nil {
		c.Public = *f.Public
	}
	if f.RequirePKCE != nil {
		c.RequirePKCE = *f.RequirePKCE
		if c.Public && !c.RequirePKCE {
			p.add("pkce_required", PublicWithoutPKCE, "A public application must use PKCE.")
		}
	}
	if c.Public {
		c.RequirePKCE = true
	}
}
