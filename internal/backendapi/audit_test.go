package backendapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A deed is a request that changes something, the type of event that it leaves, and the
// member of the answer that is remembered under a name for later paths and bodies.
type deed struct{ what, body, leaves, remember string }

var deeds = []deed{
	{"POST /v1/oauth_applications", `{"name":"Ledger","redirect_uris":["https://l.example/cb"]}`, "oauth_application.created", "app"},
	{"PATCH /v1/oauth_applications/{app}", `{"name":"Books"}`, "oauth_application.updated", ""},
	{"POST /v1/oauth_applications/{app}/rotate_secret", ``, "oauth_application.secret_rotated", ""},
	{"POST /v1/oauth_applications/{app}/revoke_all", ``, "oauth_revocation.created", ""},
	{"DELETE /v1/oauth_applications/{app}", ``, "oauth_application.deleted", ""},
	{"PATCH /v1/instance", `{"allowed_origins":["https://a.example"]}`, "instance_settings.updated", ""},
	{"PATCH /v1/instance/oauth_application_settings", `{"oauth_jwt_access_tokens":true}`, "instance_settings.updated", ""},
	{"PATCH /v1/instance/organization_settings", `{"enabled":true}`, "instance_settings.updated", ""},
	{"POST /v1/oauth_scopes", `{"name":"read","description":"d"}`, "instance_settings.updated", ""},
	{"PATCH /v1/oauth_scopes/read", `{"description":"e"}`, "instance_settings.updated", ""},
	{"DELETE /v1/oauth_scopes/read", ``, "instance_settings.updated", ""},
	{"POST /v1/users", `{"username":"ada.l","password":"a quiet evening"}`, "user.created", "user"},
	{"PATCH /v1/users/{user}", `{"first_name":"Ada"}`, "user.updated", ""},
	{"PATCH /v1/users/{user}/metadata", `{"public_metadata":{"a":1}}`, "user.updated", ""},
	{"PUT /v1/users/{user}/metadata", `{"public_metadata":{"a":2}}`, "user.updated", ""},
	{"POST /v1/users/{user}/lock", ``, "user.updated", ""},
	{"POST /v1/users/{user}/unlock", ``, "user.updated", ""},
	{"POST /v1/users/{user}/ban", ``, "user.updated", ""},
	{"POST /v1/users/{user}/unban", ``, "user.updated", ""},
	{"POST /v1/users/ban", `{"user_ids":["{user}"]}`, "user.updated", ""},
	{"POST /v1/users/unban", `{"user_ids":["{user}"]}`, "user.updated", ""},
	{"POST /v1/users/{user}/password/set_compromised", ``, "user.updated", ""},
	{"POST /v1/users/{user}/password/unset_compromised", ``, "user.updated", ""},
	{"POST /v1/users/{user}/remove_password", ``, "user.updated", ""},
	{"PUT /v1/users/{user}/email_address", `{"email_address":"ada@example.com"}`, "user.updated", ""},
	{"POST /v1/email_addresses", `{"user_id":"{user}","email_address":"b@example.com","verified":false}`, "user.updated", "email"},
	{"PATCH /v1/email_addresses/{email}", `{"verified":true}`, "user.updated", ""},
	{"DELETE /v1/email_addresses/{email}", ``, "user.updated", ""},
	{"POST /v1/users/{user}/revoke_all", ``, "oauth_revocation.created", ""},
	{"DELETE /v1/users/{ada}/totp", ``, "user.updated", ""},
	{"DELETE /v1/users/{ada}/backup_code", ``, "user.updated", ""},
	{"DELETE /v1/users/{ada}/passkeys/{passkey}", ``, "user.updated", ""},
	{"POST /v1/users", `{"username":"grace_h","totp_secret":"` + totpSecret + `"}`, "user.created", "grace"},
	{"DELETE /v1/users/{grace}/mfa", ``, "user.updated", ""},
	{"POST /v1/sign_in_tokens", `{"user_id":"{user}"}`, "sign_in_token.created", "token"},
	{"POST /v1/sign_in_tokens/{token}/revoke", ``, "sign_in_token.revoked", ""},
	{"POST /v1/invitations", `{"email_address":"c@example.com"}`, "invitation.created", "invitation"},
	{"POST /v1/invitations/{invitation}/revoke", ``, "invitation.revoked", ""},
	{"POST /v1/invitations/bulk", `[{"email_address":"d@example.com"}]`, "invitation.created", ""},
	{"POST /v1/organizations", `{"name":"Analysts"}`, "organization.created", "org"},
	{"PATCH /v1/organizations/{org}", `{"name":"Others"}`, "organization.updated", ""},
	{"PATCH /v1/organizations/{org}/metadata", `{"public_metadata":{"a":1}}`, "organization.updated", ""},
	{"PUT /v1/organizations/{org}/metadata", `{"public_metadata":{}}`, "organization.updated", ""},
	{"POST /v1/organizations/{org}/memberships", `{"user_id":"{user}","role":"org:member"}`, "organizationMembership.created", ""},
	{"PATCH /v1/organizations/{org}/memberships/{user}", `{"role":"org:admin"}`, "organizationMembership.updated", ""},
	{"PATCH /v1/organizations/{org}/memberships/{user}/metadata", `{"public_metadata":{"a":1}}`, "organizationMembership.updated", ""},
	{"POST /v1/organizations", `{"name":"Free"}`, "organization.created", "free"},
	{"POST /v1/organizations/{free}/memberships", `{"user_id":"{user}","role":"org:member"}`, "organizationMembership.created", ""},
	{"DELETE /v1/organizations/{free}/memberships/{user}", ``, "organizationMembership.deleted", ""},
	{"POST /v1/machines", `{"name":"Worker"}`, "machine.created", "machine"},
	{"POST /v1/machines", `{"name":"Other"}`, "machine.created", "other"},
	{"PATCH /v1/machines/{machine}", `{"name":"Drone"}`, "machine.updated", ""},
	{"POST /v1/machines/{machine}/secret_key/rotate", `{"previous_token_ttl":0}`, "machine.secret_rotated", ""},
	{"POST /v1/machines/{machine}/scopes", `{"to_machine_id":"{other}"}`, "machine_scope.created", ""},
	{"DELETE /v1/machines/{machine}/scopes/{other}", ``, "machine_scope.deleted", ""},
	{"DELETE /v1/machines/{machine}", ``, "machine.deleted", ""},
	{"POST /v1/api_keys", `{"name":"Export","subject":"{org}"}`, "api_key.created", "key"},
	{"PATCH /v1/api_keys/{key}", `{"description":"x"}`, "api_key.updated", ""},
	{"POST /v1/api_keys/{key}/revoke", ``, "api_key.revoked", ""},
	{"DELETE /v1/api_keys/{key}", ``, "api_key.deleted", ""},
	{"DELETE /v1/organizations/{org}", ``, "organization.deleted", ""},
	{"DELETE /v1/users/{user}", ``, "user.deleted", ""},
	{"POST /v1/webhooks", `{"url":"http://localhost:9/hook"}`, "webhook.created", "hook"},
	{"PATCH /v1/webhooks/{hook}", `{"description":"x"}`, "webhook.updated", ""},
	{"POST /v1/webhooks/{hook}/rotate_secret", ``, "webhook.secret_rotated", ""},
	{"POST /v1/webhooks/{hook}/test", ``, "webhook.test", ""},
	{"DELETE /v1/webhooks/{hook}", ``, "webhook.deleted", ""},
	{"POST /v1/secret_keys", `{"name":"CI"}`, "secret_key.created", "ci"},
	{"DELETE /v1/secret_keys/{ci}", ``, "secret_key.revoked", ""},
	{"POST /v1/instance/revoke_all", ``, "oauth_revocation.created", ""},
}

// otherwise are the requests that are no deeds, and why. The paths without a version are
// those with one.
var otherwise = map[string]string{
	"POST /v1/oauth_applications/access_tokens/verify":    "changes nothing",
	"POST /v1/users/{}/verify_password":                   "changes nothing",
	"POST /v1/users/{}/verify_totp":                       "uses a code up, which is not told",
	"POST /v1/m2m_tokens/verify":                          "changes nothing",
	"POST /v1/api_keys/verify":                            "changes nothing",
	"POST /v1/m2m_tokens":                                 "tokens are not told",
	"POST /v1/m2m_tokens/{}/revoke":                       "below",
	"POST /v1/webhooks/{}/replay":                         "sends what was told",
	"POST /v1/webhooks/{}/deliveries/{}/redeliver":        "sends what was told",
	"POST /v1/oauth_client_documents":                     "needs a site: test/flows TestClientsWithADocument",
	"PUT /v1/oauth_applications/{}/logo":                  "as PATCH, by the same function of the store",
	"PUT /v1/organizations/{}/logo":                       "as PATCH, by the same function of the store",
	"DELETE /v1/organizations/{}/logo":                    "as PATCH, by the same function of the store",
	"POST /v1/users/{}/profile_image":                     "as PATCH, by the same function of the store",
	"DELETE /v1/users/{}/profile_image":                   "as PATCH, by the same function of the store",
	"POST /v1/sessions/{}/revoke":                         "needs a browser: storetest, an event names who did it",
	"POST /v1/oauth_applications/{}/revoke_token":         "needs a browser: storetest, an event names who did it",
	"DELETE /v1/users/{}/connections/{}":                  "needs a browser: storetest, an event names who did it",
	"POST /v1/users/{}/connections/withdraw":              "needs a browser: storetest, an event names who did it",
	"POST /v1/oauth_applications/{}/connections/withdraw": "needs a browser: storetest, an event names who did it",
	"PATCH /v1/oauth_scopes/{}":                           "above, by its name",
	"DELETE /v1/oauth_scopes/{}":                          "above, by its name",
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// Each change over the API has left an event that names the secret key when the answer is
// there, and no secret of any answer is in the events.
func TestAuditNamesWhoDidIt(t *testing.T) {
	b := newBench(t)
	me := b.do("GET /v1/whoami", "").member(t, "secret_key").(map[string]any)
	want := store.Actor{Kind: store.BySecretKey, ID: me["id"].(string), Name: me["name"].(string)}
	ada, passkey := b.enrolled()
	known, secrets := []string{"{ada}", ada, "{passkey}", passkey}, []string{"a quiet evening", totpSecret, "abcde-fghij"}
	for _, d := range deeds {
		if d.body == "" && !strings.HasPrefix(d.what, "DELETE") {
			d.body = "{}"
		}
		fill := strings.NewReplacer(known...)
		before := b.lastEvent(t).ID
		got := b.do(fill.Replace(d.what), fill.Replace(d.body))
		if got.status/100 != 2 {
			t.Fatalf("%s: %d %s", d.what, got.status, got.body)
		}
		e := b.lastEvent(t)
		if e.ID == before || string(e.Type) != d.leaves || e.Actor != want {
			t.Errorf("%s has left %s by %+v, want %s by %+v", d.what, e.Type, e.Actor, d.leaves, want)
		}
		if d.remember != "" {
			known = append(known, "{"+d.remember+"}", got.member(t, "id").(string))
		}
		secrets = append(secrets, secretsIn(got.body)...)
	}
	if len(secrets) < 8 {
		t.Errorf("only %d secrets were answered", len(secrets))
	}
	b.wantNoSecret(t, secrets)
}

// secretsIn are the secrets that an answer shows.
func secretsIn(answer []byte) (secrets []string) {
	var members map[string]any
	if json.Unmarshal(answer, &members) != nil {
		return nil
	}
	for _, name := range []string{"client_secret", "secret", "secret_key", "token", "url"} {
		if s, ok := members[name].(string); ok && members["object"] != "webhook" || ok && name == "secret" {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

func (b *bench) lastEvent(t *testing.T) store.Event {
	t.Helper()
	page, err := b.stores.Events(t.Context(), store.EventQuery{Descending: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Events) == 0 {
		return store.Event{}
	}
	return page.Events[0]
}

func (b *bench) wantNoSecret(t *testing.T, secrets []string) {
	t.Helper()
	page, err := b.stores.Events(t.Context(), store.EventQuery{Descending: true, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Events {
		for _, s := range secrets {
			hash := oauth.HashSecret(s)
			if strings.Contains(string(e.Data), s) || strings.Contains(string(e.Data), fmt.Sprintf("%x", hash)) {
				t.Errorf("%s holds %q: %s", e.Type, s, e.Data)
			}
		}
	}
}

// A machine that revokes a token of its own is named, as the client that it is.
func TestAuditNamesMachines(t *testing.T) {
	b := newBench(t)
	worker := b.machine("Worker")
	for _, headers := range [][]string{worker.bearer(), nil} {
		id, token := b.token(worker, "")
		b.do("POST /v1/m2m_tokens/"+id+"/revoke", "{}", headers...).member(t, "id")
		kind := map[bool]store.ActorKind{true: store.ByClient, false: store.BySecretKey}[headers != nil]
		if e := b.lastEvent(t); e.Type != store.M2MTokenRevoked || e.Actor.Kind != kind || e.ObjectID != id || e.ClientID != worker.id {
			t.Errorf("told as %+v", e)
		}
		b.wantNoSecret(t, []string{token})
	}
}

func TestEveryChangeIsADeed(t *testing.T) {
	b := newBench(t)
	done := []string{}
	for _, d := range deeds {
		done = append(done, placeholder.ReplaceAllString(d.what, "{}"))
	}
	for path, methods := range b.api(b.stores).routes() {
		for name := range methods {
			what := name + " " + placeholder.ReplaceAllString(path, "{}")
			if name == http.MethodGet || !strings.HasPrefix(path, "/v1/") || otherwise[what] != "" {
				continue
			}
			if !slices.Contains(done, what) {
				t.Errorf("%s is not among the deeds of TestAuditNamesWhoDidIt", what)
			}
		}
	}
}
