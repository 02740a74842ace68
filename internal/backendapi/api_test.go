package backendapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	noApp  = "/v1/oauth_applications/oa_2O4BCh3zUONvWlZHtBXv6s6tm7u"
	noUser = "/v1/users/user_2O4BCh3zUONvWlZHtBXv6s6tm7u"
)

func TestRefusals(t *testing.T) {
	b := newBench(t)
	b.do("POST /v1/users", `{"email_address":["taken@example.com"],"username":"taken","external_id":"taken"}`).member(t, "id")
	app := "/v1/oauth_applications/" + created(t, b, sampleApplication)["id"].(string)
	spa := "/v1/oauth_applications/" + created(t, b, samplePublic)["id"].(string)
	tests := []struct{ name, what, body, want string }{
		{"no such application", "GET " + noApp, "", "404 resource_not_found"},
		{"no such application to change", "PATCH " + noApp, `{"name":"x"}`, "404 resource_not_found"},
		{"no such application to rotate", "POST " + noApp + "/rotate_secret", "null", "404 resource_not_found"},
		{"no such application to delete", "DELETE " + noApp, "", "404 resource_not_found"},
		{"no such user", "GET " + noUser, "", "404 resource_not_found"},
		{"no such user to delete", "DELETE " + noUser, "", "404 resource_not_found"},
		{"no such user to ban", "POST " + noUser + "/ban", "", "404 resource_not_found"},
		{"no such user to unban", "POST " + noUser + "/unban", "", "404 resource_not_found"},
		{"an id with NUL", "GET /v1/users/user_%00", "", "404 resource_not_found"},
		{"an id that is not UTF-8", "GET /v1/oauth_applications/oa_%ff", "", "404 resource_not_found"},
		{"an id with a slash", "GET /v1/users/a%2fb", "", "404 resource_not_found"},
		{"unknown path", "GET /v1/nothing", "", "404 resource_not_found"},
		{"unknown path below a known one", "GET " + app + "/secrets", "", "404 resource_not_found"},
		{"trailing slash", "GET /v1/users/", "", "404 resource_not_found"},
		{"the root", "GET /v1", "", "404 resource_not_found"},
		{"wrong method", "DELETE /v1/users", "", "405 method_not_allowed"},
		{"CORS preflight", "OPTIONS /v1/users", "", "405 method_not_allowed"},
		{"version twice", "GET /v1/users?__clerk_api_version=2026-05-12&__clerk_api_version=2026-05-12", "", "400 api_version_invalid"},
		{"unknown version", "GET /v1/users?__clerk_api_version=yesterday", "", "400 api_version_invalid"},
		{"unreadable query", "GET /v1/users?a=%zz", "", "400 malformed_request_parameters"},
		{"application limit", "GET /v1/oauth_applications?limit=501", "", "422 form_param_value_invalid limit"},
		{"application order", "GET /v1/oauth_applications?order_by=client_secret", "", "422 form_param_value_invalid order_by"},
		{"application filter", "GET /v1/oauth_applications?dynamically_registered=perhaps", "", "422 form_param_value_invalid dynamically_registered"},
		{"count filter", "GET /v1/users/count?organization_id=org_x", "", "403 organization_not_enabled_in_instance"},
		{"null body", "POST /v1/oauth_applications", "null", "422 form_param_missing name"},
		{"empty body", "POST /v1/oauth_applications", "", "422 form_param_missing name"},
		{"null name", "POST /v1/oauth_applications", `{"name":null}`, "422 form_param_missing name"},
		{"empty name", "POST /v1/oauth_applications", `{"name":""}`, "422 form_param_nil name"},
		{"long name", "POST /v1/oauth_applications", `{"name":"` + strings.Repeat("x", 257) + `"}`, "422 form_param_max_length_exceeded name"},
		{"unknown scope", "POST /v1/oauth_applications", `{"name":"x","scopes":"admin"}`, "400 oauth_invalid_scope scopes"},
		{"redirect twice", "POST /v1/oauth_applications", `{"name":"x","redirect_uris":["a://b","a://b"]}`, "400 duplicate_record redirect_uris"},
		{
			"several mistakes", "POST /v1/oauth_applications", `{"callback_url":"x","scopes":"y"}`,
			"422 form_param_missing name, form_param_format_invalid callback_url, oauth_invalid_scope scopes",
		},
		{"unknown field on change", "PATCH " + app, `{"client_secret":"x"}`, "422 form_param_unknown client_secret"},
		{"wrong type", "PATCH " + app, `{"consent_screen_enabled":"yes"}`, "422 form_param_type_invalid consent_screen_enabled"},
		{"public without PKCE", "PATCH " + spa, `{"pkce_required":false}`, "422 form_public_client_requires_pkce pkce_required"},
		{"secret of a public application", "POST " + spa + "/rotate_secret", "", "422 form_param_value_invalid public"},
		{"user without anything", "POST /v1/users", `{}`, "422 form_data_missing email_address"},
		{"user with empty values", "POST /v1/users", `{"email_address":[],"username":""}`, "422 form_data_missing email_address"},
		{"taken address", "POST /v1/users", `{"email_address":["Taken@Example.com"]}`, "422 form_identifier_exists email_address"},
		{"taken user name", "POST /v1/users", `{"username":"TAKEN"}`, "422 form_identifier_exists username"},
		{"taken external id", "POST /v1/users", `{"username":"other","external_id":"taken"}`, "422 form_identifier_exists external_id"},
		{"bad address", "POST /v1/users", `{"email_address":["ada"]}`, "422 form_param_format_invalid email_address"},
		{"short password", "POST /v1/users", `{"username":"other","password":"short"}`, "422 form_password_length_too_short password"},
		{"long password", "POST /v1/users", `{"username":"other","password":"` + strings.Repeat("x", 1025) + `"}`, "422 form_password_size_in_bytes_exceeded password"},
		{"short user name", "POST /v1/users", `{"username":"abc"}`, "422 form_username_invalid_length username"},
		{"odd user name", "POST /v1/users", `{"username":"ada lovelace"}`, "422 form_username_invalid_character username"},
		{"user name of digits", "POST /v1/users", `{"username":"1234567"}`, "422 form_username_needs_non_number_char username"},
		{"password and digest", "POST /v1/users", `{"username":"other","password":"correct horse","password_digest":"5f4dcc3b5aa765d61d8327deb882cf99","password_hasher":"md5"}`, "422 form_conditional_param_disallowed password_digest"},
		{"hasher not offered", "POST /v1/users", `{"username":"other","password_digest":"x","password_hasher":"awscognito"}`, "422 form_param_value_invalid password_hasher"},
		{"bad digest", "POST /v1/users", `{"username":"other","password_digest":"x","password_hasher":"bcrypt"}`, "422 form_password_digest_invalid_code password_digest"},
		{"large metadata", "POST /v1/users", `{"username":"other","public_metadata":{"a":"` + strings.Repeat("x", 8192) + `"}}`, "422 form_param_exceeds_allowed_size public_metadata"},
		{"large body", "POST /v1/users", strings.Repeat(" ", maxBody+1), "413 request_body_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bb := *b
			bb.t = t
			if got := bb.do(tt.what, tt.body).refusedWith(t); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if strings.Contains(b.log.String(), "level=ERROR") {
		t.Errorf("a refusal is logged as a fault:\n%s", b.log)
	}
}

func TestAuthentication(t *testing.T) {
	b := newBench(t)
	const format, unknown = "401 authorization_header_format_invalid", "401 clerk_key_invalid"
	tests := []struct{ name, header, want string }{
		{"nothing", "", format},
		{"only the scheme", "Bearer", format},
		{"scheme and space", "Bearer ", format},
		{"no scheme", key, format},
		{"basic", "Basic " + key, format},
		{"two keys", "Bearer " + key + ", Bearer " + key, format},
		{"two spaces", "Bearer  " + key, format},
		{"another key", "Bearer sk_test_wrong", unknown},
		{"the beginning of the key", "Bearer " + key[:20], unknown},
		{"a publishable key", "Bearer pk_test_x", unknown},
		{"an access token", "Bearer oat_x", unknown},
		{"bytes beyond ASCII", "Bearer sk_\xff", unknown},
	}
	for _, tt := range tests {
		for _, what := range []string{"GET /v1/users", "POST /v1/users", "DELETE " + noUser, "GET /v1/nothing", "OPTIONS /v1/users"} {
			got := b.do(what, "", "Authorization", tt.header)
			if refused := got.refusedWith(t); refused != tt.want || got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s, %s: %s, want %s", tt.name, what, refused, tt.want)
			}
		}
	}
	if got := b.do("GET /v1/users", "", "Authorization", "bearer "+key); got.status != http.StatusOK {
		t.Errorf("scheme in small letters: %d, want 200", got.status)
	}
	if got := b.do("GET /v1/users?__clerk_api_version=2026-05-12", "", "Clerk-API-Version", "2026-05-12").refusedWith(t); got != "400 api_version_invalid" {
		t.Errorf("version in header and query: %s", got)
	}
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	b := newBench(t)
	for _, what := range []string{"GET /v1/users", "HEAD /v1/users", "GET /v1/nothing", "PUT /v1/users", "POST /v1/users"} {
		h := b.do(what, "", "Origin", "https://evil.example").header
		if h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" || h.Get("Clerk-Trace-Id") != trace {
			t.Errorf("%s: %v", what, h)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s is there, and browsers have no business here", what, name)
			}
		}
	}
	if got, want := b.do("PUT /v1/users", "").header.Get("Allow"), "GET, HEAD, POST"; got != want {
		t.Errorf("Allow: %q, want %q", got, want)
	}
}

// burning are keys in a database that has failed.
type burning struct{ store.APIKeys }

func (burning) APIKey(context.Context, store.Hash) (store.APIKey, error) {
	return store.APIKey{}, errors.New("disk on fire")
}

func TestFaultIsLoggedOnceAndNotTold(t *testing.T) {
	b := newBench(t)
	b.server = b.serve(burning{})
	got := b.do("POST /v1/users", `{"password":"marker-password"}`)
	if refused := got.refusedWith(t); refused != "500 internal_clerk_error" || bytes.Contains(got.body, []byte("fire")) {
		t.Errorf("told as %s: %s", refused, got.body)
	}
	log := b.log.String()
	if strings.Count(log, "disk on fire") != 1 || !strings.Contains(log, trace) || strings.Contains(log, "marker-password") || strings.Contains(log, key) {
		t.Errorf("logged as %s", log)
	}
}

func TestApplicationChangesBetweenPublicAndConfidential(t *testing.T) {
	b := newBench(t)
	path := "/v1/oauth_applications/" + created(t, b, sampleApplication)["id"].(string)
	id := strings.TrimPrefix(path, "/v1/oauth_applications/")
	var app map[string]any
	b.do("PATCH "+path, `{"public":true}`).into(t, &app)
	if app["public"] != true || app["pkce_required"] != true || app["client_secret"] != nil || b.secretOf(id) != (oauth.Hash{}) {
		t.Errorf("made public: %v", app)
	}
	app = nil
	b.do("PATCH "+path, `{"public":false}`).into(t, &app)
	secret, _ := app["client_secret"].(string)
	if app["public"] != false || b.secretOf(id) != oauth.HashSecret(secret) || len(secret) != 32 {
		t.Errorf("made confidential: %v", app)
	}
	app = nil
	b.do("PATCH "+path, `{"public":false,"pkce_required":false}`).into(t, &app)
	if app["client_secret"] != nil || app["pkce_required"] != false || b.secretOf(id) != oauth.HashSecret(secret) {
		t.Errorf("confidential as before: %v", app)
	}
}

func TestApplicationFieldsOnUpdate(t *testing.T) {
	b := newBench(t)
	first := created(t, b, `{"name":"a","redirect_uris":["https://a.example/1","https://a.example/2"],"unknown_to_us":true,"id":"oa_mine","client_id":"mine"}`)
	if first["id"] == "oa_mine" || first["client_id"] == "mine" || first["callback_url"] != "https://a.example/1" {
		t.Errorf("created as %v", first)
	}
	path := "PATCH /v1/oauth_applications/" + first["id"].(string)
	tests := []struct {
		body, member string
		want         any
	}{
		{`{"callback_url":"https://a.example/3"}`, "redirect_uris", []any{"https://a.example/3", "https://a.example/2"}},
		{`{"callback_url":"","scopes":"","name":null}`, "redirect_uris", []any{"https://a.example/3", "https://a.example/2"}},
		{`{"redirect_uris":[]}`, "callback_url", ""},
		{`{"redirect_uris":["a://b"],"callback_url":"c://d"}`, "redirect_uris", []any{"a://b", "c://d"}},
		{`{"scopes":"email public_metadata"}`, "scopes", "email public_metadata"},
		{`{"consent_screen_enabled":false}`, "consent_screen_enabled", false},
		{`{"device_authorization_grant_enabled":true}`, "device_authorization_grant_enabled", true},
		{`{"pkce_required":true}`, "pkce_required", true},
		{`null`, "client_id", first["client_id"]},
	}
	updated := first["updated_at"].(float64)
	for _, tt := range tests {
		var app map[string]any
		b.do(path, tt.body).into(t, &app)
		if fmt.Sprint(app[tt.member]) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %s is %v, want %v", tt.body, tt.member, app[tt.member], tt.want)
		}
		if now := app["updated_at"].(float64); now <= updated || app["created_at"] != first["created_at"] {
			t.Errorf("%s: updated_at %v after %v", tt.body, now, updated)
		} else {
			updated = now
		}
	}
}

func TestConcurrentRotationsLeaveOneSecret(t *testing.T) {
	b := newBench(t)
	id := created(t, b, sampleApplication)["id"].(string)
	const callers = 6
	secrets := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			var app struct {
				Secret string `json:"client_secret"`
			}
			a := b.do("POST /v1/oauth_applications/"+id+"/rotate_secret", "null")
			if err := json.Unmarshal(a.body, &app); err != nil || a.status != http.StatusOK {
				t.Errorf("rotating: %d %s", a.status, a.body)
			}
			secrets[i] = app.Secret
		})
	}
	wg.Wait()
	kept, alive := b.secretOf(id), 0
	for _, s := range secrets {
		if oauth.HashSecret(s) == kept {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d of the secrets work, want 1", alive)
	}
}

// Whoever registered itself asks for consent, whatever an operator says.
func TestConsentOfAClientThatRegisteredItself(t *testing.T) {
	b := newBench(t)
	const id = "oa_2O4BCh3zUONvWlZHtBXv6s6tm7u"
	err := b.stores.CreateClient(t.Context(), store.Client{Client: oauth.Client{ID: "agent", Public: true, RequirePKCE: true, AskConsent: true, DynamicallyRegistered: true}, ApplicationID: id, Name: "Agent"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "422 oauth_application_consent_screen_cannot_be_disabled consent_screen_enabled"
	if got := b.do("PATCH /v1/oauth_applications/"+id, `{"consent_screen_enabled":false}`).refusedWith(t); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
