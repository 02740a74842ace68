package backendapi

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
)

// organized switches organizations on.
func organized(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	if b.do("PATCH /v1/instance/organization_settings", `{"enabled":true}`).member(t, "enabled") != true {
		t.Fatal("organizations stay off")
	}
	return b
}

func (b *bench) user(name string) string {
	b.t.Helper()
	return b.do("POST /v1/users", `{"username":"`+name+`","email_address":["`+name+`@example.com"],"first_name":"`+name+`"}`).member(b.t, "id").(string)
}

func (b *bench) organization(body string) string {
	b.t.Helper()
	return b.do("POST /v1/organizations", body).member(b.t, "id").(string)
}

func TestOrganizationsAreOffAtFirst(t *testing.T) {
	b := newBench(t)
	user := b.user("grace")
	const off = "403 organization_not_enabled_in_instance"
	for path, methods := range b.api(b.stores).organizationRoutes() {
		for method := range methods {
			what := method + " " + strings.NewReplacer("{id}", user, "{user_id}", user).Replace(path)
			for _, body := range []string{"", `{"name":"x","nonsense":1}`} {
				if got := b.do(what, body).refusedWith(t); got != off {
					t.Errorf("%s %s: %s", what, body, got)
				}
			}
		}
	}
	if got := b.do("GET /v1/users?organization_id=org_x", "").refusedWith(t); got != off {
		t.Errorf("users of an organization: %s", got)
	}
	settings := b.do("GET /v1/instance/organization_settings", "")
	if settings.member(t, "enabled") != false || settings.member(t, "max_allowed_memberships") != 0.0 || settings.member(t, "admin_delete_enabled") != true {
		t.Errorf("%s", settings.body)
	}
	if got := b.do("POST /v1/oauth_applications", `{"name":"x","scopes":"user:org:read"}`).refusedWith(t); got != "400 oauth_invalid_scope scopes" {
		t.Errorf("an application with the scope: %s", got)
	}
}

func TestOrganizationSettings(t *testing.T) {
	b := organized(t)
	const path = "PATCH /v1/instance/organization_settings"
	for body, want := range map[string]string{
		`{"max_allowed_memberships":-1}`:    "422 form_param_value_invalid max_allowed_memberships",
		`{"enabled":"yes"}`:                 "422 form_param_type_invalid enabled",
		`{"domains_enabled":true}`:          "422 form_param_value_invalid domains_enabled",
		`{"creator_role_id":"role_x"}`:      "422 form_param_value_invalid creator_role_id",
		`{"max_allowed_roles":3}`:           "422 form_param_unknown max_allowed_roles",
		`{"enabled":false,"nonsense":true}`: "422 form_param_unknown nonsense",
	} {
		if got := b.do(path, body).refusedWith(t); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	got := b.do(path, `{"max_allowed_memberships":2,"admin_delete_enabled":false,"domains_enabled":false,"domains_enrollment_modes":[]}`)
	if got.member(t, "max_allowed_memberships") != 2.0 || got.member(t, "admin_delete_enabled") != false || got.member(t, "enabled") != true {
		t.Errorf("%s", got.body)
	}
	made := b.do("POST /v1/organizations", `{"name":"Small"}`)
	if made.member(t, "max_allowed_memberships") != 2.0 || made.member(t, "admin_delete_enabled") != false {
		t.Errorf("a new one: %s", made.body)
	}
	b.do("PATCH /v1/instance/oauth_application_settings", `{"default_scopes":["user:org:read"]}`).member(t, "default_scopes")
	app := created(t, b, `{"name":"x","scopes":"profile user:org:read"}`)["id"].(string)
	b.do(path, `{"enabled":false}`).member(t, "enabled")
	if got := b.do("GET /v1/instance/oauth_application_settings", "").member(t, "default_scopes"); got != nil {
		t.Errorf("default scopes %v after switching off", got)
	}
	if got := b.do("GET /v1/oauth_applications/"+app, "").member(t, "scopes"); got != "profile" {
		t.Errorf("scopes %v after switching off", got)
	}
}

func TestOrganizationRefusals(t *testing.T) {
	b := organized(t)
	ada, bob := b.user("ada_byron"), b.user("bob_smith")
	org := "/v1/organizations/" + b.organization(`{"name":"Society","slug":"society","created_by":"`+ada+`","max_allowed_memberships":1}`)
	other := b.organization(`{"name":"Other"}`)
	const nobody, none = "user_2O4BCh3zUONvWlZHtBXv6s6tm7u", "/v1/organizations/org_2O4BCh3zUONvWlZHtBXv6s6tm7u"
	for _, tt := range []struct{ what, body, want string }{
		{"POST /v1/organizations", `{}`, "422 form_param_missing name"},
		{"POST /v1/organizations", `{"name":" "}`, "422 form_param_nil name"},
		{"POST /v1/organizations", `{"name":"` + strings.Repeat("x", 257) + `"}`, "422 form_param_max_length_exceeded name"},
		{"POST /v1/organizations", `{"name":"Go to https://evil.example"}`, "422 form_param_value_invalid name"},
		{"POST /v1/organizations", `{"name":"<b>x</b>"}`, "422 form_param_value_invalid name"},
		{"POST /v1/organizations", `{"name":"x","slug":"Not A Slug"}`, "422 form_param_format_invalid slug"},
		{"POST /v1/organizations", `{"name":"x","slug":"society"}`, "422 form_identifier_exists slug"},
		{"POST /v1/organizations", `{"name":"x","created_by":"` + nobody + `"}`, "400 organization_creator_not_found created_by"},
		{"POST /v1/organizations", `{"name":"x","created_by":"x"}`, "400 organization_creator_not_found created_by"},
		{"POST /v1/organizations", `{"name":"x","max_allowed_memberships":-1}`, "422 form_param_value_invalid max_allowed_memberships"},
		{"POST /v1/organizations", `{"name":"x","created_at":"yesterday"}`, "422 form_param_invalid_time created_at"},
		{"POST /v1/organizations", `{"name":"x","public_metadata":{"a":"` + strings.Repeat("x", 8192) + `"}}`, "422 form_param_exceeds_allowed_size public_metadata"},
		{"POST /v1/organizations", `{"name":"x","role_set_key":"y"}`, "422 form_param_value_invalid role_set_key"},
		{"POST /v1/organizations", `{"name":"x","admin_delete_enabled":true}`, "422 form_param_unknown admin_delete_enabled"},
		{"GET " + none, "", "404 resource_not_found"},
		{"GET /v1/organizations/org_%00", "", "404 resource_not_found"},
		{"GET /v1/organizations/nobodys-slug", "", "404 resource_not_found"},
		{"PATCH " + none, `{"name":"x"}`, "404 resource_not_found"},
		{"PATCH " + none + "/metadata", `{}`, "404 resource_not_found"},
		{"PUT " + none + "/metadata", `{}`, "404 resource_not_found"},
		{"DELETE " + none, "", "404 resource_not_found"},
		{"DELETE " + none + "/logo", "", "404 resource_not_found"},
		{"GET " + none + "/memberships", "", "404 resource_not_found"},
		{"PATCH " + org, `{"name":""}`, "422 form_param_nil name"},
		{"PATCH " + org, `{"public_metadata":{}}`, "422 form_param_unknown public_metadata"},
		{"PATCH /v1/organizations/" + other, `{"slug":"society"}`, "422 form_identifier_exists slug"},
		{"GET /v1/organizations?order_by=slug", "", "422 form_param_value_invalid order_by"},
		{"GET /v1/organizations?limit=501", "", "422 form_param_value_invalid limit"},
		{"GET /v1/organizations?filter_by=x", "", "422 form_param_value_invalid filter_by"},
		{"POST " + org + "/memberships", `{"role":"org:member"}`, "422 form_param_missing user_id"},
		{"POST " + org + "/memberships", `{"user_id":"` + bob + `"}`, "422 form_param_missing role"},
		{"POST " + org + "/memberships", `{"user_id":"` + bob + `","role":"org:king"}`, "404 resource_not_found role"},
		{"POST " + org + "/memberships", `{"user_id":"` + nobody + `","role":"org:member"}`, "404 resource_not_found"},
		{"POST " + org + "/memberships", `{"user_id":"` + ada + `","role":"org:member"}`, "400 already_a_member_in_organization user_id"},
		{"POST " + org + "/memberships", `{"user_id":"` + bob + `","role":"org:member"}`, "403 organization_membership_quota_exceeded"},
		{"PATCH " + org + "/memberships/" + ada, `{}`, "422 form_param_missing role"},
		{"PATCH " + org + "/memberships/" + ada, `{"role":"org:member"}`, "400 organization_minimum_permissions_needed"},
		{"PATCH " + org + "/memberships/" + bob, `{"role":"org:member"}`, "404 resource_not_found"},
		{"PATCH " + org + "/memberships/" + bob + "/metadata", `{}`, "404 resource_not_found"},
		{"DELETE " + org + "/memberships/" + ada, "", "400 organization_minimum_permissions_needed"},
		{"DELETE " + org + "/memberships/" + bob, "", "404 resource_not_found"},
		{"GET " + org + "/memberships?phone_number=1", "", "422 form_param_value_invalid phone_number"},
		{"GET /v1/users/" + nobody + "/organization_memberships", "", "404 resource_not_found"},
		{"GET /v1/organization_memberships?order_by=id", "", "422 form_param_value_invalid order_by"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.what, tt.body, got, tt.want)
		}
	}
	if got := b.do("GET "+org+"?include_members_count=true", "").member(t, "members_count"); got != 1.0 {
		t.Errorf("%v members after refusals", got)
	}
}

func TestOrganizationsAreChanged(t *testing.T) {
	b := organized(t)
	ada := b.user("ada_byron")
	id := b.organization(`{"name":"Café & Söhne","created_by":"` + ada + `","public_metadata":{"a":1,"b":{"c":1}},"created_at":"2015-12-10T00:00:00Z"}`)
	path := "/v1/organizations/" + id
	first := b.do("GET "+path, "")
	if first.member(t, "slug") != "cafe-sohne" || first.member(t, "created_at") != 1449705600000.0 || first.member(t, "created_by") != ada {
		t.Errorf("%s", first.body)
	}
	if again := b.do("POST /v1/organizations", `{"name":"Cafe - Sohne"}`).member(t, "slug").(string); !strings.HasPrefix(again, "cafe-sohne-") {
		t.Errorf("the slug of another: %s", again)
	}
	if odd := b.do("POST /v1/organizations", `{"name":"王立協会"}`).member(t, "slug").(string); len(odd) != 8 {
		t.Errorf("the slug of a name without Latin letters: %s", odd)
	}
	for _, tt := range []struct{ what, body, member, want string }{
		{"GET /v1/organizations/cafe-sohne", "", "id", id},
		{"PATCH " + path, `{"name":"Society"}`, "name", "Society"},
		{"PATCH " + path, `{"slug":"royal"}`, "slug", "royal"},
		{"PATCH /v1/organizations/royal", `{"max_allowed_memberships":7}`, "max_allowed_memberships", "7"},
		{"PATCH " + path, `{"admin_delete_enabled":false}`, "admin_delete_enabled", "false"},
		{"PATCH " + path, `null`, "name", "Society"},
		{"PATCH " + path + "/metadata", `{"public_metadata":{"a":null,"b":{"d":2}}}`, "public_metadata", "map[b:map[c:1 d:2]]"},
		{"PUT " + path + "/metadata", `{"private_metadata":{"x":1}}`, "private_metadata", "map[x:1]"},
		{"PUT " + path + "/metadata", `{"public_metadata":{}}`, "public_metadata", "map[]"},
		{"PATCH " + path + "?__clerk_api_version=2025-11-10", `{"public_metadata":{"z":1}}`, "public_metadata", "map[z:1]"},
		{"GET " + path, "", "private_metadata", "map[x:1]"},
	} {
		if got := fmt.Sprint(b.do(tt.what, tt.body).member(t, tt.member)); got != tt.want {
			t.Errorf("%s %s: %s is %s, want %s", tt.what, tt.body, tt.member, got, tt.want)
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	body, kind := form(t, "file", file.String())
	shown := b.do("PUT "+path+"/logo", body, "Content-Type", kind)
	if url := shown.member(t, "image_url").(string); !strings.HasPrefix(url, "https://signet.example/images/") || shown.member(t, "has_image") != true {
		t.Errorf("%s", shown.body)
	}
	if got := b.do("DELETE "+path+"/logo", "").member(t, "image_url"); got != "" {
		t.Errorf("image_url %v without a logo", got)
	}
	if deleted := b.do("DELETE /v1/organizations/royal", ""); deleted.member(t, "id") != id || deleted.member(t, "deleted") != true {
		t.Errorf("%s", deleted.body)
	}
	if got := b.do("GET "+path, "").status; got != http.StatusNotFound {
		t.Errorf("afterwards: %d", got)
	}
}

func TestMembershipsAreChanged(t *testing.T) {
	b := organized(t)
	ada, bob := b.user("ada_byron"), b.user("bob_smith")
	path := "/v1/organizations/" + b.organization(`{"name":"Society","created_by":"`+ada+`"}`)
	made := b.do("POST "+path+"/memberships", `{"user_id":"`+bob+`","role":"org:member","public_metadata":{"a":1}}`)
	data := made.member(t, "public_user_data").(map[string]any)
	if data["identifier"] != "bob_smith@example.com" || data["username"] != "bob_smith" || data["banned"] != false || made.member(t, "role_name") != "Member" ||
		made.member(t, "organization").(map[string]any)["name"] != "Society" {
		t.Errorf("%s", made.body)
	}
	tag := b.do("PATCH "+path+"/memberships/"+bob+"/metadata", `{"public_metadata":{"b":2}}`).header.Get("ETag")
	if got := b.do("PATCH "+path+"/memberships/"+bob, `{"role":"org:admin"}`, "If-Match", `"x"`).refusedWith(t); got != "412 precondition_failed" {
		t.Errorf("another version: %s", got)
	}
	changed := b.do("PATCH "+path+"/memberships/"+bob, `{"role":"org:admin"}`, "If-Match", tag)
	if fmt.Sprint(changed.member(t, "public_metadata")) != "map[a:1 b:2]" || len(changed.member(t, "permissions").([]any)) != 4 {
		t.Errorf("%s", changed.body)
	}
	if got := b.do("DELETE "+path+"/memberships/"+ada, "", "If-Match", `"x"`).refusedWith(t); got != "412 precondition_failed" {
		t.Errorf("another version: %s", got)
	}
	if gone := b.do("DELETE "+path+"/memberships/"+ada, ""); gone.member(t, "object") != "organization_membership" {
		t.Errorf("%s", gone.body)
	}
	b.do("DELETE /v1/users/"+bob, "").member(t, "deleted")
	alone := b.do("GET "+path+"?include_members_count=true&include_missing_member_with_elevated_permissions=true", "")
	if alone.member(t, "members_count") != 0.0 || alone.member(t, "missing_member_with_elevated_permissions") != true {
		t.Errorf("without anybody: %s", alone.body)
	}
}

func TestListsOfOrganizations(t *testing.T) {
	b := organized(t)
	ada, bob := b.user("ada_byron"), b.user("bob_smith")
	one := b.organization(`{"name":"One","created_by":"` + ada + `"}`)
	b.organization(`{"name":"Two","created_by":"` + bob + `"}`)
	b.do("POST /v1/organizations/"+one+"/memberships", `{"user_id":"`+bob+`","role":"org:member"}`).member(t, "id")
	for _, tt := range []struct {
		query, want string
		total       int
	}{
		{"organizations", "Two One", 2},
		{"organizations?order_by=-members_count", "One Two", 2},
		{"organizations?order_by=%2Bname&limit=1", "One", 2},
		{"organizations?query=tw", "Two", 1},
		{"organizations?user_id=" + ada, "One", 1},
		{"organizations?user_id=-" + ada, "Two", 1},
		{"organizations?organization_id=" + one, "One", 1},
		{"organization_memberships", "One/bob_smith Two/bob_smith One/ada_byron", 3},
		{"organization_memberships?order_by=first_name&limit=1", "One/ada_byron", 3},
		{"organizations/one/memberships", "One/bob_smith One/ada_byron", 2},
		{"organizations/" + one + "/memberships?role=org:admin", "One/ada_byron", 1},
		{"organizations/" + one + "/memberships?role=org:admin&role=org:member&query=BOB", "One/bob_smith", 1},
		{"organizations/" + one + "/memberships?email_address=ADA_BYRON@example.com", "One/ada_byron", 1},
		{"organizations/" + one + "/memberships?user_id=-" + ada, "One/bob_smith", 1},
		{"users/" + bob + "/organization_memberships", "One/bob_smith Two/bob_smith", 2},
		{"users/" + bob + "/organization_memberships?limit=1&offset=1", "Two/bob_smith", 2},
	} {
		var list struct {
			Data []struct {
				Name         string
				Organization struct{ Name string }
				User         struct{ Username string } `json:"public_user_data"`
			}
			N int `json:"total_count"`
		}
		b.do("GET /v1/"+tt.query, "").into(t, &list)
		var names []string
		for _, x := range list.Data {
			if x.Name == "" {
				x.Name = x.Organization.Name + "/" + x.User.Username
			}
			names = append(names, x.Name)
		}
		if got := strings.Join(names, " "); got != tt.want || list.N != tt.total {
			t.Errorf("%s: %q of %d, want %q of %d", tt.query, got, list.N, tt.want, tt.total)
		}
	}
	for query, want := range map[string]float64{"organization_id=" + one: 2, "organization_id=-" + one: 0, "organization_id=%2B" + one + "&user_id=-" + ada: 1} {
		if n := b.do("GET /v1/users/count?"+query, "").member(t, "total_count"); n != want {
			t.Errorf("%s: %v users, want %v", query, n, want)
		}
	}
}
