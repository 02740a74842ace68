package attack

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/test/harness"
)

// withPKCE signs in with a challenge.
func (a *attack) withPKCE() string {
	a.Helper()
	return a.signIn("code_challenge", challenge(), "code_challenge_method", "S256")
}

var exchangeAndPKCE = map[string]func(*attack){
	"CE01": func(a *attack) {
		code := a.signIn()
		access, refresh := a.tokens(a.exchange(a.app, code))
		a.want("again", a.exchange(a.app, code), 400, "invalid_grant")
		a.dead("after the replay", access)
		a.want("after the replay", a.refresh(a.app, refresh), 400, "invalid_grant")
	},
	"CE02": func(a *attack) {
		code := a.withPKCE()
		access, _ := a.tokens(a.exchange(a.app, code, "code_verifier", verifier))
		wrong := a.app
		wrong.Secret = strings.Repeat("x", 32)
		a.want("wrong secret", a.exchange(wrong, code, "code_verifier", verifier), 401, "invalid_client")
		a.want("wrong verifier", a.exchange(a.app, code, "code_verifier", strings.Repeat("y", 43)), 400, "invalid_grant")
		a.want("another client", a.exchange(a.other, code, "code_verifier", verifier), 400, "invalid_grant")
		a.alive("after replays that prove nothing", access)
	},
	"CE03": func(a *attack) {
		code := a.signIn()
		won := 0
		for _, x := range together(20, func() answer { return a.exchange(a.app, code) }) {
			if x.status == 200 {
				won++
			}
		}
		if won != 1 {
			a.Errorf("%d exchanges of one code won", won)
		}
	},
	"CE04": func(a *attack) {
		code := a.signIn()
		var access string
		for _, x := range together(10, func() answer { return a.exchange(a.app, code) }) {
			if x.status == 200 {
				access, _ = x.body["access_token"].(string)
			}
		}
		a.API(a, "DELETE", "/v1/oauth_applications/"+a.app.Application, nil)
		a.dead("won in a race, then the application was deleted", access)
	},
	"CE05": func(a *attack) {
		code := a.signIn()
		a.want("by another client", a.exchange(a.other, code), 400, "invalid_grant")
		a.want("by its own", a.exchange(a.app, code), 200, "")
	},
	"CE06": func(a *attack) {
		early, late := a.signIn(), a.signIn()
		a.Clock.Add(time.Minute - time.Millisecond)
		a.want("just before its end", a.exchange(a.app, early), 200, "")
		a.Clock.Add(time.Millisecond)
		a.want("at its end", a.exchange(a.app, late), 400, "invalid_grant")
	},
	"CE07": func(a *attack) { a.want("no verifier", a.exchange(a.app, a.withPKCE()), 400, "invalid_grant") },
	"CE08": func(a *attack) {
		a.want("a verifier without challenge", a.exchange(a.app, a.signIn(), "code_verifier", verifier), 400, "invalid_grant")
	},
	"CE09": func(a *attack) {
		page := a.someone.Visit(strings.Replace(strings.Replace(a.link(), a.app.ID, a.spa.ID, 1), "client.example", "spa.example", 1))
		if page.Left == nil || page.Left.Query().Get("error") != "invalid_request" {
			a.Errorf("a public client without PKCE: %d %v", page.Status, page.Left)
		}
	},
	"CE10": func(a *attack) {
		a.sent("plain", a.visit("code_challenge", verifier, "code_challenge_method", "plain"), "invalid_request")
		a.sent("none", a.visit("code_challenge", verifier), "invalid_request")
	},
	"CE11": func(a *attack) {
		a.want("plain at the token endpoint", a.exchange(a.app, a.withPKCE(), "code_verifier", challenge(), "code_challenge_method", "plain"), 400, "invalid_grant")
	},
	"CE12": func(a *attack) {
		code := a.withPKCE()
		for _, bad := range []string{strings.Repeat("x", 42), strings.Repeat("x", 129), strings.Repeat("!", 43)} {
			a.want(bad, a.exchange(a.app, code, "code_verifier", bad), 400, "invalid_request")
		}
		a.want("the right one", a.exchange(a.app, code, "code_verifier", verifier), 200, "")
	},
	"CE13": func(a *attack) {
		for _, bad := range []string{challenge() + "=", challenge()[:42], challenge() + "x", strings.Repeat("+", 43)} {
			a.sent(bad, a.visit("code_challenge", bad, "code_challenge_method", "S256"), "invalid_request")
		}
	},
	"CE14": func(a *attack) {
		a.want("the challenge itself", a.exchange(a.app, a.withPKCE(), "code_verifier", challenge()), 400, "invalid_grant")
	},
	"CE15": func(a *attack) {
		a.tokens(a.exchange(a.app, a.withPKCE(), "code_verifier", verifier))
		a.tokens(a.exchange(a.app, a.withPKCE(), "code_verifier", verifier)) // allowed
	},
	"CE16": func(a *attack) {
		code := a.signIn()
		if x := a.do("GET", "/oauth/token?grant_type=authorization_code&code="+code, basic(a.app), "", ""); x.status != 405 {
			a.Errorf("GET: %d", x.status)
		}
		x := a.do("POST", "/oauth/token?client_secret="+a.app.Secret, "", formType, "grant_type=authorization_code&client_id="+a.app.ID+"&code="+code)
		a.want("a secret in the query", x, 400, "invalid_request")
	},
	"CE17": func(a *attack) {
		code := a.signIn()
		for _, bad := range []string{code + "A", code[:len(code)-1], "%", "oac_", strings.ToUpper(code), code + "\n", strings.Repeat("x", 10_000)} {
			a.want(fmt.Sprintf("%.20q", bad), a.exchange(a.app, bad), 400, "invalid_grant")
		}
	},
	"CE18": func(a *attack) {
		a.unregistrable(callback+"?code=x", callback+"?a=1&state=x", callback+"?iss=x", callback+"?error=x")
	},
	"CE19": func(a *attack) {
		a.want("none", a.as(a.app, "/oauth/token", "code", "x"), 400, "invalid_request")
		a.want("unknown", a.as(a.app, "/oauth/token", "grant_type", "magic"), 400, "unsupported_grant_type")
		a.want("not allowed", a.as(a.app, "/oauth/token", "grant_type", "client_credentials"), 400, "unauthorized_client")
		a.want("twice", a.do("POST", "/oauth/token", basic(a.app), formType, "grant_type=authorization_code&grant_type=refresh_token"), 400, "invalid_request")
	},
	"CE20": func(a *attack) {
		a.want("password", a.as(a.app, "/oauth/token", "grant_type", "password", "username", harness.Email, "password", harness.Password), 400, "unsupported_grant_type")
	},
	"CE21": func(a *attack) {
		code := a.signIn()
		a.API(a, "POST", "/v1/users/"+a.User+"/ban", nil)
		a.want("of a banned user", a.exchange(a.app, code), 400, "invalid_grant")
	},
	"CE22": func(a *attack) {
		code := a.signIn()
		a.API(a, "DELETE", "/v1/oauth_applications/"+a.app.Application, nil)
		a.want("of a deleted client", a.exchange(a.app, code), 401, "invalid_client")
	},
	"CE23": func(a *attack) {
		for _, kind := range []string{"application/json", "", "text/plain"} {
			a.want(kind, a.do("POST", "/oauth/token", basic(a.app), kind, `{"grant_type":"authorization_code"}`), 400, "invalid_request")
		}
	},
	"CE24": func(a *attack) {
		users := map[string]*harness.Person{}
		for i := range 4 {
			name := fmt.Sprintf("user%d_x", i)
			id := a.CreateUser(a, map[string]any{"username": name})
			someone := harness.NewPerson(a, a.Issuer)
			page := someone.Submit(someone.Visit(a.link()), "sign-in", map[string]string{"identifier": name, "password": harness.Password})
			someone.Submit(page, "allow", nil)
			users[id] = someone
		}
		done := make(chan string, 4*len(users))
		for id, someone := range users {
			go func() {
				for range 4 {
					page, err := someone.Try(a.link())
					if err != nil || page.Left == nil {
						done <- fmt.Sprint(err, page.Status)
						continue
					}
					access, _ := a.exchange(a.app, page.Left.Query().Get("code")).body["access_token"].(string)
					if got := a.userInfo(access).body["sub"]; got != id {
						done <- fmt.Sprintf("the token of %s is %v's", id, got)
						continue
					}
					done <- ""
				}
			}()
		}
		for range cap(done) {
			if problem := <-done; problem != "" {
				a.Error(problem)
			}
		}
	},
}

// together makes calls at once.
func together(n int, call func() answer) []answer {
	answers := make(chan answer, n)
	start := make(chan struct{})
	for range n {
		go func() {
			<-start
			answers <- call()
		}()
	}
	close(start)
	all := make([]answer, n)
	for i := range all {
		all[i] = <-answers
	}
	return all
}

var refreshTokens = map[string]func(*attack){
	"RT01": func(a *attack) {
		access, first := a.grant()
		newer, second := a.tokens(a.refresh(a.app, first))
		a.Clock.Add(61 * time.Second)
		a.want("an old one", a.refresh(a.app, first), 400, "invalid_grant")
		a.want("its successor", a.refresh(a.app, second), 400, "invalid_grant")
		a.dead("reuse", access)
		a.dead("reuse", newer)
	},
	"RT02": func(a *attack) {
		_, refresh := a.grant()
		seen := map[string]bool{}
		for _, x := range together(20, func() answer { return a.refresh(a.app, refresh) }) {
			_, next := a.tokens(x)
			seen[next] = true
		}
		if len(seen) != 1 {
			a.Errorf("one refresh token has %d successors", len(seen))
		}
	},
	"RT04": func(a *attack) {
		_, refresh := a.grant()
		a.want("by another", a.refresh(a.other, refresh), 400, "invalid_grant")
		a.want("by a public one", a.refresh(a.spa, refresh), 400, "invalid_grant")
		a.want("by its own", a.refresh(a.app, refresh), 200, "")
	},
	"RT05": func(a *attack) {
		_, refresh := a.grant()
		a.want("wider", a.refresh(a.app, refresh, "scope", "profile email"), 400, "invalid_scope")
		a.want("unharmed", a.refresh(a.app, refresh), 200, "")
	},
	"RT06": func(a *attack) {
		_, refresh := a.grant("scope", "profile email")
		x := a.refresh(a.app, refresh, "scope", "email")
		_, next := a.tokens(x)
		if x.body["scope"] != "email" {
			a.Errorf("narrowed to %v", x.body["scope"])
		}
		if wide := a.refresh(a.app, next); wide.body["scope"] != "profile email" {
			a.Errorf("afterwards: %s", wide.text)
		}
	},
	"RT07": func(a *attack) {
		_, refresh := a.grant()
		a.want("no secret", a.refresh(harness.Application{ID: a.app.ID}, refresh), 401, "invalid_client")
		a.want("nobody", a.do("POST", "/oauth/token", "", formType, "grant_type=refresh_token&refresh_token="+refresh), 401, "invalid_client")
	},
	"RT08": func(a *attack) {
		access, refresh := a.grant()
		a.API(a, "POST", "/v1/users/"+a.User+"/ban", nil)
		a.want("banned", a.refresh(a.app, refresh), 400, "invalid_grant")
		a.API(a, "POST", "/v1/users/"+a.User+"/unban", nil)
		a.want("I8: unbanned", a.refresh(a.app, refresh), 400, "invalid_grant")
		a.dead("unbanned", access)
	},
	"RT09": func(a *attack) {
		_, refresh := a.grant("scope", "profile email")
		a.API(a, "PATCH", "/v1/oauth_applications/"+a.app.Application, map[string]any{"scopes": "email"})
		if x := a.refresh(a.app, refresh); x.status != 200 || x.body["scope"] != "email" {
			a.Errorf("after the ceiling came down: %d %s", x.status, x.text)
		}
	},
	"RT10": func(a *attack) {
		_, refresh := a.grant()
		for range 44 { // two days each, 90 at most
			a.Clock.Add(48 * time.Hour)
			_, refresh = a.tokens(a.refresh(a.app, refresh))
		}
		a.Clock.Add(48 * time.Hour)
		a.want("after 90 days", a.refresh(a.app, refresh), 400, "invalid_grant")
	},
	"RT11": func(a *attack) {
		x := a.exchange(a.app, a.signIn("scope", "openid"))
		access, refresh := a.tokens(x)
		id, _ := x.body["id_token"].(string)
		a.want("a refresh token as access token", a.userInfo(refresh), 401, "invalid_token")
		a.want("an ID token as access token", a.userInfo(id), 401, "invalid_token")
		a.want("an access token as refresh token", a.refresh(a.app, access), 400, "invalid_grant")
		a.want("a refresh token as code", a.exchange(a.app, refresh), 400, "invalid_grant")
	},
	"RT12": func(a *attack) {
		_, refresh := a.grant("resource", "https://api.example")
		a.want("another resource", a.refresh(a.app, refresh, "resource", "https://evil.example"), 400, "invalid_target")
		a.want("unharmed", a.refresh(a.app, refresh), 200, "")
	},
	"RT13": func(a *attack) {
		_, refresh := a.grant()
		first := a.refresh(a.app, refresh)
		a.Clock.Add(30 * time.Second)
		again := a.refresh(a.app, refresh)
		if again.body["refresh_token"] != first.body["refresh_token"] {
			a.Error("a retry got another successor")
		}
		access, _ := a.tokens(again)
		a.alive("a retry", access)
	},
	"RT14": func(a *attack) {
		_, refresh := a.grant()
		a.want("in the query", a.do("POST", "/oauth/token?grant_type=refresh_token&refresh_token="+refresh, basic(a.app), formType, ""), 400, "invalid_request")
	},
	"RT16": func(a *attack) {
		a.API(a, "PATCH", "/v1/oauth_applications/"+a.app.Application, map[string]any{"signet": map[string]any{"client_credentials_grant_enabled": true}})
		if x := a.as(a.app, "/oauth/token", "grant_type", "client_credentials"); x.status != 200 || x.body["refresh_token"] != nil {
			a.Errorf("%d %s", x.status, x.text)
		}
	},
}

var clientAuthentication = map[string]func(*attack){
	"CA01": func(a *attack) {
		var bodies []string
		for _, c := range []harness.Application{{ID: a.app.ID, Secret: strings.Repeat("x", 32)}, {ID: "nobody", Secret: strings.Repeat("x", 32)}} {
			x := a.as(c, "/oauth/token", "grant_type", "refresh_token", "refresh_token", "x")
			a.want(c.ID, x, 401, "invalid_client")
			bodies = append(bodies, fmt.Sprint(x.body["error"], x.body["error_description"]))
		}
		if bodies[0] != bodies[1] {
			a.Errorf("an unknown client is told apart: %v", bodies)
		}
	},
	"CA03": func(a *attack) {
		a.want("both", a.as(a.app, "/oauth/token", "grant_type", "refresh_token", "refresh_token", "x", "client_secret", a.app.Secret), 400, "invalid_request")
	},
	"CA04": func(a *attack) {
		a.want("two ids", a.as(a.app, "/oauth/token", "grant_type", "refresh_token", "refresh_token", "x", "client_id", a.other.ID), 401, "invalid_client")
	},
	"CA05": func(a *attack) {
		for _, raw := range []string{"a%zz:b", ":", "a", a.app.ID + ":" + a.app.Secret + "%"} {
			x := a.do("POST", "/oauth/token", "Basic "+base64.StdEncoding.EncodeToString([]byte(raw)), formType, "grant_type=refresh_token&refresh_token=x")
			a.want(raw, x, 401, "invalid_client")
		}
	},
	"CA06": func(a *attack) {
		a.want("only an id", a.exchange(harness.Application{ID: a.app.ID}, a.signIn()), 401, "invalid_client")
	},
	"CA07": func(a *attack) {
		a.want("a public client with a secret", a.as(harness.Application{ID: a.spa.ID, Secret: "x"}, "/oauth/token", "grant_type", "refresh_token", "refresh_token", "x"), 401, "invalid_client")
	},
	"CA13": func(a *attack) {
		guess := a.app
		guess.Secret = "x"
		for range 30 {
			a.want("a wrong secret", a.refresh(guess, "x"), 401, "invalid_client")
		}
		x := a.refresh(guess, "x")
		a.want("one too many", x, 429, "temporarily_unavailable")
		if x.header.Get("Retry-After") == "" {
			a.Error("there is no Retry-After")
		}
		a.want("by introspection", a.as(guess, "/oauth/token_info", "token", "x"), 429, "temporarily_unavailable")
		a.want("another client from here", a.refresh(a.other, "x"), 400, "invalid_grant")
		elsewhere := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}).DialContext}}
		defer elsewhere.CloseIdleConnections()
		r, err := http.NewRequestWithContext(a.Context(), "POST", a.Issuer+"/oauth/token", strings.NewReader("grant_type=refresh_token&refresh_token=x"))
		if err != nil {
			a.Fatal(err)
		}
		r.Header.Set("Authorization", basic(a.app))
		r.Header.Set("Content-Type", formType)
		response, err := elsewhere.Do(r)
		if err != nil {
			a.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != 400 { // the client is known, its token is not
			a.Errorf("the client from elsewhere: status %d, want 400", response.StatusCode)
		}
		a.Clock.Advance(60)
		a.want("a minute later", a.refresh(a.app, "x"), 400, "invalid_grant")
	},
	"CA14": func(a *attack) {
		for _, path := range []string{"/v1/oauth_applications/" + a.app.Application, "/v1/oauth_applications"} {
			x, err := a.Try("GET", path, nil)
			if err != nil || x.Status != 200 || strings.Contains(x.Body, a.app.Secret) || strings.Contains(x.Body, "client_secret") {
				a.Errorf("%s shows the secret: %v", path, err)
			}
		}
	},
	"CA15": func(a *attack) {
		access, refresh := a.grant()
		fresh := a.app
		fresh.Secret, _ = a.API(a, "POST", "/v1/oauth_applications/"+a.app.Application+"/rotate_secret", nil)["client_secret"].(string)
		a.issued(fresh.Secret)
		a.want("the old secret", a.refresh(a.app, refresh), 401, "invalid_client")
		a.want("the new secret", a.refresh(fresh, refresh), 200, "")
		a.alive("tokens outlive the secret", access)
	},
}

var scopeAndConsent = map[string]func(*attack){
	"SC01": func(a *attack) { a.sent("not allowed", a.visit("scope", "profile admin"), "invalid_scope") },
	"SC02": func(a *attack) {
		for _, scope := range []string{"profile  email", "profile\temail", "profile\u00a0email", strings.Repeat("x ", 9000) + "x", `profile "`} {
			if page := a.visit("scope", scope); page.Left != nil {
				a.sent(fmt.Sprintf("%.20q", scope), page, "invalid_scope")
			} else {
				a.page(fmt.Sprintf("%.20q", scope), page)
			}
		}
		a.page("NUL", a.someone.Visit(a.link("scope", "")+"&scope=a%00b"))
		a.signIn("scope", "profile profile")
		if page := a.visit("scope", "profile profile profile"); page.Left == nil || page.Left.Query().Get("code") == "" {
			a.Errorf("one scope thrice: %d", page.Status)
		}
	},
	"SC03": func(a *attack) {
		consent := a.SignIn(a, a.someone, a.visit())
		page := a.someone.Submit(consent, "allow", map[string]string{"scope": "email", "scopes": "email", "client_id": a.other.ID, "user_id": "user_x", "redirect_uri": "https://evil.example"})
		if page.Left == nil || page.Left.Host != "client.example" {
			a.Fatalf("sent to %v", page.Left)
		}
		if x := a.exchange(a.app, page.Left.Query().Get("code")); x.body["scope"] != "profile" {
			a.Errorf("granted %s", x.text)
		}
	},
	"SC04": func(a *attack) {
		a.signIn()
		if page := a.visit("scope", "profile email"); page.Left != nil || !strings.Contains(page.Body, `id="allow"`) {
			a.Errorf("more scopes were granted without asking: %d %v", page.Status, page.Left)
		}
		a.sent("silently", a.visit("scope", "profile email", "prompt", "none"), "consent_required")
	},
	"SC07": func(a *attack) {
		for _, scope := range strings.Fields(metadata) {
			a.sent(scope, a.visit("scope", scope), "invalid_scope")
		}
	},
	"SC08": func(a *attack) {
		for _, resource := range []string{"/api", "https://api.example#x", "api"} {
			a.sent(resource, a.visit("resource", resource), "invalid_target")
		}
		a.API(a, "PATCH", "/v1/oauth_applications/"+a.app.Application, map[string]any{"signet": map[string]any{"resources": []string{"https://api.example"}}})
		a.sent("not permitted", a.visit("resource", "https://evil.example"), "invalid_target")
	},
	"SC09": func(a *attack) {
		access, _ := a.grant("resource", "https://api.example")
		a.want("user info with a token for another", a.userInfo(access), 401, "invalid_token")
	},
	"SC10": func(a *attack) {
		code := a.signIn("resource", "https://api.example")
		a.want("another resource", a.exchange(a.app, code, "resource", "https://evil.example"), 400, "invalid_target")
		a.want("its own", a.exchange(a.app, code, "resource", "https://api.example"), 200, "")
	},
	"SC12": func(a *attack) {
		a.API(a, "PATCH", "/v1/oauth_applications/"+a.app.Application, map[string]any{"signet": map[string]any{"client_credentials_grant_enabled": true}})
		access, _ := a.tokens(a.as(a.app, "/oauth/token", "grant_type", "client_credentials"))
		a.want("a client's own token", a.userInfo(access), 403, "insufficient_scope")
	},
	"SC13": func(a *attack) {
		claims := url.QueryEscape(`{"userinfo":{"private_metadata":{"essential":true}},"id_token":{"public_metadata":null}}`)
		code := a.signInWith(a.link("scope", "openid") + "&claims=" + claims)
		access, _ := a.tokens(a.exchange(a.app, code))
		if x := a.userInfo(access); x.body["private_metadata"] != nil {
			a.Errorf("user info tells %s", x.text)
		}
		a.sent("as another user", a.visit("scope", "openid", "prompt", "none", "claims", `{"id_token":{"sub":{"value":"user_x"}}}`), "login_required")
	},
	"SC14": func(a *attack) {
		access, _ := a.grant("scope", "email")
		if x := a.userInfo(access); x.body["email_verified"] != true {
			a.Errorf("email_verified is %v", x.body["email_verified"])
		}
	},
}

// signInWith is signIn for a link of one's own.
func (a *attack) signInWith(link string) string {
	a.Helper()
	page := a.someone.Submit(a.SignIn(a, a.someone, a.someone.Visit(link)), "allow", nil)
	if page.Left == nil {
		a.Fatalf("not signed in: %d", page.Status)
	}
	return page.Left.Query().Get("code")
}
