package backendapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A machine of a test.
type machine struct{ id, key string }

func (m machine) bearer() []string { return []string{"Authorization", "Bearer " + m.key} }

// machine makes a machine that may call the given ones.
func (b *bench) machine(name string, scoped ...machine) machine {
	b.t.Helper()
	ids := []string{}
	for _, s := range scoped {
		ids = append(ids, s.id)
	}
	body, err := json.Marshal(map[string]any{"name": name, "scoped_machines": ids})
	if err != nil {
		b.t.Fatal(err)
	}
	made := b.do("POST /v1/machines", string(body))
	return machine{made.member(b.t, "id").(string), made.member(b.t, "secret_key").(string)}
}

// lists are the ids of an answer that is a page.
func (a answer) lists(t *testing.T, member string) (ids []string, total int) {
	t.Helper()
	var all map[string]any
	a.into(t, &all)
	for _, x := range all[member].([]any) {
		ids = append(ids, x.(map[string]any)["id"].(string))
	}
	return ids, int(all["total_count"].(float64))
}

const noMachine = "mch_2O4BCh3zUONvWlZHtBXv6s6tm7u"

func TestMachines(t *testing.T) {
	b := newBench(t)
	api := b.machine("API")
	worker := b.machine("Worker", api)
	var got scopingMachine
	b.do("GET /v1/machines/"+worker.id, "").into(t, &got)
	if got.Name != "Worker" || got.DefaultTokenTTL != 3600 || len(got.ScopedMachines) != 1 || got.ScopedMachines[0].ID != api.id || got.SecretKey != "" {
		t.Errorf("read as %+v", got)
	}
	matches(t, map[string]any{"id": worker.id}, "id", `^mch_\w{27}$`)
	matches(t, map[string]any{"key": worker.key}, "key", `^ak_[0-9A-Za-z]{43}$`)
	if secret := b.do("GET /v1/machines/"+worker.id+"/secret_key", "").member(t, "secret"); secret != worker.key {
		t.Errorf("the key is shown as %v", secret)
	}
	b.do("PATCH /v1/machines/"+worker.id, `{"name":"Night worker","default_token_ttl":60}`).into(t, &got)
	if got.Name != "Night worker" || got.DefaultTokenTTL != 60 || len(got.ScopedMachines) != 1 {
		t.Errorf("changed to %+v", got)
	}
	ids, total := b.do("GET /v1/machines", "").lists(t, "data")
	if total != 2 || ids[0] != worker.id || ids[1] != api.id {
		t.Errorf("listed: %v of %d", ids, total)
	}
	if ids, _ = b.do("GET /v1/machines?query=night&order_by=name", "").lists(t, "data"); len(ids) != 1 || ids[0] != worker.id {
		t.Errorf("found: %v", ids)
	}
	b.do("DELETE /v1/machines/"+api.id+"/", "").refusedWith(t)
	if deleted := b.do("DELETE /v1/machines/"+api.id, "null").member(t, "deleted"); deleted != true {
		t.Error("not deleted")
	}
	if b.do("GET /v1/machines/"+worker.id, "").into(t, &got); len(got.ScopedMachines) != 0 {
		t.Errorf("a deleted machine may still be called: %+v", got.ScopedMachines)
	}
}

func TestMachineRefusals(t *testing.T) {
	b := newBench(t)
	m := b.machine("Worker")
	path := "/v1/machines/" + m.id
	long := strings.Repeat("x", 256)
	many, _ := json.Marshal(make([]string, 151))
	tests := []struct{ name, what, body, want string }{
		{"no such machine", "GET /v1/machines/" + noMachine, "", "404 machine_not_found"},
		{"no such machine to change", "PATCH /v1/machines/" + noMachine, `{"name":"x"}`, "404 machine_not_found"},
		{"no such machine to delete", "DELETE /v1/machines/" + noMachine, "", "404 machine_not_found"},
		{"no such machine to show", "GET /v1/machines/" + noMachine + "/secret_key", "", "404 machine_not_found"},
		{"no such machine to rotate", "POST /v1/machines/" + noMachine + "/secret_key/rotate", `{"previous_token_ttl":0}`, "404 machine_not_found"},
		{"no such machine to scope", "POST /v1/machines/" + noMachine + "/scopes", `{"to_machine_id":"` + m.id + `"}`, "404 machine_not_found"},
		{"a scope to nobody", "POST " + path + "/scopes", `{"to_machine_id":"` + noMachine + `"}`, "404 machine_not_found"},
		{"a scope to itself", "POST " + path + "/scopes", `{"to_machine_id":"` + m.id + `"}`, "422 form_param_value_invalid to_machine_id"},
		{"a scope without target", "POST " + path + "/scopes", `{}`, "422 form_param_missing to_machine_id"},
		{"a scope that is not there", "DELETE " + path + "/scopes/" + noMachine, "", "404 machine_not_found"},
		{"an id with NUL", "GET /v1/machines/mch_%00", "", "404 machine_not_found"},
		{"no name", "POST /v1/machines", `{}`, "422 form_param_missing name"},
		{"empty name", "POST /v1/machines", `{"name":""}`, "422 form_param_nil name"},
		{"long name", "POST /v1/machines", `{"name":"` + long + `"}`, "422 form_param_max_length_exceeded name"},
		{"name of control characters", "PATCH " + path, `{"name":"a\u202eb"}`, "422 form_param_format_invalid name"},
		{"no lifetime", "POST /v1/machines", `{"name":"x","default_token_ttl":0}`, "422 form_param_value_invalid default_token_ttl"},
		{"long lifetime", "PATCH " + path, `{"default_token_ttl":315360001}`, "422 form_param_value_invalid default_token_ttl"},
		{"unknown scoped machine", "POST /v1/machines", `{"name":"x","scoped_machines":["` + noMachine + `"]}`, "404 machine_not_found scoped_machines"},
		{"scoped machine twice", "POST /v1/machines", `{"name":"x","scoped_machines":["` + m.id + `","` + m.id + `"]}`, "422 form_param_duplicate scoped_machines"},
		{"unknown field", "PATCH " + path, `{"secret_key":"ak_mine"}`, "422 form_param_unknown secret_key"},
		{"rotation without overlap", "POST " + path + "/secret_key/rotate", "null", "422 form_param_missing previous_token_ttl"},
		{"long overlap", "POST " + path + "/secret_key/rotate", `{"previous_token_ttl":28801}`, "422 form_param_value_invalid previous_token_ttl"},
		{"wrong order", "GET /v1/machines?order_by=secret", "", "422 form_param_value_invalid order_by"},
		{"its own key", "GET " + path + "/scopes", "", "405 method_not_allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if got := b.do("POST /v1/machines", `{"name":"x","scoped_machines":`+string(many)+`}`).refusedWith(t); !strings.Contains(got, "form_param_array_size_exceeded") {
		t.Errorf("too many scoped machines: %s", got)
	}
	if _, total := b.do("GET /v1/machines", "").lists(t, "data"); total != 1 {
		t.Errorf("a refused request has made a machine: there are %d", total)
	}
}

func TestScopesOfMachines(t *testing.T) {
	b := newBench(t)
	api, worker := b.machine("API"), b.machine("Worker")
	path := "/v1/machines/" + worker.id + "/scopes"
	if made := b.do("POST "+path, `{"to_machine_id":"`+api.id+`"}`); made.member(t, "from_machine_id") != worker.id || made.member(t, "to_machine_id") != api.id {
		t.Errorf("made %s", made.body)
	}
	if got := b.do("POST "+path, `{"to_machine_id":"`+api.id+`"}`).refusedWith(t); got != "409 conflict to_machine_id" {
		t.Errorf("made again: %s", got)
	}
	if gone := b.do("DELETE "+path+"/"+api.id, "null"); gone.member(t, "deleted") != true || gone.member(t, "object") != "machine_scope" {
		t.Errorf("deleted: %s", gone.body)
	}
}

func TestRotationOfAMachine(t *testing.T) {
	b := newBench(t)
	m := b.machine("Worker")
	get := func(key string) int {
		t.Helper()
		return b.do("POST /v1/m2m_tokens", "", "Authorization", "Bearer "+key).status
	}
	rotate := func(overlap int) answer {
		t.Helper()
		return b.do("POST /v1/machines/"+m.id+"/secret_key/rotate", fmt.Sprintf(`{"previous_token_ttl":%d}`, overlap))
	}
	second := rotate(28800).member(t, "secret").(string)
	if get(m.key) != http.StatusCreated || get(second) != http.StatusCreated {
		t.Error("the two keys do not work side by side")
	}
	third := rotate(1).member(t, "secret").(string) // over at the next look at the clock
	for key, want := range map[string]int{m.key: 401, second: 401, third: 201} {
		if got := get(key); got != want {
			t.Errorf("after another rotation: %d, want %d", got, want)
		}
	}
	var won sync.Map
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			switch got := rotate(0); got.status {
			case http.StatusOK:
				won.Store(i, got.member(t, "secret"))
			case http.StatusConflict:
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	wg.Wait()
	shown := b.do("GET /v1/machines/"+m.id+"/secret_key", "").member(t, "secret")
	working := 0
	won.Range(func(_, secret any) bool {
		if get(secret.(string)) == http.StatusCreated {
			working++
			if secret != shown {
				t.Error("the key that works is not the one that is shown")
			}
		}
		return true
	})
	if working != 1 || get(third) != 401 {
		t.Errorf("%d keys work after all rotations, want 1", working)
	}
}

// Whoever holds the key of a machine opens what is for machines, and nothing else.
func TestDoorsOfMachines(t *testing.T) {
	b := newBench(t)
	m := b.machine("Worker")
	made := b.do("POST /v1/m2m_tokens", "", m.bearer()...).created(t)
	id, token := made["id"].(string), made["token"].(string)
	user := b.do("POST /v1/users", `{"username":"ada_byron"}`).member(t, "id").(string)
	k := b.do("POST /v1/api_keys", `{"name":"Export","subject":"`+user+`"}`).member(t, "secret").(string)
	const machineInvalid, keyInvalid = "401 machine_secret_key_invalid", "401 clerk_key_invalid"
	tests := []struct{ name, key, what, body, want string }{
		{"an operator gets no token", key, "POST /v1/m2m_tokens", "", machineInvalid},
		{"nor without a version", key, "POST /m2m_tokens", "", machineInvalid},
		{"a publishable key", "pk_test_MTI3LjAuMC4xJA", "POST /v1/m2m_tokens", "", machineInvalid},
		{"a token as a key", token, "POST /v1/m2m_tokens", "", machineInvalid},
		{"an API key as a machine's", k, "POST /v1/m2m_tokens", "", machineInvalid},
		{"an API key to verify with", k, "POST /v1/m2m_tokens/verify", `{"token":"` + token + `"}`, machineInvalid},
		{"half a key", m.key[:20], "GET /v1/m2m_tokens?subject=" + m.id, "", machineInvalid},
		{"a stranger's secret key", "sk_test_wrong", "POST /v1/m2m_tokens/verify", `{"token":"` + token + `"}`, keyInvalid},
		{"a token to verify with", token, "POST /v1/m2m_tokens/verify", `{"token":"` + token + `"}`, keyInvalid},
		{"its own machine", m.key, "GET /v1/machines/" + m.id, "", keyInvalid},
		{"its own key", m.key, "GET /v1/machines/" + m.id + "/secret_key", "", keyInvalid},
		{"its own scopes", m.key, "POST /v1/machines/" + m.id + "/scopes", `{"to_machine_id":"` + m.id + `"}`, keyInvalid},
		{"API keys", m.key, "POST /v1/api_keys/verify", `{"secret":"` + k + `"}`, keyInvalid},
		{"users", m.key, "GET /v1/users", "", keyInvalid},
		{"no such path", m.key, "GET /m2m_tokens/x/y", "", keyInvalid},
		{"no such path below", key, "GET /api_keys/x/y", "", "404 resource_not_found"},
		{"another method", m.key, "DELETE /v1/m2m_tokens/" + id, "", keyInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.do(tt.what, tt.body, "Authorization", "Bearer "+tt.key).refusedWith(t); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, what := range []string{"POST /v1/m2m_tokens?key=" + m.key, "GET /v1/m2m_tokens?subject=" + m.id + "&access_token=" + m.key} {
		if got := b.do(what, "", "Authorization", "").refusedWith(t); got != "401 authorization_header_format_invalid" {
			t.Errorf("a key in the query: %s", got)
		}
	}
	for _, secret := range []string{m.key, token, k} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}
