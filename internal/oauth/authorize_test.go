package oauth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var validParams = Params{
	ResponseType:        "code",
	ClientID:            "client",
	RedirectURI:         "https://client.example/cb",
	Scope:               "profile",
	State:               "af0ifjsldkj",
	CodeChallenge:       challenge,
	CodeChallengeMethod: "S256",
}

func TestAuthorizeRefusals(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*Params, *Client)
		want     string
		redirect bool // sent to the client, rather than shown to the user
	}{
		{"valid", func(*Params, *Client) {}, "", false},
		{"RU16 unregistered redirect_uri", func(p *Params, _ *Client) { p.RedirectURI += "/evil" }, "invalid_request, RFC 9700 §2.1", false},
		{"RU17 no redirect_uri, several registered", func(p *Params, c *Client) {
			p.RedirectURI = ""
			c.RedirectURIs = []string{"https://a.example/", "https://b.example/"}
		}, "invalid_request, RFC 6749 §3.1.2.3", false},
		{"RU22 no redirect_uri, none registered", func(p *Params, c *Client) { p.RedirectURI, c.RedirectURIs = "", nil }, "invalid_request, RFC 6749 §3.1.2.3", false},
		{"RU22 redirect_uri, none registered", func(_ *Params, c *Client) { c.RedirectURIs = nil }, "invalid_request, RFC 9700 §2.1", false},
		{"RU17 no redirect_uri, one registered", func(p *Params, _ *Client) { p.RedirectURI = "" }, "", false},
		{"AZ05 repeated parameter", func(p *Params, _ *Client) { p.Repeated = []string{"scope"} }, "invalid_request, RFC 6749 §3.1", true},
		{"AZ14 state too long", func(p *Params, _ *Client) { p.State = strings.Repeat("x", maxState+1) }, "invalid_request, RFC 6749 Appendix A.5", true},
		{"AZ14 state of 4 KiB", func(p *Params, _ *Client) { p.State = strings.Repeat("x", 4096) }, "", true},
		{"state with a line break", func(p *Params, _ *Client) { p.State = "a\r\nb" }, "invalid_request, RFC 6749 Appendix A.5", true},
		{"state in UTF-8 with quotes", func(p *Params, _ *Client) { p.State = `"+é` }, "", true},
		{"no response_type", func(p *Params, _ *Client) { p.ResponseType = "" }, "invalid_request, RFC 6749 §3.1.1", true},
		{"AZ08 implicit flow", func(p *Params, _ *Client) { p.ResponseType = "token" }, "unsupported_response_type, RFC 6749 §3.1.1", true},
		{"AZ08 hybrid flow", func(p *Params, _ *Client) { p.ResponseType = "code token" }, "unsupported_response_type, RFC 6749 §3.1.1", true},
		{"SC01 scope not allowed", func(p *Params, _ *Client) { p.Scope = "profile admin" }, "invalid_scope, RFC 6749 §4.1.2.1", true},
		{"SC02 two spaces", func(p *Params, _ *Client) { p.Scope = "profile  email" }, "invalid_scope, RFC 6749 §3.3", true},
		{"CE09 public client without PKCE", func(p *Params, c *Client) { c.Public, p.CodeChallenge, p.CodeChallengeMethod = true, "", "" }, "invalid_request, RFC 7636 §4.4.1", true},
		{"CE09 client that requires PKCE", func(p *Params, c *Client) { c.RequirePKCE, p.CodeChallenge, p.CodeChallengeMethod = true, "", "" }, "invalid_request, RFC 7636 §4.4.1", true},
		{"CE10 plain", func(p *Params, _ *Client) { p.CodeChallengeMethod = "plain" }, "invalid_request, RFC 9700 §2.1.1", true},
		{"CE10 no method means plain", func(p *Params, _ *Client) { p.CodeChallengeMethod = "" }, "invalid_request, RFC 9700 §2.1.1", true},
		{"method without challenge", func(p *Params, _ *Client) { p.CodeChallenge = "" }, "invalid_request, RFC 7636 §4.3", true},
		{"CE13 padded challenge", func(p *Params, _ *Client) { p.CodeChallenge += "=" }, "invalid_request, RFC 7636 §4.2", true},
		{"CE13 challenge in base64, not base64url", func(p *Params, _ *Client) { p.CodeChallenge = strings.Repeat("+", 43) }, "invalid_request, RFC 7636 §4.2", true},
		{"neither state nor PKCE", func(p *Params, _ *Client) { p.State, p.CodeChallenge, p.CodeChallengeMethod = "", "", "" }, "invalid_request, RFC 9700 §4.7", true},
		{"state without PKCE", func(p *Params, _ *Client) { p.CodeChallenge, p.CodeChallengeMethod = "", "" }, "", true},
		{"PKCE without state", func(p *Params, _ *Client) { p.State = "" }, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, c := validParams, web
			tt.change(&p, &c)
			_, err := Authorize(p, c)
			if got := refusedBy(err); got != tt.want {
				t.Fatalf("refused by %q, want %q", got, tt.want)
			}
			if got := errors.As(err, new(*RedirectError)); err != nil && got != tt.redirect {
				t.Errorf("redirected = %v, want %v", got, tt.redirect)
			}
		})
	}
}

func TestReadParams(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"AZ01 no client_id", "response_type=code", "invalid_request, RFC 6749 §4.1.1"},
		{"empty counts as absent", "client_id=", "invalid_request, RFC 6749 §4.1.1"},
		{"AZ05 two client_ids", "client_id=a&client_id=b", "invalid_request, RFC 6749 §3.1"},
		{"RU16 two redirect_uris", "client_id=a&redirect_uri=x&redirect_uri=x", "invalid_request, RFC 6749 §3.1"},
		{"too long for the pages", "client_id=a&x=" + strings.Repeat("x", maxRequest), "invalid_request, RFC 6749 §3.1"},
		{"unknown parameters are ignored", "client_id=a&extra=foobar", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseForm(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ReadParams(f); refusedBy(err) != tt.want {
				t.Errorf("refused by %q, want %q", refusedBy(err), tt.want)
			}
		})
	}
	if got := refusedBy(ErrUnknownClient); got != "invalid_request, RFC 6749 §4.1.2.1" {
		t.Errorf("an unknown client is refused by %q", got)
	}
}

func TestStateAndTargetSurviveARefusal(t *testing.T) {
	p := validParams
	p.Scope = "admin"
	_, err := Authorize(p, web)
	var redirect *RedirectError
	if !errors.As(err, &redirect) || redirect.State != p.State || redirect.Target.URI() != p.RedirectURI {
		t.Errorf("got %+v, want the state and the redirect URI of the request", redirect)
	}
}

func TestScopesDefaultToTheCeiling(t *testing.T) {
	p := validParams
	p.Scope = ""
	r, err := Authorize(p, web)
	if err != nil || !slices.Equal(r.Scopes(), web.Scopes) {
		t.Errorf("got %v, %v, want all that the client may have", r.Scopes(), err)
	}
}

func TestNext(t *testing.T) {
	quiet := web
	quiet.AskConsent = false
	native := spa
	native.RedirectURIs = []string{"myapp://cb"}
	user := func(agreed ...string) *User { return &User{ID: "user_1", Agreed: agreed} }
	tests := []struct {
		name   string
		client Client
		user   *User
		done   Progress
		want   Step
		refuse string
	}{
		{"nobody signed in", web, nil, Progress{}, SignIn, ""},
		{"new to the application", web, user(), Progress{}, Ask, ""},
		{"SC04 agreed to less", web, user("email"), Progress{}, Ask, ""},
		{"agreed", web, user("profile", "email"), Progress{}, Answer, ""},
		{"need not ask", quiet, user(), Progress{}, Agree, ""},
		{"need not ask, noted before", quiet, user("profile"), Progress{}, Answer, ""},
		{"public on https, agreed", spa, user("profile"), Progress{}, Answer, ""},
		{"SC06 native app, agreed another time", native, user("profile"), Progress{}, Ask, ""},
		{"SC06 native app, agreed now", native, user("profile"), Progress{AgreedBy: "user_1"}, Answer, ""},
		{"SC06 native app, somebody else agreed", native, user("profile"), Progress{AgreedBy: "user_2"}, Ask, ""},
		{"agreed now but withdrawn since", native, user(), Progress{AgreedBy: "user_1"}, Ask, ""},
		{"AZ04 denied", web, user(), Progress{Denied: true}, 0, "access_denied, RFC 6749 §4.1.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := validParams
			p.RedirectURI = ""
			r, err := Authorize(p, tt.client)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Next(tt.user, tt.done)
			if got != tt.want || refusedBy(err) != tt.refuse {
				t.Errorf("got %v, %q, want %v, %q", got, refusedBy(err), tt.want, tt.refuse)
			}
		})
	}
}

func TestCodeIsAuthorizedAfterEveryKnownNotBefore(t *testing.T) {
	r, err := Authorize(validParams, web)
	if err != nil {
		t.Fatal(err)
	}
	ahead := now.Add(2 * time.Second) // written by a node whose clock runs ahead
	code := r.Code(GrantID{1}, "user_1", "sess_1", now, time.Time{}, ahead, now.Add(-time.Hour))
	if !code.AuthorizedAt.After(ahead) {
		t.Errorf("authorized at %v, want later than %v", code.AuthorizedAt, ahead)
	}
	if want := now.Add(time.Minute); !code.ExpiresAt.Equal(want) {
		t.Errorf("expires at %v, want %v", code.ExpiresAt, want)
	}
}
