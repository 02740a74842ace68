package dashboard_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

func TestEachKindOfApplication(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/dashboard/applications").wants(t, 200, "No applications yet")
	b.get("/dashboard/applications/new").wants(t, 200, "Web application", "MCP client")
	type shape struct{ public, pkce, device, service bool }
	for kind, want := range map[string]shape{
		"web": {pkce: true}, "spa": {public: true, pkce: true}, "native": {public: true, pkce: true}, "mcp": {public: true, pkce: true},
		"device": {public: true, pkce: true, device: true}, "service": {service: true},
	} {
		form := "/dashboard/applications/new?kind=" + kind
		k, _ := ui.KindNamed(kind)
		b.get(form).wants(t, 200, `value="`+kind+`"`)
		made := b.post(form, "/dashboard/applications", "kind", kind, "name", "App "+kind, "redirect_uris", k.Redirects, "scope:profile", "true")
		made.wants(t, 200, "Client ID")
		if shown := strings.Contains(made.body, "The client secret"); shown == want.public {
			t.Errorf("%s: a secret is shown: %v", kind, shown)
		}
		found, _, err := w.admin().Applications(t.Context(), store.ClientQuery{NameQuery: "App " + kind, Limit: 5})
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %d applications, %v", kind, len(found), err)
		}
		c := found[0].Client
		if got := (shape{c.Public, c.RequirePKCE, c.DeviceGrant, c.ClientCredentials}); got != want || c.Scopes.String() != "profile" {
			t.Errorf("%s: %+v with %s, want %+v", kind, got, c.Scopes, want)
		}
	}
	b.get("/dashboard/applications?query=app%20we").wants(t, 200, "App web")
	b.get("/dashboard/applications?query=nothing-like-it").wants(t, 200, "Nothing found")
}

func TestAnApplicationThatIsWrongIsNotMade(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	form := "/dashboard/applications/new?kind=web"
	for _, tt := range []struct {
		fields []string
		want   string
	}{
		{[]string{"name", "", "redirect_uris", "https://a.example/cb", "scope:profile", "true"}, "name must not be empty"},
		{[]string{"name", "A", "redirect_uris", "", "scope:profile", "true"}, "Enter at least one address"},
		{[]string{"name", "A", "redirect_uris", "https://a.example/cb"}, "Choose at least one scope"},
		{[]string{"name", "A", "redirect_uris", "http://a.example/cb\nhttps://b.example/#x", "scope:profile", "true"}, `aria-invalid="true"`},
	} {
		b.post(form, "/dashboard/applications", append([]string{"kind", "web"}, tt.fields...)...).wants(t, 422, tt.want)
	}
	b.post(form, "/dashboard/applications", "kind", "nonsense", "name", "A").wants(t, 400)
	if _, n, err := w.admin().Applications(t.Context(), store.ClientQuery{Limit: 1}); n != 0 || err != nil {
		t.Errorf("%d applications, %v", n, err)
	}
}

// settingsOf are the fields of an application's form.
func settingsOf(more ...string) []string {
	return append([]string{
		"name", "Engine", "redirect_uris", "https://engine.example/cb", "scope:openid", "true", "consent_screen_enabled", "true",
		"id_token_signed_response_alg", "RS256", "access_token_format", "", "refresh_token_policy", "rotate",
	}, more...)
}

func TestEverythingOfAnApplicationCanBeChanged(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(false)
	at := "/dashboard/applications/" + app.ApplicationID
	b.get(at).wants(t, 200, "https://engine.example/cb", "Instance: 7200")
	p := b.change(at, at, settingsOf("name", "Engine 2", "redirect_uris", "https://engine.example/cb\r\n\r\n https://engine.example/other \r\n", "post_logout_redirect_uris", "https://engine.example/bye",
		"pkce_required", "true", "device_authorization_grant_enabled", "true", "client_credentials_grant_enabled", "true", "id_token_signed_response_alg", "ES256",
		"access_token_format", "jwt", "refresh_token_policy", "sticky", "resources", "https://api.example", "access_token_lifetime", "600")...)
	b.get(p.location).wants(t, 200, "Saved.", "Engine 2")
	c, err := w.admin().Application(t.Context(), app.ApplicationID)
	if err != nil || c.Name != "Engine 2" || len(c.RedirectURIs) != 2 || c.RedirectURIs[1] != "https://engine.example/other" || len(c.PostLogoutURIs) != 1 ||
		!c.RequirePKCE || !c.DeviceGrant || !c.ClientCredentials || c.Signs() != "ES256" || c.Own.TokenFormat != store.JWTTokens || !c.StickyRefresh ||
		len(c.Own.Resources) != 1 || c.Own.Lifetimes.AccessToken != 10*time.Minute || c.Scopes.String() != "openid" {
		t.Errorf("changed to %+v, %v", c.Client, err)
	}
	for _, tt := range [][]string{
		{"access_token_lifetime", "1"},
		{"access_token_lifetime", "-5"},
		{"access_token_lifetime", "many"},
		{"redirect_uris", "javascript:alert(1)"},
		{"scope:openid", ""},
		{"public", "true", "client_credentials_grant_enabled", "true"},
	} {
		b.post(at, at, settingsOf(tt...)...).wants(t, 422, "Nothing was saved yet")
	}
	after, err := w.admin().Application(t.Context(), app.ApplicationID)
	if err != nil || after.Revision != c.Revision {
		t.Errorf("something was saved: %+v, %v", after, err)
	}
	b.post(at, at, settingsOf("public", "true")...)
	b.post(at, at, settingsOf()...).wants(t, 200, "The client secret") // confidential again, with a new secret
}

func TestALogoIsUploaded(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	at := "/dashboard/applications/" + w.application(false).ApplicationID
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	b.get(b.upload(at, at+"/logo", picture.Bytes()).location).wants(t, 200, `src="/images/`, "The new logo")
	b.upload(at, at+"/logo", []byte("<svg onload=alert(1)>")).wants(t, 422, "file must be a JPEG")
	b.post(at, at+"/logo", "file", "x").wants(t, 400)

	b.get(b.upload("/dashboard/settings/branding", "/dashboard/settings/branding/logo", picture.Bytes()).location).wants(t, 200, `src="/images/`)
	b.upload("/dashboard/settings/branding", "/dashboard/settings/branding/logo", []byte("no")).wants(t, 422, "file must be a JPEG")
	b.change("/dashboard/settings/branding", "/dashboard/settings/branding/logo/remove")
	if s, err := w.admin().Settings(t.Context()); err != nil || s.Brand.Logo != "" {
		t.Errorf("brand %+v, %v", s.Brand, err)
	}
}

func TestASecretIsReplaced(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(false)
	at := "/dashboard/applications/" + app.ApplicationID
	p := b.post(at+"/credentials", at+"/secret", "overlap", "3600")
	secret := p.find(t, `<code>(\w{32})</code>`)
	for name, s := range map[string]string{"the new one": secret, "the old one": app.Secret} {
		if got := w.tokenStatus(app, s); got != http.StatusBadRequest { // unauthorized_client: it proved itself
			t.Errorf("%s: %d, want 400", name, got)
		}
	}
	w.now = w.now.Add(2 * time.Hour)
	if got := w.tokenStatus(app, app.Secret); got != http.StatusUnauthorized {
		t.Errorf("the old one after its time: %d, want 401", got)
	}
	b.post(at+"/credentials", at+"/secret", "overlap", "99999999").wants(t, 422)
	b.get(at+"/credentials").wants(t, 200, app.ID)
	if body := b.get(at + "/credentials").body; strings.Contains(body, secret) {
		t.Error("the secret is shown again")
	}
	public := "/dashboard/applications/" + w.application(true).ApplicationID
	b.get(public+"/credentials").wants(t, 200, "No secret")
}

// tokenStatus is how a token request with this secret is answered.
func (w *world) tokenStatus(app admin.Application, secret string) int {
	w.Helper()
	b := w.browser()
	r := b.request("POST", "/oauth/token", "application/x-www-form-urlencoded", strings.NewReader("grant_type=client_credentials"))
	r.SetBasicAuth(app.ID, secret)
	return b.do(r).status
}

func TestAnApplicationIsRevokedAndDeleted(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(false)
	at := "/dashboard/applications/" + app.ApplicationID
	b.get(at+"/danger").wants(t, 200, "2026-11-24T12:00", app.ID)
	b.get(b.change(at+"/danger", at+"/revoke", "before", "2026-11-24T11:00").location).wants(t, 200, "Revoked.")
	c, err := w.admin().Application(t.Context(), app.ApplicationID)
	if err != nil || !c.NotBefore.Equal(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("not before %v, %v", c.NotBefore, err)
	}
	for _, before := range []string{"", "yesterday", "2030-01-01T00:00"} {
		b.post(at+"/danger", at+"/revoke", "before", before).wants(t, 422, `id="before-problem"`)
	}
	b.post(at+"/danger", at+"/delete", "confirm", "yes").wants(t, 422, "Nothing was deleted")
	b.change(at+"/danger", at+"/delete", "confirm", app.ID)
	b.get(at).wants(t, 404, "There is nothing here")
}

func TestSnippetsKnowTheApplication(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(false)
	b.get("/dashboard/applications/"+app.ApplicationID+"/connect").wants(t, 200,
		"golang.org/x/oauth2", "openid-client", "Auth.js", "Spring", "Django", app.ID, w.url+"/oauth/token", "https://engine.example/cb", "openid,profile,email")
}

func TestThePlaygroundRunsTheFlow(t *testing.T) {
	for _, public := range []bool{false, true} {
		w := newWorld(t)
		b := w.operator()
		app := w.application(public)
		at := "/dashboard/applications/" + app.ApplicationID + "/playground"
		b.get(at).wants(t, 200, "Add the address")
		b.change(at, at+"/allow")
		b.change(at, at+"/allow") // twice is once
		started := b.change(at, at, "scope:openid", "true", "scope:email", "true")
		consent := b.get(started.location)
		p := b.change(consent.location, "/consent", "decision", "allow", "continue", continuation(t, consent.location))
		back := b.get(p.location)
		came := b.get(back.location)
		came.wants(t, 200, "1. The application sends the browser", "code_challenge_method=S256", "2. The browser comes back", "Exchange the code")
		flow := came.find(t, `name="flow" value="([^"]+)"`)
		code := codeOf(t, back.location)
		if strings.Contains(came.body, code) {
			t.Error("the whole code is on the page")
		}
		secret := app.Secret
		done := b.post(at, at+"/exchange", "flow", flow, "secret", secret)
		done.wants(t, 200, "1. The code buys tokens", "200 OK", "2. What the ID token says", "3. The access token tells who the user is", address)
		if secret != "" && strings.Contains(done.body, secret) {
			t.Error("the secret is on the page")
		}
		b.post(at, at+"/exchange", "flow", flow, "secret", secret).wants(t, 200, "invalid_grant") // it buys once
		if !public {
			b.post(at, at+"/exchange", "flow", flow, "secret", "wrong").wants(t, 200, "invalid_client")
		}
		b.change(at, at+"/forbid")
		if c, err := w.admin().Application(t.Context(), app.ApplicationID); err != nil || len(c.RedirectURIs) != 1 {
			t.Errorf("addresses %v, %v", c.RedirectURIs, err)
		}
	}
}

func continuation(t *testing.T, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("continue")
}

func codeOf(t *testing.T, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("no code in %s, %v", location, err)
	}
	return u.Query().Get("code")
}

// A flow is one operator's, for one application, and for a while.
func TestAFlowOfThePlaygroundIsBound(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	bob := w.user("bob")
	if err := w.admin().AddOperator(t.Context(), bob.ID); err != nil {
		t.Fatal(err)
	}
	other := w.browser()
	other.signIn("/dashboard", "bob@example.com")
	app := w.application(true)
	at := "/dashboard/applications/" + app.ApplicationID + "/playground"
	b.change(at, at+"/allow")
	u, err := url.Parse(b.change(at, at, "scope:openid", "true").location)
	if err != nil {
		t.Fatal(err)
	}
	callback := "/dashboard/playground/callback?" + url.Values{"code": {"x"}, "state": {u.Query().Get("state")}}.Encode()
	flow := b.get(callback).find(t, `name="flow" value="([^"]+)"`)
	other.get(callback).wants(t, 403, "out of date")
	other.post(at, at+"/exchange", "flow", flow).wants(t, 403)
	elsewhere := "/dashboard/applications/" + w.application(true).ApplicationID + "/playground"
	b.post(at, elsewhere+"/exchange", "flow", flow).wants(t, 403)
	b.get("/dashboard/playground/callback?state=x&code=y").wants(t, 403)
	b.get("/dashboard/playground/callback?error=access_denied&state="+url.QueryEscape(u.Query().Get("state"))).wants(t, 200, "access_denied")
	w.now = w.now.Add(16 * time.Minute)
	b.get(callback).wants(t, 403, "out of date")
}

func TestAServiceGetsAToken(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.change("/dashboard/scopes", "/dashboard/scopes", "name", "jobs:run")
	app, err := w.admin().CreateApplication(t.Context(), admin.ApplicationFields{Name: new("Robot"), RedirectURIs: []string{}, ClientCredentials: new(true), Scopes: new("profile jobs:run")})
	if err != nil {
		t.Fatal(err)
	}
	at := "/dashboard/applications/" + app.ApplicationID + "/playground"
	b.get(at).wants(t, 200, "Get a token")
	b.post(at, at+"/service", "secret", app.Secret).wants(t, 200, "200 OK", "access_token", "scope=jobs:run")
	b.post(at, at+"/service", "secret", "wrong").wants(t, 200, "401 Unauthorized", "invalid_client")
}
