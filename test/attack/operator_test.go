package attack

import (
	"bytes"
	"mime/multipart"
	"strings"

	"github.com/signet-auth/signet/test/harness"
)

const secretKey = "Bearer " + harness.SecretKey

// admin calls the Backend API with its key.
func (a *attack) admin(method, path, body string) answer {
	a.Helper()
	return a.do(method, path, secretKey, "application/json", body)
}

// codeOf is the code of the first error of the Backend API, "" if there is none.
func (x answer) code() string {
	all, _ := x.body["errors"].([]any)
	if len(all) == 0 {
		return ""
	}
	first, _ := all[0].(map[string]any)
	code, _ := first["code"].(string)
	return code
}

// refused wants an error of the Backend API, in the shape of Clerk's.
func (a *attack) refused(what string, x answer, status int, code string) {
	a.Helper()
	trace, _ := x.body["clerk_trace_id"].(string)
	if x.status != status || x.code() != code || trace == "" || x.header.Get("Content-Type") != "application/json" || !strings.Contains(x.header.Get("Cache-Control"), "no-store") {
		a.Errorf("%s: %d %s, want %d %s", what, x.status, x.text, status, code)
	}
}

// application is the path of the first application, or of what is below it.
func (a *attack) application(below string) string {
	return "/v1/oauth_applications/" + a.app.Application + below
}

// operations lists what the Backend API describes: a path without parameters in it
// for every method.
func (a *attack) operations() map[string][]string {
	a.Helper()
	paths, _ := a.do("GET", "/openapi.json", "", "", "").body["paths"].(map[string]any)
	if len(paths) < 40 {
		a.Errorf("the description has %d paths", len(paths))
	}
	all := map[string][]string{}
	for path, methods := range paths {
		for method := range methods.(map[string]any) {
			all[path] = append(all[path], strings.ToUpper(method))
		}
	}
	return all
}

func long(n int) string { return strings.Repeat("x", n) }

// upload is a form with a file.
func upload(file []byte) (body, contentType string) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "x.png")
	if err == nil {
		_, err = part.Write(file)
	}
	if err != nil || form.Close() != nil {
		panic("a buffer takes everything")
	}
	return b.String(), form.FormDataContentType()
}

// forgedCursors sends cursors that Signet did not make for this list.
func (a *attack) forgedCursors() {
	a.Helper()
	a.signIn()
	path := "/v1/users/" + a.User + "/connections?limit=1"
	for _, app := range []harness.Application{a.other, a.spa} { // more than a page
		a.someone.Submit(a.someone.Visit(a.link("client_id", app.ID, "redirect_uri", app.Callback, "code_challenge", challenge(), "code_challenge_method", "S256")), "allow", nil)
	}
	next, _ := a.admin("GET", path, "").body["next_cursor"].(string)
	if x := a.admin("GET", path+"&after="+next, ""); next == "" || x.status != 200 {
		a.Errorf("the cursor %q: %d %s", next, x.status, x.text)
		return
	}
	flipped := []byte(next)
	flipped[10] ^= 1
	for what, cursor := range map[string]string{
		"made up": "x", "zero": strings.Repeat("A", len(next)), "cut": next[:len(next)-2], "longer": next + "AA", "changed": strings.ToLower(string(flipped)), "JSON": "eyJsIjoiIn0", "SQL": "%27%20OR%201=1--",
	} {
		a.refused("a cursor that is "+what, a.admin("GET", path+"&after="+cursor, ""), 422, "form_param_value_invalid")
	}
	a.refused("a cursor of another list", a.admin("GET", "/v1/oauth_applications/"+a.app.Application+"/connections?after="+next, ""), 422, "form_param_value_invalid")
	for _, id := range []string{"user_2O4BCh3zUONvWlZHtBXv6s6tm7u", "x", "%27"} {
		a.refused("a user that there is not as a cursor", a.admin("GET", "/v1/users?starting_after="+id, ""), 422, "form_param_value_invalid")
	}
}
