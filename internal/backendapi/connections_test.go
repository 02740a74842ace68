package backendapi

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// agreed makes n users and an application that all of them have agreed to, each a
// minute after the one before.
func agreed(t *testing.T, b *bench, n int) (app string, users []string) {
	t.Helper()
	made := created(t, b, sampleApplication)
	for i := range n {
		id := b.do("POST /v1/users", fmt.Sprintf(`{"username":"user%d"}`, i)).member(t, "id").(string)
		at := time.Date(2026, 11, 24, 11, i, 0, 0, time.UTC)
		if err := b.stores.Agree(t.Context(), id, made["client_id"].(string), oauth.Scopes{"profile", "email"}, at); err != nil {
			t.Fatal(err)
		}
		users = append(users, id)
	}
	return made["id"].(string), users
}

func TestConnectionsAreListedByCursor(t *testing.T) {
	b := newBench(t)
	app, users := agreed(t, b, 5)
	path, after := "GET /v1/oauth_applications/"+app+"/connections", ""
	for i, want := range []int{2, 2, 1} {
		var page struct {
			Data []struct {
				UserID string `json:"user_id"`
			}
			HasMore    bool    `json:"has_more"`
			NextCursor *string `json:"next_cursor"`
		}
		b.do(path+"?limit=2"+after, "").into(t, &page)
		if len(page.Data) != want || page.HasMore != (i < 2) || (page.NextCursor != nil) != page.HasMore {
			t.Fatalf("page %d: %+v", i, page)
		}
		for j, x := range page.Data {
			if newest := users[4-2*i-j]; x.UserID != newest {
				t.Errorf("page %d has %s at %d, want %s", i, x.UserID, j, newest)
			}
		}
		if page.NextCursor != nil {
			after = "&after=" + *page.NextCursor
		}
	}
	for name, what := range map[string]string{
		"made up":         path + "?after=x",
		"not base64":      path + "?after=%21",
		"made by another": path + "?after=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"changed":         path + "?" + after[1:len(after)-1] + "x",
		"of another list": "GET /v1/users/" + users[0] + "/connections?" + after[1:],
	} {
		if got := b.do(what, "").refusedWith(t); got != "422 form_param_value_invalid after" {
			t.Errorf("AD06: a cursor that is %s: %s", name, got)
		}
	}
}

func TestConnectionTranscript(t *testing.T) {
	tr := &transcript{bench: newBench(t)}
	app, users := agreed(t, tr.bench, 2)
	tr.step("GET /v1/users/"+users[0]+"/connections", "")
	tr.step("GET /v1/oauth_applications/"+app+"/connections", "")
	tr.step("DELETE /v1/users/"+users[0]+"/connections/"+app, "null")
	tr.step("GET /v1/users/"+users[0]+"/connections", "")
	tr.step("POST /v1/users/"+users[1]+"/connections/withdraw", `{"application_ids":["`+app+`"]}`)
	tr.step("POST /v1/oauth_applications/"+app+"/connections/withdraw", "null")
	tr.step("POST /v1/oauth_applications/"+app+"/revoke_all", `{"before":1795521600000}`)
	tr.step("POST /v1/users/"+users[0]+"/revoke_all", "")
	tr.step("POST /v1/instance/revoke_all", `{"before":null}`)
	tr.compare("connections")
}

func TestWithdrawingMany(t *testing.T) {
	b := newBench(t)
	app, users := agreed(t, b, 4)
	left := func() int {
		t.Helper()
		data := b.do("GET /v1/oauth_applications/"+app+"/connections", "").member(t, "data").([]any)
		return len(data)
	}
	stranger := b.do("POST /v1/users", `{"username":"stranger"}`).member(t, "id").(string)
	all := "POST /v1/oauth_applications/" + app + "/connections/withdraw"
	if got := b.do(all, `{"user_ids":["`+users[0]+`","`+noUser[len("/v1/users/"):]+`"]}`).refusedWith(t); got != "404 resource_not_found" || left() != 4 {
		t.Errorf("with a user that is not there: %s, %d left", got, left())
	}
	if n := b.do(all, `{"user_ids":["`+users[0]+`","`+stranger+`"]}`).member(t, "withdrawn"); n != 1.0 || left() != 3 {
		t.Errorf("withdrew %v, %d left", n, left())
	}
	if n := b.do("POST /v1/users/"+users[1]+"/connections/withdraw", `{}`).member(t, "withdrawn"); n != 1.0 || left() != 2 {
		t.Errorf("withdrew %v of a user's, %d left", n, left())
	}
	if n := b.do(all, "").member(t, "withdrawn"); n != 2.0 || left() != 0 {
		t.Errorf("withdrew %v, %d left", n, left())
	}
	if n := b.do(all, "").member(t, "withdrawn"); n != 0.0 {
		t.Errorf("withdrew %v once more", n)
	}
	if got := b.do("DELETE /v1/users/"+users[0]+"/connections/"+app, ""); got.status != 200 {
		t.Errorf("withdrawing again: %d %s", got.status, got.body)
	}
}

func TestConnectionRefusals(t *testing.T) {
	b := newBench(t)
	app, users := agreed(t, b, 1)
	user, apps := "/v1/users/"+users[0], "/v1/oauth_applications/"+app
	stranger := b.do("POST /v1/users", `{"username":"stranger"}`).member(t, "id").(string)
	future := fmt.Sprintf(`{"before":%d}`, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	many := `["` + users[0] + `"`
	for range maxBulk {
		many += `,"` + users[0] + `"`
	}
	for _, tt := range []struct{ name, what, body, want string }{
		{"no such user", "GET " + noUser + "/connections", "", "404 resource_not_found"},
		{"no such application", "GET " + noApp + "/connections", "", "404 resource_not_found"},
		{"limit of 0", "GET " + user + "/connections?limit=0", "", "422 form_param_value_invalid limit"},
		{"limit beyond 500", "GET " + apps + "/connections?limit=501", "", "422 form_param_value_invalid limit"},
		{"long cursor", "GET " + apps + "/connections?after=" + url.QueryEscape(fmt.Sprint(make([]int, 300))), "", "422 form_param_max_length_exceeded after"},
		{"withdraw from no such application", "DELETE " + user + "/connections/" + noApp[len("/v1/oauth_applications/"):], "", "404 resource_not_found"},
		{"withdraw what was never agreed to", "DELETE /v1/users/" + stranger + "/connections/" + app, "", "404 resource_not_found"},
		{"withdraw of no such user", "DELETE " + noUser + "/connections/" + app, "", "404 resource_not_found"},
		{"withdraw of an id that is none", "DELETE /v1/users/x/connections/" + app, "", "404 resource_not_found"},
		{"withdraw all of no such user", "POST " + noUser + "/connections/withdraw", "", "404 resource_not_found"},
		{"withdraw all of no such application", "POST " + noApp + "/connections/withdraw", "", "404 resource_not_found"},
		{"withdraw from an application that is none", "POST " + user + "/connections/withdraw", `{"application_ids":["x"]}`, "404 resource_not_found"},
		{"empty list", "POST " + user + "/connections/withdraw", `{"application_ids":[]}`, "422 form_param_nil application_ids"},
		{"empty list of users", "POST " + apps + "/connections/withdraw", `{"user_ids":[]}`, "422 form_param_nil user_ids"},
		{"too many", "POST " + apps + "/connections/withdraw", `{"user_ids":` + many + `]}`, "422 form_param_array_size_exceeded user_ids"},
		{"no list", "POST " + apps + "/connections/withdraw", `{"user_ids":"x"}`, "422 form_param_type_invalid user_ids"},
		{"the wrong list", "POST " + apps + "/connections/withdraw", `{"application_ids":["x"]}`, "422 form_param_unknown application_ids"},
		{"revoke of no such application", "POST " + noApp + "/revoke_all", "", "404 resource_not_found"},
		{"revoke of no such user", "POST " + noUser + "/revoke_all", "", "404 resource_not_found"},
		{"revoke of ids that are none", "POST /v1/users/x/revoke_all", "", "404 resource_not_found"},
		{"revoke of an application id that is none", "POST /v1/oauth_applications/x/revoke_all", "", "404 resource_not_found"},
		{"revoke in the future", "POST " + apps + "/revoke_all", future, "422 form_param_value_invalid before"},
		{"revoke of a user in the future", "POST " + user + "/revoke_all", future, "422 form_param_value_invalid before"},
		{"revoke of all in the future", "POST /v1/instance/revoke_all", future, "422 form_param_value_invalid before"},
		{"revoke before 1970", "POST " + apps + "/revoke_all", `{"before":-1}`, "422 form_param_value_invalid before"},
		{"time as text", "POST " + apps + "/revoke_all", `{"before":"2026-11-24T12:00:00Z"}`, "422 form_param_type_invalid before"},
		{"time with a fraction", "POST " + user + "/revoke_all", `{"before":1.5}`, "422 form_param_type_invalid before"},
		{"unknown field", "POST /v1/instance/revoke_all", `{"after":1}`, "422 form_param_unknown after"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Revoking never moves back, and says where it stands.
func TestRevokingIsMonotone(t *testing.T) {
	b := newBench(t)
	app := created(t, b, sampleApplication)["id"].(string)
	first := b.do("POST /v1/oauth_applications/"+app+"/revoke_all", "").member(t, "not_before").(float64)
	again := b.do("POST /v1/oauth_applications/"+app+"/revoke_all", `{"before":1000}`).member(t, "not_before").(float64)
	if first < 1e12 || again != first {
		t.Errorf("first %v, then %v", first, again)
	}
}
