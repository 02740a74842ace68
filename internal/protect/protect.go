// Package protect puts an API or an MCP server behind Signet without a change to
// it: it tells clients where to get tokens (RFC 9728), refuses requests without a
// good one (RFC 6750), and passes the others on with the user in a header.
//
// It runs apart from the server and knows it by its public faces alone.
package protect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

// Options are what a proxy stands on.
type Options struct {
	Upstream *url.URL // where good requests go
	Resource string   // the URL by which the world knows what is protected; tokens must be for it
	Issuer   string   // the Signet that issues the tokens
	Scopes   []string // that every token must have
	Name     string   // for people; may be ""
	Verifier Verifier
	Log      *slog.Logger
}

// A Verifier finds out what a token is good for.
type Verifier interface {
	// Verify reads a token, or fails with ErrNotGood. Any other error means that
	// it could not be found out.
	Verify(ctx context.Context, token string) (Token, error)
}

// ErrNotGood refuses a token.
var ErrNotGood = errors.New("the token is unknown, expired or revoked")

// A Token is a good one.
type Token struct {
	Subject  string
	ClientID string
	Scopes   []string
	Audience []string
}

// The headers that the upstream gets. What a client sends under these names is
// dropped.
const (
	headerPrefix  = "X-Signet-"
	subjectHeader = headerPrefix + "User"
	clientHeader  = headerPrefix + "Client"
	scopeHeader   = headerPrefix + "Scope"
)

// wellKnown is where the metadata of a resource is, before its path (RFC 9728 §3).
const wellKnown = "/.well-known/oauth-protected-resource"

// metadata describes the resource (RFC 9728 §2).
type metadata struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers"`
	Scopes        []string `json:"scopes_supported,omitempty"`
	BearerMethods []string `json:"bearer_methods_supported"`
	Name          string   `json:"resource_name,omitempty"`
}

// A Proxy is an http.Handler. It is safe for concurrent use.
type Proxy struct {
	Options
	path        string // of the resource, without a slash at the end
	metadataURL string
	forward     *httputil.ReverseProxy
}

// New makes a proxy. The resource has to be an absolute http or https URL.
func New(o Options) (*Proxy, error) {
	u, err := url.Parse(o.Resource)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Fragment != "" {
		return nil, fmt.Errorf("the resource %q is not an http or https URL without fragment", o.Resource)
	}
	p := &Proxy{Options: o, path: strings.TrimSuffix(u.Path, "/")}
	p.metadataURL = u.Scheme + "://" + u.Host + wellKnown + p.path
	p.forward = &httputil.ReverseProxy{
		FlushInterval: -1, // events go on as they come
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(o.Upstream)
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				o.Log.ErrorContext(r.Context(), "the upstream did not answer", "err", err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == wellKnown || r.URL.Path == wellKnown+p.path {
		p.describe(w)
		return
	}
	if isPreflight(r) { // browsers send no token along; what is allowed is the upstream's to say
		p.pass(w, r, Token{})
		return
	}
	bearer, sent := bearerOf(r.Header)
	if !sent {
		p.refuse(w, http.StatusUnauthorized, "", "an access token is needed")
		return
	}
	token, err := p.Verifier.Verify(r.Context(), bearer)
	switch {
	case errors.Is(err, ErrNotGood):
		p.refuse(w, http.StatusUnauthorized, "invalid_token", "the access token is unknown, expired or revoked")
	case err != nil:
		p.Log.ErrorContext(r.Context(), "a token could not be verified", "err", err)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	case !p.isFor(token.Audience):
		p.refuse(w, http.StatusUnauthorized, "invalid_token", "the access token is for another resource")
	case !all(p.Scopes, token.Scopes):
		p.refuse(w, http.StatusForbidden, "insufficient_scope", "the access token lacks a scope")
	default:
		p.pass(w, r, token)
	}
}

// isFor reports whether a token for the audience is for this resource. A slash at
// the end of a URL without a path makes no difference, as clients differ.
func (p *Proxy) isFor(audience []string) bool {
	return slices.ContainsFunc(audience, func(a string) bool {
		return strings.TrimSuffix(a, "/") == strings.TrimSuffix(p.Resource, "/")
	})
}

func all(wanted, have []string) bool {
	for _, w := range wanted {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}

// pass sends a request on with the user in place of the token, which is for this
// proxy alone.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, token Token) {
	r = r.Clone(r.Context())
	for name := range r.Header {
		if isOurs(name) {
			delete(r.Header, name)
		}
	}
	r.Header.Del("Authorization")
	if token.Subject != "" {
		r.Header.Set(subjectHeader, token.Subject)
		r.Header.Set(clientHeader, token.ClientID)
		r.Header.Set(scopeHeader, strings.Join(token.Scopes, " "))
	}
	p.forward.ServeHTTP(w, r)
}

// isPreflight recognizes what a browser asks before a request (Fetch §3.2.2).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// isOurs recognizes our headers in any spelling that an upstream might take for
// one of them.
func isOurs(name string) bool {
	return strings.HasPrefix(strings.ReplaceAll(strings.ToLower(name), "_", "-"), strings.ToLower(headerPrefix))
}

func (p *Proxy) describe(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	json.NewEncoder(w).Encode(metadata{ // an error here means that the client has gone
		Resource: p.Resource, Servers: []string{p.Issuer}, Scopes: p.Scopes, BearerMethods: []string{"header"}, Name: p.Name,
	})
}

// refuse answers with the challenge that leads clients to the metadata (RFC 9728
// §5.1). Texts are constants.
func (p *Proxy) refuse(w http.ResponseWriter, status int, code, description string) {
	challenge := `Bearer resource_metadata="` + p.metadataURL + `"`
	if len(p.Scopes) > 0 {
		challenge += `, scope="` + strings.Join(p.Scopes, " ") + `"`
	}
	if code != "" {
		challenge += `, error="` + code + `", error_description="` + description + `"`
	}
	h := w.Header()
	h.Set("WWW-Authenticate", challenge)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(refusal{code, description})
}

// A refusal is the body of a refused request. Without a token nothing was wrong, so
// there is no code (RFC 6750 §3.1).
type refusal struct {
	Code        string `json:"error,omitempty"`
	Description string `json:"error_description"`
}

func bearerOf(h http.Header) (string, bool) {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
