package flows

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/signet-auth/signet/test/harness"
)

// machine makes a machine that may call the given ones; it is a client too.
func (w *world) machine(t testing.TB, scoped ...string) harness.Application {
	t.Helper()
	made := w.API(t, "POST", "/v1/machines", map[string]any{"name": "Worker", "scoped_machines": scoped, "default_token_ttl": 600})
	return harness.Application{ID: made["id"].(string), Secret: made["secret_key"].(string)}
}

// as calls the Backend API with another key than the operator's.
func (w *world) as(t testing.TB, key, method, path string, body any) (int, map[string]any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, w.Issuer+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(got, &members); err != nil {
		t.Fatalf("%d %q: %v", response.StatusCode, got, err)
	}
	return response.StatusCode, members
}

// verified asks about an access token as a resource server does.
func (w *world) verified(t testing.TB, token string) (int, map[string]any) {
	t.Helper()
	return w.as(t, harness.SecretKey, "POST", "/oauth_applications/access_tokens/verify", map[string]any{"access_token": token})
}

// A machine is a client for the client credentials grant, as a library written by
// others has it.
func TestMachinesGetAccessTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		api := w.machine(t)
		worker := w.machine(t, api.ID)
		config := clientcredentials.Config{ClientID: worker.ID, ClientSecret: worker.Secret, TokenURL: w.Issuer + "/oauth/token"}
		token, err := config.Token(t.Context())
		if err != nil || token.RefreshToken != "" {
			t.Fatalf("Token = %v, %v", token, err)
		}
		status, got := w.verified(t, token.AccessToken)
		scopes, _ := got["scopes"].([]any)
		if status != http.StatusOK || got["subject"] != worker.ID || got["client_id"] != worker.ID || len(scopes) != 1 || scopes[0] != api.ID {
			t.Errorf("verified: %d %v", status, got)
		}
		if got := w.introspect(t, worker, token.AccessToken); got["active"] != true || got["scope"] != api.ID || got["exp"].(float64)-got["iat"].(float64) != 600 {
			t.Errorf("introspected: %v", got)
		}
		if got := w.introspect(t, api, token.AccessToken); got["active"] != false {
			t.Errorf("introspected by another machine: %v", got)
		}
		for name, x := range map[string]struct {
			client harness.Application
			fields url.Values
			want   string
		}{
			"a scope it has not":       {worker, url.Values{"scope": {worker.ID}}, "invalid_scope"},
			"a built-in scope":         {worker, url.Values{"scope": {"profile"}}, "invalid_scope"},
			"the key of another":       {harness.Application{ID: worker.ID, Secret: api.Secret}, url.Values{}, "invalid_client"},
			"no key":                   {harness.Application{ID: worker.ID}, url.Values{}, "invalid_client"},
			"a code":                   {worker, url.Values{"grant_type": {"authorization_code"}, "code": {"oac_x"}}, "invalid_grant"},
			"a machine of nobody":      {harness.Application{ID: "mch_2O4BCh3zUONvWlZHtBXv6s6tm7u", Secret: worker.Secret}, url.Values{}, "invalid_client"},
			"a user's resource server": {worker, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.AccessToken}}, "invalid_grant"},
		} {
			if !x.fields.Has("grant_type") {
				x.fields.Set("grant_type", "client_credentials")
			}
			if status, got := w.post(t, "/oauth/token", x.client, x.fields); got["error"] != x.want {
				t.Errorf("%s: %d %v, want %s", name, status, got, x.want)
			}
		}
		if page := harness.NewPerson(t, w.Issuer).Visit(w.Issuer + "/oauth/authorize?response_type=code&client_id=" + worker.ID); page.Left != nil || page.Status != http.StatusBadRequest {
			t.Errorf("a machine asks a user: %d", page.Status)
		}
		w.API(t, "DELETE", "/v1/machines/"+worker.ID+"/scopes/"+api.ID, nil)
		if status, got := w.verified(t, token.AccessToken); status != http.StatusOK || len(got["scopes"].([]any)) != 0 {
			t.Errorf("verified without its scope: %d %v", status, got)
		}
		if got := w.introspect(t, worker, token.AccessToken); got["active"] != true || got["scope"] != nil {
			t.Errorf("introspected without its scope: %v", got)
		}
		w.API(t, "DELETE", "/v1/machines/"+worker.ID, nil)
		if status, _ := w.verified(t, token.AccessToken); status != http.StatusNotFound {
			t.Errorf("of a deleted machine: %d", status)
		}
		if status, got := w.post(t, "/oauth/token", worker, url.Values{"grant_type": {"client_credentials"}}); got["error"] != "invalid_client" {
			t.Errorf("the key of a deleted machine: %d %v", status, got)
		}
	})
}

// A rotated key of a machine works at the token endpoint for as long as it does at
// the Backend API.
func TestMachineKeysOverlap(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		old := w.machine(t)
		w.API(t, "POST", "/v1/machines/"+old.ID+"/secret_key/rotate", map[string]any{"previous_token_ttl": 60})
		works := func() (atToken, atAPI bool) {
			t.Helper()
			_, got := w.post(t, "/oauth/token", old, url.Values{"grant_type": {"client_credentials"}})
			status, _ := w.as(t, old.Secret, "POST", "/m2m_tokens", nil)
			return got["error"] == nil, status == http.StatusCreated
		}
		for _, x := range []struct {
			after time.Duration
			want  bool
		}{{0, true}, {59 * time.Second, true}, {time.Second, false}} {
			w.Clock.Add(x.after)
			if token, api := works(); token != x.want || api != x.want {
				t.Errorf("after another %v: %v and %v, want %v", x.after, token, api, x.want)
			}
		}
	})
}

// When a token was last used is noted in memory and written down for many at once.
func TestUsesOfMachineTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		worker := w.machine(t)
		_, token := w.as(t, worker.Secret, "POST", "/m2m_tokens", nil)
		key := w.API(t, "POST", "/v1/api_keys", map[string]any{"name": "Export", "subject": w.User})
		read := func() (any, any) {
			t.Helper()
			tokens := w.API(t, "GET", "/v1/m2m_tokens?subject="+worker.ID, nil)["m2m_tokens"].([]any)
			return tokens[0].(map[string]any)["last_used_at"], w.API(t, "GET", "/v1/api_keys/"+key["id"].(string), nil)["last_used_at"]
		}
		if a, b := read(); a != nil || b != nil {
			t.Errorf("before: %v and %v", a, b)
		}
		w.Clock.Advance(5)
		w.API(t, "POST", "/v1/m2m_tokens/verify", map[string]any{"token": token["token"]})
		w.API(t, "POST", "/v1/api_keys/verify", map[string]any{"secret": key["secret"]})
		want := float64(w.Clock.Time().UnixMilli())
		if a, b := read(); a != want || b != want {
			t.Errorf("after: %v and %v, want %v", a, b, want)
		}
	})
}
