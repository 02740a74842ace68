package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func (o *op) json(path string) map[string]any {
	o.Helper()
	response, err := o.http.Get(o.issuer + path)
	o.must(err)
	defer response.Body.Close()
	var members map[string]any
	o.must(json.NewDecoder(response.Body).Decode(&members))
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
		o.Errorf("%s: %d %s", path, response.StatusCode, response.Header.Get("Content-Type"))
	}
	return members
}

// TestConfig is the one module of the Config profile.
func TestConfig(t *testing.T) {
	t.Run("oidcc-discovery-endpoint-verification", func(t *testing.T) {
		o := newOP(t, "")
		m := o.json("/.well-known/openid-configuration")
		if m["issuer"] != o.issuer {
			t.Errorf("issuer is %v", m["issuer"])
		}
		for name, value := range m {
			if text, isText := value.(string); isText && strings.HasSuffix(name, "_endpoint") && !strings.HasPrefix(text, "https://") {
				t.Errorf("%s is %s", name, text)
			}
		}
		for name, want := range map[string]string{
			"response_types_supported": "code", "subject_types_supported": "public", "id_token_signing_alg_values_supported": "RS256",
			"scopes_supported": "openid", "claims_supported": "sub", "code_challenge_methods_supported": "S256",
			"grant_types_supported": "authorization_code", "token_endpoint_auth_methods_supported": "client_secret_basic",
			"response_modes_supported": "form_post",
		} {
			list, _ := m[name].([]any)
			if !slices.Contains(list, any(want)) {
				t.Errorf("%s is %v, want %s in it", name, m[name], want)
			}
		}
		for _, name := range []string{"request_parameter_supported", "request_uri_parameter_supported"} {
			if supported, ok := m[name].(bool); !ok || supported {
				t.Errorf("%s is %v, want false said plainly", name, m[name])
			}
		}
		if m["authorization_response_iss_parameter_supported"] != true || m["claims_parameter_supported"] != true {
			t.Errorf("got %v", m)
		}
		keys, _ := o.json("/.well-known/jwks.json")["keys"].([]any)
		if len(keys) == 0 {
			t.Fatal("there are no keys")
		}
		for _, k := range keys {
			key, _ := k.(map[string]any)
			for _, secret := range []string{"d", "p", "q", "k"} {
				if _, ok := key[secret]; ok {
					t.Errorf("a key shows its %s", secret)
				}
			}
			if key["kid"] == "" || key["use"] != "sig" {
				t.Errorf("the key %v lacks kid or use", key)
			}
		}
		if same := o.json("/.well-known/oauth-authorization-server"); same["issuer"] != m["issuer"] || same["jwks_uri"] != m["jwks_uri"] {
			t.Error("the two documents differ")
		}
	})
}
