package ui

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/signet-auth/signet/internal/oauth"
)

// A Permission is a scope in plain words.
type Permission struct {
	Title  string
	Detail string
	Scope  string // set if there are no words for it
}

// words are the scopes that can be put in plain words.
var words = map[string]Permission{
	oauth.ScopeProfile:         {Title: "See your profile", Detail: "Your name, user name and picture"},
	oauth.ScopeEmail:           {Title: "See your e-mail address", Detail: "And whether it is verified"},
	oauth.ScopePublicMetadata:  {Title: "See your public details", Detail: "What is noted on your account for others to see"},
	oauth.ScopePrivateMetadata: {Title: "See your private details", Detail: "What is noted on your account and otherwise kept confidential"},
	"openid":                   {Title: "Know who you are", Detail: "The id of your account, which stays the same"},
	"offline_access":           {Title: "Keep its access", Detail: "Also while you are not using it"},
}

func permissions(scopes oauth.Scopes, custom map[string]string) []Permission {
	list := make([]Permission, 0, len(scopes)+1)
	for _, name := range scopes {
		p, ok := words[name]
		switch {
		case !ok && plain(custom[name]) != "":
			p = Permission{Title: plain(custom[name]), Scope: name}
		case !ok:
			p = Permission{Title: "Use the permission", Scope: name}
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = append(list, words["openid"]) // what every access token tells
	}
	return list
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
