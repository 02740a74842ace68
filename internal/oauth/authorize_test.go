package oauth

import (
	"errors"
	"slices"
	"strconv"
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
		{"nonce without state and PKCE", func(p *Params, _ *Client) { p.State, p.CodeChallenge, p.CodeChallengeMethod, p.Nonce = "", "", "", "n" }, "", true},
		{"AZ10 response_mode", func(p *Params, _ *Client) { p.ResponseMode = "fragment" }, "unsupported_response_mode, OAuth 2.0 Multiple Response Types §2.1", true},
		{"form_post", func(p *Params, _ *Client) { p.ResponseMode = "form_post" }, "", true},
		{"AZ18 request", func(p *Params, _ *Client) { p.Request = true }, "request_not_supported, OIDC Core §6.1", true},
		{"AZ18 request_uri", func(p *Params, _ *Client) { p.RequestURI = true }, "request_uri_not_supported, OIDC Core §6.2", true},
		{"registration", func(p *Params, _ *Client) { p.Registration = true }, "registration_not_supported, OIDC Core §7.2.1", true},
		{"openid without redirect_uri", func(p *Params, _ *Client) { p.Scope, p.RedirectURI = "openid", "" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"nonce of 384 characters", func(p *Params, _ *Client) { p.Nonce = strings.Repeat("x", 384) }, "", true},
		{"nonce too long", func(p *Params, _ *Client) { p.Nonce = strings.Repeat("x", maxNonce+1) }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ15 prompt none with login", func(p *Params, _ *Client) { p.Prompt = "none login" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ15 unknown prompt", func(p *Params, _ *Client) { p.Prompt = "please" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ16 negative max_age", func(p *Params, _ *Client) { p.MaxAge = "-1" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ16 max_age is no number", func(p *Params, _ *Client) { p.MaxAge = "NaN" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ16 huge max_age", func(p *Params, _ *Client) { p.MaxAge = strings.Repeat("9", 40) }, "", true},
		{"AZ07 claims is no JSON", func(p *Params, _ *Client) { p.Claims = "{" }, "invalid_request, OIDC Core §5.5", true},
		{"AZ07 claims too long", func(p *Params, _ *Client) { p.Claims = strings.Repeat("[", maxClaims+1) }, "invalid_request, OIDC Core §5.5", true},
		{"claims", func(p *Params, _ *Client) {
			p.Claims = `{"userinfo":{"name":{"essential":true},"x":null},"id_token":{"acr":null}}`
		}, "", true},
		{"essential acr that is not reached", func(p *Params, _ *Client) { p.Claims = `{"id_token":{"acr":{"essential":true,"values":["gold"]}}}` }, "unmet_authentication_requirements, OIDC Core §5.5.1.1", true},
		{"essential acr that is reached", func(p *Params, _ *Client) {
			p.Claims = `{"id_token":{"acr":{"essential":true,"values":["gold","` + ACROneFactor + `"]}}}`
		}, "", true},
		{"AZ17 foreign hint", func(p *Params, _ *Client) { p.IDTokenHint = "x" }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"AZ17 hint of another client", func(p *Params, _ *Client) { p.IDTokenHint, p.Hinted = "x", &Hint{Subject: "user_1", Audience: "b"} }, "invalid_request, OIDC Core §3.1.2.1", true},
		{"hint", func(p *Params, c *Client) { p.IDTokenHint, p.Hinted = "x", &Hint{Subject: "user_1", Audience: c.ID} }, "", true},
		{"hint and claims differ", func(p *Params, c *Client) {
			p.IDTokenHint, p.Hinted = "x", &Hint{Subject: "user_1", Audience: c.ID}
			p.Claims = `{"userinfo":{"sub":{"value":"user_2"}}}`
		}, "invalid_request, OIDC Core §5.5.1", true},
		{"SC08 relative resource", func(p *Params, _ *Client) { p.Resources = []string{"/api"} }, "invalid_target, RFC 8707 §2", true},
		{"SC08 resource with fragment", func(p *Params, _ *Client) { p.Resources = []string{"https://api.example#x"} }, "invalid_target, RFC 8707 §2", true},
		{"SC08 resource not permitted", func(p *Params, c *Client) {
			c.Resources, p.Resources = []string{"https://a.example"}, []string{"https://b.example"}
		}, "invalid_target, RFC 8707 §2", true},
		{"too many resources", func(p *Params, _ *Client) {
			for i := range maxResources + 1 {
				p.Resources = append(p.Resources, "https://api.example/"+strconv.Itoa(i))
			}
		}, "invalid_target, RFC 8707 §2", true},
		{"PKCE without state", func(p *Params, _ *Client) { p.State = "" }, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, c := validParams, web
			c.Scopes = append(Scopes{"openid"}, c.Scopes...)
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
	dynamic := web
	dynamic.DynamicallyRegistered, dynamic.AskConsent = true, false
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
		{"CM: registered itself, agreed another time", dynamic, user("profile"), Progress{}, Ask, ""},
		{"CM: registered itself, agreed now", dynamic, user("profile"), Progress{AgreedBy: "user_1"}, Answer, ""},
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
			got, err := r.Next(tt.user, tt.done, now)
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
	code := r.Code(GrantID{1}, User{ID: "user_1", SessionID: "sess_1"}, now, time.Time{}, ahead, now.Add(-time.Hour))
	if !code.AuthorizedAt.After(ahead) {
		t.Errorf("authorized at %v, want later than %v", code.AuthorizedAt, ahead)
	}
	if want := now.Add(time.Minute); !code.ExpiresAt.Equal(want) {
		t.Errorf("expires at %v, want %v", code.ExpiresAt, want)
	}
}

func TestNextWithOpenID(t *testing.T) {
	minutesAgo := func(n int) *User {
		return &User{ID: "user_1", SessionID: "sess_1", SignedInAt: now.Add(-time.Duration(n) * time.Minute), Agreed: Scopes{"openid", "profile"}}
	}
	fresh := Progress{SignedIn: "sess_1"}
	hint := func(p *Params) { p.IDTokenHint, p.Hinted = "x", &Hint{Subject: "user_2", Audience: web.ID} }
	tests := []struct {
		name   string
		change func(*Params)
		user   *User
		done   Progress
		want   Step
		refuse string
	}{
		{"none, nobody signed in", func(p *Params) { p.Prompt = "none" }, nil, Progress{}, 0, "login_required, OIDC Core §3.1.2.6"},
		{"none, signed in and agreed", func(p *Params) { p.Prompt = "none" }, minutesAgo(5), Progress{}, Answer, ""},
		{"SC04 none, agreed to less", func(p *Params) { p.Prompt, p.Scope = "none", "openid email" }, minutesAgo(5), Progress{}, 0, "consent_required, OIDC Core §3.1.2.6"},
		{"none, too long ago", func(p *Params) { p.Prompt, p.MaxAge = "none", "60" }, minutesAgo(5), Progress{}, 0, "login_required, OIDC Core §3.1.2.6"},
		{"login", func(p *Params) { p.Prompt = "login" }, minutesAgo(5), Progress{}, SignInAgain, ""},
		{"login, done", func(p *Params) { p.Prompt = "login" }, minutesAgo(0), fresh, Answer, ""},
		{"login, done in another session", func(p *Params) { p.Prompt = "login" }, minutesAgo(0), Progress{SignedIn: "sess_0"}, SignInAgain, ""},
		{"max_age, long ago", func(p *Params) { p.MaxAge = "60" }, minutesAgo(5), Progress{}, SignInAgain, ""},
		{"max_age, done and thought about for long", func(p *Params) { p.MaxAge = "60" }, minutesAgo(5), fresh, Answer, ""},
		{"max_age, recent", func(p *Params) { p.MaxAge = "600" }, minutesAgo(5), Progress{}, Answer, ""},
		{"max_age 0", func(p *Params) { p.MaxAge = "0" }, minutesAgo(0), Progress{}, SignInAgain, ""},
		{"consent", func(p *Params) { p.Prompt = "consent" }, minutesAgo(5), Progress{}, Ask, ""},
		{"consent, done", func(p *Params) { p.Prompt = "consent" }, minutesAgo(5), Progress{AgreedBy: "user_1"}, Answer, ""},
		{"select_account", func(p *Params) { p.Prompt = "select_account" }, minutesAgo(5), Progress{}, Choose, ""},
		{"select_account, done", func(p *Params) { p.Prompt = "select_account" }, minutesAgo(5), Progress{Chosen: "user_1"}, Answer, ""},
		{"select_account by signing in", func(p *Params) { p.Prompt = "select_account" }, minutesAgo(0), fresh, Answer, ""},
		{"AZ17 hint at another user", hint, minutesAgo(5), Progress{}, SignInAgain, ""},
		{"AZ17 hint at another user, none", func(p *Params) { hint(p); p.Prompt = "none" }, minutesAgo(5), Progress{}, 0, "login_required, OIDC Core §3.1.2.6"},
		{"AZ17 signed in as somebody else again", hint, minutesAgo(0), fresh, 0, "login_required, OIDC Core §3.1.2.1"},
		{"SC13 another user by value", func(p *Params) { p.Claims = `{"id_token":{"sub":{"value":"user_2"}}}` }, minutesAgo(5), Progress{}, SignInAgain, ""},
		{"claims beyond what was agreed to", func(p *Params) { p.Claims = `{"userinfo":{"email":null}}` }, minutesAgo(5), Progress{}, Ask, ""},
		{"SC13 claims beyond the ceiling", func(p *Params) { p.Claims = `{"userinfo":{"private_metadata":null}}` }, minutesAgo(5), Progress{}, Answer, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, c := validParams, web
			p.Scope, c.Scopes = "openid profile", Scopes{"openid", "profile", "email"}
			tt.change(&p)
			r, err := Authorize(p, c)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Next(tt.user, tt.done, now)
			if got != tt.want || refusedBy(err) != tt.refuse {
				t.Errorf("got %v, %q, want %v, %q", got, refusedBy(err), tt.want, tt.refuse)
			}
		})
	}
}

// AZ02, AZ03: nobody vouches for a client that registered itself, so its refusals
// do not bounce the browser there, unless the user has decided.
func TestRefusalsOfSelfRegisteredClientsAreHeld(t *testing.T) {
	dynamic := web
	dynamic.DynamicallyRegistered = true
	p := validParams
	p.Scope = "admin"
	_, err := Authorize(p, dynamic)
	var redirect *RedirectError
	if !errors.As(err, &redirect) || !redirect.Hold {
		t.Errorf("a bad scope: %+v, want it held", redirect)
	}
	p = validParams
	p.Prompt = "none"
	r, err := Authorize(p, dynamic)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Next(nil, Progress{}, now); !errors.As(err, &redirect) || !redirect.Hold {
		t.Errorf("prompt=none: %+v, want it held", redirect)
	}
	if _, err = r.Next(nil, Progress{Denied: true}, now); !errors.As(err, &redirect) || redirect.Hold {
		t.Errorf("denied: %+v, want it sent", redirect)
	}
}

func TestIDTokenClaims(t *testing.T) {
	g := Grant{
		ID: GrantID{1}, UserID: "user_1", ClientID: "c", SessionID: "sess_1", RotatedAt: now,
		Details: Details{AuthTime: now.Add(-time.Minute), Methods: []string{"pwd"}, IDTokenClaims: []string{"name"}},
	}
	token := IDToken{
		Issuer: "https://id.example", ID: "1", Nonce: "n", AccessToken: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", // OIDC Core A.3's
		Grant: g, Scopes: Scopes{"openid", "email"}, Lifetime: time.Hour, Algorithm: RS256,
		Profile: Profile{Email: "ada@example.com", EmailVerified: true, GivenName: "Ada", UserID: "user_1"},
	}
	claims := token.Claims()
	for name, want := range map[string]any{
		"iss": "https://id.example", "sub": "user_1", "aud": "c", "azp": "c", "nonce": "n", "sid": "sess_1",
		"iat": now.Unix(), "exp": now.Unix() + 3600, "auth_time": now.Unix() - 60, "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
		"email": "ada@example.com", "email_verified": true, "name": "Ada",
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	for _, name := range []string{"given_name", "object", "instance_id", "public_metadata"} {
		if _, ok := claims[name]; ok {
			t.Errorf("there is a %s that nobody asked for", name)
		}
	}
}
