package oauth

import (
	"strings"
	"testing"
)

func TestClientMetadata(t *testing.T) {
	known := BuiltInScopes(false).Or(Scopes{"tools:run"})
	tests := []struct{ name, body, want, scope string }{
		{"least", `{"redirect_uris":["https://c.example/cb"]}`, "", "openid profile email offline_access"},
		{"what MCP clients send", `{"redirect_uris":["http://127.0.0.1:7777/cb"],"token_endpoint_auth_method":"none","grant_types":["authorization_code"],"software_id":"x"}`, "", "openid profile email offline_access"},
		{"scopes", `{"redirect_uris":["https://c.example/cb"],"scope":"tools:run email"}`, "", "tools:run email offline_access"},
		{"SC07 metadata of users", `{"redirect_uris":["https://c.example/cb"],"scope":"email private_metadata public_metadata"}`, "", "email offline_access"},
		{"CM15 more than there is to say", `{"redirect_uris":["https://c.example/cb"],"client_id":"x","trusted":true,"consent_screen_enabled":false}`, "", "openid profile email offline_access"},
		{"unknown scope", `{"redirect_uris":["https://c.example/cb"],"scope":"admin"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"scope is none", `{"redirect_uris":["https://c.example/cb"],"scope":"a  b"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"no JSON", `redirect_uris=x`, "invalid_client_metadata, RFC 7591 §3.1", ""},
		{"wrong type", `{"redirect_uris":"https://c.example/cb"}`, "invalid_client_metadata, RFC 7591 §3.1", ""},
		{"no redirect URI", `{}`, "invalid_redirect_uri, RFC 7591 §2", ""},
		{"RU08 fragment", `{"redirect_uris":["https://c.example/cb#x"]}`, "invalid_redirect_uri, RFC 7591 §3.2.2", ""},
		{"RU10 script", `{"redirect_uris":["javascript:alert(1)"]}`, "invalid_redirect_uri, RFC 7591 §3.2.2", ""},
		{"RU12 http", `{"redirect_uris":["http://c.example/cb"]}`, "invalid_redirect_uri, RFC 7591 §3.2.2", ""},
		{"method", `{"redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"private_key_jwt"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"CM12 logo", `{"redirect_uris":["https://c.example/cb"],"logo_uri":"javascript:x"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"CM12 site", `{"redirect_uris":["https://c.example/cb"],"client_uri":"data:text/html,x"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"XS01 name turns the text", `{"redirect_uris":["https://c.example/cb"],"client_name":"\u202e"}`, "invalid_client_metadata, RFC 7591 §2", ""},
		{"name too long", `{"redirect_uris":["https://c.example/cb"],"client_name":"` + strings.Repeat("x", 257) + `"}`, "invalid_client_metadata, RFC 7591 §2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ReadClientMetadata([]byte(tt.body), known, nil)
			if refusedBy(err) != tt.want || err == nil && m.Scope != tt.scope {
				t.Errorf("refused by %q with %q, want %q with %q", refusedBy(err), m.Scope, tt.want, tt.scope)
			}
			if c := m.Client("dcr_x", Hash{}); err == nil && (!c.AskConsent || !c.DynamicallyRegistered || c.ClientCredentials || c.DeviceGrant || c.Public != c.RequirePKCE) {
				t.Errorf("the client may more than it should: %+v", c)
			}
		})
	}
}

func TestRegistrationRefusals(t *testing.T) {
	for err, want := range map[error]string{
		ErrRegistrationOff:      "access_denied, RFC 7591 §3",
		ErrRegistrationToken:    "invalid_token, RFC 7591 §3",
		ErrMetadataTooLong:      "invalid_client_metadata, RFC 7591 §3.2.2",
		ErrDocumentUnreachable:  "invalid_client, CIMD §4",
		ErrDocumentsNotAdmitted: "invalid_client, CIMD §6.2",
	} {
		if got := refusedBy(err); got != want {
			t.Errorf("%v is refused by %q, want %q", err, got, want)
		}
	}
}

func TestDocumentURL(t *testing.T) {
	for id, ok := range map[string]bool{
		"https://app.example/client.json":                 true,
		"https://app.example:443/client.json":             true,
		"https://127.0.0.1:8443/client.json":              true, // let through for the test
		"https://app.example/a/client?x=1":                true,
		"http://app.example/client.json":                  false,
		"https://app.example":                             false,
		"https://app.example/":                            false,
		"https://me@app.example/client.json":              false,
		"https://app.example/client.json#x":               false,
		"https://app.example/a/../client.json":            false,
		"https://app.example/%2e%2E/client.json":          false,
		"https://app.example:22/client.json":              false,
		"https://127.0.0.1/client.json":                   false,
		"https://127.1/client.json":                       false,
		"https://2130706433/client.json":                  false,
		"https://0x7f000001/client.json":                  false,
		"https://[::1]/client.json":                       false,
		"https://[fe80::1%25eth0]/client.json":            false,
		"https://app.example./client.json":                false,
		"https://localhost/client.json":                   false,
		"https://APP.example/client.json":                 false,
		"https://app.example/" + strings.Repeat("x", 512): false,
	} {
		err := CheckDocumentURL(id, []string{"127.0.0.1:8443"})
		if want := "invalid_client, CIMD §3"; (err == nil) != ok || err != nil && refusedBy(err) != want {
			t.Errorf("CM07, CM19: %s: %q, want admitted %v", id, refusedBy(err), ok)
		}
	}
}

func TestReadDocument(t *testing.T) {
	const id = "https://app.example/client.json"
	const refused = "invalid_client, CIMD §4.1"
	for name, x := range map[string]struct{ body, want string }{
		"least":                   {`{"client_id":"` + id + `","client_name":"App","redirect_uris":["https://app.example/cb"]}`, ""},
		"with its method":         {`{"client_id":"` + id + `","client_name":"App","redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}`, ""},
		"CM05 another id":         {`{"client_id":"` + id + `/","client_name":"App","redirect_uris":["https://app.example/cb"]}`, refused},
		"CM06 secret":             {`{"client_id":"` + id + `","client_name":"App","redirect_uris":["https://app.example/cb"],"client_secret":"x"}`, refused},
		"CM06 method with secret": {`{"client_id":"` + id + `","client_name":"App","redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"client_secret_post"}`, refused},
		"no name":                 {`{"client_id":"` + id + `","redirect_uris":["https://app.example/cb"]}`, refused},
		"no redirect URI":         {`{"client_id":"` + id + `","client_name":"App","redirect_uris":[]}`, refused},
		"RU10 script":             {`{"client_id":"` + id + `","client_name":"App","redirect_uris":["javascript:x"]}`, refused},
		"no JSON":                 {`<html>`, refused},
		"CM04 too long":           {`{"client_id":"` + id + `","x":"` + strings.Repeat("x", 5<<10) + `"}`, refused},
	} {
		m, err := ReadDocument([]byte(x.body), id, nil)
		if refusedBy(err) != x.want {
			t.Errorf("%s: %q, want %q", name, refusedBy(err), x.want)
		}
		if c := m.Client(id, Hash{}); err == nil && (!c.Public || !c.RequirePKCE || !c.Scopes.Has("offline_access") || c.Scopes.Has("private_metadata")) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
