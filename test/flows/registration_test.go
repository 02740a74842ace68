package flows

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/test/harness"
)

// register sends client metadata and gives the answer.
func (w *world) register(t testing.TB, method, address, bearer string, metadata map[string]any) (int, map[string]any) {
	t.Helper()
	body, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, address, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatalf("%d %q: %v", response.StatusCode, text, err)
		}
	}
	return response.StatusCode, members
}

func (w *world) applications(t testing.TB) int {
	t.Helper()
	return int(w.API(t, "GET", "/v1/oauth_applications", nil)["total_count"].(float64))
}

func TestClientsRegisterThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		endpoint := w.Issuer + "/oauth/register"
		public := map[string]any{"redirect_uris": []string{"https://app.example/cb"}, "token_endpoint_auth_method": "none", "client_name": "App"}
		if status, body := w.register(t, "POST", endpoint, "", public); status != 422 || body["error"] != "access_denied" || body["errors"] == nil {
			t.Errorf("CM14: by default: %d %v", status, body)
		}
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
		status, client := w.register(t, "POST", endpoint, "", public)
		if status != 201 || client["client_secret"] != nil || client["registration_access_token"] != nil || client["scope"] != "openid profile email offline_access" {
			t.Fatalf("%d %v", status, client)
		}
		if _, again := w.register(t, "POST", endpoint, "", public); again["client_id"] != client["client_id"] {
			t.Error("the same metadata got another client_id")
		}
		if n := w.applications(t); n != 0 {
			t.Errorf("CM14: registering kept %d applications, want none", n)
		}
		config := oauth2.Config{
			ClientID: client["client_id"].(string), RedirectURL: "https://app.example/cb", Scopes: []string{"openid", "profile"},
			Endpoint: oauth2.Endpoint{AuthURL: w.Issuer + "/oauth/authorize", TokenURL: w.Issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
		}
		verifier := oauth2.GenerateVerifier()
		link := config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(verifier))
		someone := harness.NewPerson(t, w.Issuer)
		if page := someone.Visit(link + "&prompt=none"); page.Left != nil || !strings.Contains(page.Body, `id="back"`) {
			t.Errorf("AZ03: prompt=none leads to %v, want a page", page.Left)
		}
		if page := someone.Visit(config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(verifier)) + "&resource=x"); page.Left != nil || page.Status != 400 {
			t.Errorf("AZ02: a bad request leads to %v with %d, want a page", page.Left, page.Status)
		}
		consent := w.SignIn(t, someone, someone.Visit(link))
		if !strings.Contains(consent.Body, `id="unverified"`) {
			t.Errorf("the page does not warn:\n%s", consent.Body)
		}
		if n := w.applications(t); n != 0 {
			t.Errorf("asking kept %d applications, want none", n)
		}
		answer := someone.Submit(consent, "allow", nil)
		token, err := config.Exchange(t.Context(), answer.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		w.userInfo(t, token.AccessToken)
		if n := w.applications(t); n != 1 {
			t.Errorf("after the agreement %d applications are kept, want 1", n)
		}
		if again := someone.Visit(link); again.Left != nil || !strings.Contains(again.Body, `id="allow"`) {
			t.Errorf("SC06: the second time nobody was asked: %v", again.Left)
		}
		// Off again: who was agreed to goes on, who was not does not.
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": false})
		if page := someone.Visit(link); !strings.Contains(page.Body, `id="allow"`) {
			t.Errorf("a client that is kept: %d", page.Status)
		}
		list := w.API(t, "GET", "/v1/oauth_applications?dynamically_registered=true", nil)["data"].([]any)
		kept := list[0].(map[string]any)
		if kept["dynamically_registered"] != true || kept["client_id"] != client["client_id"] {
			t.Errorf("kept: %v", kept)
		}
		answerOf, err := w.Try("PATCH", "/v1/oauth_applications/"+kept["id"].(string), map[string]any{"consent_screen_enabled": false})
		if err != nil || answerOf.Status != 422 {
			t.Errorf("the consent page can be switched off: %d, %v", answerOf.Status, err)
		}
		w.API(t, "DELETE", "/v1/oauth_applications/"+kept["id"].(string), nil)
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
		if page := someone.Visit(link); page.Status != 400 || page.Left != nil {
			t.Errorf("LC03: a deleted client is back: %d %v", page.Status, page.Left)
		}
	})
}

func TestRegistrationIsManaged(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
		metadata := map[string]any{"redirect_uris": []string{"https://app.example/cb"}, "client_name": "App"}
		status, client := w.register(t, "POST", w.Issuer+"/oauth/register", "", metadata)
		if status != 201 || client["client_secret"] == nil || client["client_secret_expires_at"] != 0.0 {
			t.Fatalf("%d %v", status, client)
		}
		address, bearer := client["registration_client_uri"].(string), client["registration_access_token"].(string)
		_, other := w.register(t, "POST", w.Issuer+"/oauth/register", "", metadata)
		for name, x := range map[string]struct{ address, bearer string }{
			"CM16 another's token": {address, other["registration_access_token"].(string)},
			"no token":             {address, ""},
			"no client":            {w.Issuer + "/oauth/register/nobody", bearer},
		} {
			if status, body := w.register(t, "GET", x.address, x.bearer, nil); status != 401 || body["error"] != "invalid_token" {
				t.Errorf("%s: %d %v, want 401", name, status, body)
			}
		}
		if status, shown := w.register(t, "GET", address, bearer, nil); status != 200 || shown["client_id"] != client["client_id"] || shown["client_secret"] != nil {
			t.Errorf("shown: %d %v", status, shown)
		}
		if status, _ := w.register(t, "PUT", address, bearer, metadata); status != 403 {
			t.Errorf("changing what is not kept: %d, want 403", status)
		}
		app := harness.Application{ID: client["client_id"].(string), Secret: client["client_secret"].(string), Callback: "https://app.example/cb"}
		config := w.OAuth2(app)
		config.Scopes = []string{"openid", "profile"}
		someone := harness.NewPerson(t, w.Issuer)
		code := w.SignInAndAllow(t, someone, config.AuthCodeURL("af0ifjsldkj")).Query().Get("code")
		token, err := config.Exchange(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(5)
		metadata["redirect_uris"] = []string{"https://app.example/cb", "https://evil.example/cb"}
		if status, changed := w.register(t, "PUT", address, bearer, metadata); status != 200 || len(changed["redirect_uris"].([]any)) != 2 {
			t.Errorf("changed: %d %v", status, changed)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("CM17: what was granted before the change is good: %d", status)
		}
		if status, _ := w.register(t, "DELETE", address, bearer, nil); status != 204 {
			t.Errorf("deleting: %d", status)
		}
		if status, _ := w.register(t, "GET", address, bearer, nil); status != 401 {
			t.Errorf("deleted, but shown: %d", status)
		}
	})
}

// A client that is known by a document on the web alone.
func TestClientsWithADocument(t *testing.T) {
	var document string
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, document)
	}))
	t.Cleanup(site.Close)
	ca := writeCA(t, site.Certificate())
	id := site.URL + "/client.json"
	document = `{"client_id":"` + id + `","client_name":"Agent","redirect_uris":["http://127.0.0.1/cb"]}`
	open := func(cfg *config.Config) {
		cfg.TestFetchHosts, cfg.TestFetchCA = site.Listener.Addr().String(), ca
	}
	onBothWith(t, open, func(t *testing.T, w *world) {
		set := func(advertised, only, block bool) {
			t.Helper()
			w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{
				"client_id_metadata_documents_advertised":                        advertised,
				"client_id_metadata_documents_only_allow_pre_registered_clients": only,
				"client_id_metadata_documents_block_implicitly_allowed_clients":  block,
			})
		}
		config := oauth2.Config{
			ClientID: id, RedirectURL: "http://127.0.0.1:7777/cb",
			Endpoint: oauth2.Endpoint{AuthURL: w.Issuer + "/oauth/authorize", TokenURL: w.Issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
		}
		verifier := oauth2.GenerateVerifier()
		link := config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(verifier))
		someone := harness.NewPerson(t, w.Issuer)
		refused := func(why string) {
			t.Helper()
			if page := someone.Visit(link); page.Left != nil || page.Status != 401 {
				t.Errorf("%s: %d %v, want a page with 401", why, page.Status, page.Left)
			}
		}
		refused("by default")
		if _, m := w.Get(t, "/.well-known/oauth-authorization-server", ""); m["client_id_metadata_document_supported"] != nil {
			t.Errorf("advertised by default: %v", m["client_id_metadata_document_supported"])
		}
		set(true, true, false)
		refused("only known ones")
		set(true, false, false)
		if _, m := w.Get(t, "/.well-known/oauth-authorization-server", ""); m["client_id_metadata_document_supported"] != true {
			t.Errorf("not advertised")
		}
		if page := someone.Visit(strings.Replace(link, url.QueryEscape("http://127.0.0.1:7777/cb"), url.QueryEscape("https://evil.example/"), 1)); page.Left != nil || page.Status != 400 {
			t.Errorf("a redirect URI that the document lacks: %d %v", page.Status, page.Left)
		}
		consent := w.SignIn(t, someone, someone.Visit(link))
		if !strings.Contains(consent.Body, `id="unverified"`) || !strings.Contains(consent.Body, "127.0.0.1") {
			t.Errorf("CM08: the page does not name the host:\n%s", consent.Body)
		}
		answer := someone.Submit(consent, "allow", nil)
		token, err := config.Exchange(t.Context(), answer.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		w.userInfo(t, token.AccessToken)
		set(true, false, true)
		refused("blocked")
		w.userInfo(t, token.AccessToken) // blocking revokes nothing
	})
}

func TestOperatorsAllowDocuments(t *testing.T) {
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
		w.API(t, "POST", "/v1/oauth_client_documents", map[string]any{"client_id": id})
		answer, err := w.Try("POST", "/v1/oauth_client_documents", map[string]any{"client_id": "https://127.0.0.1/client.json"})
		if err != nil || answer.Status != 422 {
			t.Errorf("CM07: %d %s, %v", answer.Status, answer.Body, err)
		}
		link := w.Issuer + "/oauth/authorize?" + url.Values{
			"response_type": {"code"}, "client_id": {id}, "redirect_uri": {"https://agent.example/cb"}, "state": {"af0ifjsldkj"},
			"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"},
		}.Encode()
		someone := harness.NewPerson(t, w.Issuer)
		if left := w.SignInAndAllow(t, someone, link); left.Query().Get("code") == "" {
			t.Errorf("sent to %v", left)
		}
		if again := someone.Visit(link); !strings.Contains(again.Body, `id="allow"`) {
			t.Errorf("a client with a document was answered without asking: %v", again.Left)
		}
	})
}

func TestResourcesAreDescribed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		status, m := w.Get(t, "/.well-known/oauth-protected-resource", "")
		if status != 200 || m["resource"] != w.Issuer || texts(m["authorization_servers"])[0] != w.Issuer {
			t.Errorf("%d %v", status, m)
		}
		if status, _ := w.Get(t, "/.well-known/oauth-protected-resource/nowhere", ""); status != 404 {
			t.Errorf("an unknown resource: %d", status)
		}
	})
}

// The request doctor, from a refusal to its mending.
func TestRefusalsAreExplained(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		wrong := *w.OAuth2(c)
		wrong.RedirectURL += "/"
		page := harness.NewPerson(t, w.Issuer).Visit(wrong.AuthCodeURL("af0ifjsldkj"))
		id := page.Header.Get("X-Request-Id")
		if !strings.Contains(page.Body, id) || !strings.Contains(w.Logs.String(), id) {
			t.Errorf("the page or the log lacks the id %s", id)
		}
		told := w.API(t, "GET", "/v1/oauth_refusals/"+id, nil)
		if told["client_id"] != c.ID || !strings.Contains(strings.Join(texts(told["mend"]), " "), "a slash at the end") {
			t.Errorf("told %v", told)
		}
		status, body := w.post(t, "/oauth/token", c, url.Values{"grant_type": {"authorization_code"}, "code": {"oac_marker"}, "redirect_uri": {"https://client.example/cb"}})
		address, _ := body["error_uri"].(string)
		if status != 400 || !strings.HasPrefix(address, w.Issuer+"/errors/") {
			t.Fatalf("%d %v", status, body)
		}
		if explained := harness.NewPerson(t, w.Issuer).Visit(address); explained.Status != 200 || !strings.Contains(explained.Body, "signet explain") {
			t.Errorf("%s: %d", address, explained.Status)
		}
		list := w.API(t, "GET", "/v1/oauth_refusals", nil)["data"].([]any)
		text, err := json.Marshal(list)
		if err != nil || len(list) != 2 || strings.Contains(string(text), "marker") || strings.Contains(string(text), c.Secret) {
			t.Errorf("%v: %s", err, text)
		}
	})
}

// What clerk-js calls for a verification page of one's own.
func TestDeviceByClerkJS(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "Television", "public": true, "device_authorization_grant_enabled": true})
		_, d := w.post(t, "/oauth/device_authorization", c, url.Values{})
		someone := harness.NewPerson(t, w.Issuer)
		if status, _ := someone.PostJSON(t, "/v1/me/oauth/device/lookup", map[string]any{"user_code": d["user_code"]}); status != 401 {
			t.Errorf("nobody signed in: %d", status)
		}
		w.SignIn(t, someone, someone.Visit(w.Issuer+"/sign-in"))
		status, told := someone.PostJSON(t, "/v1/me/oauth/device/lookup", map[string]any{"user_code": strings.ToLower(d["user_code"].(string))})
		if status != 200 || told["oauth_application_name"] != "Television" || told["status"] != "pending" {
			t.Errorf("%d %v", status, told)
		}
		if status, _ := someone.PostJSON(t, "/v1/me/oauth/device/lookup", map[string]any{"user_code": "BCDF-BCDF"}); status != 404 {
			t.Errorf("an unknown code: %d", status)
		}
		decide := map[string]any{"user_code": d["user_code"], "approved": true}
		if status, told := someone.PostJSON(t, "/v1/me/oauth/device", decide); status != 200 || told["status"] != "approved" || told["object"] != "oauth_device_verification" {
			t.Errorf("%d %v", status, told)
		}
		if status, _ := someone.PostJSON(t, "/v1/me/oauth/device", decide); status != 400 {
			t.Errorf("decided twice: %d", status)
		}
		if status, body := w.post(t, "/oauth/token", c, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d["device_code"].(string)}}); status != 200 {
			t.Errorf("approved: %d %v", status, body)
		}
	})
}

func TestRegistrationWithAToken(t *testing.T) {
	const rootKey = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
	onBothWith(t, func(cfg *config.Config) { cfg.RootKey = rootKey }, func(t *testing.T, w *world) {
		o, err := server.OpenOffice(t.Context(), config.Config{Database: w.Database, RootKey: rootKey, DataDir: t.TempDir(), Issuer: w.Issuer}, server.Options{Now: w.Clock.Time})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { o.Close() })
		_, err = o.Admin.UpdateSettings(t.Context(), func(s *store.Settings) { s.DynamicRegistration, s.RegistrationTokenRequired = true, true })
		if err != nil {
			t.Fatal(err)
		}
		token := o.RegistrationToken(w.Clock.Time().Add(time.Hour))
		metadata := map[string]any{"redirect_uris": []string{"https://app.example/cb"}}
		try := func(bearer string) int {
			t.Helper()
			status, _ := w.register(t, "POST", w.Issuer+"/oauth/register", bearer, metadata)
			return status
		}
		harness.Eventually(t, harness.Patience, func() bool { return try("") == 401 }) // the server hears of the setting
		if status := try("iat_forged"); status != 401 {
			t.Errorf("with a forged token: %d, want 401", status)
		}
		if status := try(token); status != 201 {
			t.Errorf("with the token: %d, want 201", status)
		}
		w.Clock.Add(time.Hour)
		if status := try(token); status != 401 {
			t.Errorf("with an expired token: %d, want 401", status)
		}
	})
}

// CM14: who registers without end is slowed down.
func TestRegistrationIsPaced(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
		metadata := map[string]any{"redirect_uris": []string{"https://app.example/cb"}}
		slowed := 0
		for range 100 {
			if status, _ := w.register(t, "POST", w.Issuer+"/oauth/register", "", metadata); status == http.StatusTooManyRequests {
				slowed++
			}
		}
		if slowed < 30 || slowed > 40 {
			t.Errorf("of 100 registrations %d were slowed down, want about 40", slowed)
		}
		if n := w.applications(t); n != 0 {
			t.Errorf("they kept %d applications", n)
		}
	})
}
