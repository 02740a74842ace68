package flows

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/test/harness"
)

// A guild is an application that asks for the organization of its users, one of
// whom belongs to two.
type guild struct {
	*world
	app      harness.Application
	config   *oauth2.Config
	link     string
	one, two string // organizations of the user
	other    string // one that is not
}

func newGuild(t testing.TB, w *world, fields map[string]any) guild {
	t.Helper()
	w.organizations(t, true)
	g := guild{world: w}
	text := func(x any) string { s, _ := x.(string); return s }
	g.one = text(w.API(t, "POST", "/v1/organizations", map[string]any{"name": "Royal Society", "created_by": w.User})["id"])
	w.Clock.Advance(1)
	g.two = text(w.API(t, "POST", "/v1/organizations", map[string]any{"name": "Analytical Society", "created_by": w.User})["id"])
	g.other = text(w.API(t, "POST", "/v1/organizations", map[string]any{"name": "Closed Society"})["id"])
	fields["name"], fields["callback_url"], fields["scopes"] = "Guild", "https://client.example/cb", "openid user:org:read"
	g.app = w.CreateApplication(t, fields)
	g.config = w.OAuth2(g.app)
	g.config.Scopes = []string{"openid", "user:org:read"}
	g.link = g.config.AuthCodeURL("af0ifjsldkj")
	return g
}

func (w *world) organizations(t testing.TB, on bool) {
	t.Helper()
	w.API(t, "PATCH", "/v1/instance/organization_settings", map[string]any{"enabled": on})
}

// leave takes the user out of an organization, which somebody else looks after then.
func (g guild) leave(t testing.TB, id string) {
	t.Helper()
	heir := g.CreateUser(t, map[string]any{"username": "heir_" + strings.ToLower(id[len(id)-8:])})
	g.API(t, "POST", "/v1/organizations/"+id+"/memberships", map[string]any{"user_id": heir, "role": "org:admin"})
	g.API(t, "DELETE", "/v1/organizations/"+id+"/memberships/"+g.User, nil)
}

// told is what every door says about the organization of a token: user info,
// introspection of both tokens, and a JWT that was just issued.
func (g guild) told(t testing.TB, token *oauth2.Token) (info map[string]any, ids []any) {
	t.Helper()
	info = g.userInfo(t, token.AccessToken)
	ids = append(ids, info["org_id"])
	for _, presented := range []string{token.AccessToken, token.RefreshToken} {
		ids = append(ids, g.introspect(t, g.app, presented)["org_id"])
	}
	return info, append(ids, claimOf(t, token.Extra("id_token").(string), "org_id"))
}

func (g guild) wantSeenIn(t testing.TB, token *oauth2.Token, want any) {
	t.Helper()
	if _, ids := g.told(t, token); slices.ContainsFunc(ids, func(id any) bool { return id != want }) {
		t.Errorf("told of %v, want %v everywhere", ids, want)
	}
}

// claimOf reads a claim of a JWT, whose signature others check.
func claimOf(t testing.TB, jwt, name string) any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims[name]
}

// renew refreshes a token.
func (g guild) renew(t testing.TB, token *oauth2.Token) *oauth2.Token {
	t.Helper()
	renewed, err := g.config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	return renewed
}

func TestOrganizationIsChosenAtConsent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{})
		someone := harness.NewPerson(t, w.Issuer)
		page := w.SignIn(t, someone, someone.Visit(g.link))
		for _, want := range []string{"Royal Society", "Analytical Society", `value="` + g.one + `" required checked`, `id="` + g.two + `"`} {
			if !strings.Contains(page.Body, want) {
				t.Fatalf("the page lacks %s:\n%s", want, page.Body)
			}
		}
		if strings.Contains(page.Body, "Closed Society") {
			t.Error("the page offers an organization of others")
		}
		if again := someone.Submit(page, "allow", map[string]string{"organization_id": g.other}); again.Left != nil || !strings.Contains(again.Body, g.two) {
			t.Errorf("choosing one of others: %d %v", again.Status, again.Left)
		}
		token := g.exchange(t, g.config, someone.Submit(page, "allow", map[string]string{"organization_id": g.two}).Left)
		info, _ := g.told(t, token)
		if info["org_name"] != "Analytical Society" || info["org_slug"] != "analytical-society" {
			t.Errorf("user info: %v", info)
		}
		g.wantSeenIn(t, token, g.two)
		g.wantSeenIn(t, g.renew(t, token), g.two)
		// Remembered, and asked about again only where consent is.
		g.wantSeenIn(t, g.exchange(t, g.config, someone.Visit(g.link).Left), g.two)
		page = someone.Visit(g.link + "&prompt=consent")
		if !strings.Contains(page.Body, `value="`+g.two+`" required checked`) {
			t.Errorf("the one chosen last is not marked:\n%s", page.Body)
		}
		g.wantSeenIn(t, g.exchange(t, g.config, someone.Submit(page, "allow", map[string]string{"organization_id": g.one}).Left), g.one)
		w.change(t, g.app, map[string]any{"signet": map[string]any{"access_token_format": "jwt"}})
		if jwt := g.exchange(t, g.config, someone.Visit(g.link).Left); claimOf(t, jwt.AccessToken, "org_id") != g.one {
			t.Errorf("the JWT says %v", claimOf(t, jwt.AccessToken, "org_id"))
		}
		narrowed := g.config
		narrowed.Scopes = []string{"openid"}
		if other := g.exchange(t, narrowed, someone.Visit(narrowed.AuthCodeURL("af0ifjsldkj")).Left); claimOf(t, other.AccessToken, "org_id") != nil {
			t.Error("a token without the scope tells of an organization")
		}
		if page := someone.Submit(someone.Visit(g.link+"&prompt=consent"), "deny", map[string]string{"organization_id": g.one}); page.Left == nil || page.Left.Query().Get("error") != "access_denied" {
			t.Errorf("denied: %v", page.Left)
		}
	})
}

func TestOrganizationsThatAUserLeaves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{})
		someone := harness.NewPerson(t, w.Issuer)
		page := w.SignIn(t, someone, someone.Visit(g.link))
		token := g.exchange(t, g.config, someone.Submit(page, "allow", map[string]string{"organization_id": g.two}).Left)
		late := someone.Visit(g.link).Left // a code, to be redeemed when all is over
		g.leave(t, g.two)
		if info, ids := g.told(t, token); info["org_id"] != nil || info["org_name"] != nil || ids[1] != nil || ids[2] != nil {
			t.Errorf("told of the organization that was left: %v %v", info, ids)
		}
		g.wantSeenIn(t, g.renew(t, token), nil)
		g.wantSeenIn(t, g.exchange(t, g.config, late), nil)
		page = someone.Visit(g.link)
		if page.Left != nil || !strings.Contains(page.Body, g.one) || strings.Contains(page.Body, g.two) {
			t.Fatalf("with another one to choose: %v\n%s", page.Left, page.Body)
		}
		g.wantSeenIn(t, g.exchange(t, g.config, someone.Submit(page, "allow", nil).Left), g.one)
		w.API(t, "DELETE", "/v1/organizations/"+g.one, nil)
		g.wantSeenIn(t, g.exchange(t, g.config, someone.Visit(g.link).Left), nil) // nothing to choose, nothing to ask
		if page := someone.Visit(g.link + "&prompt=consent"); strings.Contains(page.Body, "fieldset") {
			t.Errorf("the page offers nothing to choose from:\n%s", page.Body)
		}
	})
}

func TestWhileOrganizationsAreOff(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{})
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
		someone := harness.NewPerson(t, w.Issuer)
		token := g.exchange(t, g.config, w.SignInAndAllow(t, someone, g.link))
		g.wantSeenIn(t, token, g.one)
		registered := func() int {
			status, _ := w.register(t, "POST", w.Issuer+"/oauth/register", "", map[string]any{"redirect_uris": []string{"https://app.example/cb"}, "scope": "user:org:read"})
			return status
		}
		for _, on := range []bool{true, false} {
			w.organizations(t, on)
			_, described := w.Get(t, "/.well-known/openid-configuration", "")
			scopes, claims := texts(described["scopes_supported"]), texts(described["claims_supported"])
			if slices.Contains(scopes, "user:org:read") != on || slices.Contains(claims, "org_id") != on {
				t.Errorf("on %v: %v %v", on, scopes, claims)
			}
			if status := registered(); status != map[bool]int{true: http.StatusCreated, false: http.StatusBadRequest}[on] {
				t.Errorf("on %v: registering with the scope: %d", on, status)
			}
		}
		if left := someone.Visit(g.link).Left; left == nil || left.Query().Get("error") != "invalid_scope" {
			t.Errorf("asking for it: %v", left)
		}
		if info, ids := g.told(t, token); info["org_id"] != nil || ids[1] != nil || ids[2] != nil {
			t.Errorf("told of an organization: %v", ids)
		}
		renewed := g.renew(t, token)
		if claimOf(t, renewed.Extra("id_token").(string), "org_id") != nil || renewed.Extra("scope") != "openid" {
			t.Errorf("renewed with %v", renewed.Extra("scope"))
		}
		w.organizations(t, true)
		g.wantSeenIn(t, g.renew(t, renewed), g.one)
	})
}

func TestApplicationsThatNeedNotAsk(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{"consent_screen_enabled": false})
		someone := harness.NewPerson(t, w.Issuer)
		page := w.SignIn(t, someone, someone.Visit(g.link))
		if page.Left != nil || !strings.Contains(page.Body, "fieldset") {
			t.Fatalf("which of two is not asked: %v", page.Left)
		}
		g.leave(t, g.one)
		left := someone.Visit(g.link).Left
		if left == nil {
			t.Fatal("the only one is asked about")
		}
		g.wantSeenIn(t, g.exchange(t, g.config, left), g.two)
	})
}

func TestOrganizationOfADevice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{"device_authorization_grant_enabled": true})
		begin := func() map[string]any {
			_, d := w.post(t, "/oauth/device_authorization", g.app, url.Values{"scope": {"user:org:read"}})
			return d
		}
		seen := func(d map[string]any) any {
			t.Helper()
			status, body := w.post(t, "/oauth/token", g.app, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d["device_code"].(string)}})
			if status != http.StatusOK {
				t.Fatalf("%d %v", status, body)
			}
			return w.userInfo(t, body["access_token"].(string))["org_id"]
		}
		someone := harness.NewPerson(t, w.Issuer)
		d := begin()
		page := w.SignIn(t, someone, someone.Visit(d["verification_uri_complete"].(string)))
		if again := someone.Submit(page, "allow", map[string]string{"organization_id": g.other}); !strings.Contains(again.Body, g.two) {
			t.Errorf("choosing one of others: %d\n%s", again.Status, again.Body)
		}
		someone.Submit(page, "allow", map[string]string{"organization_id": g.two})
		if got := seen(d); got != g.two {
			t.Errorf("seen in %v, want %s", got, g.two)
		}
		d = begin()
		decide := map[string]any{"user_code": d["user_code"], "approved": true, "organization_id": g.other}
		if status, told := someone.PostJSON(t, "/v1/me/oauth/device", decide); status != http.StatusForbidden {
			t.Errorf("one of others over JSON: %d %v", status, told)
		}
		decide["organization_id"] = g.one
		if status, told := someone.PostJSON(t, "/v1/me/oauth/device", decide); status != http.StatusOK {
			t.Errorf("over JSON: %d %v", status, told)
		}
		if got := seen(d); got != g.one {
			t.Errorf("seen in %v, want %s", got, g.one)
		}
	})
}
