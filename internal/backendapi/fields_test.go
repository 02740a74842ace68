package backendapi

import (
	"testing"
	"time"
)

func TestApplicationFields(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"nothing", `{}`, ""},
		{"nulls", `{"name":null,"redirect_uris":null,"public":null,"scopes":null,"callback_url":null}`, ""},
		{"every field", `{"name":"a","redirect_uris":["b"],"callback_url":"c","scopes":"d","consent_screen_enabled":true,
			"pkce_required":true,"public":false,"device_authorization_grant_enabled":false}`, ""},
		{"a number as name", `{"name":1}`, "form_param_type_invalid name"},
		{"an object as name", `{"name":{}}`, "form_param_type_invalid name"},
		{"a string as flag", `{"consent_screen_enabled":"yes"}`, "form_param_type_invalid consent_screen_enabled"},
		{"a number as flag", `{"public":1}`, "form_param_type_invalid public"},
		{"a string as list", `{"redirect_uris":"a"}`, "form_param_type_invalid redirect_uris"},
		{"a number in a list", `{"redirect_uris":["a",1]}`, "form_param_type_invalid redirect_uris"},
		{"a null in a list", `{"redirect_uris":["a",null]}`, "form_param_type_invalid redirect_uris"},
		{"two wrong types", `{"name":[],"scopes":["profile"]}`, "form_param_type_invalid name, form_param_type_invalid scopes"},
		{"unknown fields", `{"id":"x","client_secret":"y"}`, "form_param_unknown client_secret, form_param_unknown id"},
		{"a field in other letters", `{"Name":"x"}`, "form_param_unknown Name"},
		{"a wrong type and an unknown field", `{"name":1,"x":null}`, "form_param_type_invalid name, form_param_unknown x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := fieldsOf(request(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			readApplication(f)
			f.refuseUnknown()
			if got := refusedWith(f.err()); got != tt.want {
				t.Errorf("refused with %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNewUserFields(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"what an SDK sends without a value", `{"phone_number":[],"web3_wallet":null,"totp_secret":"","backup_codes":[],
			"create_organizations_limit":0,"locked":false,"delete_self_enabled":false,"skip_legal_checks":true}`, ""},
		{"a phone number", `{"phone_number":["+15555550100"]}`, "form_param_value_invalid phone_number"},
		{"a second factor", `{"totp_secret":"JBSWY3DPEHPK3PXP","backup_codes":["a"]}`, ""},
		{"locked", `{"locked":true}`, ""},
		{"a limit that is no whole number", `{"create_organizations_limit":1.5}`, "form_param_type_invalid create_organizations_limit"},
		{"a flag as text", `{"delete_self_enabled":"no"}`, "form_param_type_invalid delete_self_enabled"},
		{"legal_accepted_at as a day", `{"legal_accepted_at":"2026-11-24"}`, "form_param_invalid_time legal_accepted_at"},
		{"a skip that is no flag", `{"skip_password_requirement":"yes"}`, "form_param_type_invalid skip_password_requirement"},
		{"one address as text", `{"email_address":"ada@example.com"}`, "form_param_type_invalid email_address"},
		{"metadata as text", `{"public_metadata":"{}"}`, "form_param_type_invalid public_metadata"},
		{"metadata as list", `{"unsafe_metadata":[]}`, "form_param_type_invalid unsafe_metadata"},
		{"created_at as number", `{"created_at":1680809847940}`, "form_param_type_invalid created_at"},
		{"created_at without zone", `{"created_at":"2026-11-24T00:00:00"}`, "form_param_invalid_time created_at"},
		{"created_at", `{"created_at":"2026-11-24T00:00:00.5+01:00"}`, ""},
		{"status of the address", `{"email_address":["a@b.example"],"email_address_identification_status":["verified"]}`, ""},
		{"a reserved address", `{"email_address":["a@b.example"],"email_address_identification_status":["reserved"]}`, ""},
		{"a status too many", `{"email_address":["a@b.example"],"email_address_identification_status":["verified","verified"]}`, "form_param_array_length_mismatch email_address_identification_status"},
		{"unknown", `{"id":"user_x","role":"admin"}`, "form_param_unknown id, form_param_unknown role"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := fieldsOf(request(t, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			readNewUser(f)
			if got := refusedWith(f.err()); got != tt.want {
				t.Errorf("refused with %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCreatedAtIsRead(t *testing.T) {
	f, err := fieldsOf(request(t, `{"created_at":"2026-11-24T01:00:00.5+01:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := readNewUser(f).CreatedAt, time.Date(2026, 11, 24, 0, 0, 0, 5e8, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
