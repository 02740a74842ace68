package dashboard_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

func TestHomeShowsWhatHappened(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/oauth/authorize?client_id=nobody")
	w.browser().post("/sign-in", "/sign-in", "identifier", "nobody", "password", "wrong")
	app := w.application(false)
	w.tokenStatus(app, "wrong")
	w.runs()
	for _, span := range []string{"", "?span=hour", "?span=day", "?span=month", "?span=nonsense"} {
		p := b.get("/dashboard" + span)
		p.wants(t, 200, `<svg viewBox`, "Sign-ins: 1 succeeded", "invalid_client", "Answers in", "Next rotation", "1.2.3", "Authorization")
	}
}

func TestTheMetricsWantAKey(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/metrics").wants(t, 401)
	for key, want := range map[string]int{"sk_test_wrong": 401, secretKey: 200} {
		r := b.request("GET", "/metrics", "", nil)
		r.Header.Set("Authorization", "Bearer "+key)
		p := b.do(r)
		p.wants(t, want)
		if want == 200 {
			p.wants(t, 200, `signet_sign_ins_total{outcome="succeeded"} 1`, `signet_request_duration_seconds_bucket{face="dashboard",le="`, "go_goroutines")
		}
	}
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/dashboard/invitations").wants(t, 200, "Nobody was invited yet")
	p := b.post("/dashboard/invitations", "/dashboard/invitations", "email_address", "bob@example.com", "expires_in_days", "7")
	p.wants(t, 200, "/sign-up?ticket=", "bob@example.com", "2026-12-01")
	b.post("/dashboard/invitations", "/dashboard/invitations", "email_address", "bob@example.com").wants(t, 422, "There is a pending invitation")
	at := p.find(t, `action="(/dashboard/invitations/inv_\w+/revoke)"`)
	b.change("/dashboard/invitations", at)
	b.get("/dashboard/invitations").wants(t, 200, "Revoked")
	b.post("/dashboard/invitations", at).wants(t, 409, "was taken back before")
}

func TestScopes(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	at := "/dashboard/scopes"
	b.change(at, at, "name", "notes:read", "description", "Read your notes", "advertised", "true")
	b.get(at).wants(t, 200, "notes:read", "Read your notes")
	b.post(at, at, "name", "notes:read").wants(t, 422, "There is a scope of this name")
	b.post(at, at, "name", "a b").wants(t, 422, `id="name-problem"`, `value="a b"`)
	one := at + "/" + url.PathEscape("notes:read")
	b.change(at, one, "description", "See your notes")
	if s, err := w.admin().Settings(t.Context()); err != nil || s.CustomScopes[0].Description != "See your notes" || s.CustomScopes[0].Advertised {
		t.Errorf("%+v, %v", s.CustomScopes, err)
	}
	b.change(at, one, "delete", "true")
	b.get(at).wants(t, 200, "None of your own yet")
}

func TestSecretKeys(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	at := "/dashboard/secret-keys"
	p := b.post(at, at, "name", "CI", "lifetime", "604800")
	key := p.find(t, `<code>(sk_test_\w+)</code>`)
	if strings.Contains(b.get(at).body, key) {
		t.Error("the key is shown again")
	}
	api := func() int {
		r := b.request("GET", "/v1/users", "", nil)
		r.Header.Set("Authorization", "Bearer "+key)
		return b.do(r).status
	}
	if got := api(); got != 200 {
		t.Errorf("the key opens nothing: %d", got)
	}
	b.post(at, at, "name", "CI").wants(t, 422, "Another secret key has this name")
	b.change(at, b.get(at).find(t, `(?s)>CI<.*?action="(/dashboard/secret-keys/key_\w+/revoke)"`))
	if got := api(); got != 401 {
		t.Errorf("the key works still: %d", got)
	}
	b.post(at, b.get(at).find(t, `action="(/dashboard/secret-keys/key_\w+/revoke)"`)).wants(t, 409, "last secret key")
}

func TestSigningKeys(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	at := "/dashboard/signing-keys"
	before := strings.Count(b.get(at).body, "<tr>")
	b.get(b.change(at, at+"/rotate").location).wants(t, 200, "Will sign", "New keys are published")
	if after := strings.Count(b.get(at).body, "<tr>"); after <= before {
		t.Errorf("%d rows, then %d", before, after)
	}
	b.post(at, at+"/replace", "confirm", "no").wants(t, 422, "Nothing was changed")
	b.get(b.change(at, at+"/replace", "confirm", "replace").location).wants(t, 200, "Taken back")
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	at := "/dashboard/settings"
	lifetimes := []string{"code_lifetime", "30", "access_token_lifetime", "3600", "id_token_lifetime", "600", "refresh_token_lifetime", "86400", "grant_lifetime", "864000", "refresh_grace", "0", "events_kept", "30"}
	b.change(at, at, append(lifetimes, "jwt_access_tokens", "true", "dynamic_registration", "true", "documents_advertised", "true", "allowed_origins", "https://app.example", "resources", "https://api.example", "sign_up", "open", "sign_up_domains", "example.com", "organizations", "true")...)
	s, err := w.admin().Settings(t.Context())
	if err != nil || s.Lifetimes.Code != 30*time.Second || s.Lifetimes.RefreshGrace != 0 || !s.JWTAccessTokens || !s.DynamicRegistration || !s.MetadataDocuments.Advertised || len(s.AllowedOrigins) != 1 || s.SignUp.Policy != store.SignUpOpen || len(s.SignUp.Domains) != 1 || !s.Organizations.Enabled || s.EventsKept != 30*24*time.Hour || s.AllowHTTPRedirectURIs {
		t.Errorf("%+v, %v", s, err)
	}
	b.post(at, at, append(lifetimes, "code_lifetime", "100000", "allowed_origins", "nonsense", "events_kept", "1")...).wants(t, 422, `id="code_lifetime-problem"`, `value="100000"`, `id="events_kept-problem"`, `id="allowed_origins-problem"`, "nonsense")
	if after, err := w.admin().Settings(t.Context()); err != nil || after.Lifetimes.Code != 30*time.Second {
		t.Errorf("something was saved: %+v, %v", after.Lifetimes, err)
	}
	brand := "/dashboard/settings/branding"
	b.post(brand, brand, "brand_name", "Babbage", "brand_accent", "#0e7490", "preview", "true").wants(t, 200, "It is not saved yet", "Babbage", "/assets/accent.0e7490.css")
	if s, err := w.admin().Settings(t.Context()); err != nil || s.Brand.Name != "" {
		t.Errorf("a preview was saved: %+v, %v", s.Brand, err)
	}
	b.change(brand, brand, "brand_name", "Babbage", "brand_accent", "#0e7490")
	b.get("/sign-in").wants(t, 303) // signed in
	w.browser().get("/sign-in").wants(t, 200, "Babbage")
}

func TestTheRequestDoctor(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/dashboard/refusals").wants(t, 200, "Nothing was refused")
	app := w.application(true)
	b.get("/oauth/authorize?response_type=code&state=12345678&scope=openid&redirect_uri=" + url.QueryEscape("https://engine.example/cb/") + "&client_id=" + app.ID)
	list := b.get("/dashboard/refusals?query=" + app.ID)
	list.wants(t, 200, "GET /oauth/authorize", "invalid_request")
	b.get("/dashboard/refusals?query=zzz").wants(t, 200, "Nothing found")
	b.get(list.find(t, `href="(/dashboard/refusals/\w+)"`)).wants(t, 200,
		"Address is registered</span><span class=\"hidden\">: failed here", "https://engine.example/cb/", "Differs", "a slash at the end", "Engine", "RFC 9700 §2.1")
	b.get("/dashboard/refusals/nothing").wants(t, 404)
}
