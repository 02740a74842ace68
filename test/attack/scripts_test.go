package attack

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/signet-auth/signet/internal/mail/mailtest"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/test/harness"
)

// markup is a text that becomes more than a text wherever it is not escaped.
const markup = `'"></title></textarea><script>alert(1)</script><i id="evil" onclick="x">{{.CSRF}}${7*7}`

// inert wants a page without anything that somebody could have put into it.
func (a *attack) inert(what, page string) {
	a.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		a.Fatal(err)
	}
	for n := range document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		own := false
		for _, x := range n.Attr {
			own = own || n.Data == "script" && x.Key == "src" && strings.HasPrefix(x.Val, "/assets/")
			value := strings.ToLower(strings.TrimSpace(x.Val))
			if strings.HasPrefix(x.Key, "on") || x.Key == "style" || x.Key == "id" && x.Val == "evil" || strings.HasPrefix(value, "javascript:") && (x.Key == "href" || x.Key == "src" || x.Key == "action" || x.Key == "formaction") {
				a.Errorf("%s: <%s %s=%q>", what, n.Data, x.Key, x.Val)
			}
		}
		if n.Data == "script" && !own || n.Data == "style" || n.Data == "iframe" || n.Data == "object" || n.Data == "base" {
			a.Errorf("%s holds a <%s>", what, n.Data)
		}
	}
}

// named gives everything in a house a name, and settings, that are markup.
func (h *house) named() {
	h.Helper()
	made := func(method, path string, body map[string]any) answer {
		h.Helper()
		encoded, err := json.Marshal(body)
		if err != nil {
			h.Fatal(err)
		}
		x := h.api(method, path, string(encoded))
		if x.status >= 300 {
			h.Fatalf("%s %s: %d %s", method, path, x.status, x.text)
		}
		for _, name := range []string{"secret", "secret_key", "token"} {
			secret, _ := x.body[name].(string)
			h.issued(secret)
		}
		return x
	}
	user := strings.TrimPrefix(h.ids["/users/{id}"], "/users/")
	made("PATCH", "/v1/instance/organization_settings", map[string]any{"enabled": true})
	made("POST", "/v1/oauth_scopes", map[string]any{"name": "notes:read", "description": markup})
	made("PATCH", "/v1/oauth_applications/"+h.app, map[string]any{"name": markup, "scopes": "openid profile email notes:read user:org:read"})
	made("PATCH", "/v1/users/"+user, map[string]any{"first_name": markup, "last_name": markup, "external_id": markup})
	made("PATCH", "/v1/users/"+user+"/metadata", map[string]any{"public_metadata": map[string]any{markup: markup}})
	made("POST", "/v1/organizations", map[string]any{"name": "O'Neill & \"Sons\" {{.CSRF}}", "created_by": user, "public_metadata": map[string]any{markup: markup}})
	made("POST", "/v1/secret_keys", map[string]any{"name": markup})
	made("POST", "/v1/webhooks", map[string]any{"url": "https://x.example/", "description": markup})
	made("POST", "/v1/machines", map[string]any{"name": markup})
	made("POST", "/v1/api_keys", map[string]any{"name": markup, "subject": user})
}

// consent is the page on which the operator agrees to the application.
func (h *house) consent(change ...string) harness.Page {
	h.Helper()
	q := url.Values{"response_type": {"code"}, "client_id": {h.client()}, "redirect_uri": {callback}, "scope": {"openid notes:read user:org:read"}, "state": {aState}, "prompt": {"consent"}}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}
	return h.operator.Visit(houseIssuer + "/oauth/authorize?" + q.Encode())
}

func (h *house) client() string {
	h.Helper()
	id, _ := h.api("GET", "/v1/oauth_applications/"+h.app, "").body["client_id"].(string)
	return id
}

// shows wants a page that says the text, as a text.
func (a *attack) shows(what, page, text string) {
	a.Helper()
	a.inert(what, page)
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		a.Fatal(err)
	}
	var all strings.Builder
	for n := range document.Descendants() {
		if n.Type == html.TextNode {
			all.WriteString(n.Data)
		}
	}
	if !strings.Contains(all.String(), text) {
		a.Errorf("%s does not say %s:\n%s", what, text, page)
	}
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`

var scripts = map[string]func(*attack){
	"XS01": func(a *attack) {
		h := newHouse(a)
		h.named()
		h.everyRoute("", func(what string, x route, got answer) {
			if isHTML(got) && x.path != "/reference" {
				a.inert(what, got.text)
			}
		})
		a.shows("the consent page", h.consent().Body, markup)
		a.shows("the choice of an organization", h.consent().Body, "O'Neill & \"Sons\" {{.CSRF}}")
		a.shows("the account", h.operator.Visit(houseIssuer+"/account").Body, markup)
		a.shows("the application", h.operator.Visit(houseIssuer+"/dashboard/applications/"+h.app).Body, markup)
		for _, name := range []string{strings.Repeat("x", 10_000), "evil\u202egro.elpmaxe", "a\u2066b", "a\nb", "a\x00b", "a\u2028b"} {
			for path, field := range map[string]string{
				"POST /v1/oauth_applications": "name", "PATCH /v1/oauth_applications/" + h.app: "name", "PATCH /v1" + h.ids["/users/{id}"]: "first_name", "POST /v1/organizations": "name",
				"POST /v1/machines": "name", "POST /v1/secret_keys": "name",
			} {
				method, path, _ := strings.Cut(path, " ")
				encoded, err := json.Marshal(map[string]any{field: name})
				if err != nil {
					a.Fatal(err)
				}
				x := h.api(method, path, string(encoded))
				if x.status != 422 && x.status != 400 || !strings.Contains(x.text, `"`+field+`"`) && x.status == 422 {
					a.Errorf("%s with %.20q: %d %s", path, name, x.status, x.text)
				}
			}
		}
	},
	"XS02": func(a *attack) {
		if x := a.admin("PATCH", "/v1/instance/organization_settings", `{"enabled":true}`); x.status != 200 {
			a.Fatal(x.text)
		}
		organization, _ := a.API(a, "POST", "/v1/organizations", map[string]any{"name": "Society", "created_by": a.User})["id"].(string)
		paths := map[string]string{a.application("/logo"): "PUT", "/v1/users/" + a.User + "/profile_image": "POST", "/v1/organizations/" + organization + "/logo": "PUT"}
		for path, method := range paths {
			for what, file := range map[string]string{"an SVG": svg, "an SVG with a prologue": `<?xml version="1.0"?>` + svg, "HTML": "<!doctype html><script>alert(1)</script>", "HTML behind a signature": "\x89PNG\r\n\x1a\n<script>alert(1)</script>", "nothing": ""} {
				body, kind := upload([]byte(file))
				if x := a.do(method, path, secretKey, kind, body); x.status != 422 && x.status != 400 {
					a.Errorf("%s to %s: %d %s", what, path, x.status, x.text)
				}
			}
		}
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
			a.Fatal(err)
		}
		body, kind := upload(append(picture.Bytes(), "<script>alert(1)</script>"...))
		at, _ := a.do("PUT", a.application("/logo"), secretKey, kind, body).body["client_image_url"].(string)
		x := a.do("GET", strings.TrimPrefix(at, a.Issuer), "", "", "")
		p := policy(x.header)
		if _, sandboxed := p["sandbox"]; !sandboxed || at == "" || x.status != 200 || x.header.Get("Content-Type") != "image/png" || x.header.Get("X-Content-Type-Options") != "nosniff" || p["default-src"] != "'none'" || strings.Contains(x.text, "script") {
			a.Errorf("a logo at %q: %d %v", at, x.status, x.header)
		}
		h := newHouse(a)
		for page, id := range map[string]string{"/account/profile": "upload", "/dashboard/settings/branding": "file", "/dashboard/applications/" + h.app: "file"} {
			if got := h.operator.Upload(h.operator.Visit(houseIssuer+page), id, "file", []byte(svg)); got.Status != 422 {
				a.Errorf("an SVG on %s: %d\n%s", page, got.Status, got.Body)
			}
		}
	},
	"XS03": func(a *attack) {
		for _, name := range []string{"state", "login_hint", "ui_locales", "nonce", "scope", "error_description", "claims", "client_id", "redirect_uri", "resource", "prompt"} {
			page := a.visit(name, markup)
			a.inert(name, page.Body)
			if page.Left == nil && strings.Contains(page.Body, `id="sign-in"`) {
				refused := a.someone.Submit(page, "sign-in", map[string]string{"identifier": markup, "password": "wrong"})
				a.inert(name+" on the way", refused.Body)
				_, _, fields, err := harness.Form(refused.Body, "sign-in")
				if err != nil || fields.Get("continue") == "" {
					a.Errorf("%s has broken the form: %v", name, err)
				}
			}
		}
		consent := a.SignIn(a, a.someone, a.visit("state", markup, "login_hint", markup, "ui_locales", markup))
		a.inert("the consent page", consent.Body)
		if gone := a.someone.Submit(consent, "allow", nil); gone.Left == nil || gone.Left.Query().Get("state") != markup {
			a.Errorf("the state came back as %v", gone.Left)
		} else {
			a.issued(gone.Left.Query().Get("code"))
		}
	},
	"XS04": func(a *attack) {
		a.SignIn(a, a.someone, a.visit())
		consent := a.visit("response_mode", "form_post", "state", markup)
		for id, field := range map[string]string{"deny": "error", "allow": "code"} {
			page := a.someone.Submit(consent, id, nil)
			source := policy(page.Header)["script-src"]
			bare := ownScript.ReplaceAllString(page.Body, "")
			if !strings.HasPrefix(source, "'sha256-") || strings.Contains(source, " ") || policy(page.Header)["form-action"] != "'self' https://client.example" || bare == page.Body {
				a.Errorf("%s: %q\n%s", id, page.Header.Get("Content-Security-Policy"), page.Body)
			}
			a.inert(id, bare)
			sent := a.someone.Submit(page, "go-on", nil)
			a.issued(sent.Posted.Get("code"))
			if sent.Left == nil || sent.Left.String() != callback || sent.Posted.Get("state") != markup || sent.Posted.Get(field) == "" {
				a.Errorf("%s sends %v to %v", id, sent.Posted, sent.Left)
			}
		}
		for _, to := range []string{"javascript:alert(1)", "JavaScript:alert(1)//https://client.example", "data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://client.example/x"} {
			if x := a.admin("PATCH", a.application(""), `{"callback_url":"`+to+`"}`); x.status != 422 {
				a.Errorf("%s may be registered: %d", to, x.status)
			}
			a.page(to, a.visit("redirect_uri", to, "response_mode", "form_post"))
		}
	},
	"XS05": func(a *attack) {
		h := newHouse(a)
		brand := func(b store.Brand) error {
			_, err := h.server.Admin().UpdateSettings(a.Context(), func(s *store.Settings) { s.Brand = b })
			return err
		}
		for _, b := range []store.Brand{
			{Accent: "red;}body{display:none}"},
			{Accent: "url(//evil.example)"},
			{Accent: "#12345"},
			{Accent: "expression(alert(1))"},
			{Logo: "https://evil.example/x.png"},
			{Logo: "javascript:alert(1)"},
			{Logo: "//evil.example/x.png"},
			{Logo: "data:image/svg+xml," + svg},
			{Name: strings.Repeat("x", 10_000)},
			{Name: "a\u202eb"},
			{Name: "a\x00b"},
			{Name: "a\nb"},
			{Name: "a\u2028b"},
		} {
			if brand(b) == nil {
				a.Errorf("the brand %.60q is taken", b)
			}
		}
		const name = `"><script>x</script><i id="evil" onclick=x>{{.CSRF}}`
		if err := brand(store.Brand{Name: name, Accent: "#4353c4", Logo: `/images/"><script>x</script>`}); err != nil {
			a.Fatal(err)
		}
		h.everyRoute("", func(what string, x route, got answer) {
			if isHTML(got) && x.path != "/reference" {
				a.inert(what, got.text)
			}
		})
		a.shows("the brand", h.ask("GET", "/sign-in", "").text, name)
	},
	"XS06": func(a *attack) {
		a.API(a, "PATCH", "/v1/users/"+a.User, map[string]any{"first_name": markup, "last_name": markup})
		a.API(a, "PATCH", a.application(""), map[string]any{"name": markup})
		forgot := a.someone.Visit(a.Issuer + "/forgot-password")
		a.someone.Submit(forgot, "send-code", map[string]string{"identifier": harness.Email})
		a.letter(a.Mail.Take(a, harness.Email))
		page := a.someone.Submit(a.visit("ui_locales", markup), "sign-in", map[string]string{"identifier": harness.Email})
		page = a.someone.Submit(page, "send-code", nil)
		a.letter(a.Mail.Take(a, harness.Email))
		a.inert("the page for the code", page.Body)
		if x, err := a.Try("PATCH", "/v1/instance", map[string]any{"signet": map[string]any{"sign_up": "open"}}); err != nil || x.Status != 204 {
			a.Fatal(x, err)
		}
		for _, to := range []string{"eve@example.com\r\nBcc: all@example.com", "eve@example.com\nSubject: x", "eve@example.com, all@example.com", "Eve <eve@example.com>", "eve@example.com%0d%0aBcc:all@example.com", "eve@example.com\x00"} {
			got := a.someone.Submit(a.someone.Visit(a.Issuer+"/sign-up"), "sign-up", map[string]string{"address": to})
			a.inert(to, got.Body)
			if got.Status < 400 {
				a.Errorf("a letter to %q: %d", to, got.Status)
			}
			x := a.admin("POST", "/v1/email_addresses", `{"user_id":"`+a.User+`","email_address":`+strconv.QuoteToASCII(strings.ReplaceAll(to, "\x00", ""))+`}`)
			if x.status != 422 && !strings.Contains(to, "\x00") {
				a.Errorf("the address %q: %d %s", to, x.status, x.text)
			}
		}
		if left := a.Mail.Mails(); len(left) > 0 {
			a.Errorf("letters have gone to %v", left)
		}
	},
}

var ownScript = regexp.MustCompile(`<script>document\.getElementById\("form-post"\)\.submit\(\)</script>`)

// letter wants a letter that says what Signet says, and has the headers that it has.
func (a *attack) letter(m mailtest.Mail) {
	a.Helper()
	a.issued(m.Code(), m.Link())
	a.inert("the letter", letterStyle.ReplaceAllString(m.HTML, ""))
	if strings.Contains(m.Text+m.HTML+m.Subject, "script") || strings.ContainsAny(m.Subject, "\r\n") || m.Header.Get("Bcc") != "" || m.Header.Get("Cc") != "" || len(m.Header["To"]) != 1 {
		a.Errorf("the letter %q %v\n%s", m.Subject, m.Header, m.HTML)
	}
}

var letterStyle = regexp.MustCompile(` style="[^"]*"|(?s)<style>.*?</style>`)
