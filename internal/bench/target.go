package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Target says where a server's endpoints are and who to be there. Endpoints are
// URLs of one origin.
type Target struct {
	Issuer        string
	Authorize     string
	Token         string
	UserInfo      string
	Introspection string // "" if there is none
	Verify        string // "" if there is none; Signet's and Clerk's own
	GrantTypes    []string

	ClientID     string
	ClientSecret string
	RedirectURI  string
	Scope        string
	Cookie       string // of a session whose user has agreed to the scope
	SecretKey    string // opens Verify
	Users        int    // people of people.go who are there
	Page         int    // how many of them a page of a list has
	PIDs         []int  // processes whose CPU time counts, with all below them

	// Tokens of grants that are there already, to use beside those bought.
	Access, Refresh []string
}

// discoveryTimeout bounds the search for the metadata.
const discoveryTimeout = 10 * time.Second

// Discover fills in the endpoints that are not set, from the server's metadata
// (RFC 8414, OpenID Connect Discovery).
func (t *Target) Discover(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	var metadata struct {
		Authorize     string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		UserInfo      string   `json:"userinfo_endpoint"`
		Introspection string   `json:"introspection_endpoint"`
		GrantTypes    []string `json:"grant_types_supported"`
	}
	var err error
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		if err = getJSON(ctx, strings.TrimSuffix(t.Issuer, "/")+path, &metadata); err == nil {
			break
		}
	}
	if err != nil && (t.Authorize == "" || t.Token == "") {
		return fmt.Errorf("%s has no metadata: %w", t.Issuer, err)
	}
	fill := func(into *string, value string) {
		if *into == "" {
			*into = value
		}
	}
	fill(&t.Authorize, metadata.Authorize)
	fill(&t.Token, metadata.Token)
	fill(&t.UserInfo, metadata.UserInfo)
	fill(&t.Introspection, metadata.Introspection)
	if t.GrantTypes == nil {
		t.GrantTypes = metadata.GrantTypes
	}
	if t.SecretKey != "" {
		fill(&t.Verify, strings.TrimSuffix(t.Issuer, "/")+"/oauth_applications/access_tokens/verify")
	}
	return t.oneOrigin()
}

// oneOrigin checks that connections to the token endpoint serve all others.
func (t *Target) oneOrigin() error {
	base, err := t.base()
	if err != nil {
		return err
	}
	for _, endpoint := range []string{t.Authorize, t.UserInfo, t.Introspection, t.Verify} {
		if endpoint == "" {
			continue
		}
		u, err := url.Parse(endpoint)
		if err != nil {
			return err
		}
		if u.Scheme != base.Scheme || u.Host != base.Host {
			return fmt.Errorf("%s is on another host than %s", endpoint, t.Token)
		}
	}
	return nil
}

func (t *Target) base() (*url.URL, error) {
	u, err := url.Parse(t.Token)
	if err == nil && u.Host == "" {
		err = fmt.Errorf("there is no token endpoint")
	}
	return u, err
}

// offers tells whether the server has a grant type; one that does not say has
// those of RFC 8414 §2.
func (t *Target) offers(grantType string) bool { return slices.Contains(t.GrantTypes, grantType) }

// path gives the part of an endpoint that a request names.
func path(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	return u.RequestURI()
}

func getJSON(ctx context.Context, address string, into any) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, answer.Status)
	}
	const most = 1 << 20
	return json.NewDecoder(io.LimitReader(answer.Body, most)).Decode(into)
}
