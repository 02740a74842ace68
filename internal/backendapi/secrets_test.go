package backendapi

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/oauth"
)

func TestRotatingWithAnOverlap(t *testing.T) {
	b := newBench(t)
	made := b.do("POST /v1/oauth_applications", `{"name":"Ledger","redirect_uris":["https://l.example/cb"]}`)
	id := made.member(t, "id").(string)
	secrets := func() []any {
		t.Helper()
		return b.do("GET /v1/oauth_applications/"+id, "").member(t, "signet").(map[string]any)["secrets"].([]any)
	}
	if got := secrets(); len(got) != 1 || got[0].(map[string]any)["expires_at"] != nil || got[0].(map[string]any)["last_used_at"] != nil {
		t.Errorf("secrets %v", got)
	}
	b.uses.Note(oauth.HashSecret(made.member(t, "client_secret").(string)))
	rotate := "POST /v1/oauth_applications/" + id + "/rotate_secret"
	next := b.do(rotate, `{"overlap_seconds":3600}`).member(t, "client_secret").(string)
	if got := secrets(); len(got) != 2 || got[1].(map[string]any)["expires_at"] == nil || got[1].(map[string]any)["last_used_at"] == nil || got[0].(map[string]any)["last_used_at"] != nil {
		t.Errorf("secrets while both work: %v", got)
	}
	c, err := b.stores.ClientByID(t.Context(), id)
	if err != nil || c.SecretHash != oauth.HashSecret(next) || c.OldSecret.Hash != oauth.HashSecret(made.member(t, "client_secret").(string)) {
		t.Errorf("kept %+v, %v", c.OldSecret, err)
	}
	b.do(rotate, "null").member(t, "id")
	if got := secrets(); len(got) != 1 {
		t.Errorf("secrets after a rotation at once: %v", got)
	}
	for _, tt := range []struct{ name, body, want string }{
		{"too long", `{"overlap_seconds":2592001}`, "422 form_param_value_invalid overlap_seconds"},
		{"negative", `{"overlap_seconds":-1}`, "422 form_param_value_invalid overlap_seconds"},
		{"of a wrong type", `{"overlap_seconds":"1h"}`, "422 form_param_type_invalid overlap_seconds"},
		{"unknown field", `{"client_secret":"x"}`, "422 form_param_unknown client_secret"},
	} {
		if got := b.do(rotate, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSecretKeys(t *testing.T) {
	b := newBench(t)
	made := b.do("POST /v1/secret_keys", `{"name":"CI","expires_in_seconds":3600}`)
	id, value := made.member(t, "id").(string), made.member(t, "secret_key").(string)
	if !strings.HasPrefix(value, made.member(t, "prefix").(string)) || made.member(t, "expired") != false || made.member(t, "expires_at") == nil {
		t.Errorf("made %s", made.body)
	}
	who := b.do("GET /v1/whoami", "", "Authorization", "Bearer "+value)
	if me := who.member(t, "secret_key").(map[string]any); me["id"] != id || me["last_used_at"] == nil || me["secret_key"] != nil {
		t.Errorf("who am I: %s", who.body)
	}
	if got := b.do("GET /v1/secret_keys", ""); got.member(t, "total_count") != 2.0 || bytes.Contains(got.body, []byte(value)) {
		t.Errorf("listed %s", got.body)
	}
	for _, tt := range []struct{ name, what, body, want string }{
		{"no name", "POST /v1/secret_keys", `{}`, "422 form_param_missing name"},
		{"a taken name", "POST /v1/secret_keys", `{"name":"CI"}`, "422 form_identifier_exists name"},
		{"a long name", "POST /v1/secret_keys", `{"name":"` + strings.Repeat("x", 257) + `"}`, "422 form_param_max_length_exceeded name"},
		{"the name of the configured one", "POST /v1/secret_keys", `{"name":"SIGNET_SECRET_KEY"}`, "422 form_param_value_invalid name"},
		{"no time", "POST /v1/secret_keys", `{"name":"x","expires_in_seconds":0}`, "422 form_param_value_invalid expires_in_seconds"},
		{"wrong types", "POST /v1/secret_keys", `{"name":1,"x":2}`, "422 form_param_type_invalid name, form_param_unknown x"},
		{"unknown key", "DELETE /v1/secret_keys/key_" + strings.Repeat("0", 27), "", "404 resource_not_found"},
		{"malformed id", "DELETE /v1/secret_keys/x", "", "404 resource_not_found"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	b.do("DELETE /v1/secret_keys/"+id, "null").member(t, "deleted")
	if got := b.do("GET /v1/whoami", "", "Authorization", "Bearer "+value).refusedWith(t); got != "401 clerk_key_invalid" {
		t.Errorf("a revoked key: %s", got)
	}
	own := b.do("GET /v1/whoami", "").member(t, "secret_key").(map[string]any)["id"].(string)
	if got := b.do("DELETE /v1/secret_keys/"+own, "").refusedWith(t); got != "409 conflict" {
		t.Errorf("the last key: %s", got)
	}
	brief := b.do("POST /v1/secret_keys", `{"name":"brief","expires_in_seconds":1}`).member(t, "secret_key").(string)
	if got := b.do("GET /v1/whoami", "", "Authorization", "Bearer "+brief).refusedWith(t); got != "401 clerk_key_invalid" { // the clock has moved on
		t.Errorf("an expired key: %s", got)
	}
}

func TestInstance(t *testing.T) {
	b := newBench(t)
	if got := b.do("PATCH /v1/instance", `{"allowed_origins":["https://app.example","capacitor://localhost"],"test_mode":false,"support_email":null}`); got.status != 204 {
		t.Errorf("%d %s", got.status, got.body)
	}
	got := b.do("GET /v1/instance", "")
	if origins := got.member(t, "allowed_origins").([]any); len(origins) != 2 || got.member(t, "environment_type") != "production" {
		t.Errorf("the instance is %s", got.body)
	}
	for _, tt := range []struct{ name, body, want string }{
		{"a URL", `{"allowed_origins":["https://app.example/"]}`, "422 form_param_format_invalid allowed_origins"},
		{"too many", `{"allowed_origins":[` + strings.Repeat(`"https://a.example",`, 50) + `"https://a.example"]}`, "422 form_param_array_size_exceeded allowed_origins"},
		{"what is not offered", `{"test_mode":true,"support_email":"a@b.example"}`, "422 form_param_value_invalid test_mode, form_param_value_invalid support_email"},
		{"of a wrong type", `{"allowed_origins":"https://app.example"}`, "422 form_param_type_invalid allowed_origins"},
		{"unknown field", `{"id":"ins_x"}`, "422 form_param_unknown id"},
	} {
		if got := b.do("PATCH /v1/instance", tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// form makes a multipart body of parts, name and content.
func form(t *testing.T, parts ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.CreateFormFile(parts[i], "picture")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestPictures(t *testing.T) {
	b := newBench(t)
	app := b.do("POST /v1/oauth_applications", `{"name":"Ledger"}`).member(t, "id").(string)
	user := b.userWith(`{"username":"ada_l"}`)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	body, kind := form(t, "file", picture.String(), "uploader_user_id", user)
	logo := b.do("PUT /v1/oauth_applications/"+app+"/logo", body, "Content-Type", kind).member(t, "client_image_url").(string)
	if !strings.HasPrefix(logo, "https://signet.example/images/") || !strings.HasSuffix(logo, ".jpg") {
		t.Errorf("logo %q", logo)
	}
	body, kind = form(t, "file", picture.String())
	shown := b.do("POST /v1/users/"+user+"/profile_image", body, "Content-Type", kind)
	if shown.member(t, "image_url") != logo || shown.member(t, "has_image") != true {
		t.Errorf("the same picture is %s", shown.body)
	}
	if got := b.do("DELETE /v1/users/"+user+"/profile_image", "null"); got.member(t, "has_image") != false {
		t.Errorf("deleted: %s", got.body)
	}
	put := "PUT /v1/oauth_applications/" + app + "/logo"
	for _, tt := range []struct {
		name, what string
		parts      []string
		want       string
	}{
		{"no file", put, nil, "400 form_param_missing file"},
		{"text", put, []string{"file", "hello"}, "400 request_body_invalid file"},
		{"SVG", put, []string{"file", "<svg/>"}, "400 request_body_invalid file"},
		{"another part", put, []string{"file", picture.String(), "id", "x"}, "422 form_param_unknown"},
		{"two files", put, []string{"file", picture.String(), "file", picture.String()}, "422 form_param_unknown"},
		{"too large", put, []string{"file", strings.Repeat("x", 10<<20+1)}, "413 image_too_large file"},
		{"far too large", put, []string{"file", strings.Repeat("x", 11<<20)}, "413 image_too_large file"},
		{"no application", "PUT /v1/oauth_applications/oa_" + strings.Repeat("0", 27) + "/logo", []string{"file", picture.String()}, "404 resource_not_found"},
		{"no user", "POST /v1/users/x/profile_image", []string{"file", picture.String()}, "404 resource_not_found"},
	} {
		body, kind := form(t, tt.parts...)
		if got := b.do(tt.what, body, "Content-Type", kind).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := b.do(put, `{}`).refusedWith(t); got != "415 unsupported_content_type" {
		t.Errorf("JSON: %s", got)
	}
	if got := b.do(put, "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc", "Content-Type", "multipart/form-data; boundary=x").refusedWith(t); got != "400 request_body_invalid" {
		t.Errorf("half a form: %s", got)
	}
	if got := b.do("DELETE /v1/users/x/profile_image", "").refusedWith(t); got != "404 resource_not_found" {
		t.Errorf("the picture of nobody: %s", got)
	}
}
