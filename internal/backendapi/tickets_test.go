package backendapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/admin"
)

func TestSignInTokens(t *testing.T) {
	b := newBench(t)
	user := b.do("POST /v1/users", `{"username":"ada_l"}`).member(t, "id").(string)
	made := b.do("POST /v1/sign_in_tokens", `{"user_id":"`+user+`","expires_in_seconds":60}`)
	id := made.member(t, "id").(string)
	if url := made.member(t, "url").(string); !strings.HasPrefix(url, "https://signet.example/sign-in/token?ticket=") ||
		!strings.HasSuffix(url, made.member(t, "token").(string)) {
		t.Errorf("url %q of %s", url, made.body)
	}
	revoked := b.do("POST /v1/sign_in_tokens/"+id+"/revoke", "null")
	if revoked.member(t, "status") != "revoked" || revoked.member(t, "token") != nil {
		t.Errorf("revoked as %s", revoked.body)
	}
	for _, tt := range []struct{ name, what, body, want string }{
		{"revoked again", "POST /v1/sign_in_tokens/" + id + "/revoke", "", "400 sign_in_token_cannot_be_revoked"},
		{"unknown token", "POST /v1/sign_in_tokens/sit_" + strings.Repeat("0", 27) + "/revoke", "", "404 resource_not_found"},
		{"no id", "POST /v1/sign_in_tokens/x/revoke", "", "404 resource_not_found"},
		{"no user", "POST /v1/sign_in_tokens", `{}`, "422 form_param_missing user_id"},
		{"unknown user", "POST /v1/sign_in_tokens", `{"user_id":"user_` + strings.Repeat("0", 27) + `"}`, "404 resource_not_found"},
		{"malformed user", "POST /v1/sign_in_tokens", `{"user_id":"x"}`, "404 resource_not_found"},
		{"no time", "POST /v1/sign_in_tokens", `{"user_id":"` + user + `","expires_in_seconds":0}`, "422 form_param_value_invalid expires_in_seconds"},
		{"too long", "POST /v1/sign_in_tokens", `{"user_id":"` + user + `","expires_in_seconds":315360001}`, "422 form_param_value_invalid expires_in_seconds"},
		{"wrong types", "POST /v1/sign_in_tokens", `{"user_id":1,"expires_in_seconds":"x"}`, "422 form_param_type_invalid user_id, form_param_type_invalid expires_in_seconds"},
		{"organization", "POST /v1/sign_in_tokens", `{"user_id":"` + user + `","org_id":"org_1"}`, "422 form_param_value_invalid org_id"},
		{"unknown field", "POST /v1/sign_in_tokens", `{"user_id":"` + user + `","x":1}`, "422 form_param_unknown x"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestInvitations(t *testing.T) {
	b := newBench(t)
	b.do("POST /v1/users", `{"email_address":["ada@example.com"]}`).member(t, "id")
	made := b.do("POST /v1/invitations", `{"email_address":"bob@example.com","public_metadata":{"plan":"pro"},"redirect_url":"https://app.example/in","expires_in_days":7,"notify":false}`)
	id := made.member(t, "id").(string)
	if made.member(t, "status") != "pending" || !strings.HasPrefix(made.member(t, "url").(string), "https://signet.example/sign-up?ticket=") {
		t.Errorf("made as %s", made.body)
	}
	if days := (made.member(t, "expires_at").(float64) - made.member(t, "created_at").(float64)) / 86400000; days != 7 {
		t.Errorf("it lasts %v days, want 7", days)
	}
	var bulk []map[string]any
	b.do("POST /v1/invitations/bulk", `[{"email_address":"c@example.com"},{"email_address":"bob@example.com","ignore_existing":true}]`).into(t, &bulk)
	if len(bulk) != 2 || bulk[1]["email_address"] != "bob@example.com" {
		t.Errorf("made %v", bulk)
	}
	for query, want := range map[string]string{
		"order_by=email_address":              "[bob@example.com bob@example.com c@example.com] of 3",
		"query=C@example":                     "[c@example.com] of 1",
		"limit=1&offset=2":                    "[bob@example.com] of 3",
		"status=revoked":                      "[] of 0",
		"status=pending&status=revoked":       "3",
		"order_by=-expires_at&status=expired": "[] of 0",
	} {
		var list struct {
			Data       []map[string]any
			TotalCount int `json:"total_count"`
		}
		b.do("GET /v1/invitations?paginated=true&"+query, "").into(t, &list)
		addresses := []any{}
		for _, i := range list.Data {
			addresses = append(addresses, i["email_address"])
		}
		if got := fmt.Sprintf("%v of %d", addresses, list.TotalCount); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var bare []any
	if b.do("GET /v1/invitations", "").into(t, &bare); len(bare) != 3 {
		t.Errorf("listed %v", bare)
	}
	if got := b.do("POST /v1/invitations/"+id+"/revoke", ""); got.member(t, "revoked") != true || got.member(t, "url") != nil {
		t.Errorf("revoked as %s", got.body)
	}
	eleven := "[" + strings.Repeat(`{"email_address":"x@example.com"},`, 10) + `{"email_address":"x@example.com"}]`
	for _, tt := range []struct{ name, what, body, want string }{
		{"a user's address", "POST /v1/invitations", `{"email_address":"ADA@example.com"}`, "422 form_identifier_exists email_address"},
		{"invited before", "POST /v1/invitations", `{"email_address":"c@example.com"}`, "400 duplicate_record email_address"},
		{"twice at once", "POST /v1/invitations/bulk", `[{"email_address":"d@example.com"},{"email_address":"d@example.com"}]`, "400 duplicate_record email_address"},
		{"no address", "POST /v1/invitations", `null`, "422 form_param_missing email_address"},
		{"malformed", "POST /v1/invitations", `{"email_address":"x","redirect_url":"javascript:alert(1)","expires_in_days":366}`, "422 form_param_format_invalid email_address, form_param_format_invalid redirect_url, form_param_value_invalid expires_in_days"},
		{"no days", "POST /v1/invitations", `{"email_address":"d@example.com","expires_in_days":0}`, "422 form_param_value_invalid expires_in_days"},
		{"metadata", "POST /v1/invitations", `{"email_address":"d@example.com","public_metadata":{"x":"` + strings.Repeat("y", 9000) + `"}}`, "422 form_param_exceeds_allowed_size public_metadata"},
		{"wrong types", "POST /v1/invitations", `{"email_address":[],"expires_in_days":1.5,"notify":"x"}`, "422 form_param_type_invalid email_address, form_param_type_invalid expires_in_days, form_param_type_invalid notify"},
		{"unknown field", "POST /v1/invitations/bulk", `[{"email_address":"d@example.com","x":1}]`, "422 form_param_unknown x"},
		{"too many", "POST /v1/invitations/bulk", eleven, "422 form_param_array_size_exceeded"},
		{"none", "POST /v1/invitations/bulk", `[]`, "422 form_param_missing"},
		{"no array", "POST /v1/invitations/bulk", `{}`, "400 request_body_invalid"},
		{"no objects", "POST /v1/invitations/bulk", `[1]`, "400 request_body_invalid"},
		{"unknown status", "GET /v1/invitations?status=lost", "", "422 form_param_value_invalid status"},
		{"unknown order", "GET /v1/invitations?order_by=status", "", "422 form_param_value_invalid order_by"},
		{"revoked before", "POST /v1/invitations/" + id + "/revoke", "", "400 invitation_already_revoked"},
		{"unknown invitation", "POST /v1/invitations/inv_" + strings.Repeat("0", 27) + "/revoke", "", "404 resource_not_found"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAnAcceptedInvitationIsNotRevoked(t *testing.T) {
	b := newBench(t)
	id := b.do("POST /v1/invitations", `{"email_address":"grace@example.com"}`).member(t, "id").(string)
	if _, err := b.admin.AcceptInvitation(t.Context(), id, admin.NewUser{Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.do("POST /v1/invitations/"+id+"/revoke", "").refusedWith(t), "400 invitation_already_accepted"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
