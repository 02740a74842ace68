package attack

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// onPages are the attacks on what browsers show, keep and pass on.
var onPages = map[string]func(*attack){
	"HD01": everyPage(func(what string, x answer) string {
		if isHTML(x) && (policy(x.header)["frame-ancestors"] != "'none'" || x.header.Get("X-Frame-Options") != "DENY") {
			return "may be framed"
		}
		return ""
	}),
	"HD02": func(a *attack) {
		elsewhere := regexp.MustCompile(`(src|srcset|poster|data)="(https?:)?//|<link[^>]*href="(https?:)?//`)
		everyPage(func(_ string, x answer) string {
			if x.header.Get("Referrer-Policy") != "no-referrer" {
				return "leaks its address"
			}
			return elsewhere.FindString(x.text)
		})(a)
	},
	"HD03": func(a *attack) {
		everyPage(func(_ string, x answer) string {
			if isHTML(x) {
				return strictly(x.header, "'self'")
			}
			return ""
		})(a)
		consent := a.SignIn(a, a.someone, a.visit())
		if bad := strictly(consent.Header, "'self' https://client.example"); bad != "" {
			a.Errorf("the consent page: %s", bad)
		}
	},
	"HD04": func(a *attack) {
		everyPage(func(_ string, x answer) string {
			if x.header.Get("Cache-Control") != "no-store" {
				return "may be kept: " + x.header.Get("Cache-Control")
			}
			return ""
		})(a)
		access, refresh := a.grant()
		for what, x := range map[string]answer{
			"the token endpoint": a.refresh(a.app, refresh), "user info": a.userInfo(access), "introspection": a.as(a.app, "/oauth/token_info", "token", access),
			"going to the client": a.do("GET", strings.TrimPrefix(a.link(), a.Issuer), "", "", ""), "a new application": a.admin("POST", "/v1/oauth_applications", `{"name":"x","callback_url":"https://x.example"}`),
			"a new secret": a.admin("POST", a.application("/rotate_secret"), ""), "a new key": a.admin("POST", "/v1/webhooks", `{"url":"https://x.example/"}`),
		} {
			if x.status >= 400 || x.header.Get("Cache-Control") != "no-store" {
				a.Errorf("%s: %d, Cache-Control: %q", what, x.status, x.header.Get("Cache-Control"))
			}
			for _, name := range []string{"client_secret", "secret"} {
				secret, _ := x.body[name].(string)
				a.issued(secret)
			}
		}
	},
	"HD05": func(a *attack) {
		public := regexp.MustCompile(`^/(oauth/(token|token_info|token/revoke|userinfo|device_authorization|register)|\.well-known/.*|openapi\.json)$`)
		newHouse(a).everyRoute("", func(what string, x route, got answer) {
			origin := got.header.Get("Access-Control-Allow-Origin")
			if origin != "" && origin != "*" || got.header.Get("Access-Control-Allow-Credentials") != "" || origin == "*" && !public.MatchString(x.path) {
				a.Errorf("%s may be read by %s", what, origin)
			}
		})
		for _, path := range []string{"/sign-in", "/consent", "/oauth/authorize", "/oauth/logout", "/account", "/dashboard", "/v1/users", "/v1/m2m_tokens"} {
			r, err := http.NewRequestWithContext(a.Context(), "OPTIONS", a.Issuer+path, nil)
			if err != nil {
				a.Fatal(err)
			}
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", "POST")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				a.Fatal(err)
			}
			response.Body.Close()
			for name := range response.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					a.Errorf("%s: %s: %s", path, name, response.Header.Get(name))
				}
			}
		}
	},
	"HD07": func(a *attack) {
		h := newHouse(a)
		for _, value := range []string{markup, "javascript:alert(1)//" + markup} {
			h.everyRoute(withQuery(value), func(what string, x route, got answer) {
				if isHTML(got) && x.path != "/reference" {
					a.inert(what, got.text)
				} else if strings.Contains(got.text, "<script") && !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") && x.path != "/reference" {
					a.Errorf("%s says what it was told as %s", what, got.header.Get("Content-Type"))
				}
			})
		}
		if x := h.ask("GET", "/nothing/"+url.PathEscape(markup), ""); isHTML(x) || strings.Contains(x.text, "<script") {
			a.Errorf("no such page: %s", x.text)
		}
	},
	"HD08": func(a *attack) {
		h := newHouse(a)
		if _, failed := h.telling(false); failed > 0 {
			a.Errorf("%d answers are failures", failed)
		}
		if err := h.server.Close(); err != nil {
			a.Fatal(err)
		}
		if answers, failed := h.telling(true); failed < 50 {
			a.Errorf("without a database, %d of %d answers are failures", failed, answers)
		}
	},
	"HD09": everyPage(func(_ string, x answer) string {
		for name, want := range map[string]string{"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin"} {
			if x.header.Get(name) != want && (isHTML(x) || name == "Strict-Transport-Security") {
				return name + ": " + x.header.Get(name)
			}
		}
		if p := x.header.Get("Permissions-Policy"); isHTML(x) && (!strings.Contains(p, "camera=()") || !strings.Contains(p, "geolocation=()")) {
			return "Permissions-Policy: " + p
		}
		return ""
	}),
	"HD10": func(a *attack) {
		h := newHouse(a)
		read := func(path, tag string) answer { return h.ask("GET", path, "", "If-None-Match", tag) }
		for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"} {
			x := read(path, "")
			tag := x.header.Get("ETag")
			if x.status != 200 || x.header.Get("Cache-Control") != "public, max-age=300" || tag == "" {
				a.Errorf("%s: %d %v", path, x.status, x.header)
			}
			if again := read(path, tag); again.status != http.StatusNotModified || again.text != "" || again.header.Get("ETag") != tag || again.header.Get("Access-Control-Allow-Origin") != "*" {
				a.Errorf("%s again: %d %v", path, again.status, again.header)
			}
		}
		before := read("/.well-known/jwks.json", "").header.Get("ETag")
		keys := h.operator.Visit(houseIssuer + "/dashboard/signing-keys")
		form := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(keys.Body)
		if form == nil {
			a.Fatalf("no form: %d\n%s", keys.Status, keys.Body)
		}
		h.operator.Post("/dashboard/signing-keys/rotate", url.Values{"csrf": {form[1]}})
		if x := read("/.well-known/jwks.json", before); x.status != 200 || x.header.Get("ETag") == before {
			a.Errorf("after a rotation: %d %v", x.status, x.header)
		}
	},
}

// everyPage wants nothing to be wrong with any answer of a page, whoever asks.
func everyPage(wrong func(what string, x answer) string) func(*attack) {
	return func(a *attack) {
		shown := 0
		newHouse(a).everyRoute("", func(what string, x route, got answer) {
			if x.isPage() || isHTML(got) && x.path != "/reference" {
				if bad := wrong(what, got); bad != "" {
					a.Errorf("%s (%d): %s", what, got.status, bad)
				}
			}
			if got.status == http.StatusOK && isHTML(got) {
				shown++
			}
		})
		if shown < 40 {
			a.Errorf("only %d pages were shown", shown)
		}
	}
}

// strictly says what is wrong with the policy of a page whose forms lead to targets.
func strictly(h http.Header, targets string) string {
	p := policy(h)
	for name, want := range map[string]string{"default-src": "'none'", "base-uri": "'none'", "form-action": targets, "style-src": "'self'", "img-src": "'self'"} {
		if p[name] != want {
			return name + " is " + p[name]
		}
	}
	if s := p["script-src"]; s != "" && s != "'self'" {
		return "script-src is " + s
	}
	return ""
}

// telling asks for everything and wants nothing to be told of what is inside.
func (h *house) telling(down bool) (answers, failed int) {
	h.Helper()
	inside := regexp.MustCompile(`goroutine|\.go:|(?i:sqlite|postgres|database/sql|sql: |database is closed|stack trace)|` + regexp.QuoteMeta(houseVersion) + `|go1\.`)
	look := func(what string, got answer) {
		answers++
		if found := inside.FindString(got.text); down && found != "" { // otherwise pages speak of such things
			h.Errorf("%s tells of %q: %s", what, found, got.text)
		}
		if got.status >= 500 {
			failed++
			if got.header.Get("Cache-Control") != "no-store" {
				h.Errorf("%s (%d) may be kept", what, got.status)
			}
		}
		for name := range got.header {
			if name == "Server" || name == "X-Powered-By" || name == "Via" || strings.Contains(got.header.Get(name), houseVersion) {
				h.Errorf("%s: %s: %s", what, name, got.header.Get(name))
			}
		}
	}
	h.everyRoute("", func(what string, x route, got answer) {
		if x.path != "/assets/" && x.path != "/openapi.json" && x.path != "/reference" { // they know of no request
			look(what, got)
		}
	})
	for path, methods := range h.operations() {
		for _, method := range methods {
			look(method+" "+path, h.api(method, strings.NewReplacer("{", "", "}", "").Replace(path), "{}"))
		}
	}
	return answers, failed
}
