package backendapi

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

func decoded(t *testing.T, part string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// person makes a user.
func (b *bench) person(name string) string {
	b.t.Helper()
	return b.do("POST /v1/users", `{"username":"`+name+`"}`).member(b.t, "id").(string)
}

// apiKey makes an API key.
func (b *bench) apiKey(subject, more string) (id, secret string) {
	b.t.Helper()
	made := b.do("POST /v1/api_keys", `{"name":"Export","subject":"`+subject+`"`+more+`}`)
	return made.member(b.t, "id").(string), made.member(b.t, "secret").(string)
}

func (b *bench) verifyKey(secret string) answer {
	b.t.Helper()
	return b.do("POST /api_keys/verify", `{"secret":"`+secret+`"}`)
}

func TestAPIKeys(t *testing.T) {
	b := newBench(t)
	ada, worker := b.person("ada_byron"), b.machine("Worker")
	id, secret := b.apiKey(ada, `,"type":"api_key","description":"nightly","scopes":["read","write all"],"claims":{"b":1,"a":2},"created_by":"`+ada+`","seconds_until_expiration":600`)
	matches(t, map[string]any{"id": id}, "id", `^ak_[0-9a-f]{32}$`)
	matches(t, map[string]any{"secret": secret}, "secret", `^ak_[\w-]{50,80}$`)
	var got apiKeyObject
	b.verifyKey(secret).into(t, &got)
	if got.ID != id || got.Subject != ada || *got.Description != "nightly" || !slices.Equal(got.Scopes, []string{"read", "write all"}) ||
		string(got.Claims) != `{"a":2,"b":1}` || *got.CreatedBy != ada || *got.Expiration-got.CreatedAt != 600_000 || got.LastUsedAt == nil || got.Secret != "" {
		t.Errorf("verified: %+v", got)
	}
	for _, path := range []string{"/v1/api_keys/" + id, "/api_keys/" + id, "/v1/api_keys/api_key_" + strings.TrimPrefix(id, "ak_")} {
		if shown := b.do("GET "+path+"/secret", "").member(t, "secret"); shown != secret {
			t.Errorf("%s shows %v", path, shown)
		}
		if read := b.do("GET "+path, "").member(t, "id"); read != id {
			t.Errorf("%s is %v", path, read)
		}
	}
	b.do("PATCH /v1/api_keys/"+id, `{"subject":"`+worker.id+`","description":"","scopes":[],"claims":{},"seconds_until_expiration":60}`).into(t, &got)
	if got.Subject != worker.id || *got.Description != "" || len(got.Scopes) != 0 || string(got.Claims) != "null" || *got.Expiration-got.UpdatedAt != 60_000 {
		t.Errorf("changed to %+v %s", got, got.Claims)
	}
	if got := b.verifyKey(secret); got.status != http.StatusOK {
		t.Errorf("changed: %d", got.status)
	}
	b.do("DELETE /v1/api_keys/"+id, "null").member(t, "deleted")
	if got := b.verifyKey(secret).refusedWith(t); got != notFound {
		t.Errorf("deleted: %s", got)
	}
}

func TestAPIKeysOfOrganizations(t *testing.T) {
	b := organized(t)
	org := b.organization(`{"name":"Analysts"}`)
	_, secret := b.apiKey(org, "")
	if got := b.verifyKey(secret).member(t, "subject"); got != org {
		t.Errorf("verified as %v, want %s", got, org)
	}
	if got := b.do("GET /v1/api_keys?subject="+org, "").member(t, "total_count"); got != 1.0 {
		t.Errorf("%v keys are listed", got)
	}
	b.do("DELETE /v1/organizations/"+org, "null").member(t, "deleted")
	if got := b.verifyKey(secret).refusedWith(t); got != notFound {
		t.Errorf("the organization is gone: %s", got)
	}
	if got := b.do("POST /v1/api_keys", `{"name":"Export","subject":"`+org+`"}`).refusedWith(t); got != "404 resource_not_found subject" {
		t.Errorf("a key for nobody: %s", got)
	}
}

func TestAPIKeyRefusals(t *testing.T) {
	b := newBench(t)
	ada := b.person("ada_byron")
	id, secret := b.apiKey(ada, "")
	_, token := b.token(b.machine("Worker"), "")
	const none = "/v1/api_keys/ak_00000000000000000000000000000000"
	long := strings.Repeat("x", 256)
	create := func(more string) string { return `{"name":"Export","subject":"` + ada + `",` + more + `}` }
	tests := []struct{ name, what, body, want string }{
		{"nothing", "POST /v1/api_keys", `{}`, "422 form_param_missing name, form_param_missing subject"},
		{"short name", "POST /v1/api_keys", `{"name":"ab","subject":"` + ada + `"}`, "422 form_param_min_length_exceeded name"},
		{"long name", "POST /v1/api_keys", `{"name":"` + long + `","subject":"` + ada + `"}`, "422 form_param_max_length_exceeded name"},
		{"name with space around", "POST /v1/api_keys", `{"name":" abc","subject":"` + ada + `"}`, "422 form_param_format_invalid name"},
		{"no such subject", "POST /v1/api_keys", `{"name":"abc","subject":"user_2O4BCh3zUONvWlZHtBXv6s6tm7u"}`, "404 resource_not_found subject"},
		{"no such machine", "POST /v1/api_keys", `{"name":"abc","subject":"` + noMachine + `"}`, "404 resource_not_found subject"},
		{"subject of another kind", "POST /v1/api_keys", `{"name":"abc","subject":"oa_2O4BCh3zUONvWlZHtBXv6s6tm7u"}`, "422 form_param_format_invalid subject"},
		{"another type", "POST /v1/api_keys", create(`"type":"scim_token"`), "422 form_param_value_invalid type"},
		{"long description", "POST /v1/api_keys", create(`"description":"` + long + `"`), "422 form_param_max_length_exceeded description"},
		{"empty scope", "POST /v1/api_keys", create(`"scopes":[""]`), "422 form_param_format_invalid scopes"},
		{"scope twice", "POST /v1/api_keys", create(`"scopes":["a","a"]`), "422 form_param_duplicate scopes"},
		{"scope that is null", "POST /v1/api_keys", create(`"scopes":[null]`), "422 form_param_type_invalid scopes"},
		{"large claims", "POST /v1/api_keys", create(`"claims":{"a":"` + strings.Repeat("x", 4096) + `"}`), "422 form_param_exceeds_allowed_size claims"},
		{"no lifetime", "POST /v1/api_keys", create(`"seconds_until_expiration":0`), "422 form_param_value_invalid seconds_until_expiration"},
		{"made by nobody", "POST /v1/api_keys", create(`"created_by":"me"`), "422 form_param_format_invalid created_by"},
		{"a secret of one's own", "POST /v1/api_keys", create(`"secret":"ak_mine"`), "422 form_param_unknown secret"},
		{"no such key", "GET " + none, "", notFound},
		{"no such key to show", "GET " + none + "/secret", "", notFound},
		{"no such key to change", "PATCH " + none, `{}`, notFound},
		{"no such key to revoke", "POST " + none + "/revoke", "", notFound},
		{"no such key to delete", "DELETE " + none, "", notFound},
		{"half an id", "GET /v1/api_keys/ak_00", "", notFound},
		{"the secret as an id", "GET /v1/api_keys/" + secret, "", notFound},
		{"a new name", "PATCH /v1/api_keys/" + id, `{"name":"Import"}`, "422 form_param_unknown name"},
		{"a new subject that is nobody", "PATCH /v1/api_keys/" + id, `{"subject":"user_2O4BCh3zUONvWlZHtBXv6s6tm7u"}`, notFound},
		{"a list of nobody's", "GET /v1/api_keys", "", "400 missing_query_parameter subject"},
		{"a long page", "GET /v1/api_keys?limit=101&subject=" + ada, "", "422 form_param_value_invalid limit"},
		{"a list of another type", "GET /v1/api_keys?type=scim_token&subject=" + ada, "", "422 form_param_value_invalid type"},
		{"no secret", "POST /v1/api_keys/verify", `{}`, "400 malformed_request_parameters secret"},
		{"an id as a secret", "POST /v1/api_keys/verify", `{"secret":"` + id + `"}`, notFound},
		{"a token as a secret", "POST /v1/api_keys/verify", `{"secret":"ak_` + strings.TrimPrefix(token, "mt_") + `"}`, notFound},
		{"a secret and more", "POST /v1/api_keys/verify", `{"secret":"` + secret + `A"}`, notFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if ids, total := b.do("GET /v1/api_keys?include_invalid=true&subject="+ada, "").lists(t, "data"); total != 1 || ids[0] != id {
		t.Errorf("a refused request has changed something: %v of %d", ids, total)
	}
}

func TestAPIKeysDie(t *testing.T) {
	b := newBench(t)
	count := func(subject, more string) int {
		t.Helper()
		_, total := b.do("GET /v1/api_keys?subject="+subject+more, "").lists(t, "data")
		return total
	}
	tests := map[string]func(subject, id string){
		"revoked": func(_, id string) {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { b.do("POST /api_keys/"+id+"/revoke", `{"revocation_reason":"leaked"}`).member(t, "revoked") })
			}
			wg.Wait()
		},
		"of a banned user": func(subject, _ string) { b.do("POST /v1/users/"+subject+"/ban", "").member(t, "id") },
		"of a user unbanned": func(subject, _ string) {
			b.do("POST /v1/users/"+subject+"/ban", "").member(t, "id")
			b.do("POST /v1/users/"+subject+"/unban", "").member(t, "id")
		},
		"expired":           func(_, id string) { b.do("PATCH /v1/api_keys/"+id, `{"seconds_until_expiration":1}`).member(t, "id") },
		"of a deleted user": func(subject, _ string) { b.do("DELETE /v1/users/"+subject, "").member(t, "deleted") },
	}
	for name, kill := range tests {
		t.Run(name, func(t *testing.T) {
			subject := b.person("u" + strings.ReplaceAll(name, " ", "_"))
			id, secret := b.apiKey(subject, "")
			if got := b.verifyKey(secret); got.status != http.StatusOK || count(subject, "") != 1 {
				t.Fatalf("before: %d", got.status)
			}
			kill(subject, id)
			if got := b.verifyKey(secret).refusedWith(t); got != notFound {
				t.Errorf("verified: %s", got)
			}
			if n := count(subject, ""); n != 0 {
				t.Errorf("%d keys are listed as good", n)
			}
			if n := count(subject, "&include_invalid=true&query=export"); n == 0 != (name == "of a deleted user") {
				t.Errorf("%d keys are listed with those that are not", n)
			}
		})
	}
	unbanned := b.person("fresh")
	b.do("POST /v1/users/"+unbanned+"/ban", "").member(t, "id")
	b.do("POST /v1/users/"+unbanned+"/unban", "").member(t, "id")
	if _, secret := b.apiKey(unbanned, ""); b.verifyKey(secret).status != http.StatusOK {
		t.Error("a key from after the ban is dead")
	}
}
