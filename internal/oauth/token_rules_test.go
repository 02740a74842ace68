package oauth

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func form(t *testing.T, encoded string) Form {
	t.Helper()
	f, err := ParseForm(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseForm(t *testing.T) {
	tests := []struct{ name, encoded, want string }{
		{"ordinary", "a=1&b=x%20y", ""},
		{"AZ07 semicolon is part of the value", "a=1;b=2", ""},
		{"IN02 too long", "a=" + strings.Repeat("x", maxParameterKB<<10), "invalid_request, RFC 6749 §3.1"},
		{"IN02 too many", strings.Join(slices.Collect(func(yield func(string) bool) {
			for i := range maxParameters + 1 {
				if !yield(strings.Repeat("a", i+1) + "=1") {
					return
				}
			}
		}), "&"), "invalid_request, RFC 6749 §3.1"},
		{"IN01 bad escape", "a=%zz", "invalid_request, RFC 6749 Appendix B"},
		{"IN01 NUL", "a=%00", "invalid_request, RFC 6749 Appendix B"},
		{"IN01 not UTF-8", "a=%ff", "invalid_request, RFC 6749 Appendix B"},
		{"IN01 overlong", "a=%c0%af", "invalid_request, RFC 6749 Appendix B"},
		{"IN01 surrogate", "a=%ed%a0%80", "invalid_request, RFC 6749 Appendix B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseForm(tt.encoded)
			if got := refusedBy(err); got != tt.want {
				t.Errorf("refused by %q, want %q", got, tt.want)
			}
		})
	}
	if got := form(t, "a=1;b=2").Get("a"); got != "1;b=2" {
		t.Errorf("a = %q, want one literal value", got)
	}
}

func TestGrantType(t *testing.T) {
	tests := []struct{ encoded, want string }{
		{"grant_type=authorization_code", ""},
		{"grant_type=refresh_token", ""},
		{"code=x", "invalid_request, RFC 6749 §4.1.3"},
		{"grant_type=password", "unsupported_grant_type, RFC 6749 §5.2"},             // CE20
		{"grant_type=refresh_token&code=a&code=a", "invalid_request, RFC 6749 §3.2"}, // CE19, IN07
		{"grant_type=refresh_token&grant_type=x", "invalid_request, RFC 6749 §3.2"},  // CE19
		{"grant_type=Authorization_code", "unsupported_grant_type, RFC 6749 §5.2"},   // case matters
	}
	for _, tt := range tests {
		if _, err := GrantType(form(t, tt.encoded)); refusedBy(err) != tt.want {
			t.Errorf("%s refused by %q, want %q", tt.encoded, refusedBy(err), tt.want)
		}
	}
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

func TestClientAuthentication(t *testing.T) {
	const secret = "VVgbT7i6sPo7sTljq2zj12fjmg0jPL5k"
	odd := web
	odd.SecretHash = HashSecret("a:b%c+d é")
	tests := []struct {
		name, header, body string
		client             Client
		found              bool
		want               string
	}{
		{"basic", basic(web.ID, secret), "", web, true, ""},
		{"basic in small letters", strings.Replace(basic(web.ID, secret), "Basic", "basic", 1), "", web, true, ""},
		{"basic with the same client_id in the body", basic(web.ID, secret), "client_id=" + web.ID, web, true, ""},
		{"post", "", "client_id=" + web.ID + "&client_secret=" + secret, web, true, ""},
		{"none", "", "client_id=" + spa.ID, spa, true, ""},
		{"none as basic with an empty secret", basic(spa.ID, ""), "", spa, true, ""},
		{"CA05 special characters", basic(web.ID, "a:b%c+d é"), "", odd, true, ""},
		{"CA01 wrong secret", basic(web.ID, "wrong"), "", web, true, "invalid_client, RFC 6749 §5.2"},
		{"CA01 unknown client", basic("nobody", secret), "", Client{}, false, "invalid_client, RFC 6749 §5.2"},
		{"CA01 empty secret", basic(web.ID, ""), "", web, true, "invalid_client, RFC 6749 §5.2"},
		{"CA03 header and body", basic(web.ID, secret), "client_secret=" + secret, web, true, "invalid_request, RFC 6749 §2.3"},
		{"CA04 another client_id", basic(web.ID, secret), "client_id=other", web, true, "invalid_client, RFC 6749 §3.2.1"},
		{"CA06 confidential client without a secret", "", "client_id=" + web.ID, web, true, "invalid_client, RFC 6749 §5.2"},
		{"CA07 public client with a secret", "", "client_id=" + spa.ID + "&client_secret=x", spa, true, "invalid_client, RFC 6749 §5.2"},
		{"nobody", "", "", Client{}, false, "invalid_client, RFC 6749 §3.2.1"},
		{"another scheme", "Bearer x", "", web, true, "invalid_client, RFC 6749 §2.3.1"},
		{"not base64", "Basic ***", "", web, true, "invalid_client, RFC 7617 §2"},
		{"no colon", "Basic " + base64.StdEncoding.EncodeToString([]byte("x")), "", web, true, "invalid_client, RFC 7617 §2"},
		{"bad escape", "Basic " + base64.StdEncoding.EncodeToString([]byte("x%:y")), "", web, true, "invalid_client, RFC 6749 §2.3.1"},
		{"no id", basic("", "x"), "", web, true, "invalid_client, RFC 6749 §2.3.1"},
		{"NUL", basic("a\x00", "x"), "", web, true, "invalid_client, RFC 6749 §2.3.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := ReadCredentials(tt.header, form(t, tt.body))
			if err == nil {
				_, err = x.Authenticate(tt.client, tt.found, now)
			}
			if got := refusedBy(err); got != tt.want {
				t.Errorf("refused by %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOldSecret(t *testing.T) {
	c := web
	c.OldSecret = OldSecret{Hash: HashSecret("old"), Until: now.Add(time.Hour)}
	for _, tt := range []struct {
		secret string
		at     time.Time
		want   bool
	}{
		{"old", now, true}, {"old", now.Add(time.Hour - 1), true}, {"old", now.Add(time.Hour), false}, {"older", now, false},
	} {
		_, err := Credentials{ClientID: c.ID, Secret: tt.secret}.Authenticate(c, true, tt.at)
		if (err == nil) != tt.want {
			t.Errorf("%q at %v: %v", tt.secret, tt.at, err)
		}
	}
	c.OldSecret = OldSecret{Until: now.Add(time.Hour)}
	if _, err := (Credentials{ClientID: c.ID, Secret: ""}).Authenticate(c, true, now); err == nil {
		t.Error("no old secret admits a client without one")
	}
}

func FuzzBasic(f *testing.F) {
	for _, seed := range []string{basic("id", "secret"), "Basic", "Basic ", "basic Og==", "Bearer x", basic("a%b", "c:d")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		x, err := parseBasic(header)
		if err == nil && (x.ClientID == "" || !isText(x.ClientID) || !isText(x.Secret)) {
			t.Fatalf("%q gives %q and %q", header, x.ClientID, x.Secret)
		}
	})
}

func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%00", "a=%ff", "&&=&", "a=1&a=2", "scope[]=x", "a;b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		x, err := ParseForm(encoded)
		if err != nil {
			return
		}
		again, err := ParseForm(x.Encode())
		if err != nil || !slices.Equal(x.fields, again.fields) {
			t.Fatalf("%q reads as %v, encoded and read again as %v, %v", encoded, x.fields, again.fields, err)
		}
	})
}

func FuzzParseScopes(f *testing.F) {
	for _, seed := range []string{"profile email", "", " ", "a  b", "a\tb", "a a", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		s, err := ParseScopes(value)
		if err != nil {
			return
		}
		again, err := ParseScopes(s.String())
		if err != nil || !slices.Equal(s, again) {
			t.Fatalf("%q reads as %v and again as %v, %v", value, s, again, err)
		}
	})
}

func TestParseScopes(t *testing.T) {
	const refused = "invalid_scope, RFC 6749 §3.3"
	tests := []struct{ name, value, want, refuse string }{
		{"none", "", "", ""},
		{"two", "profile email", "profile email", ""},
		{"twice", "email email", "email", ""},
		{"SC02 two spaces", "a  b", "", refused},
		{"SC02 tab", "a\tb", "", refused},
		{"SC02 NUL", "a\x00", "", refused},
		{"SC02 no-break space", "a\u00a0b", "", refused},
		{"SC02 quote", `a"`, "", refused},
		{"SC02 space at the end", "a ", "", refused},
		{"SC02 too many", strings.Repeat("a ", maxScopes) + "a", "", refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := ParseScopes(tt.value)
			if s.String() != tt.want || refusedBy(err) != tt.refuse {
				t.Errorf("got %q, %q, want %q, %q", s, refusedBy(err), tt.want, tt.refuse)
			}
		})
	}
}

func TestCodeExchange(t *testing.T) {
	valid := Code{
		ClientID: web.ID, RedirectURI: "https://client.example/cb", RedirectRequested: true,
		Scopes: Scopes{"profile"}, Challenge: challenge, ExpiresAt: now.Add(time.Minute),
	}
	tests := []struct {
		name   string
		change func(*CodeExchange, *Code, *Client)
		want   string
	}{
		{"valid", func(*CodeExchange, *Code, *Client) {}, ""},
		{"CE05 code of another client", func(_ *CodeExchange, c *Code, _ *Client) { c.ClientID = "other" }, "invalid_grant, RFC 6749 §4.1.3"},
		{"RU18 no redirect_uri", func(x *CodeExchange, _ *Code, _ *Client) { x.RedirectURI = "" }, "invalid_grant, RFC 6749 §4.1.3"},
		{"RU18 another redirect_uri", func(x *CodeExchange, _ *Code, _ *Client) { x.RedirectURI += "/" }, "invalid_grant, RFC 6749 §4.1.3"},
		{"redirect_uri never sent", func(x *CodeExchange, c *Code, _ *Client) { x.RedirectURI, c.RedirectRequested = "", false }, ""},
		{"RU21 redirect URI removed since", func(_ *CodeExchange, _ *Code, c *Client) { c.RedirectURIs = []string{"https://new.example/"} }, "invalid_grant, RFC 9700 §2.1"},
		{"CE07 no verifier", func(x *CodeExchange, _ *Code, _ *Client) { x.Verifier = "" }, "invalid_grant, RFC 7636 §4.5"},
		{"CE08 verifier without challenge", func(_ *CodeExchange, c *Code, _ *Client) { c.Challenge = "" }, "invalid_grant, RFC 9700 §4.8.2"},
		{"CE14 wrong verifier", func(x *CodeExchange, _ *Code, _ *Client) { x.Verifier = challenge }, "invalid_grant, RFC 7636 §4.6"},
		{"no PKCE at all", func(x *CodeExchange, c *Code, _ *Client) { x.Verifier, c.Challenge = "", "" }, ""},
		{"client became one that requires PKCE", func(x *CodeExchange, c *Code, cl *Client) { x.Verifier, c.Challenge, cl.RequirePKCE = "", "", true }, "invalid_grant, RFC 7636 §4.4.1"},
		{"SC10 resource that was not authorized", func(x *CodeExchange, c *Code, _ *Client) {
			x.Resources, c.Resources = []string{"https://b.example"}, []string{"https://a.example"}
		}, "invalid_target, RFC 8707 §2.2"},
		{"resource narrowed", func(x *CodeExchange, c *Code, _ *Client) {
			x.Resources, c.Resources = []string{"https://a.example"}, []string{"https://b.example", "https://a.example"}
		}, ""},
		{"CE06 at expiry", func(_ *CodeExchange, c *Code, _ *Client) { c.ExpiresAt = now }, "invalid_grant, RFC 6749 §4.1.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, code, client := CodeExchange{Code: "c", RedirectURI: "https://client.example/cb", Verifier: verifier}, valid, web
			tt.change(&x, &code, &client)
			if got := refusedBy(x.Check(code, AuthenticatedClient{client}, now)); got != tt.want {
				t.Errorf("refused by %q, want %q", got, tt.want)
			}
		})
	}
	if got := refusedBy((CodeExchange{}).Check(Code{}, AuthenticatedClient{}, now)); got != "invalid_grant, RFC 6749 §4.1.3" {
		t.Errorf("the zero AuthenticatedClient is refused by %q", got)
	}
}

func TestReadCodeExchange(t *testing.T) {
	tests := []struct{ name, encoded, want string }{
		{"no code", "code=", "invalid_request, RFC 6749 §4.1.3"},
		{"verifier", "code=x&code_verifier=" + verifier, ""},
		{"CE12 42 characters", "code=x&code_verifier=" + verifier[1:], "invalid_request, RFC 7636 §4.1"},
		{"CE12 129 characters", "code=x&code_verifier=" + strings.Repeat("a", 129), "invalid_request, RFC 7636 §4.1"},
		{"CE12 128 characters", "code=x&code_verifier=" + strings.Repeat("a", 128), ""},
		{"CE12 other characters", "code=x&code_verifier=" + strings.Repeat("*", 43), "invalid_request, RFC 7636 §4.1"},
		{"CE12 empty counts as absent", "code=x&code_verifier=", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ReadCodeExchange(form(t, tt.encoded)); refusedBy(err) != tt.want {
				t.Errorf("refused by %q, want %q", refusedBy(err), tt.want)
			}
		})
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{ErrForgedCode, "invalid_grant, RFC 6749 §5.2"},
		{ErrCodeReplayed, "invalid_grant, RFC 6749 §4.1.2"},
		{ErrAuthorizationWithdrawn, "invalid_grant, RFC 6749 §5.2"},
	} {
		if got := refusedBy(tt.err); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestRefreshToken(t *testing.T) {
	standing := Grant{
		ClientID: web.ID, Scopes: Scopes{"profile", "email"}, Generation: 5,
		RotatedAt: now.Add(-30 * time.Second), ExpiresAt: now.Add(time.Hour),
	}
	tests := []struct {
		name       string
		generation uint32
		change     func(*Grant)
		live       bool
		rotated    bool
		want       string
		reused     bool
	}{
		{"just rotated", 4, nil, true, true, "", false},
		{"RT02 RT13 predecessor within the grace", 4, nil, true, false, "", false},
		{"RT13 at the end of the grace", 4, func(g *Grant) { g.RotatedAt = now.Add(-time.Minute) }, true, false, "", false},
		{"RT01 predecessor after the grace", 4, func(g *Grant) { g.RotatedAt = now.Add(-time.Minute - 1) }, true, false, "invalid_grant, RFC 9700 §4.14.2", true},
		{"RT01 older than the predecessor", 3, nil, true, false, "invalid_grant, RFC 9700 §4.14.2", true},
		{"from before a restore", 6, nil, true, false, "invalid_grant, RFC 6749 §5.2", false},
		{"RT04 another client", 4, func(g *Grant) { g.ClientID = "other" }, true, false, "invalid_grant, RFC 6749 §6", false},
		{"revoked", 4, func(g *Grant) { g.RevokedAt = now }, false, false, "invalid_grant, RFC 6749 §6", false},
		{"expired", 4, func(g *Grant) { g.ExpiresAt = now }, false, false, "invalid_grant, RFC 6749 §1.5", false},
		{"RT08 user banned", 4, nil, false, false, "invalid_grant, RFC 6749 §5.2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := standing
			if tt.change != nil {
				tt.change(&g)
			}
			reused, err := RefreshToken{Generation: tt.generation}.Check(g, tt.live, tt.rotated, AuthenticatedClient{web}, now)
			if refusedBy(err) != tt.want || reused != tt.reused {
				t.Errorf("got %q, reused %v, want %q, %v", refusedBy(err), reused, tt.want, tt.reused)
			}
		})
	}
}

func TestRefreshScopes(t *testing.T) {
	if _, err := ReadRefresh(form(t, "scope=profile")); refusedBy(err) != "invalid_request, RFC 6749 §6" {
		t.Errorf("no refresh token is refused by %q", refusedBy(err))
	}
	reduced := web
	reduced.Scopes = Scopes{"email"}
	none := web
	none.Scopes = nil
	tests := []struct {
		name   string
		ask    string
		client Client
		want   string
		refuse string
	}{
		{"all", "", web, "profile email", ""},
		{"RT06 narrowed", "email", web, "email", ""},
		{"RT05 widened", "email public_metadata", web, "", "invalid_scope, RFC 6749 §6"},
		{"RT09 client lost a scope", "", reduced, "email", ""},
		{"RT09 client lost them all", "", none, "", "invalid_scope, RFC 6749 §6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := ReadRefresh(form(t, url.Values{"refresh_token": {"x"}, "scope": {tt.ask}}.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			g := Grant{Scopes: Scopes{"profile", "email"}}
			err = x.CheckRequest(g)
			var got Scopes
			if err == nil {
				got, err = x.Narrow(g, AuthenticatedClient{tt.client})
			}
			if got.String() != tt.want || refusedBy(err) != tt.refuse {
				t.Errorf("got %q, %q, want %q, %q", got, refusedBy(err), tt.want, tt.refuse)
			}
		})
	}
}

func TestBearerToken(t *testing.T) {
	tests := []struct{ name, header, query, body, token, refuse string }{
		{"header", "Bearer abc", "", "", "abc", ""},
		{"RS05 small letters", "bearer abc", "", "", "abc", ""},
		{"RS05 capitals and spaces", "BEARER   abc ", "", "", "abc", ""},
		{"body", "", "", "access_token=abc", "abc", ""},
		{"RS01 none", "", "", "", "", ", RFC 6750 §3.1"},
		{"another scheme", "Basic abc", "", "", "", ", RFC 6750 §3.1"},
		{"RS02 query", "", "access_token=abc", "", "", "invalid_request, RFC 9700 §4.3.2"},
		{"RS03 two places", "Bearer abc", "", "access_token=abc", "", "invalid_request, RFC 6750 §2"},
		{"twice in the body", "", "", "access_token=a&access_token=b", "", "invalid_request, RFC 6750 §3.1"},
		{"RS05 two tokens", "Bearer a b", "", "", "", "invalid_request, RFC 6750 §2.1"},
		{"empty", "Bearer ", "", "", "", "invalid_request, RFC 6750 §2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := BearerRequest{tt.header, form(t, tt.query), form(t, tt.body)}.Token()
			if got != tt.token || refusedBy(err) != tt.refuse {
				t.Errorf("got %q, %q, want %q, %q", got, refusedBy(err), tt.token, tt.refuse)
			}
		})
	}
}

func TestAccessTokenCheck(t *testing.T) {
	const invalid = "invalid_token, RFC 6750 §3.1"
	if got := refusedBy(ErrForgedAccessToken); got != "invalid_token, RFC 6750 §3.1" {
		t.Errorf("a forged token is refused by %q", got)
	}
	abroad := Grant{Details: Details{Resources: []string{"https://api.example"}}}
	for name, x := range map[string]struct {
		token AccessToken
		grant Grant
		want  string
	}{
		"for anybody":              {AccessToken{}, Grant{}, ""},
		"SC09 for another":         {AccessToken{}, abroad, "invalid_token, RFC 8707 §2"},
		"for this server":          {AccessToken{Audience: []string{"https://id.example"}}, abroad, ""},
		"SC12 of a client":         {AccessToken{ClientID: "c"}, Grant{}, "insufficient_scope, RFC 6750 §3.1"},
		"SC09 narrowed to another": {AccessToken{Audience: []string{"https://b.example"}}, Grant{}, "invalid_token, RFC 8707 §2"},
	} {
		if got := refusedBy(x.token.ForUserInfo(x.grant, "https://id.example")); got != x.want {
			t.Errorf("user info with a token %s: %q, want %q", name, got, x.want)
		}
	}
	valid := AccessToken{ExpiresAt: now.Add(time.Second)}
	tests := []struct {
		name  string
		token AccessToken
		grant Grant
		live  bool
		want  string
	}{
		{"live", valid, Grant{}, true, ""},
		{"expired", AccessToken{ExpiresAt: now}, Grant{}, true, invalid},
		{"revoked", valid, Grant{RevokedAt: now}, false, invalid},
		{"RS14 user banned", valid, Grant{}, false, invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := refusedBy(tt.token.Check(tt.grant, tt.live, now)); got != tt.want {
				t.Errorf("refused by %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUserInfo(t *testing.T) {
	p := Profile{UserID: "user_1", InstanceID: "ins_1", Email: "me@x.example", EmailVerified: true, GivenName: "Ada", FamilyName: "Byron", PublicMetadata: []byte(`{"a":1}`)}
	always := []string{"instance_id", "object", "sub", "user_id"}
	tests := []struct {
		scopes string
		adds   []string
	}{
		{"", nil},
		{"email", []string{"email", "email_verified"}},
		{"profile", []string{"family_name", "given_name", "locale", "name", "picture", "preferred_username", "updated_at", "username"}},
		{"public_metadata", []string{"public_metadata", "unsafe_metadata"}},
		{"private_metadata", []string{"private_metadata"}},
	}
	for _, tt := range tests {
		scopes, _ := ParseScopes(tt.scopes)
		var got []string
		for name := range UserInfo(p, scopes, nil) {
			got = append(got, name)
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(append(slices.Clone(always), tt.adds...)))
		if !slices.Equal(got, want) {
			t.Errorf("scope %q buys %v, want %v", tt.scopes, got, want)
		}
	}
	if with := UserInfo(p, Scopes{"openid", "profile"}, []string{"email"}); with["email"] != "me@x.example" || with["sub"] != "user_1" {
		t.Errorf("a claim asked for by name: %v", with)
	} else if _, ok := with["username"]; ok {
		t.Errorf("with openid an unknown claim is there: %v", with)
	}
	all := UserInfo(p, slices.DeleteFunc(BuiltInScopes(false), func(s string) bool { return s == "openid" }), nil)
	if all["name"] != "Ada Byron" || all["username"] != nil || all["object"] != "oauth_user_info" || all["email_verified"] != true {
		t.Errorf("got %v", all)
	}
}
