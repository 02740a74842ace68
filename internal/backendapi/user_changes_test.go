package backendapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// userWith makes a user and returns its id.
func (b *bench) userWith(fields string) string {
	b.t.Helper()
	return b.do("POST /v1/users", fields).member(b.t, "id").(string)
}

func TestUserObject(t *testing.T) {
	b := newBench(t)
	made := b.do("POST /v1/users", `{"email_address":["ada@example.com","res@example.com","unv@example.com"],
		"email_address_identification_status":["verified","reserved","unverified"],"password":"correct horse","locked":true,
		"legal_accepted_at":"2026-11-01T00:00:00Z","delete_self_enabled":false,"create_organization_enabled":true,
		"create_organizations_limit":2,"bypass_client_trust":true}`)
	var user map[string]json.RawMessage
	made.into(t, &user)
	// Section 2.7 of the contract: these and no others, since the schema is closed.
	want := strings.Fields(`id object external_id primary_email_address_id primary_phone_number_id primary_web3_wallet_id username
		first_name last_name locale profile_image_url image_url has_image public_metadata private_metadata unsafe_metadata
		email_addresses phone_numbers web3_wallets passkeys password_enabled two_factor_enabled totp_enabled backup_code_enabled
		mfa_enabled_at mfa_disabled_at password_last_updated_at external_accounts saml_accounts enterprise_accounts last_sign_in_at
		banned locked deprovisioned lockout_expires_in_seconds verification_attempts_remaining created_at updated_at
		delete_self_enabled create_organization_enabled create_organizations_limit last_active_at legal_accepted_at
		bypass_client_trust scim`)
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(user)); !slices.Equal(got, want) {
		t.Errorf("members\n%v, want\n%v", got, want)
	}
	for name, value := range map[string]string{
		"locked": "true", "delete_self_enabled": "false", "create_organization_enabled": "true", "create_organizations_limit": "2",
		"bypass_client_trust": "true", "legal_accepted_at": "1793491200000", "phone_numbers": "[]", "username": "null",
	} {
		if string(user[name]) != value {
			t.Errorf("%s is %s, want %s", name, user[name], value)
		}
	}
	var addresses []struct {
		Reserved     bool
		Verification *struct{ Status string }
	}
	if err := json.Unmarshal(user["email_addresses"], &addresses); err != nil {
		t.Fatal(err)
	}
	if len(addresses) != 3 || addresses[0].Verification == nil || addresses[0].Verification.Status != "verified" || addresses[0].Reserved ||
		!addresses[1].Reserved || addresses[1].Verification != nil || addresses[2].Reserved || addresses[2].Verification != nil {
		t.Errorf("addresses %s", user["email_addresses"])
	}
}

func TestChangingAUser(t *testing.T) {
	b := newBench(t)
	id := b.userWith(`{"email_address":["ada@example.com"],"username":"ada_l","first_name":"Ada","public_metadata":{"a":1,"b":{"c":1,"d":2}}}`)
	other := b.userWith(`{"username":"other","external_id":"o"}`)
	path := "/v1/users/" + id
	for _, tt := range []struct{ name, what, body, member, want string }{
		{"names", "PATCH " + path, `{"first_name":"Augusta","last_name":"King"}`, "last_name", "King"},
		{"an empty name", "PATCH " + path, `{"last_name":""}`, "last_name", "<nil>"},
		{"null leaves", "PATCH " + path, `{"first_name":null}`, "first_name", "Augusta"},
		{"null removes the user name", "PATCH " + path, `{"username":null}`, "username", "<nil>"},
		{"a password", "PATCH " + path, `{"password":"correct horse"}`, "password_enabled", "true"},
		{"a digest", "PATCH " + path, `{"password_hasher":"bcrypt","password_digest":"$2b$04$R7SDRgRlMIMDcVCjlBIhYemcE9VQ9jKhuv2aY7eAHbhPyDMXbDDZu"}`, "password_enabled", "true"},
		{"no password", "POST " + path + "/remove_password", `{"sign_out_of_other_sessions":true}`, "password_enabled", "false"},
		{"no password again", "POST " + path + "/remove_password", `null`, "password_enabled", "false"},
		{"metadata over metadata", "PATCH " + path + "/metadata", `{"public_metadata":{"a":null,"b":{"c":3}}}`, "public_metadata", "map[b:map[c:3 d:2]]"},
		{"metadata instead", "PUT " + path + "/metadata", `{"public_metadata":{"x":1}}`, "public_metadata", "map[x:1]"},
		{"options", "PATCH " + path, `{"create_organizations_limit":5,"legal_accepted_at":"2026-11-01T00:00:00Z"}`, "create_organizations_limit", "5"},
		{"lock", "POST " + path + "/lock", ``, "locked", "true"},
		{"unlock", "POST " + path + "/unlock", `null`, "locked", "false"},
	} {
		if got := fmt.Sprint(b.do(tt.what, tt.body).member(t, tt.member)); got != tt.want {
			t.Errorf("%s: %s is %s, want %s", tt.name, tt.member, got, tt.want)
		}
	}
	old := b.do("PATCH "+path, `{"public_metadata":{"y":1}}`, "Clerk-API-Version", "2025-11-10")
	if got := fmt.Sprint(old.member(t, "public_metadata")); got != "map[y:1]" {
		t.Errorf("metadata by an old version is %s", got)
	}
	nobody := "/v1/users/user_" + strings.Repeat("0", 27)
	large := strings.Repeat("x", 5000)
	b.do("PUT "+path+"/metadata", `{"unsafe_metadata":{"a":"`+large+`"}}`).member(t, "id")
	for _, tt := range []struct{ name, what, body, want string }{
		{"metadata by a new version", "PATCH " + path, `{"public_metadata":{"y":1}}`, "422 form_param_unknown public_metadata"},
		{"metadata that grows too large", "PATCH " + path + "/metadata", `{"unsafe_metadata":{"b":"` + large + `"}}`, "422 form_param_exceeds_allowed_size unsafe_metadata"},
		{"metadata of a wrong type", "PUT " + path + "/metadata", `{"public_metadata":[],"x":1}`, "422 form_param_type_invalid public_metadata, form_param_unknown x"},
		{"metadata of nobody", "PATCH " + nobody + "/metadata", `{}`, "404 resource_not_found"},
		{"a taken user name", "PATCH " + path, `{"username":"OTHER"}`, "422 form_identifier_exists username"},
		{"a taken external id", "PATCH " + path, `{"external_id":"o"}`, "422 form_identifier_exists external_id"},
		{"nothing to be known by", "PATCH /v1/users/" + other, `{"username":""}`, "422 form_data_missing email_address"},
		{"a short password", "PATCH " + path, `{"password":"short"}`, "422 form_password_length_too_short password"},
		{"the address as password", "PATCH " + path, `{"password":"Ada@Example.com"}`, "422 form_password_matches_identifier password"},
		{"a common password", "PATCH " + path, `{"password":"Password1"}`, "422 form_password_pwned password"},
		{"a hasher without a digest", "PATCH " + path, `{"password_hasher":"bcrypt"}`, "422 form_conditional_param_missing password_digest"},
		{"a foreign address as primary", "PATCH " + path, `{"primary_email_address_id":"idn_x"}`, "422 form_param_value_invalid primary_email_address_id"},
		{"a negative limit", "PATCH " + path, `{"create_organizations_limit":-1}`, "422 form_param_value_invalid create_organizations_limit"},
		{"a second factor", "PATCH " + path, `{"totp_secret":"x"}`, "422 form_param_format_invalid totp_secret"},
		{"an unknown field", "PATCH " + path, `{"banned":true,"id":"user_x"}`, "422 form_param_unknown banned, form_param_unknown id"},
		{"nobody", "PATCH " + nobody, `{}`, "404 resource_not_found"},
		{"lock nobody", "POST " + nobody + "/lock", ``, "404 resource_not_found"},
		{"lock by a malformed id", "POST /v1/users/x/lock", ``, "404 resource_not_found"},
		{"a locked flag", "PATCH " + path, `{"locked":true}`, "422 form_param_unknown locked"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPasswords(t *testing.T) {
	b := newBench(t)
	id := b.userWith(`{"username":"ada_l","password":"correct horse"}`)
	without := b.userWith(`{"username":"no_password"}`)
	verify := "POST /v1/users/" + id + "/verify_password"
	if got := b.do(verify, `{"password":"correct horse"}`); got.member(t, "verified") != true {
		t.Errorf("verified: %s", got.body)
	}
	if got := b.do("POST /v1/users/"+id+"/password/set_compromised", `{"revoke_all_sessions":true}`); got.member(t, "password_enabled") != true {
		t.Errorf("compromised: %s", got.body)
	}
	b.do("POST /v1/users/"+id+"/password/unset_compromised", ``).member(t, "id")
	for _, tt := range []struct{ name, what, body, want string }{
		{"wrong", verify, `{"password":"wrong"}`, "422 incorrect_password password"},
		{"too long", verify, `{"password":"` + strings.Repeat("x", 2000) + `"}`, "422 incorrect_password password"},
		{"missing", verify, `{}`, "422 form_param_missing password"},
		{"of a wrong type", verify, `{"password":1}`, "422 form_param_type_invalid password"},
		{"unknown field", verify, `{"password":"x","y":1}`, "422 form_param_unknown y"},
		{"of a user without", "POST /v1/users/" + without + "/verify_password", `{"password":"x"}`, "400 no_password_set"},
		{"compromised of a user without", "POST /v1/users/" + without + "/password/set_compromised", ``, "400 no_password_set"},
		{"not compromised of a user without", "POST /v1/users/" + without + "/password/unset_compromised", ``, "400 no_password_set"},
		{"compromised with a wrong type", "POST /v1/users/" + id + "/password/set_compromised", `{"revoke_all_sessions":1}`, "422 form_param_type_invalid revoke_all_sessions"},
		{"of nobody", "POST /v1/users/user_" + strings.Repeat("0", 27) + "/verify_password", `{"password":"x"}`, "404 resource_not_found"},
		{"removed with a wrong type", "POST /v1/users/" + id + "/remove_password", `{"sign_out_of_other_sessions":"x"}`, "422 form_param_type_invalid sign_out_of_other_sessions"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestBanningManyUsers(t *testing.T) {
	b := newBench(t)
	one, two := b.userWith(`{"username":"one_x"}`), b.userWith(`{"username":"two_x"}`)
	var users []struct{ Banned bool }
	b.do("POST /v1/users/ban", `{"user_ids":["`+one+`","`+two+`"]}`).into(t, &users)
	if len(users) != 2 || !users[0].Banned || !users[1].Banned {
		t.Errorf("banned %+v", users)
	}
	b.do("POST /v1/users/unban", `{"user_ids":["`+one+`"]}`).into(t, &users)
	if len(users) != 1 || users[0].Banned {
		t.Errorf("unbanned %+v", users)
	}
	for _, tt := range []struct{ name, body, want string }{
		{"none", `{}`, "422 form_param_missing user_ids"},
		{"too many", `{"user_ids":[` + strings.Repeat(`"x",`, 50) + `"x"]}`, "422 form_param_array_size_exceeded user_ids"},
		{"one who is not there", `{"user_ids":["` + one + `","user_x"]}`, "404 resource_not_found"},
		{"of a wrong type", `{"user_ids":"x"}`, "422 form_param_type_invalid user_ids"},
		{"unknown field", `{"user_ids":["` + one + `"],"x":1}`, "422 form_param_unknown x"},
	} {
		if got := b.do("POST /v1/users/ban", tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := b.do("GET /v1/users/"+one, ""); got.member(t, "banned") != false {
		t.Error("a refused ban has banned")
	}
}

func TestEmailAddresses(t *testing.T) {
	b := newBench(t)
	id := b.userWith(`{"email_address":["ada@example.com"]}`)
	first := b.do("GET /v1/users/"+id, "").member(t, "primary_email_address_id").(string)
	made := b.do("POST /v1/email_addresses", `{"user_id":"`+id+`","email_address":"Two@example.com"}`)
	second := made.member(t, "id").(string)
	if made.member(t, "verification") != nil || made.member(t, "email_address") != "Two@example.com" {
		t.Errorf("made %s", made.body)
	}
	refused := func(name, what, body, want string) {
		t.Helper()
		if got := b.do(what, body).refusedWith(t); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	refused("primary and unverified", "PATCH /v1/email_addresses/"+second, `{"primary":true}`, "422 form_param_value_invalid primary")
	b.do("PATCH /v1/email_addresses/"+second, `{"verified":true,"primary":true}`).member(t, "id")
	if got := b.do("GET /v1/users/"+id, "").member(t, "primary_email_address_id"); got != second {
		t.Errorf("the primary address is %v", got)
	}
	b.do("DELETE /v1/email_addresses/"+second, "null").member(t, "deleted")
	if got := b.do("GET /v1/users/"+id, "").member(t, "primary_email_address_id"); got != first {
		t.Errorf("then the primary address is %v", got)
	}
	refused("the last one", "DELETE /v1/email_addresses/"+first, "", "400 last_required_identification_deletion_failed")
	refused("gone", "GET /v1/email_addresses/"+second, "", "404 resource_not_found")
	refused("malformed id", "PATCH /v1/email_addresses/x", `{}`, "404 resource_not_found")
	refused("no user", "POST /v1/email_addresses", `{"email_address":"x@example.com"}`, "422 form_param_missing user_id")
	refused("no address", "POST /v1/email_addresses", `{"user_id":"`+id+`"}`, "422 form_param_missing email_address")
	refused("nobody", "POST /v1/email_addresses", `{"user_id":"user_`+strings.Repeat("0", 27)+`","email_address":"x@example.com"}`, "404 resource_not_found")
	refused("taken", "POST /v1/email_addresses", `{"user_id":"`+b.userWith(`{"username":"grace"}`)+`","email_address":"ADA@example.com"}`, "422 form_identifier_exists email_address")
	refused("twice", "POST /v1/email_addresses", `{"user_id":"`+id+`","email_address":"ADA@example.com"}`, "422 form_param_duplicate email_address")
	refused("malformed", "POST /v1/email_addresses", `{"user_id":"`+id+`","email_address":"ada"}`, "422 form_param_format_invalid email_address")
	refused("primary and unverified at once", "POST /v1/email_addresses", `{"user_id":"`+id+`","email_address":"x@example.com","primary":true}`, "422 form_param_value_invalid primary")
	refused("wrong types", "POST /v1/email_addresses", `{"user_id":1,"verified":"x","y":1}`, "422 form_param_type_invalid user_id, form_param_type_invalid verified, form_param_unknown y")
	replace := "PUT /v1/users/" + id + "/email_address"
	if got := b.do(replace, `{"email_address":"new@example.com","identification_status":"reserved"}`); got.member(t, "reserved") != true {
		t.Errorf("replaced by %s", got.body)
	}
	if got := b.do("GET /v1/users?email_address=ada@example.com", ""); strings.TrimSpace(string(got.body)) != "[]" {
		t.Errorf("the old address finds %s", got.body)
	}
	refused("replace by an unknown status", replace, `{"email_address":"x@example.com","identification_status":"maybe"}`, "422 form_param_value_invalid identification_status")
	refused("replace by nothing", replace, `{}`, "422 form_param_missing email_address")
	refused("replace for nobody", "PUT /v1/users/x/email_address", `{"email_address":"x@example.com"}`, "404 resource_not_found")
	refused("replace with an unknown field", replace, `{"email_address":"x@example.com","z":1}`, "422 form_param_unknown z")
}

func TestUserFilters(t *testing.T) {
	b := newBench(t)
	ada := b.userWith(`{"email_address":["ada@example.com"],"username":"countess","first_name":"Ada","external_id":"1815","created_at":"2015-12-10T00:00:00Z"}`)
	grace := b.userWith(`{"email_address":["grace@example.org"],"username":"admiral","first_name":"Grace","last_name":"Hopper","external_id":"1906","created_at":"2016-12-09T00:00:00Z","banned":true}`)
	for query, want := range map[string]string{
		"":                                "grace ada",
		"email_address_query=EXAMPLE.ORG": "grace",
		"username_query=ount":             "ada",
		"name_query=ace+hop":              "grace",
		"query=18":                        "",
		"banned=true":                     "grace",
		"banned=false":                    "ada",
		"external_id=-1815":               "grace",
		"external_id=%2B1815":             "ada",
		"user_id=-" + grace:               "ada",
		"created_at_after=1470000000000":  "grace",
		"created_at_before=1470000000000": "ada",
		"last_sign_in_at_after=1":         "",
		"last_active_at_since=1":          "",
		"order_by=email_address":          "ada grace",
		"order_by=%2Bcreated_at&starting_after=" + ada: "grace",
		"starting_after=" + grace + "&limit=1":         "ada",
	} {
		var users []struct{ ID string }
		b.do("GET /v1/users?"+query, "").into(t, &users)
		var got []string
		for _, u := range users {
			got = append(got, map[string]string{ada: "ada", grace: "grace"}[u.ID])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	if got := b.do("GET /v1/users?starting_after=user_x", "").refusedWith(t); got != "422 form_param_value_invalid starting_after" {
		t.Errorf("a cursor that is nobody: %s", got)
	}
	if got := b.do("GET /v1/users/count?name_query=ace&banned=true", "").member(t, "total_count"); got != 1.0 {
		t.Errorf("counted %v", got)
	}
}
