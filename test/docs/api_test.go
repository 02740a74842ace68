package docs

import (
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// A block is a command of the documentation and the answer shown after it.
var block = regexp.MustCompile("(?s)```sh( refused)?\n(curl .*?)\n```(?:\n+```json\n(.*?)\n```)?")

// TestEveryLineOfTheAPI runs each command of docs/api.md as it is written, against a
// Signet in which the variables are what their names say.
func TestEveryLineOfTheAPI(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := block.FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "\ncurl "); n != len(blocks) || n < 30 {
		t.Fatalf("found %d of %d commands", len(blocks), n)
	}
	for _, b := range blocks {
		refused, command, shown := b[1] != "", b[2], b[3]
		t.Run(strings.Fields(command)[len(strings.Fields(command))-1], func(t *testing.T) {
			t.Parallel()
			flag := "curl -sS --fail-with-body "
			if refused {
				flag = "curl -sS "
			}
			cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.Replace(command, "curl ", flag, 1))
			cmd.Env = append(os.Environ(), variables(t)...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s\n%v: %s", command, err, out)
			}
			if shown != "" {
				compare(t, command, shown, out)
			}
		})
	}
}

// compare wants the members of the answer that are shown, and no others.
func compare(t *testing.T, command, shown string, out []byte) {
	t.Helper()
	var want, got map[string]any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		t.Fatalf("%s: what is shown: %v", command, err)
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	if a, b := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
		t.Errorf("%s\nshows  %v\nanswers %v", command, a, b)
	}
	for name, value := range want {
		if text, ok := value.(string); ok && (name == "error" || name == "object" || name == "token_type") && got[name] != text {
			t.Errorf("%s: %s is %v, not %s", command, name, got[name], text)
		}
	}
}

// variables are those of the documentation, with a Signet of their own.
func variables(t *testing.T) []string {
	t.Helper()
	w := harness.NewWorld(t, filepath.Join(t.TempDir(), "signet.db"), func(*config.Config) {})
	w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"dynamic_oauth_client_registration": true})
	w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"backup_codes": []string{"abcde-fghij"}})
	w.API(t, "POST", "/v1/oauth_scopes", map[string]any{"name": "files:read", "description": "Read your files"})
	organization, member := organize(t, w)
	stranger := w.CreateUser(t, map[string]any{"username": "stranger"})
	c := w.CreateApplication(t, map[string]any{
		"name": "App", "callback_url": "https://app.example/cb", "scopes": "openid profile email",
		"signet": map[string]any{"client_credentials_grant_enabled": true},
	})
	public := w.CreateApplication(t, map[string]any{"name": "Device", "public": true, "device_authorization_grant_enabled": true})
	link := w.OAuth2(c).AuthCodeURL("af0ifjsldkj") + "&scope=" + url.QueryEscape("openid profile email")
	link = strings.Replace(link, "&scope=&", "&", 1)
	someone := harness.NewPerson(t, w.Issuer)
	code := w.SignInAndAllow(t, someone, link).Query().Get("code")
	tokens := post(t, w.Issuer+"/oauth/token", c, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.Callback}})
	code = someone.Visit(link).Left.Query().Get("code")
	device := post(t, w.Issuer+"/oauth/device_authorization", public, url.Values{})
	refused := someone.Visit(w.Issuer + "/oauth/authorize?client_id=nobody").Header.Get("X-Request-Id")
	registered := register(t, w.Issuer)
	other := w.API(t, "POST", "/v1/machines", map[string]any{"name": "API"})
	machine := w.API(t, "POST", "/v1/machines", map[string]any{"name": "Worker", "scoped_machines": []any{other["id"]}, "default_token_ttl": 600})
	m2m := m2mToken(t, w.Issuer, machine["secret_key"].(string))
	key := w.API(t, "POST", "/v1/api_keys", map[string]any{"name": "Export", "subject": w.User})
	hook := w.API(t, "POST", "/v1/webhooks", map[string]any{"url": "http://127.0.0.1:1/webhooks", "event_types": []string{"user.created"}})
	test := w.API(t, "POST", "/v1/webhooks/"+hook["id"].(string)+"/test", nil)
	// Nothing is sent to this one, so that nothing of it is under way.
	away := w.API(t, "POST", "/v1/webhooks", map[string]any{"url": "https://app.example/away", "event_types": []string{"user.created"}, "enabled": false})
	w.API(t, "POST", "/v1/webhooks/"+away["id"].(string)+"/replay", map[string]any{"since": 0})
	due := w.API(t, "GET", "/v1/webhooks/"+away["id"].(string)+"/deliveries", nil)["data"].([]any)[0].(map[string]any)
	env := []string{
		"WEBHOOK=" + hook["id"].(string), "EVENT=" + test["event_id"].(string),
		"OTHER_WEBHOOK=" + away["id"].(string), "USER_EVENT=" + due["event_id"].(string),
		"ISSUER=" + w.Issuer, "SECRET_KEY=" + harness.SecretKey, "CLIENT_ID=" + c.ID, "CLIENT_SECRET=" + c.Secret,
		"APPLICATION=" + c.Application, "PUBLIC_CLIENT_ID=" + public.ID, "REDIRECT_URI=" + c.Callback, "CODE=" + code, "REFUSAL=" + refused, "USER_ID=" + w.User,
		"ORGANIZATION=" + organization, "MEMBER_ID=" + member, "STRANGER_ID=" + stranger, "PICTURE=" + picture(t),
	}
	for name, value := range map[string]any{
		"ACCESS_TOKEN": tokens["access_token"], "REFRESH_TOKEN": tokens["refresh_token"], "ID_TOKEN": tokens["id_token"],
		"DEVICE_CODE": device["device_code"],
		"MACHINE":     machine["id"], "MACHINE_KEY": machine["secret_key"], "OTHER_MACHINE": other["id"], "OTHER_MACHINE_KEY": other["secret_key"],
		"M2M_TOKEN": m2m["token"], "M2M_TOKEN_ID": m2m["id"], "API_KEY": key["id"], "API_KEY_SECRET": key["secret"],
		"REGISTRATION_TOKEN": registered["registration_access_token"], "REGISTRATION_URI": registered["registration_client_uri"],
	} {
		text, ok := value.(string)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		env = append(env, name+"="+text)
	}
	return env
}

// organize makes an organization with the user as its admin, and another member.
func organize(t *testing.T, w harness.World) (organization, member string) {
	t.Helper()
	w.API(t, "PATCH", "/v1/instance/organization_settings", map[string]any{"enabled": true})
	organization, _ = w.API(t, "POST", "/v1/organizations", map[string]any{"name": "Analytical Society", "created_by": w.User})["id"].(string)
	member = w.CreateUser(t, map[string]any{"username": "member"})
	w.API(t, "POST", "/v1/organizations/"+organization+"/memberships", map[string]any{"user_id": member, "role": "org:member"})
	return organization, member
}

// picture writes a small picture to a file.
func picture(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "logo.png")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(png.Encode(file, image.NewGray(image.Rect(0, 0, 4, 4))), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func post(t *testing.T, address string, c harness.Application, fields url.Values) map[string]any {
	t.Helper()
	fields.Set("client_id", c.ID)
	if c.Secret != "" {
		fields.Set("client_secret", c.Secret)
	}
	response, err := http.PostForm(address, fields)
	return decode(t, response, err)
}

// m2mToken gets a token for the machine with this key.
func m2mToken(t *testing.T, issuer, key string) map[string]any {
	t.Helper()
	request, err := http.NewRequest("POST", issuer+"/v1/m2m_tokens", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	return decode(t, response, err)
}

func register(t *testing.T, issuer string) map[string]any {
	t.Helper()
	response, err := http.Post(issuer+"/oauth/register", "application/json", strings.NewReader(`{"redirect_uris":["https://app.example/cb"]}`))
	return decode(t, response, err)
}

func decode(t *testing.T, response *http.Response, err error) map[string]any {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil || response.StatusCode >= 300 {
		t.Fatalf("%d %s %v", response.StatusCode, body, err)
	}
	return members
}
