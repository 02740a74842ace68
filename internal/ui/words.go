package ui

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/oauth"
)

// A Permission is a scope in plain words.
type Permission struct {
	Title  string // the message that says what it allows, unless Words do
	Detail string // the message that says it more exactly, or ""
	Words  string // what the operator says of it
	Scope  string // set if we have no words for it
}

// words are the scopes that can be put in plain words.
var words = map[string]Permission{
	oauth.ScopeProfile:         {Title: "scope.profile", Detail: "scope.profile_detail"},
	oauth.ScopeEmail:           {Title: "scope.email", Detail: "scope.email_detail"},
	oauth.ScopePublicMetadata:  {Title: "scope.public_metadata", Detail: "scope.public_metadata_detail"},
	oauth.ScopePrivateMetadata: {Title: "scope.private_metadata", Detail: "scope.private_metadata_detail"},
	oauth.ScopeOpenID:          {Title: "scope.openid", Detail: "scope.openid_detail"},
	oauth.ScopeOrganization:    {Title: "scope.organizations", Detail: "scope.organizations_detail"},
}

// permissions are the scopes in plain words, but for that which says how long they
// last; the page says that elsewhere.
func permissions(scopes oauth.Scopes, custom map[string]string) []Permission {
	list := make([]Permission, 0, len(scopes)+1)
	for _, name := range scopes {
		p, ok := words[name]
		switch {
		case name == oauth.ScopeOfflineAccess:
			continue
		case !ok && plain(custom[name]) != "":
			p = Permission{Words: custom[name], Scope: name}
		case !ok:
			p = Permission{Title: "scope.unknown", Scope: name}
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = append(list, words[oauth.ScopeOpenID]) // what every access token tells
	}
	return list
}

// Explain says what a scope allows, in one sentence: what the operator says of it,
// or we do. Of a scope that nobody has described it says nothing.
func Explain(l lang.Language, scope, custom string) (string, error) {
	key := "consent.offline"
	if scope != oauth.ScopeOfflineAccess {
		p, ok := words[scope]
		if !ok {
			return plain(custom), nil
		}
		key = p.Title
	}
	return l.Format(key, lang.Args{}, func(s string) string { return s })
}

// Domain is the part of the host of a redirect URI that somebody registered, by the
// public suffix list, or "" where there is none.
func Domain(redirectURI string) string {
	host := destination(redirectURI).Host
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return domain
}

// A Destination is where a redirect URI leads.
type Destination struct {
	Host string // the part of the host that somebody registered; "" for an app on the device
}

// destination names what a user can judge a redirect URI by. A subdomain says
// nothing that its owner could not have made up.
func destination(redirectURI string) Destination {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return Destination{}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Unmap().IsLoopback() {
			return Destination{}
		}
		return Destination{Host: host} // another machine: no app on this one
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return Destination{}
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return Destination{Host: domain}
	}
	return Destination{Host: host}
}
