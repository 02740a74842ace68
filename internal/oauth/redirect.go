package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxRedirectURI is the most bytes of a redirect URI.
const maxRedirectURI = 1024

// forbiddenSchemes run code or read files in the browser instead of reaching a
// client.
var forbiddenSchemes = []string{"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem"}

// reservedParameters belong to the authorization response; a redirect URI that
// brought its own would let it pass for ours (RFC 6749 §4.1.2, RFC 9207 §2).
var reservedParameters = []string{"code", "state", "error", "error_description", "error_uri", "iss"}

// CheckRedirectURI decides whether a redirect URI may be registered. Any scheme
// is admitted as long as it reaches a client; http beyond loopback only if the
// instance says so.
func CheckRedirectURI(uri string, allowHTTP bool) error {
	u, err := parseRedirectURI(uri)
	if err != nil {
		return err
	}
	if u.Scheme == "http" && !allowHTTP && !isLoopbackHost(u.Hostname()) {
		return refuse(InvalidRedirectURI, "RFC 9700 §2.6", "an http redirect URI is only admitted for a loopback host; use https")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return refuse(InvalidRedirectURI, "RFC 3986 §3.4", "the query of the redirect URI cannot be read")
	}
	for _, name := range reservedParameters {
		if query.Has(name) {
			return refuse(InvalidRedirectURI, "RFC 6749 §4.1.2", "the query of the redirect URI uses a parameter of the authorization response")
		}
	}
	return nil
}

// parseRedirectURI reads an absolute URI that holds nothing a browser might
// understand differently than we do.
func parseRedirectURI(uri string) (*url.URL, error) {
	switch {
	case uri == "" || len(uri) > maxRedirectURI:
		return nil, refuse(InvalidRedirectURI, "RFC 3986 §2", "a redirect URI is 1 to 1024 bytes long")
	case !isURIText(uri):
		return nil, refuse(InvalidRedirectURI, "RFC 3986 §2.2", "a redirect URI consists of printable ASCII without spaces and backslashes")
	case strings.Contains(uri, "#"):
		return nil, refuse(InvalidRedirectURI, "RFC 6749 §3.1.2", "a redirect URI has no fragment")
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return nil, refuse(InvalidRedirectURI, "RFC 3986 §3", "the redirect URI cannot be read as a URI")
	case u.Scheme == "":
		return nil, refuse(InvalidRedirectURI, "RFC 6749 §3.1.2", "a redirect URI is absolute: it begins with a scheme")
	case slices.Contains(forbiddenSchemes, u.Scheme):
		return nil, refuse(InvalidRedirectURI, "RFC 8252 §7.1", "the scheme of the redirect URI does not lead to a client")
	case u.User != nil:
		return nil, refuse(InvalidRedirectURI, "RFC 3986 §3.2.1", "a redirect URI has no user information")
	case (u.Scheme == "http" || u.Scheme == "https") && (u.Hostname() == "" || u.Opaque != ""):
		return nil, refuse(InvalidRedirectURI, "RFC 9110 §4.2", "an http or https redirect URI names a host")
	}
	return u, nil
}

// isURIText reports whether s has only the bytes a URI is made of. Backslash,
// quotes and angle brackets are what browsers and parsers disagree about.
func isURIText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("\\\"<>^`{|}", c) >= 0 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// isLoopbackHost reports whether an http URI with this host stays on the machine.
func isLoopbackHost(host string) bool { return host == "localhost" || isLoopbackIP(host) }

// isLoopbackIP reports whether host is a loopback address in its usual spelling;
// 127.1, 2130706433 and ::ffff:127.0.0.1 are not.
func isLoopbackIP(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() && !ip.Is4In6() && ip.Zone() == ""
}

// A RedirectTarget is a redirect URI known to be the client's. Only the rules
// make one, and the zero value panics when used.
type RedirectTarget struct{ uri string }

// URI gives the redirect URI, byte for byte as the client sent or registered it.
func (t RedirectTarget) URI() string {
	if t.uri == "" {
		panic("oauth: use of a RedirectTarget that no rule has made")
	}
	return t.uri
}

// Native reports whether the target is an app on the user's device, which
// anybody's app could pass for: loopback or a scheme other than https
// (RFC 8252 §8.6).
func (t RedirectTarget) Native() bool {
	u, err := url.Parse(t.URI())
	return err != nil || u.Scheme != "https" && (u.Scheme != "http" || isLoopbackHost(u.Hostname()))
}

// With gives the URI with parameters added to its query, which is otherwise
// kept as it is (RFC 6749 §3.1.2). The pairs are name, value, name, value; empty
// values are left out.
func (t RedirectTarget) With(pairs ...string) string {
	var b strings.Builder
	b.WriteString(t.URI())
	separator := byte('?')
	if strings.Contains(t.uri, "?") {
		separator = '&'
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		b.WriteByte(separator)
		b.WriteString(pairs[i])
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(pairs[i+1]))
		separator = '&'
	}
	return b.String()
}

// redirectTarget finds the one place where the browser may be sent. Its
// refusals are shown to the user, never sent anywhere.
func redirectTarget(requested string, c Client) (RedirectTarget, error) {
	if requested == "" {
		if len(c.RedirectURIs) == 1 {
			return RedirectTarget{c.RedirectURIs[0]}, nil
		}
		return RedirectTarget{}, refuse(InvalidRequest, "RFC 6749 §3.1.2.3", "redirect_uri is missing, and the client has not registered exactly one")
	}
	if !c.Registered(requested) {
		return RedirectTarget{}, refuse(InvalidRequest, "RFC 9700 §2.1", "redirect_uri is not one that the client has registered")
	}
	return RedirectTarget{requested}, nil
}

// Registered reports whether the client has registered the redirect URI: byte by
// byte, but for the port of an http URI on a loopback address (RFC 8252 §7.3).
func (c Client) Registered(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	rest, ok := withoutLoopbackPort(uri)
	return ok && slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		r, ok := withoutLoopbackPort(registered)
		return ok && r == rest
	})
}

// withoutLoopbackPort removes the port of an http URI on a loopback address
// literal; ok is false for every other URI.
func withoutLoopbackPort(uri string) (rest string, ok bool) {
	afterScheme, ok := strings.CutPrefix(uri, "http://")
	if !ok {
		return "", false
	}
	u, err := parseRedirectURI(uri)
	if err != nil || !isLoopbackIP(u.Hostname()) {
		return "", false
	}
	authority := afterScheme
	if end := strings.IndexAny(afterScheme, "/?"); end >= 0 {
		authority = afterScheme[:end]
	}
	return u.Hostname() + afterScheme[len(authority):], true
}
