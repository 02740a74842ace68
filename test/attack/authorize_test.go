package attack

import (
	"net/http"
	"strings"

	"github.com/signet-auth/signet/test/harness"
)

// pages wants an error page for each redirect URI.
func pages(uris ...string) func(*attack) {
	return func(a *attack) {
		for _, uri := range uris {
			a.page(uri, a.visit("redirect_uri", uri))
		}
	}
}

// unregistrable wants each redirect URI refused by the Backend API.
func (a *attack) unregistrable(uris ...string) {
	a.Helper()
	for _, uri := range uris {
		x, err := a.Try("POST", "/v1/oauth_applications", map[string]any{"name": "x", "redirect_uris": []string{uri}})
		if err != nil || x.Status != 422 {
			a.Errorf("registering %s: %d %s, %v", uri, x.Status, x.Body, err)
		}
	}
}

// register gives the application other redirect URIs.
func (a *attack) register(uris ...string) {
	a.Helper()
	a.API(a, "PATCH", "/v1/oauth_applications/"+a.app.Application, map[string]any{"redirect_uris": append([]string{}, uris...)})
}

var redirectURI = map[string]func(*attack){
	"RU01": func(a *attack) {
		pages("https://client.example@evil.example/cb", `https://evil.example\@client.example/cb`)(a)
		a.unregistrable("https://me@client.example/cb", `https://evil.example\@client.example/cb`)
	},
	"RU02": pages("//evil.example", "/cb", "cb", "?x"),
	"RU03": pages(callback+"/../evil", callback+"/..%2fevil", "https://client.example/%2e%2e/cb", "https://client.example/x/../cb"),
	"RU04": pages("https://client.example/%63b", "https://client.example%2Fcb", "https://client.example/c%62"),
	"RU05": pages(callback+"/", "https://client.example"),
	"RU06": pages("https://client.example/CB", "https://CLIENT.example/cb", "HTTPS://client.example/cb"),
	"RU07": pages(callback+"?x=1", callback+"?"),
	"RU08": func(a *attack) {
		pages(callback+"#x", callback+"#")(a)
		a.unregistrable(callback + "#x")
	},
	"RU09": pages("https://client.example.evil.tld/cb", "https://goodclient.example/cb", "https://client.example:8443/cb"),
	"RU10": func(a *attack) {
		for _, uri := range []string{"javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y"} {
			a.page(uri, a.visit("redirect_uri", uri, "response_mode", "form_post"))
			a.unregistrable(uri)
		}
	},
	"RU12": func(a *attack) { a.unregistrable("http://client.example/cb") },
	"RU13": func(a *attack) {
		a.register("http://127.0.0.1:3000/cb", "http://[::1]/cb")
		for _, uri := range []string{"http://127.0.0.1:9/cb", "http://127.0.0.1/cb", "http://[::1]:65535/cb"} {
			if page := a.visit("redirect_uri", uri); !strings.Contains(page.Body, `id="sign-in"`) {
				a.Errorf("%s: %d, want it admitted", uri, page.Status)
			}
		}
		pages("http://127.0.0.1:9/cb/x", "http://127.0.0.1:9/cb?x=1")(a)
	},
	"RU14": func(a *attack) {
		a.register("http://127.0.0.1/cb")
		pages("http://127.0.0.1.evil.example/cb", "http://127.1/cb", "http://2130706433/cb", "http://[::ffff:127.0.0.1]/cb", "http://localhost.evil.example/cb", "http://0.0.0.0/cb")(a)
	},
	"RU15": func(a *attack) {
		a.register("http://127.0.0.1/cb")
		pages("http://localhost/cb", "https://127.0.0.1/cb", "http://127.0.0.1/other", "http://127.0.0.2/cb")(a)
	},
	"RU16": func(a *attack) {
		a.page("two", a.someone.Visit(a.link()+"&redirect_uri=https://client.example/cb"))
		a.page("another first", a.someone.Visit(a.link("redirect_uri", "https://evil.example")+"&redirect_uri=https://client.example/cb"))
	},
	"RU17": func(a *attack) {
		a.register(callback, "https://client.example/cb2")
		a.page("none of several", a.visit("redirect_uri", ""))
		a.register(callback)
		if page := a.visit("redirect_uri", ""); !strings.Contains(page.Body, `id="sign-in"`) {
			a.Errorf("none, one registered: %d", page.Status)
		}
	},
	"RU18": func(a *attack) {
		code := a.signIn()
		a.want("none", a.as(a.app, "/oauth/token", "grant_type", "authorization_code", "code", code), 400, "invalid_grant")
		a.want("another", a.as(a.app, "/oauth/token", "grant_type", "authorization_code", "code", code, "redirect_uri", callback+"/"), 400, "invalid_grant")
		a.want("the right one", a.exchange(a.app, code), 200, "")
	},
	"RU19": pages("https://evil.example/cb"),
	"RU20": pages("https://xn--client-x.example/cb", "https://client.example/cb\x00", "https://client.example/cb\r\nX: y", "https://client.example/c b",
		"https://client.example/"+strings.Repeat("x", 20_000), "https://cliént.example/cb"),
	"RU21": func(a *attack) {
		code := a.signIn()
		other := harness.NewPerson(a, a.Issuer)
		consent := a.SignIn(a, other, other.Visit(a.link("scope", "email")))
		a.register("https://client.example/new")
		a.want("removed before the exchange", a.exchange(a.app, code), 400, "invalid_grant")
		a.page("removed before the request", a.visit())
		a.page("removed before the agreement", other.Submit(consent, "allow", nil))
	},
	"RU22": func(a *attack) {
		a.register()
		a.page("none registered", a.visit())
		a.page("none registered, none sent", a.visit("redirect_uri", ""))
	},
	"RU23": func(a *attack) {
		a.signIn()
		if page := a.visit(); page.Left == nil || page.Left.Fragment != "" || strings.Contains(page.Left.String(), "token=") {
			a.Errorf("sent to %v", page.Left)
		}
	},
}

var authorization = map[string]func(*attack){
	"AZ01": func(a *attack) {
		a.page("unknown", a.visit("client_id", "nobody"))
		a.page("missing", a.visit("client_id", ""))
	},
	"AZ04": func(a *attack) {
		consent := a.SignIn(a, a.someone, a.visit())
		a.sent("denied", a.someone.Submit(consent, "deny", nil), "access_denied")
	},
	"AZ05": func(a *attack) {
		for _, name := range []string{"scope", "state", "nonce", "code_challenge", "response_type", "prompt"} {
			a.sent(name, a.someone.Visit(a.link(name, "x")+"&"+name+"=y"), "invalid_request")
		}
		a.page("client_id", a.someone.Visit(a.link()+"&client_id="+a.app.ID))
	},
	"AZ06": func(a *attack) {
		if x := a.do("POST", "/oauth/authorize?scope=email", "", formType, "client_id="+a.app.ID); x.status != 400 || x.header.Get("Location") != "" {
			a.Errorf("%d %v", x.status, x.header)
		}
	},
	"AZ07": func(a *attack) {
		a.sent("an array", a.someone.Visit(a.link("scope", "")+"&scope[]=admin&claims="+strings.Repeat("[", 5000)), "invalid_request")
		a.page("a semicolon", a.someone.Visit(a.Issuer+"/oauth/authorize?client_id="+a.app.ID+";redirect_uri="+callback))
	},
	"AZ08": func(a *attack) {
		for _, kind := range []string{"token", "id_token", "code token", "code id_token", "none", "unknown"} {
			a.sent(kind, a.visit("response_type", kind), "unsupported_response_type")
		}
	},
	"AZ09": func(a *attack) {
		page := a.visit()
		at := strings.Index(page.Body, `name="continue" value="`) + len(`name="continue" value="`)
		tampered := page.Body[:at+40] + "AAAA" + page.Body[at+44:]
		if next := a.SignIn(a, a.someone, harness.Page{Status: 200, Body: tampered}); next.Status != 400 || next.Left != nil {
			a.Errorf("a continuation that was changed: %d %v", next.Status, next.Left)
		}
	},
	"AZ10": func(a *attack) {
		for _, mode := range []string{"fragment", "web_message", "jwt"} {
			a.sent(mode, a.visit("response_mode", mode), "unsupported_response_mode")
		}
	},
	"AZ11": func(a *attack) {
		consent := a.SignIn(a, a.someone, a.visit())
		thief := harness.NewPerson(a, a.Issuer)
		if page := thief.Submit(consent, "allow", nil); page.Left != nil || page.Status != 400 {
			a.Errorf("in another browser: %d %v", page.Status, page.Left)
		}
	},
	"AZ12": func(a *attack) {
		consent := a.SignIn(a, a.someone, a.visit())
		first := a.someone.Submit(consent, "allow", nil).Left.Query().Get("code")
		second := a.someone.Submit(consent, "allow", nil).Left.Query().Get("code")
		a.issued(first, second)
		access, _ := a.tokens(a.exchange(a.app, first))
		a.page("sent again when complete", a.someone.Submit(consent, "allow", nil))
		a.alive("still", access)
		a.want("the second code of one request", a.exchange(a.app, second), 400, "invalid_grant")
	},
	"AZ13": func(a *attack) {
		first := a.SignIn(a, a.someone, a.visit())
		second := a.someone.Visit(strings.Replace(strings.Replace(a.link(), a.app.ID, a.other.ID, 1), "client.example", "other.example", 1))
		if page := a.someone.Submit(second, "allow", nil); page.Left == nil || page.Left.Host != "other.example" {
			a.Errorf("the second tab went to %v", page.Left)
		}
		if page := a.someone.Submit(first, "allow", nil); page.Left == nil || page.Left.Host != "client.example" {
			a.Errorf("the first tab went to %v", page.Left)
		}
	},
	"AZ14": func(a *attack) {
		a.signIn()
		for _, state := range []string{strings.Repeat("s", 4096), `"quoted" + é %00 <b>`, "a b+c"} {
			if page := a.visit("state", state); page.Left == nil || page.Left.Query().Get("state") != state {
				a.Errorf("the state %.20q came back otherwise: %v", state, page.Left)
			}
		}
		a.sent("control characters", a.visit("state", "a\r\nb"), "invalid_request")
	},
	"AZ15": func(a *attack) {
		a.sent("none login", a.visit("prompt", "none login"), "invalid_request")
		a.sent("unknown", a.visit("prompt", "please"), "invalid_request")
	},
	"AZ16": func(a *attack) {
		for _, age := range []string{"-1", "NaN", "1.5", "1e3"} {
			a.sent(age, a.visit("max_age", age), "invalid_request")
		}
		a.signIn()
		if page := a.visit("max_age", strings.Repeat("9", 50)); page.Left == nil || page.Left.Query().Get("code") == "" {
			a.Errorf("a huge max_age: %d", page.Status)
		}
	},
	"AZ17": func(a *attack) {
		a.signIn("scope", "openid")
		for name, hint := range map[string]string{"none": "eyJhbGciOiJub25lIn0.e30.", "text": "x", "long": strings.Repeat("x", 9000)} {
			a.sent(name, a.visit("scope", "openid", "id_token_hint", hint, "prompt", "none"), "invalid_request")
		}
	},
	"AZ18": func(a *attack) {
		a.sent("request", a.visit("request", "x"), "request_not_supported")
		a.sent("request_uri", a.visit("request_uri", "https://internal/"), "request_uri_not_supported")
	},
	"AZ19": func(a *attack) {
		for _, kind := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain"} {
			if x := a.do("POST", "/oauth/authorize", "", kind, "{}"); x.status != 400 || x.header.Get("Location") != "" {
				a.Errorf("%s: %d", kind, x.status)
			}
		}
	},
	"AZ20": func(a *attack) {
		for _, method := range []string{"HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"} {
			x := a.do(method, "/oauth/authorize", "", "", "")
			if x.status != http.StatusMethodNotAllowed || x.header.Get("Access-Control-Allow-Origin") != "" {
				a.Errorf("%s: %d %v", method, x.status, x.header)
			}
		}
	},
	"AZ21": func(a *attack) {
		x := a.do("POST", "/oauth/authorize", "", formType, "response_type=code&client_id="+a.app.ID+"&redirect_uri="+callback+"&state=x")
		if x.status != http.StatusSeeOther {
			a.Errorf("after a form: %d, want 303", x.status)
		}
	},
}
