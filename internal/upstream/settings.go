package upstream

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// A Kind is how a provider is spoken to.
type Kind string

// The kinds.
const (
	OpenID    Kind = "oidc"
	Google    Kind = "google"
	Microsoft Kind = "microsoft"
	GitHub    Kind = "github"
)

// Settings are how one provider is set up.
type Settings struct {
	// ID names the provider in URLs and in the database: it must never change. Small
	// letters, digits and dashes, at most 32.
	ID   string
	Kind Kind
	// Name is what people know it by. Default: that of the kind.
	Name string
	// Issuer is the issuer of an OpenID Connect provider, the authority of Microsoft
	// with its tenant, or the address of a GitHub of one's own. Default: the public
	// one of the kind.
	Issuer       string
	ClientID     string
	ClientSecret string
	// Scopes are asked for beside those that tell who somebody is. Default: none.
	Scopes []string
}

// The public providers. Those of Microsoft's tenants each have an issuer of their own.
const (
	googleIssuer    = "https://accounts.google.com"
	microsoftIssuer = "https://login.microsoftonline.com/common/v2.0"
	githubAddress   = "https://github.com"
)

var defaults = map[Kind]struct{ name, issuer string }{
	OpenID:    {},
	Google:    {"Google", googleIssuer},
	Microsoft: {"Microsoft", microsoftIssuer},
	GitHub:    {"GitHub", githubAddress},
}

var idForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// Filled gives the settings with their defaults.
func (s Settings) Filled() Settings {
	d := defaults[s.Kind]
	s.ID = cmp.Or(s.ID, string(s.Kind))
	s.Issuer = cmp.Or(s.Issuer, d.issuer)
	s.Name = cmp.Or(s.Name, d.name)
	return s
}

// Check tells what is wrong with settings that are filled, all at once. The errors
// contain no secret.
func (s Settings) Check() (problems []error) {
	wrong := func(bad bool, text string) {
		if bad {
			problems = append(problems, errors.New(text))
		}
	}
	_, known := defaults[s.Kind]
	wrong(!known, "kind is none of oidc, google, microsoft and github")
	wrong(!idForm.MatchString(s.ID), "id is not made of small letters, digits and dashes, at most 32")
	wrong(s.ClientID == "", "client_id is missing")
	wrong(s.ClientSecret == "", "client_secret is missing")
	wrong(known && s.Name == "", "name is missing: what people know the provider by")
	wrong(known && s.Issuer == "", "issuer is missing")
	wrong(s.Issuer != "" && !isIssuer(s.Issuer), "issuer is not an https URL without query and fragment; http does for this machine alone")
	for _, scope := range s.Scopes {
		wrong(scope == "" || strings.ContainsAny(scope, " \t\r\n\"\\"), "scopes holds something that is no scope")
	}
	return problems
}

func isIssuer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Contains(text, "#") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
