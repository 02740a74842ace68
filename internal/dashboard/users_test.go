package dashboard_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

func TestUsersAreListedInPages(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	for i := range 30 {
		w.now = w.now.Add(time.Second)
		w.user(fmt.Sprintf("person%02d", i))
	}
	first := b.get("/dashboard/users")
	first.wants(t, 200, "person29")
	next := strings.ReplaceAll(first.find(t, `href="(/dashboard/users\?after=[^"]+)"`), "&amp;", "&")
	second := b.get(next)
	second.wants(t, 200, "person04", "Grace Hopper")
	if strings.Contains(second.body, "person05") || strings.Contains(first.body, "person04") {
		t.Error("pages overlap")
	}
	b.get("/dashboard/users?query=person1").wants(t, 200, "person19")
	b.get("/dashboard/users?query=nobody-like-it").wants(t, 200, "Nobody found")
	b.get("/dashboard/users?after=user_x").wants(t, 404)
}

func TestAUserIsMadeAndChanged(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.post("/dashboard/users/new", "/dashboard/users", "first_name", "Ada").wants(t, 422, "Nothing was saved yet", `value="Ada"`)
	at := strings.TrimSuffix(b.change("/dashboard/users/new", "/dashboard/users", "email_address", "ada@example.com", "first_name", "Ada").location, "?done=created")
	b.get(at).wants(t, 200, "Ada", "ada@example.com", "Verified")
	b.post("/dashboard/users/new", "/dashboard/users", "email_address", "ADA@example.com").wants(t, 422, "Another user has this")
	b.change(at, at, "first_name", "Augusta", "last_name", "King", "username", "augusta", "locale", "en-GB", "external_id", "x-1")
	b.get(at).wants(t, 200, "Augusta King", `value="en-GB"`, `value="x-1"`)
	b.post(at, at, "username", "a b").wants(t, 422, `id="username-problem"`, `value="a b"`)

	b.change(at, at+"/emails", "email_address", "augusta@example.com")
	b.post(at, at+"/emails", "email_address", address).wants(t, 422, "Another user has this")
	id := at[strings.LastIndex(at, "/")+1:]
	u, err := w.admin().User(t.Context(), id)
	if err != nil || len(u.Emails) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	b.change(at, at+"/emails/"+u.Emails[1].ID+"/primary")
	b.change(at, at+"/emails/"+u.Emails[0].ID+"/delete")
	if u, err = w.admin().User(t.Context(), id); err != nil || len(u.Emails) != 1 || u.PrimaryEmailID != u.Emails[0].ID {
		t.Errorf("addresses %+v, %v", u.Emails, err)
	}

	b.change(at+"/metadata", at+"/metadata", "public_metadata", `{"plan": "gold"}`, "private_metadata", "", "unsafe_metadata", "{}")
	b.get(at+"/metadata").wants(t, 200, "plan", "gold")
	b.post(at+"/metadata", at+"/metadata", "public_metadata", `[1]`, "private_metadata", "{}", "unsafe_metadata", "{}").wants(t, 422, `id="public_metadata-problem"`, "[1]")

	b.post(at+"/access", at+"/password", "password", "short").wants(t, 422, `id="password-problem"`)
	b.change(at+"/access", at+"/password", "password", password)
	ada := w.browser()
	ada.signIn("/dashboard", "augusta@example.com")
	b.get(at+"/sessions").wants(t, 200, "password", "End")
}

func TestAUserIsKeptOut(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	ada := w.user("ada")
	at := "/dashboard/users/" + ada.ID
	browser := w.browser()
	browser.signIn("/dashboard", "ada@example.com")
	b.get(b.change(at+"/access", at+"/ban").location).wants(t, 200, "Banned.", "Unban")
	browser.get("/dashboard").wants(t, 303)
	b.change(at+"/access", at+"/unban")
	b.get(b.change(at+"/access", at+"/lock").location).wants(t, 200, "Locked.", "Unlock")
	b.change(at+"/access", at+"/unlock")
	w.now = w.now.Add(time.Second)
	browser.signIn("/dashboard", "ada@example.com")
	browser.get("/dashboard").wants(t, 403)
	w.now = w.now.Add(time.Second)
	b.change(at+"/access", at+"/revoke")
	browser.get("/dashboard").wants(t, 303)

	link := b.post(at+"/access", at+"/sign-in-link", "lifetime", "3600")
	link.wants(t, 200, "The sign-in link")
	path := strings.TrimPrefix(link.find(t, `<code>([^<]*/sign-in/token\?ticket=[^<]+)</code>`), w.url)
	browser.get(path).wants(t, 200, "ada@example.com")
	b.post(at+"/access", at+"/sign-in-link", "lifetime", "0").wants(t, 422)

	b.post(at+"/access", at+"/delete", "confirm", "x").wants(t, 422, "Nothing was deleted")
	b.change(at+"/access", at+"/delete", "confirm", ada.ID)
	b.get(at).wants(t, 404)
}

// What is another user's is not reached by way of this one.
func TestWhatIsAnothersDoesNotExist(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	ada, bob := w.user("ada"), w.user("bob")
	w.browser().signIn("/dashboard", "bob@example.com")
	sessions, _, err := w.admin().Sessions(t.Context(), bob.ID, 5, 0)
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	at := "/dashboard/users/" + ada.ID
	for _, path := range []string{
		at + "/emails/" + bob.Emails[0].ID + "/delete", at + "/emails/" + bob.Emails[0].ID + "/primary", at + "/sessions/" + sessions[0].ID + "/revoke",
		at + "/connections/oa_x/withdraw", "/dashboard/users/user_x/ban", "/dashboard/users/user_x/operator/add", "/dashboard/users/user_x/operator/remove",
		"/dashboard/applications/oa_x/secret", "/dashboard/applications/oa_x/delete", "/dashboard/invitations/inv_x/revoke", "/dashboard/secret-keys/key_x/revoke", "/dashboard/scopes/none",
	} {
		b.post(at, path, "confirm", "x").wants(t, 404)
	}
	if _, n, err := w.admin().Sessions(t.Context(), bob.ID, 5, 0); n != 1 || err != nil {
		t.Errorf("the session of another user has ended: %d, %v", n, err)
	}
	b.change("/dashboard/users/"+bob.ID, "/dashboard/users/"+bob.ID+"/sessions/"+sessions[0].ID+"/revoke")
	if _, n, err := w.admin().Sessions(t.Context(), bob.ID, 5, 0); n != 0 || err != nil {
		t.Errorf("the session goes on: %d, %v", n, err)
	}
}

func TestConnectionsAreCutOff(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(true)
	ada := w.browser()
	w.user("ada")
	ada.signIn("/dashboard", "ada@example.com")
	agree := func() {
		t.Helper()
		query := url.Values{
			"response_type": {"code"}, "client_id": {app.ID}, "redirect_uri": {"https://engine.example/cb"}, "scope": {"profile"}, "state": {"12345678"},
			"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
		}
		consent := ada.get(oauth.AuthorizePath + "?" + query.Encode())
		ada.change(consent.location, "/consent", "decision", "allow", "continue", continuation(t, consent.location))
	}
	agree()
	at := "/dashboard/applications/" + app.ApplicationID
	list := b.get(at + "/connections")
	list.wants(t, 200, "ada@example.com", "Disconnect")
	user := list.find(t, `href="(/dashboard/users/user_\w+)"`)
	b.get(user+"/connections").wants(t, 200, "Engine", "Disconnect")
	b.get(b.change(at+"/connections", at+"/connections/"+user[strings.LastIndex(user, "/")+1:]+"/withdraw").location).wants(t, 200, "Nobody yet")
	w.now = w.now.Add(time.Second)
	agree()
	b.get(b.change(user+"/connections", user+"/connections/"+app.ApplicationID+"/withdraw").location).wants(t, 200, "Nothing is connected")

	b.get("/dashboard/connections").wants(t, 200, "Engine")
	b.post("/dashboard/connections", "/dashboard/connections/revoke", "before", "2026-11-24T12:00", "confirm", "no").wants(t, 422, "Nothing was revoked")
	b.change("/dashboard/connections", "/dashboard/connections/revoke", "before", "2026-11-24T12:00", "confirm", "everything")
	b.get("/dashboard").wants(t, http.StatusSeeOther) // the operator has to sign in again too
}

// XS01, XS05, XS06: what people call themselves and their things is text, wherever it
// is shown.
func TestNamesAreText(t *testing.T) {
	const hostile = `"><script>alert(1)</script>{{.CSRF}}'`
	w := newWorld(t)
	b := w.operator()
	app := "/dashboard/applications/" + w.application(false).ApplicationID
	b.change(app, app, settingsOf("name", hostile)...)
	ada := "/dashboard/users/" + w.user("ada").ID
	b.change(ada, ada, "first_name", hostile, "last_name", hostile)
	b.change("/dashboard/scopes", "/dashboard/scopes", "name", "notes:read", "description", hostile)
	b.post("/dashboard/secret-keys", "/dashboard/secret-keys", "name", hostile)
	b.change("/dashboard/settings/branding", "/dashboard/settings/branding", "brand_name", hostile, "plain", "true")
	b.get("/oauth/authorize?" + url.Values{"client_id": {hostile}, "state": {hostile}, "redirect_uri": {hostile}, hostile: {hostile}}.Encode())
	refusal := b.get("/dashboard/refusals").find(t, `href="(/dashboard/refusals/\w+)"`)
	for _, path := range []string{
		"/dashboard", "/dashboard/applications", "/dashboard/applications?query=" + url.QueryEscape(hostile), app, app + "/connect", app + "/credentials", app + "/playground",
		"/dashboard/users", ada, ada + "/access", "/dashboard/scopes", "/dashboard/secret-keys", "/dashboard/settings/branding", "/dashboard/connections",
		"/dashboard/refusals", refusal, "/dashboard?done=" + url.QueryEscape(hostile), "/dashboard?span=" + url.QueryEscape(hostile),
	} {
		p := b.get(path)
		p.wants(t, 200)
		if strings.Contains(p.body, "<script") || strings.Contains(p.body, `"><`+"script") {
			t.Errorf("%s holds a script", path)
		}
	}
	p := b.post("/dashboard/settings/branding", "/dashboard/settings/branding", "brand_accent", `red;}body{display:none}`, "brand_name", "A")
	p.wants(t, 422, `id="brand_accent-problem"`)
	if strings.Contains(p.body, "<style") || strings.Contains(p.body, "display:none") && !strings.Contains(p.body, `value="red;}body{display:none}"`) {
		t.Error("a colour has become a style")
	}
}
