package flows

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// ownOrigin is where the operator's own consent page is.
const ownOrigin = "https://accounts.example.com"

// A hall is a consent page of the operator's own, and somebody signed in before it.
type hall struct {
	*world
	app      harness.Application
	config   *oauth2.Config
	verifier string
	someone  *harness.Person
}

func newHall(t testing.TB, w *world, fields map[string]any) hall {
	t.Helper()
	if answer, err := w.Try("PATCH", "/v1/instance", map[string]any{"allowed_origins": []string{ownOrigin}}); err != nil || answer.Status != http.StatusNoContent {
		t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
	}
	if fields["callback_url"] == nil {
		fields["callback_url"] = "https://app.client.example.co.uk/cb"
	}
	fields["name"] = "Engine"
	x := hall{world: w, app: w.CreateApplication(t, fields), verifier: oauth2.GenerateVerifier(), someone: harness.NewPerson(t, w.Issuer)}
	x.config = w.OAuth2(x.app)
	w.SignIn(t, x.someone, x.someone.Visit(w.Issuer+"/sign-in"))
	return x
}

// request is what the page was sent to it with, and the changes: names and values, of
// which those without a value are taken out.
func (x hall) request(changes ...string) url.Values {
	link, err := url.Parse(x.config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(x.verifier)))
	if err != nil {
		panic(err)
	}
	query := link.Query()
	for i := 0; i < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			query.Del(changes[i])
		}
	}
	return query
}

func (x hall) path() string { return "/v1/me/oauth/consent/" + url.PathEscape(x.app.ID) }

// press sends the form with a button pressed.
func (x hall) press(consented string, changes ...string) harness.Page {
	return x.someone.PostFrom(ownOrigin, x.path(), x.request(append(changes, "consented", consented)...).Encode())
}

// agreed reports whether the user has agreed to what the link asks.
func (x hall) agreed(t testing.TB) bool {
	t.Helper()
	left := x.someone.Visit(x.Issuer + "/oauth/authorize?" + x.request("prompt", "none").Encode()).Left
	if left == nil {
		t.Fatal("the browser was not sent back")
	}
	return left.Query().Get("error") != "consent_required"
}

func TestAnOwnPageIsToldOfTheRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.API(t, "POST", "/v1/oauth_scopes", map[string]any{"name": "jobs:run", "description": "Run jobs"})
		x := newHall(t, w, map[string]any{"scopes": "profile offline_access jobs:run"})
		page := x.someone.Fetch(ownOrigin, x.path()+"?redirect_uri="+url.QueryEscape(x.app.Callback)+"&_clerk_session_id=sess_1")
		var told map[string]any
		if err := json.Unmarshal([]byte(page.Body), &told); err != nil {
			t.Fatalf("%d %s: %v", page.Status, page.Body, err)
		}
		scope := func(name, description string, asks bool) any {
			return map[string]any{"scope": name, "description": description, "requires_consent": asks}
		}
		want := map[string]any{
			"oauth_application_name": "Engine", "oauth_application_logo_url": nil, "oauth_application_url": nil,
			"client_id": x.app.ID, "redirect_domain": "example.co.uk",
			"scopes": []any{
				scope("profile", "See your profile", true),
				scope("offline_access", "It keeps this access while you are not using it.", false),
				scope("jobs:run", "Run jobs", true),
			},
		}
		if page.Status != http.StatusOK || !reflect.DeepEqual(told, want) {
			t.Errorf("%d %v, want %v", page.Status, told, want)
		}
		h := page.Header
		if h.Get("Access-Control-Allow-Origin") != ownOrigin || h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Vary") != "Origin" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", h)
		}
		one := x.someone.Visit(w.Issuer + x.path() + "?scope=jobs:run")
		if !strings.Contains(one.Body, `"scopes":[{"scope":"jobs:run",`) || one.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s, %v", one.Body, one.Header)
		}
		silent := w.CreateApplication(t, map[string]any{"name": "b", "callback_url": "https://b.example/cb", "consent_screen_enabled": false})
		stranger := harness.NewPerson(t, w.Issuer)
		for _, tt := range []struct {
			name   string
			page   harness.Page
			status int
			code   string
		}{
			{"nobody signed in", stranger.Fetch(ownOrigin, x.path()), 401, "authentication_invalid"},
			{"HD05 another origin", x.someone.Fetch("https://evil.example", x.path()), 403, "cross_origin"},
			{"HD05 a longer origin", x.someone.Fetch(ownOrigin+".evil.example", x.path()), 403, "cross_origin"},
			{"HD05 no origin", x.someone.Fetch("null", x.path()), 403, "cross_origin"},
			{"an unknown client", x.someone.Fetch(ownOrigin, "/v1/me/oauth/consent/nobody"), 404, "resource_not_found"},
			{"a client that asks nobody", x.someone.Fetch(ownOrigin, "/v1/me/oauth/consent/"+silent.ID), 403, "authorization_invalid"},
			{"a scope beyond", x.someone.Fetch(ownOrigin, x.path()+"?scope=private_metadata"), 422, "form_param_value_invalid"},
		} {
			wantProblem(t, tt.name, tt.page, tt.status, tt.code)
		}
	})
}

func wantProblem(t testing.TB, name string, page harness.Page, status int, code string) {
	t.Helper()
	if page.Status != status || page.Left != nil || !strings.Contains(page.Body, `"code":"`+code+`"`) || !strings.Contains(page.Body, `"clerk_trace_id":"`) {
		t.Errorf("%s: %d %s, want %d %s", name, page.Status, page.Body, status, code)
	}
	if status == http.StatusForbidden && code == "cross_origin" && page.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s may read that", name)
	}
}

func TestRedirectDomainOfAnOwnPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		registered := []string{"http://127.0.0.1/cb", "http://localhost/cb", "com.example.app:/cb", "https://192.0.2.1/cb", "https://co.uk/cb", "https://A.Example.com:8443/cb"}
		x := newHall(t, w, map[string]any{"callback_url": "https://app.client.example/cb", "redirect_uris": registered})
		for uri, want := range map[string]string{
			"": "null", "https://app.other.example/cb": "null", "%": "null",
			registered[0]: "null", registered[1]: "null", registered[2]: "null", registered[3]: "null", registered[4]: "null",
			registered[5]: `"example.com"`, "https://app.client.example/cb": `"client.example"`,
		} {
			page := x.someone.Visit(w.Issuer + x.path() + "?redirect_uri=" + url.QueryEscape(uri))
			if !strings.Contains(page.Body, `"redirect_domain":`+want+`,`) {
				t.Errorf("%s: %d %s, want %s", uri, page.Status, page.Body, want)
			}
		}
	})
}

func TestConsentOnAnOwnPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		x := newHall(t, w, map[string]any{"public": true})
		page := x.press("true", "client_id", "", "clerk_client", "cli") // the path says who asks
		if page.Status != http.StatusSeeOther || page.Left == nil || page.Left.Host != "app.client.example.co.uk" {
			t.Fatalf("%d %v %s", page.Status, page.Left, page.Body)
		}
		if got := page.Left.Query(); got.Get("state") != "af0ifjsldkj" || got.Get("iss") != w.Issuer || page.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("answered with %v, %v", got, page.Header)
		}
		exchange := func(code string) error {
			token, err := x.config.Exchange(t.Context(), code, oauth2.VerifierOption(x.verifier))
			if err == nil {
				w.userInfo(t, token.AccessToken)
			}
			return err
		}
		code := page.Left.Query().Get("code")
		if err := exchange(code); err != nil {
			t.Fatal(err)
		}
		if !x.agreed(t) {
			t.Error("the agreement is forgotten")
		}
		// Sent again from the history, the form is another agreement: it gets a code of its
		// own, and revives none.
		again := x.press("true").Left.Query().Get("code")
		if err := exchange(again); err != nil || again == code {
			t.Errorf("the second code: %v", err)
		}
		if exchange(code) == nil || exchange(again) == nil {
			t.Error("a code bought twice")
		}
		posted := x.press("true", "response_mode", "form_post", "prompt", "consent")
		if _, action, fields, err := harness.Form(posted.Body, "go-on"); err != nil || posted.Status != http.StatusOK || action != x.app.Callback || exchange(fields.Get("code")) != nil {
			t.Errorf("%d to %s with %v, %v", posted.Status, action, fields, err)
		}
	})
}

func TestDenialOnAnOwnPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		x := newHall(t, w, map[string]any{})
		body := x.request().Encode()
		for _, consented := range []string{
			"", "&consented=", "&consented=false", "&consented=TRUE", "&consented=1",
			"&consented=true&consented=false", "&consented=false&consented=true", "&consented=true&c%6Fnsented=deny",
		} {
			page := x.someone.PostFrom(ownOrigin, x.path()+"?consented=true", body+consented)
			if page.Status != http.StatusSeeOther || page.Left == nil || page.Left.Query().Get("error") != "access_denied" || page.Left.Query().Get("state") != "af0ifjsldkj" || page.Left.Query().Has("code") {
				t.Errorf("%q: %d %v", consented, page.Status, page.Left)
			}
		}
		if x.agreed(t) {
			t.Error("a denial counts as an agreement")
		}
	})
}

func TestWhatAnOwnPageCannotDo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		x := newHall(t, w, map[string]any{})
		other := w.CreateApplication(t, map[string]any{"name": "b", "callback_url": "https://b.example/cb"})
		silent := w.CreateApplication(t, map[string]any{"name": "c", "callback_url": "https://b.example/cb", "consent_screen_enabled": false})
		body := x.request("consented", "true").Encode()
		stranger := harness.NewPerson(t, w.Issuer)
		for _, tt := range []struct {
			name   string
			page   harness.Page
			status int
			code   string
		}{
			{"nobody signed in", stranger.PostFrom(ownOrigin, x.path(), body), 401, "authentication_invalid"},
			{"SE02 another origin", x.someone.PostFrom("https://evil.example", x.path(), body), 403, "cross_origin"},
			{"SE02 the origin null", x.someone.PostFrom("null", x.path(), body), 403, "cross_origin"},
			{"SE02 no origin", x.someone.PostFrom("", x.path(), body), 403, "cross_origin"},
			{"SE02 the origin over http", x.someone.PostFrom("http://accounts.example.com", x.path(), body), 403, "cross_origin"},
			{"AZ13 the form of another client", x.someone.PostFrom(ownOrigin, "/v1/me/oauth/consent/"+other.ID, body), 400, "bad_request"},
			{"SC03 two clients", x.someone.PostFrom(ownOrigin, x.path(), body+"&client_id="+other.ID), 400, "bad_request"},
			{"an unknown client", x.someone.PostFrom(ownOrigin, "/v1/me/oauth/consent/nobody", body), 404, "resource_not_found"},
			{"a client that asks nobody", x.someone.PostFrom(ownOrigin, "/v1/me/oauth/consent/"+silent.ID, "consented=true"), 403, "authorization_invalid"},
			{"a foreign redirect URI", x.press("true", "redirect_uri", "https://evil.example/cb"), 400, "redirect_uri_mismatch"},
			{"two redirect URIs", x.someone.PostFrom(ownOrigin, x.path(), body+"&redirect_uri=https://evil.example/"), 400, "oauth_authorize_request_error"},
			{"denial to a foreign redirect URI", x.press("false", "redirect_uri", "https://evil.example/cb"), 400, "redirect_uri_mismatch"},
			{"no form", x.someone.PostFrom(ownOrigin, x.path(), "%zz"), 400, "bad_request"},
			{"two organizations", x.someone.PostFrom(ownOrigin, x.path(), body+"&organization_id=a&organization_id=b"), 422, "form_param_value_invalid"},
		} {
			wantProblem(t, tt.name, tt.page, tt.status, tt.code)
		}
		for _, tt := range []struct {
			name string
			page harness.Page
			code string
		}{
			{"SC03 a scope beyond the ceiling", x.press("true", "scope", "profile private_metadata"), "invalid_scope"},
			{"a scope that is sent twice", x.someone.PostFrom(ownOrigin, x.path(), body+"&scope=profile&scope=email"), "invalid_request"},
			{"another response type", x.press("true", "response_type", "token"), "unsupported_response_type"},
			{"PKCE in the clear", x.press("true", "code_challenge_method", "plain"), "invalid_request"},
			{"nothing that binds the answer", x.press("true", "state", "", "code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		} {
			if left := tt.page.Left; left == nil || left.Host != "app.client.example.co.uk" || left.Query().Get("error") != tt.code || left.Query().Has("code") {
				t.Errorf("%s: %d %v, want %s", tt.name, tt.page.Status, left, tt.code)
			}
		}
		if x.agreed(t) {
			t.Error("something refused counts as an agreement")
		}
		// SC04: what was agreed to covers nothing else.
		if left := x.press("true", "scope", "profile").Left; left == nil || !left.Query().Has("code") {
			t.Errorf("left for %v", left)
		}
		x.config.Scopes = []string{"profile", "email"}
		if x.agreed(t) {
			t.Error("more is agreed to than was asked")
		}
		// A fresh sign-in is not skipped, and comes before the code.
		if page := x.press("true", "prompt", "login"); page.Left != nil || !strings.Contains(page.Body, `action="/sign-in`) {
			t.Errorf("%d %v", page.Status, page.Left)
		}
		w.API(t, "POST", "/v1/users/"+w.User+"/ban", nil)
		wantProblem(t, "a banned user", x.press("true"), 401, "authentication_invalid")
	})
}

func TestOrganizationOnAnOwnPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		g := newGuild(t, w, map[string]any{})
		x := newHall(t, w, map[string]any{"scopes": "openid user:org:read"})
		g.app, g.config = x.app, x.config
		wantProblem(t, "one of others", x.press("true", "organization_id", g.other), 403, "not_a_member_in_organization")
		wantProblem(t, "none", x.press("true", "organization_id", "org_none"), 403, "not_a_member_in_organization")
		if x.agreed(t) {
			t.Error("something refused counts as an agreement")
		}
		seen := func(want string, page harness.Page) {
			t.Helper()
			if page.Left == nil {
				t.Fatalf("%d %s", page.Status, page.Body)
			}
			token, err := x.config.Exchange(t.Context(), page.Left.Query().Get("code"), oauth2.VerifierOption(x.verifier))
			if err != nil {
				t.Fatal(err)
			}
			g.wantSeenIn(t, token, want)
		}
		seen(g.one, x.press("true"))
		seen(g.two, x.press("true", "organization_id", g.two))
		seen(g.two, x.press("true")) // the last one
	})
}

// A client that nobody vouches for, whose client_id is a URL.
func TestDocumentOnAnOwnPage(t *testing.T) {
	var document string
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, document)
	}))
	t.Cleanup(site.Close)
	ca, id := writeCA(t, site.Certificate()), site.URL+"/client.json"
	document = `{"client_id":"` + id + `","client_name":"Agent","redirect_uris":["https://agent.example/cb"]}`
	onBothWith(t, func(cfg *config.Config) {
		cfg.TestFetchHosts, cfg.TestFetchCA = site.Listener.Addr().String(), ca
	}, func(t *testing.T, w *world) {
		x := newHall(t, w, map[string]any{})
		x.app = harness.Application{ID: id, Callback: "https://agent.example/cb"}
		x.config = w.OAuth2(x.app)
		wantProblem(t, "by default", x.press("true"), 400, "oauth_authorize_request_error")
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"client_id_metadata_documents_advertised": true})
		if page := x.someone.Fetch(ownOrigin, x.path()); !strings.Contains(page.Body, `"oauth_application_name":"Agent"`) {
			t.Errorf("%d %s", page.Status, page.Body)
		}
		page := x.press("true")
		if page.Left == nil {
			t.Fatalf("%d %s", page.Status, page.Body)
		}
		x.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		if _, err := x.config.Exchange(t.Context(), page.Left.Query().Get("code"), oauth2.VerifierOption(x.verifier)); err != nil {
			t.Fatal(err)
		}
		if again := x.someone.Visit(w.Issuer + "/oauth/authorize?" + x.request().Encode()); again.Left != nil || !strings.Contains(again.Body, `id="unverified"`) {
			t.Errorf("a client that nobody vouches for was answered without asking: %v", again.Left)
		}
	})
}
