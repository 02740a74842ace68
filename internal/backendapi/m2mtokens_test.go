package backendapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// token gets a token for a machine.
func (b *bench) token(m machine, body string) (id, token string) {
	b.t.Helper()
	made := b.do("POST /v1/m2m_tokens", body, m.bearer()...).created(b.t)
	return made["id"].(string), made["token"].(string)
}

// verify asks about a token.
func (b *bench) verify(token string, headers ...string) answer {
	b.t.Helper()
	return b.do("POST /m2m_tokens/verify", `{"token":"`+token+`"}`, headers...)
}

const notFound = "404 resource_not_found"

func TestM2MTokens(t *testing.T) {
	b := newBench(t)
	api := b.machine("API")
	worker := b.machine("Worker", api)
	made := b.do("POST /m2m_tokens", `{"seconds_until_expiration":600,"claims":{"b":[1,12345678901234567890],"a":"<é>"}}`, worker.bearer()...).created(t)
	matches(t, made, "id", `^mt_[0-9a-f]{32}$`)
	matches(t, made, "token", `^mt_[\w-]{50,80}$`)
	if made["id"] == made["token"] || made["subject"] != worker.id || made["expiration"].(float64)-made["created_at"].(float64) != 600_000 {
		t.Errorf("made %v", made)
	}
	token := made["token"].(string)
	for who, headers := range map[string][]string{"operator": nil, "itself": worker.bearer(), "the one it is for": api.bearer()} {
		var got m2mToken
		b.verify(token, headers...).into(t, &got)
		if got.ID != made["id"] || got.Token != "" || got.Revoked || got.Expired || got.LastUsedAt == nil ||
			!slices.Equal(got.Scopes, []string{api.id}) || string(got.Claims) != `{"a":"<é>","b":[1,12345678901234567890]}` {
			t.Errorf("verified by %s: %+v %s", who, got, got.Claims)
		}
	}
	if got := b.do("POST /v1/m2m_tokens/verify", `{"secret":"`+token+`"}`); got.status != http.StatusOK {
		t.Errorf("as Clerk's Python SDK asks: %d", got.status)
	}
}

func TestM2MTokenRefusals(t *testing.T) {
	b := newBench(t)
	m := b.machine("Worker")
	tests := []struct{ name, body, want string }{
		{"reserved claim", `{"claims":{"sub":"mch_x"}}`, "400 machine_token_reserved_claim claims"},
		{"reserved claim in other letters", `{"claims":{"ſub":"mch_x"}}`, "400 machine_token_reserved_claim claims"},
		{"reserved claim in capitals", `{"token_format":"jwt","claims":{"Client_ID":"x"}}`, "400 machine_token_reserved_claim claims"},
		{"reserved scopes", `{"claims":{"scopes":"mch_x"}}`, "400 machine_token_reserved_claim claims"},
		{"reserved audience of a JWT", `{"token_format":"jwt","claims":{"aud":["x"]}}`, "400 machine_token_reserved_claim claims"},
		{"claims that are no object", `{"claims":[1]}`, "422 form_param_type_invalid claims"},
		{"large claims", `{"claims":{"a":"` + strings.Repeat("x", 4096) + `"}}`, "422 form_param_exceeds_allowed_size claims"},
		{"unknown format", `{"token_format":"saml"}`, "422 form_param_value_invalid token_format"},
		{"no lifetime", `{"seconds_until_expiration":0}`, "422 form_param_value_invalid seconds_until_expiration"},
		{"negative lifetime", `{"seconds_until_expiration":-1}`, "422 form_param_value_invalid seconds_until_expiration"},
		{"long lifetime", `{"seconds_until_expiration":315360001}`, "422 form_param_value_invalid seconds_until_expiration"},
		{"long lifetime of a JWT", `{"token_format":"jwt","seconds_until_expiration":2592001}`, "422 form_param_value_invalid seconds_until_expiration"},
		{"what no token can have left", `{"seconds_until_expiration":60,"min_remaining_ttl_seconds":60}`, "400 bad_request min_remaining_ttl_seconds"},
		{"for somebody else", `{"subject":"mch_x"}`, "422 form_param_unknown subject"},
		{"a format that is no string", `{"token_format":1}`, "422 form_param_type_invalid token_format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.do("POST /v1/m2m_tokens", tt.body, m.bearer()...).refusedWith(t); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, x := range []struct{ what, body, want string }{
		{"GET /v1/m2m_tokens", "", "400 missing_query_parameter subject"},
		{"GET /v1/m2m_tokens?subject=" + noMachine, "", "404 machine_not_found"},
		{"GET /v1/m2m_tokens?limit=101&subject=" + m.id, "", "422 form_param_value_invalid limit"},
		{"GET /v1/m2m_tokens?limit=0&subject=" + m.id, "", "422 form_param_value_invalid limit"},
		{"GET /v1/m2m_tokens?expired=perhaps&subject=" + m.id, "", "422 form_param_value_invalid expired"},
		{"POST /v1/m2m_tokens/verify", "", "400 malformed_request_parameters token"},
		{"POST /v1/m2m_tokens/verify", `{"token":"mt_x"}`, notFound},
		{"POST /v1/m2m_tokens/verify", `{"token":"a.b.c"}`, notFound},
		{"POST /v1/m2m_tokens/verify", `{"token":"` + m.key + `"}`, notFound},
		{"POST /v1/m2m_tokens/verify", `{"token":1}`, "422 form_param_type_invalid token"},
		{"POST /v1/m2m_tokens/mt_x/revoke", "", notFound},
		{"POST /v1/m2m_tokens/mt_" + strings.Repeat("0", 32) + "/revoke", "", notFound},
		{"POST /v1/m2m_tokens/mt_" + strings.Repeat("0", 34) + "/revoke", "", notFound},
		{"POST /v1/m2m_tokens/mt_" + strings.Repeat("0", 32) + "/revoke", `{"reason":"x"}`, "422 form_param_unknown reason"},
		{"POST /v1/m2m_tokens/mt_" + strings.Repeat("0", 32) + "/revoke", `{"revocation_reason":"` + strings.Repeat("x", 256) + `"}`, "422 form_param_max_length_exceeded revocation_reason"},
	} {
		if got := b.do(x.what, x.body).refusedWith(t); got != x.want {
			t.Errorf("%s %s: %s, want %s", x.what, x.body, got, x.want)
		}
	}
	if _, total := b.do("GET /v1/m2m_tokens?revoked=true&expired=true&subject="+m.id, "").lists(t, "m2m_tokens"); total != 0 {
		t.Errorf("a refused request has made a token: there are %d", total)
	}
}

// One machine gets at nothing of another.
func TestMachinesKeepToThemselves(t *testing.T) {
	b := newBench(t)
	api := b.machine("API")
	worker, stranger := b.machine("Worker", api), b.machine("Stranger")
	id, token := b.token(worker, "")
	if got := b.verify(token, stranger.bearer()...).refusedWith(t); got != notFound {
		t.Errorf("verified by a stranger: %s", got)
	}
	for who, m := range map[string]machine{"a stranger": stranger, "the one it is for": api} {
		if got := b.do("POST /v1/m2m_tokens/"+id+"/revoke", "", m.bearer()...).refusedWith(t); got != notFound {
			t.Errorf("revoked by %s: %s", who, got)
		}
		for _, of := range []string{worker.id, noMachine} {
			if got := b.do("GET /v1/m2m_tokens?subject="+of, "", m.bearer()...).refusedWith(t); got != "403 authorization_invalid subject" {
				t.Errorf("%s is listed by %s: %s", of, who, got)
			}
		}
	}
	if ids, total := b.do("GET /m2m_tokens?subject="+worker.id, "", worker.bearer()...).lists(t, "m2m_tokens"); total != 1 || ids[0] != id {
		t.Errorf("its own: %v of %d", ids, total)
	}
	if got := b.verify(token); got.status != http.StatusOK {
		t.Errorf("the token does not live any more: %d", got.status)
	}
}

func TestM2MTokensDie(t *testing.T) {
	b := newBench(t)
	must(t, b.keys.Ensure(t.Context()))
	api := b.machine("API")
	list := func(m machine, query string) []string {
		t.Helper()
		ids, _ := b.do("GET /v1/m2m_tokens?subject="+m.id+query, "").lists(t, "m2m_tokens")
		return ids
	}
	t.Run("revoked by its machine", func(t *testing.T) {
		worker := b.machine("Worker", api)
		id, token := b.token(worker, "")
		for _, reason := range []string{"first", "second"} {
			var got m2mToken
			b.do("POST /v1/m2m_tokens/"+id+"/revoke", `{"revocation_reason":"`+reason+`"}`, worker.bearer()...).into(t, &got)
			if !got.Revoked || *got.RevocationReason != "first" {
				t.Errorf("revoked as %+v", got)
			}
		}
		if got := b.verify(token).refusedWith(t); got != notFound {
			t.Errorf("revoked: %s", got)
		}
		if len(list(worker, "")) != 0 || len(list(worker, "&revoked=true")) != 1 {
			t.Error("it is not listed as revoked")
		}
	})
	t.Run("expired", func(t *testing.T) {
		worker := b.machine("Worker", api)
		for _, format := range []string{"opaque", "jwt"} {
			_, token := b.token(worker, `{"seconds_until_expiration":1,"token_format":"`+format+`"}`)
			if got := b.verify(token).refusedWith(t); got != notFound {
				t.Errorf("%s, expired: %s", format, got)
			}
		}
		if len(list(worker, "")) != 0 || len(list(worker, "&expired=true")) != 1 {
			t.Error("it is not listed as expired")
		}
	})
	for _, format := range []string{"opaque", "jwt"} {
		body := `{"token_format":"` + format + `"}`
		t.Run(format+", its scope was taken back", func(t *testing.T) {
			worker := b.machine("Worker", api)
			_, token := b.token(worker, body)
			if got := b.verify(token, api.bearer()...); got.status != http.StatusOK {
				t.Fatalf("before: %d", got.status)
			}
			b.do("DELETE /v1/machines/"+worker.id+"/scopes/"+api.id, "").member(t, "deleted")
			if got := b.verify(token, api.bearer()...).refusedWith(t); got != notFound {
				t.Errorf("without the scope: %s", got)
			}
			b.do("POST /v1/machines/"+worker.id+"/scopes", `{"to_machine_id":"`+api.id+`"}`).member(t, "object")
			if got := b.verify(token, api.bearer()...).refusedWith(t); got != notFound {
				t.Errorf("with the scope given again: %s", got)
			}
		})
		t.Run(format+", its machine is gone", func(t *testing.T) {
			worker := b.machine("Worker", api)
			_, token := b.token(worker, body)
			b.do("DELETE /v1/machines/"+worker.id, "").member(t, "deleted")
			if got := b.verify(token).refusedWith(t); got != notFound {
				t.Errorf("of a deleted machine: %s", got)
			}
			if got := b.do("POST /v1/m2m_tokens", "", worker.bearer()...).refusedWith(t); got != "401 machine_secret_key_invalid" {
				t.Errorf("the key of a deleted machine: %s", got)
			}
		})
	}
}

func TestM2MTokensAreCutOff(t *testing.T) {
	b := newBench(t)
	must(t, b.keys.Ensure(t.Context()))
	worker := b.machine("Worker")
	for _, format := range []string{"opaque", "jwt"} {
		body := `{"token_format":"` + format + `"}`
		_, token := b.token(worker, body)
		if _, err := b.stores.CutOff(t.Context(), b.now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := b.verify(token).refusedWith(t); got != notFound {
			t.Errorf("%s, cut off: %s", format, got)
		}
		if _, token := b.token(worker, body); b.verify(token).status != http.StatusOK {
			t.Errorf("%s from after it is dead", format)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestM2MTokensArePooled(t *testing.T) {
	b := newBench(t)
	worker := b.machine("Worker")
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			_, got[i] = b.token(worker, `{"min_remaining_ttl_seconds":600,"claims":{"a":1,"b":2}}`)
		})
	}
	wg.Wait()
	if slices.ContainsFunc(got, func(s string) bool { return s != got[0] }) {
		t.Errorf("concurrent requests got several tokens: %v", got)
	}
	if _, again := b.token(worker, `{"min_remaining_ttl_seconds":600,"claims":{ "b":2,"a":1 }}`); again != got[0] {
		t.Error("equal claims got another token")
	}
	for name, body := range map[string]string{
		"other claims": `{"min_remaining_ttl_seconds":600,"claims":{"a":1}}`, "a longer life": `{"min_remaining_ttl_seconds":3599,"claims":{"a":1,"b":2}}`,
		"a new one": `{"claims":{"a":1,"b":2}}`,
	} {
		if _, other := b.token(worker, body); other == got[0] {
			t.Errorf("%s got the same token", name)
		}
	}
}

func TestM2MTokenUnderAnIdempotencyKey(t *testing.T) {
	b := newBench(t)
	worker := b.machine("Worker")
	headers := append(worker.bearer(), idempotencyKey, "once")
	first := b.do("POST /v1/m2m_tokens", `{}`, headers...)
	again := b.do("POST /v1/m2m_tokens", `{}`, headers...)
	if first.created(t)["token"] != again.created(t)["token"] || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("answered with %s and %s", first.body, again.body)
	}
	other := b.machine("Other")
	if got := b.do("POST /v1/m2m_tokens", `{}`, append(other.bearer(), idempotencyKey, "once")...); got.created(t)["subject"] != other.id {
		t.Errorf("another machine got %s", got.body)
	}
}

func TestM2MTokenAsJWT(t *testing.T) {
	b := newBench(t)
	must(t, b.keys.Ensure(t.Context()))
	api := b.machine("API")
	worker := b.machine("Worker", api)
	b.do("PATCH /v1/machines/"+worker.id, `{"default_token_ttl":315360000}`).member(t, "id")
	id, token := b.token(worker, `{"token_format":"jwt","claims":{"plan":"pro"}}`)
	var header, payload map[string]any
	for i, into := range []*map[string]any{&header, &payload} {
		must(t, json.Unmarshal(decoded(t, strings.Split(token, ".")[i]), into))
	}
	if header["cat"] != "cl_B7d4PD333AAA" || header["alg"] != "RS256" || header["typ"] != "JWT" {
		t.Errorf("header %v", header)
	}
	if payload["sub"] != worker.id || payload["jti"] != id || payload["scopes"] != api.id || payload["plan"] != "pro" ||
		fmt.Sprint(payload["aud"]) != "["+api.id+"]" || payload["exp"].(float64)-payload["iat"].(float64) != 2592000 {
		t.Errorf("payload %v", payload)
	}
	var got m2mToken
	b.verify(token, api.bearer()...).into(t, &got)
	if got.ID != id || string(got.Claims) != `{"plan":"pro"}` || !slices.Equal(got.Scopes, []string{api.id}) {
		t.Errorf("verified: %+v", got)
	}
	if got := b.do("POST /v1/m2m_tokens/"+id+"/revoke", "").refusedWith(t); got != notFound {
		t.Errorf("a JWT is revoked: %s", got)
	}
	if _, total := b.do("GET /v1/m2m_tokens?subject="+worker.id, "").lists(t, "m2m_tokens"); total != 0 {
		t.Error("a JWT is kept")
	}
}
