package backendapi

import (
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/signet-auth/signet/internal/store"
)

const totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DP"

// enrolled makes a user with an authenticator app, two backup codes and a passkey.
func (b *bench) enrolled() (id, passkey string) {
	b.t.Helper()
	id = b.do("POST /v1/users", `{"username":"ada_byron","totp_secret":"`+totpSecret+`","backup_codes":["abcde-fghij","$2a$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"]}`).member(b.t, "id").(string)
	passkey = "idn_" + strings.Repeat("2", 27)
	err := b.stores.AddPasskey(b.t.Context(), store.Passkey{
		ID: passkey, UserID: id, Name: "Phone", Handle: []byte{1}, CredentialID: []byte{1}, PublicKey: []byte{1}, AAGUID: []byte{}, CreatedAt: factorTime,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return id, passkey
}

// proofs are the members of a user that tell of factors.
func (b *bench) proofs(id string) map[string]any {
	b.t.Helper()
	var u map[string]any
	b.do("GET /v1/users/"+id, "").into(b.t, &u)
	return u
}

func TestUserTellsOfFactors(t *testing.T) {
	b := newBench(t)
	id, passkey := b.enrolled()
	u := b.proofs(id)
	if u["two_factor_enabled"] != true || u["totp_enabled"] != true || u["backup_code_enabled"] != true || u["mfa_enabled_at"] == nil || u["mfa_disabled_at"] != nil {
		t.Errorf("the user is %v", u)
	}
	keys := u["passkeys"].([]any)
	if len(keys) != 1 || keys[0].(map[string]any)["id"] != passkey || keys[0].(map[string]any)["name"] != "Phone" {
		t.Errorf("the passkeys are %v", keys)
	}
	tag := b.do("GET /v1/users/"+id, "").header.Get("ETag")
	for _, step := range []struct {
		request           string
		totp, backup, off bool
		passkeys          int
	}{
		{"DELETE /v1/users/" + id + "/totp", false, true, true, 1},
		{"DELETE /v1/users/" + id + "/backup_code", false, false, true, 1},
		{"DELETE /v1/users/" + id + "/mfa", false, false, true, 1},
		{"DELETE /v1/users/" + id + "/passkeys/" + passkey, false, false, true, 0},
	} {
		if b.do(step.request, "").status != 200 {
			t.Errorf("%s failed", step.request)
		}
		u := b.proofs(id)
		if u["two_factor_enabled"] != step.totp || u["totp_enabled"] != step.totp || u["backup_code_enabled"] != step.backup ||
			(u["mfa_disabled_at"] != nil) != step.off || len(u["passkeys"].([]any)) != step.passkeys {
			t.Errorf("after %s the user is %v", step.request, u)
		}
	}
	if b.do("GET /v1/users/"+id, "").header.Get("ETag") == tag {
		t.Error("the version is what it was")
	}
}

func TestVerifyTOTP(t *testing.T) {
	b := newBench(t)
	id, _ := b.enrolled()
	code, err := totp.GenerateCode(totpSecret, factorTime)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(code string) answer { return b.do("POST /v1/users/"+id+"/verify_totp", `{"code":"`+code+`"}`) }
	for _, x := range []struct{ code, kind string }{{code, "totp"}, {"ABCDE FGHIJ", "backup_code"}} {
		if got := verify(x.code).member(t, "code_type"); got != x.kind {
			t.Errorf("%s is of %v, want %s", x.code, got, x.kind)
		}
		if got := verify(x.code).refusedWith(t); got != "422 form_code_incorrect code" {
			t.Errorf("once more: %s", got)
		}
	}
	for range 10 {
		verify("000000")
	}
	if got := verify("000000").refusedWith(t); got != "429 too_many_requests code" {
		t.Errorf("too many: %s", got)
	}
	nobody := "user_" + strings.Repeat("0", 27)
	other := b.do("POST /v1/users", `{"username":"bob_ross"}`).member(t, "id").(string)
	for _, x := range []struct{ request, body, want string }{
		{"POST /v1/users/" + other + "/verify_totp", `{"code":"123456"}`, "400 no_second_factors_set"},
		{"POST /v1/users/" + nobody + "/verify_totp", `{"code":"123456"}`, "404 resource_not_found"},
		{"POST /v1/users/" + id + "/verify_totp", `{}`, "422 form_param_missing code"},
		{"POST /v1/users/" + id + "/verify_totp", `{"code":1}`, "422 form_param_type_invalid code"},
		{"DELETE /v1/users/" + nobody + "/mfa", "", "404 resource_not_found"},
		{"DELETE /v1/users/" + nobody + "/totp", "", "404 resource_not_found"},
		{"DELETE /v1/users/" + nobody + "/backup_code", "", "404 resource_not_found"},
		{"DELETE /v1/users/" + other + "/passkeys/idn_" + strings.Repeat("2", 27), "", "404 resource_not_found"}, // ada's
		{"DELETE /v1/users/" + id + "/passkeys/x", "", "404 resource_not_found"},
	} {
		if got := b.do(x.request, x.body).refusedWith(t); got != x.want {
			t.Errorf("%s %s: %s, want %s", x.request, x.body, got, x.want)
		}
	}
}

func TestFactorsThatCannotBe(t *testing.T) {
	b := newBench(t)
	id, _ := b.enrolled()
	for _, x := range []struct{ members, want string }{
		{`"totp_secret":"short"`, "422 form_param_format_invalid totp_secret"},
		{`"totp_secret":7`, "422 form_param_type_invalid totp_secret"},
		{`"backup_codes":["short"]`, "422 form_param_format_invalid backup_codes"},
		{`"backup_codes":["$2a$broken"]`, "422 form_param_format_invalid backup_codes"},
		{`"backup_codes":[` + strings.Repeat(`"abcdefgh",`, 20) + `"abcdefgh"]`, "422 form_param_array_size_exceeded backup_codes"},
	} {
		if got := b.do("POST /v1/users", `{"username":"bob_ross",`+x.members+`}`).refusedWith(t); got != x.want {
			t.Errorf("creating with %s: %s, want %s", x.members, got, x.want)
		}
		if got := b.do("PATCH /v1/users/"+id, `{"first_name":"Eve",`+x.members+`}`).refusedWith(t); got != x.want {
			t.Errorf("changing to %s: %s, want %s", x.members, got, x.want)
		}
	}
	if u := b.proofs(id); u["first_name"] != nil || u["totp_enabled"] != true {
		t.Errorf("what was refused changed the user: %v", u)
	}
	if n := b.do("GET /v1/users/count?username=bob_ross", "").member(t, "total_count"); n != 0.0 {
		t.Errorf("what was refused made %v users", n)
	}
	b.do("DELETE /v1/users/"+id+"/mfa", "")
	if got := b.do("PATCH /v1/users/"+id, `{"first_name":"Ada","totp_secret":"`+totpSecret+`"}`).member(t, "totp_enabled"); got != true {
		t.Errorf("set anew: %v", got)
	}
}
