package backendapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// things gives the paths of one object of each kind that has an ETag, and a change
// of it.
func things(t *testing.T, b *bench) map[string]string {
	t.Helper()
	user := b.do("POST /v1/users", `{"username":"ada_byron"}`).member(t, "id").(string)
	b.do("POST /v1/oauth_scopes", `{"name":"files:read","description":"Read"}`).member(t, "name")
	b.do("PATCH /v1/instance/organization_settings", `{"enabled":true}`).member(t, "enabled")
	return map[string]string{
		"/v1/organizations/" + b.do("POST /v1/organizations", `{"name":"Society"}`).member(t, "id").(string): `{"name":"%d"}`,
		"/v1/oauth_applications/" + created(t, b, sampleApplication)["id"].(string):                          `{"name":"%d"}`,
		"/v1/users/" + user:                       `{"first_name":"%d"}`,
		"/v1/instance/oauth_application_settings": `{"default_scopes":["profile"]}`,
	}
}

func TestEntityTags(t *testing.T) {
	b := newBench(t)
	for path, change := range things(t, b) {
		first := b.do("GET "+path, "")
		tag := first.header.Get("ETag")
		if len(tag) < 3 || tag[0] != '"' || b.do("GET "+path, "").header.Get("ETag") != tag {
			t.Errorf("%s: ETag %s", path, tag)
		}
		for given, known := range map[string]bool{
			tag: true, "*": true, "W/" + tag: true, `"x", ` + tag: true, `"x"`: false, `"x","y"`: false, "": false,
		} {
			got := b.do("GET "+path, "", "If-None-Match", given)
			if known && (got.status != http.StatusNotModified || len(got.body) != 0 || got.header.Get("ETag") != tag) || !known && got.status != 200 {
				t.Errorf("%s: If-None-Match %s: %d %s", path, given, got.status, got.body)
			}
		}
		changed := b.do("PATCH "+path, strings.ReplaceAll(change, "%d", "1"), "If-Match", tag)
		next := changed.header.Get("ETag")
		if changed.status != 200 || next == tag || b.do("GET "+path, "").header.Get("ETag") != next {
			t.Errorf("%s: changed: %d %s, ETag %s after %s", path, changed.status, changed.body, next, tag)
		}
		for name, given := range map[string]string{"old": tag, "weak": "W/" + next, "made up": `"x"`, "other": `"x", W/` + next} {
			if got := b.do("PATCH "+path, strings.ReplaceAll(change, "%d", "2"), "If-Match", given).refusedWith(t); got != "412 precondition_failed" {
				t.Errorf("%s: a tag that is %s: %s", path, name, got)
			}
		}
		if now := b.do("GET "+path, "").header.Get("ETag"); now != next {
			t.Errorf("%s: a refused change made %s of %s", path, now, next)
		}
		for _, given := range []string{`"x", ` + next, "*"} {
			got := b.do("PATCH "+path, strings.ReplaceAll(change, "%d", "3"), "If-Match", given)
			if got.status != 200 {
				t.Errorf("%s: If-Match %s: %d %s", path, given, got.status, got.body)
			}
		}
	}
}

// A sign-in changes what is read, and keeps nobody from changing the user.
func TestWhatIsNotedChangesTheTagAlone(t *testing.T) {
	b := newBench(t)
	id := b.do("POST /v1/users", `{"username":"ada_byron"}`).member(t, "id").(string)
	path := "/v1/users/" + id
	tag := b.do("GET "+path, "").header.Get("ETag")
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	err := b.stores.CreateSession(t.Context(), store.Session{ID: "sess_1", Cookie: store.Hash{1}, UserID: id, SignedInAt: at, ExpiresAt: at.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.do("GET "+path, "", "If-None-Match", tag); got.status != 200 || got.header.Get("ETag") == tag {
		t.Errorf("after a sign-in: %d, ETag %s", got.status, got.header.Get("ETag"))
	}
	if got := b.do("PATCH "+path, `{"first_name":"Ada"}`, "If-Match", tag); got.status != 200 {
		t.Errorf("changing the version that was read: %d %s", got.status, got.body)
	}
	if got := b.do("PATCH "+path, `{"first_name":"Ada"}`, "If-Match", tag).refusedWith(t); got != "412 precondition_failed" {
		t.Errorf("once more: %s", got)
	}
}

func TestPreconditionsOfOtherChanges(t *testing.T) {
	b := newBench(t)
	for path := range things(t, b) {
		tag := b.do("GET "+path, "").header.Get("ETag")
		switch {
		case strings.HasPrefix(path, "/v1/users/"), strings.HasPrefix(path, "/v1/organizations/"):
			for _, what := range []string{"PATCH " + path + "/metadata", "PUT " + path + "/metadata"} {
				if got := b.do(what, `{}`, "If-Match", `"x"`).refusedWith(t); got != "412 precondition_failed" {
					t.Errorf("%s: %s", what, got)
				}
				got := b.do(what, `{"public_metadata":{"a":1}}`, "If-Match", tag)
				if tag = got.header.Get("ETag"); got.status != 200 || tag == "" {
					t.Errorf("%s: %d, ETag %s", what, got.status, tag)
				}
			}
		case strings.Contains(path, "settings"):
			scopes := b.do("GET /v1/oauth_scopes", "").header.Get("ETag")
			if got := b.do("PATCH /v1/oauth_scopes/files:read", `{"description":"x"}`, "If-Match", `"x"`).refusedWith(t); got != "412 precondition_failed" {
				t.Errorf("a scope: %s", got)
			}
			if got := b.do("PATCH /v1/oauth_scopes/files:read", `{"description":"x"}`, "If-Match", scopes); got.status != 200 {
				t.Errorf("a scope: %d %s", got.status, got.body)
			}
			continue // there is no deleting the settings
		}
		if got := b.do("DELETE "+path, "", "If-Match", `"x"`).refusedWith(t); got != "412 precondition_failed" {
			t.Errorf("deleting %s: %s", path, got)
		}
		if got := b.do("DELETE "+path, "", "If-Match", tag); got.status != 200 {
			t.Errorf("deleting %s: %d %s", path, got.status, got.body)
		}
		if got := b.do("DELETE "+path, "", "If-Match", "*").refusedWith(t); got != "404 resource_not_found" {
			t.Errorf("deleting %s again: %s", path, got)
		}
	}
}

func TestPreconditionsThatAreNone(t *testing.T) {
	b := newBench(t)
	path := "/v1/oauth_applications/" + created(t, b, sampleApplication)["id"].(string)
	for _, given := range []string{"x", `"x`, `x"`, `"x" "y"`, `"x",`, `,"x"`, `"x",*`, `w/"x"`, `"a b"`, `W/`, `"x"y`} {
		for what, header := range map[string]string{"PATCH " + path: "If-Match", "DELETE " + path: "If-Match", "GET " + path: "If-None-Match"} {
			if got := b.do(what, "", header, given).refusedWith(t); got != "400 precondition_invalid" {
				t.Errorf("%s, %s: %s: %s", what, header, given, got)
			}
		}
	}
	for _, what := range []string{
		"GET " + path, "POST " + path + "/rotate_secret", "POST /v1/users", "DELETE /v1/oauth_scopes/files:read", "PATCH /v1/email_addresses/x",
	} {
		if got := b.do(what, "", "If-Match", `"x"`).refusedWith(t); got != "400 precondition_invalid" {
			t.Errorf("%s heeds no If-Match: %s", what, got)
		}
	}
	if got := b.do("GET "+path, ""); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestConditionalRequestsExist(t *testing.T) {
	b := newBench(t)
	all := b.api(b.stores).routes()
	for what := range conditional {
		name, path, _ := strings.Cut(what, " ")
		if all[path][name] == nil {
			t.Errorf("there is no %s", what)
		}
	}
}
