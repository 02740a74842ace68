package backendapi

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/oauth"
)

// The requirements S3 to S14 of the page that Signet set out from, one test each.

const (
	sampleApplication = `{"callback_url":"https://oauth-client.com/oauth2/callback", "name": "oauth_app_1", "scopes": "profile email"}`
	samplePublic      = `{"callback_url":"https://oauth-public-client.com/oauth2/callback", "name": "oauth_app_pkce", "public": true}`
)

func created(t *testing.T, b *bench, body string) map[string]any {
	t.Helper()
	var app map[string]any
	b.do("POST /v1/oauth_applications", body).into(t, &app)
	return app
}

func TestS3ApplicationsAreCreatedOverTheBackendAPI(t *testing.T) {
	b := newBench(t)
	got := b.do("POST /v1/oauth_applications", sampleApplication, "Content-Type", "application/json", "Authorization", "Bearer "+key)
	if got.status != 200 {
		t.Errorf("status %d, want 200: %s", got.status, got.body)
	}
	if got := b.do("POST /v1/oauth_applications", sampleApplication, "Authorization", "").refusedWith(t); got != "401 authorization_header_format_invalid" {
		t.Errorf("without a key: %s", got)
	}
}

func TestS4NameIsRequiredAndScopesHaveADefault(t *testing.T) {
	b := newBench(t)
	if got := b.do("POST /v1/oauth_applications", `{"callback_url":"https://a.example/cb"}`).refusedWith(t); got != "422 form_param_missing name" {
		t.Errorf("without a name: %s", got)
	}
	if got := created(t, b, samplePublic)["scopes"]; got != "profile email" {
		t.Errorf("scopes %v, want the default", got)
	}
}

func TestS5NameIsKept(t *testing.T) {
	b := newBench(t)
	if got := created(t, b, sampleApplication)["name"]; got != "oauth_app_1" {
		t.Errorf("name %v", got)
	}
}

func TestS6PublicApplicationsUsePKCE(t *testing.T) {
	b := newBench(t)
	app := created(t, b, samplePublic)
	if app["public"] != true || app["pkce_required"] != true {
		t.Errorf("public %v, pkce_required %v, want both true", app["public"], app["pkce_required"])
	}
	if secret, ok := app["client_secret"]; ok {
		t.Errorf("a public application has the secret %v", secret)
	}
}

func TestS7AnswerHasTheThirteenMembers(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)
	for _, name := range []string{
		"object", "id", "instance_id", "name", "client_id", "client_secret", "scopes", "callback_url",
		"authorize_url", "token_fetch_url", "user_info_url",
	} {
		if s, ok := app[name].(string); !ok || s == "" {
			t.Errorf("%s is %v, want a string", name, app[name])
		}
	}
	for _, name := range []string{"created_at", "updated_at"} {
		if _, ok := app[name].(float64); !ok {
			t.Errorf("%s is %v, want a number", name, app[name])
		}
	}
}

func TestS8ObjectIsConstant(t *testing.T) {
	b := newBench(t)
	if got := created(t, b, sampleApplication)["object"]; got != "oauth_application" {
		t.Errorf("object %v", got)
	}
}

func matches(t *testing.T, app map[string]any, name, form string) {
	t.Helper()
	if s, _ := app[name].(string); !regexp.MustCompile(form).MatchString(s) {
		t.Errorf("%s is %v, want %s", name, app[name], form)
	}
}

func TestS9IDsArePrefixedKSUIDs(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)
	matches(t, app, "id", `^oa_[0-9A-Za-z]{27}$`)
	matches(t, app, "instance_id", `^ins_[0-9A-Za-z]{27}$`)
}

func TestS10ClientIDHasSixteenCharacters(t *testing.T) {
	b := newBench(t)
	matches(t, created(t, b, sampleApplication), "client_id", `^[0-9A-Za-z]{16}$`)
}

func TestS11ClientSecretHasThirtyTwoCharacters(t *testing.T) {
	b := newBench(t)
	matches(t, created(t, b, sampleApplication), "client_secret", `^[0-9A-Za-z]{32}$`)
}

func TestS12URLsAreOnTheIssuer(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)
	for name, want := range map[string]string{
		"authorize_url":   "https://signet.example/oauth/authorize",
		"token_fetch_url": "https://signet.example/oauth/token",
		"user_info_url":   "https://signet.example/oauth/userinfo",
	} {
		if app[name] != want {
			t.Errorf("%s is %v, want %s", name, app[name], want)
		}
	}
}

func TestS13TimesAreMilliseconds(t *testing.T) {
	b := newBench(t)
	var app struct {
		CreatedAt json.Number `json:"created_at"`
		UpdatedAt json.Number `json:"updated_at"`
	}
	b.do("POST /v1/oauth_applications", sampleApplication).into(t, &app)
	for _, n := range []json.Number{app.CreatedAt, app.UpdatedAt} {
		if ms, err := n.Int64(); err != nil || ms < 1e12 || ms > 1e13 {
			t.Errorf("time %s, want an integer of thirteen digits", n)
		}
	}
}

func TestS14SecretIsShownOnceAndKeptAsHash(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)
	id, secret := app["id"].(string), app["client_secret"].(string)
	if b.secretOf(id) != oauth.HashSecret(secret) {
		t.Error("what is kept is not the hash of the secret")
	}
	later := []answer{
		b.do("GET /v1/oauth_applications/"+id, ""),
		b.do("GET /v1/oauth_applications", ""),
		b.do("PATCH /v1/oauth_applications/"+id, `{"name":"renamed"}`),
		b.do("DELETE /v1/oauth_applications/"+id, ""),
	}
	for _, a := range later {
		if bytes.Contains(a.body, []byte("client_secret")) || bytes.Contains(a.body, []byte(secret)) {
			t.Errorf("the secret is shown again: %s", a.body)
		}
	}
	if slices.ContainsFunc([]string{secret, key}, func(s string) bool { return strings.Contains(b.log.String(), s) }) {
		t.Errorf("a secret is in the log:\n%s", b.log)
	}
}
