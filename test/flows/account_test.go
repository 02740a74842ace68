package flows

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

func TestChangingThePassword(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		someone, other := w.signedIn(t), w.signedIn(t)
		before := someone.Cookies()
		change := func(current, next string) harness.Page {
			t.Helper()
			page := someone.Visit(w.Issuer + "/account/security")
			return someone.Submit(page, "change-password", map[string]string{"current_password": current, "password": next})
		}
		const next = "another good password"
		for what, page := range map[string]harness.Page{
			"a wrong old one": change("wrong", next), "no old one": change("", next), "a short new one": change(harness.Password, "short"),
			"no new one": change(harness.Password, ""), "the address": change(harness.Password, "ADA@example.com"),
		} {
			if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, `id="problem"`) {
				t.Errorf("%s: %d\n%s", what, page.Status, page.Body)
			}
		}
		wantPage(t, other.Visit(w.Issuer+"/account"), "sign-out") // nothing has happened

		wantPage(t, change(harness.Password, next), "notice")
		w.wrote(t, "Your password was changed")
		wantPage(t, someone.Visit(w.Issuer+"/account"), "sign-out")
		wantPage(t, other.Visit(w.Issuer+"/account"), "identifier") // signed out
		if slices.ContainsFunc(someone.Cookies(), func(c *http.Cookie) bool {
			return c.Name == "signet_session" && slices.ContainsFunc(before, func(b *http.Cookie) bool { return b.Value == c.Value })
		}) {
			t.Error("the session has the id that it had before")
		}
		page := other.Submit(other.Visit(w.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": harness.Email, "password": next})
		wantPage(t, page, "account")
		limited := false
		for range 20 {
			limited = limited || strings.Contains(change("wrong", next).Body, "too often")
		}
		if !limited {
			t.Error("the old password may be guessed for ever")
		}
	})
}

func TestSessionsElsewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		someone, second, third := w.signedIn(t), w.signedIn(t), w.signedIn(t)
		eve := w.stranger(t)
		list, err := w.Try("GET", "/v1/sessions?user_id="+w.User, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all []struct{ ID string }
		if err := json.Unmarshal([]byte(list.Body), &all); err != nil || len(all) != 3 {
			t.Fatalf("the sessions are %s, %v", list.Body, err)
		}
		csrf := token(t, eve.Visit(w.Issuer+"/account/security"), "change-password")
		for _, s := range all {
			if got := eve.Post("/account/sessions/"+s.ID+"/end", url.Values{"csrf": {csrf}}); got.Status != http.StatusNotFound {
				t.Errorf("another user ends %s: %d", s.ID, got.Status)
			}
		}
		page := someone.Visit(w.Issuer + "/account/sessions")
		if n := strings.Count(page.Body, `id="end-sess_`); n != 2 { // this one is not offered
			t.Fatalf("%d sessions can be ended, want 2\n%s", n, page.Body)
		}
		for _, s := range all {
			if strings.Contains(page.Body, "end-"+s.ID) {
				wantPage(t, someone.Submit(page, "end-"+s.ID, nil), "notice")
				break
			}
		}
		in := 0
		for _, who := range []*harness.Person{second, third} {
			if strings.Contains(who.Visit(w.Issuer+"/account").Body, `id="sign-out"`) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d of the others are signed in, want 1", in)
		}
		w.signedIn(t)
		wantPage(t, someone.Submit(someone.Visit(w.Issuer+"/account/sessions/end-others"), "do", nil), "notice")
		wantPage(t, someone.Visit(w.Issuer+"/account"), "sign-out")
		wantPage(t, second.Visit(w.Issuer+"/account"), "identifier")
		wantPage(t, third.Visit(w.Issuer+"/account"), "identifier")
		wantPage(t, eve.Visit(w.Issuer+"/account"), "sign-out")
	})
}

func TestDisconnecting(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, granted := w.grant(t)
		someone, eve := w.signedIn(t), w.stranger(t)
		page := someone.Visit(w.Issuer + "/account/applications")
		wantPage(t, page, "disconnect-"+c.Application)
		if !strings.Contains(page.Body, "See your profile") {
			t.Errorf("the page does not say what the application may do:\n%s", page.Body)
		}
		path := "/account/applications/" + c.Application
		csrf := token(t, eve.Visit(w.Issuer+"/account/security"), "change-password")
		if got := eve.Post(path, url.Values{"csrf": {csrf}}); got.Status != http.StatusNotFound {
			t.Errorf("another user disconnects it: %d", got.Status)
		}
		if _, err := w.refresh(c, granted.RefreshToken, ""); err != nil {
			t.Errorf("before it is disconnected: %v", err)
		}
		wantPage(t, someone.Submit(someone.Visit(w.Issuer+path), "do", nil), "notice")
		if answer, err := w.refresh(c, granted.RefreshToken, ""); err == nil || field(t, answer, "error") != "invalid_grant" {
			t.Errorf("after it was disconnected a refresh answers %s", answer)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", granted.AccessToken); status != http.StatusUnauthorized {
			t.Errorf("after it was disconnected user info answers %d", status)
		}
		if page := someone.Visit(w.Issuer + "/account/applications"); strings.Contains(page.Body, c.Application) {
			t.Error("it is listed all the same")
		}
		if got := someone.Visit(w.Issuer + path); got.Status != http.StatusNotFound {
			t.Errorf("asked once more: %d", got.Status)
		}
	})
}

func TestProfilePages(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		someone, eve := w.signedIn(t), w.stranger(t)
		second, _ := w.API(t, "POST", "/v1/email_addresses", map[string]any{"user_id": w.User, "email_address": "second@example.com", "verified": true})["id"].(string)
		third, _ := w.API(t, "POST", "/v1/email_addresses", map[string]any{"user_id": w.User, "email_address": "third@example.com"})["id"].(string)
		at := w.Issuer + "/account/profile"
		user := func() map[string]any { return w.API(t, "GET", "/v1/users/"+w.User, nil) }

		page := someone.Submit(someone.Visit(at), "save", map[string]string{"first_name": " Augusta ", "last_name": "King", "email_verified": "true", "banned": "false"})
		wantPage(t, page, "notice")
		if u := user(); u["first_name"] != "Augusta" || u["last_name"] != "King" {
			t.Errorf("renamed to %v %v", u["first_name"], u["last_name"])
		}
		page = someone.Submit(someone.Visit(at), "save", map[string]string{"first_name": strings.Repeat("x", 300)})
		if page.Status != http.StatusUnprocessableEntity || user()["first_name"] != "Augusta" {
			t.Errorf("a long name: %d", page.Status)
		}

		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
			t.Fatal(err)
		}
		wantPage(t, someone.Upload(someone.Visit(at), "upload", "file", picture.Bytes()), "picture")
		for what, file := range map[string][]byte{"no picture": []byte("<svg>"), "nothing": nil} {
			if got := someone.Upload(someone.Visit(at), "upload", "file", file); got.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", what, got.Status)
			}
		}
		if u := user(); u["has_image"] != true {
			t.Error("there is no picture")
		}
		wantPage(t, someone.Submit(someone.Visit(at), "remove-picture", nil), "notice")
		if u := user(); u["has_image"] != false {
			t.Error("the picture is still there")
		}

		csrf := token(t, eve.Visit(at), "save")
		for _, path := range []string{second + "/primary", second + "/remove", third + "/remove"} {
			if got := eve.Post("/account/addresses/"+path, url.Values{"csrf": {csrf}}); got.Status != http.StatusNotFound {
				t.Errorf("%s by another user: %d", path, got.Status)
			}
		}
		wantPage(t, someone.Submit(someone.Visit(at), "primary-"+second, nil), "notice")
		w.wrote(t, "Your primary e-mail address was changed") // at the one before
		if u := user(); u["primary_email_address_id"] != second {
			t.Errorf("the primary address is %v", u["primary_email_address_id"])
		}
		csrf = token(t, someone.Visit(at), "save")
		if got := someone.Post("/account/addresses/"+third+"/primary", url.Values{"csrf": {csrf}}); got.Status != http.StatusNotFound || user()["primary_email_address_id"] != second {
			t.Errorf("an address that is not verified becomes the primary one: %d", got.Status)
		}
		wantPage(t, someone.Submit(someone.Visit(at), "remove-"+third, nil), "notice")
		if got := w.Mail.Take(t, "second@example.com"); got.Subject != "An e-mail address was removed" {
			t.Errorf("the user was told %q", got.Subject)
		}
		if n := len(user()["email_addresses"].([]any)); n != 2 {
			t.Errorf("%d addresses, want 2", n)
		}
		page = eve.Visit(at)
		id, _, _ := strings.Cut(strings.SplitAfter(page.Body, `id="remove-`)[1], `"`)
		wantPage(t, eve.Submit(page, "remove-"+id, nil), "problem") // her only one
	})
}

func TestExportAndDeletion(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, granted := w.grant(t)
		someone := w.signedIn(t)
		w.API(t, "PATCH", "/v1/users/"+w.User+"/metadata", map[string]any{"private_metadata": map[string]any{"note": "between us"}})
		file := someone.Visit(w.Issuer + "/account/export")
		var data struct {
			ID             string
			EmailAddresses []map[string]any `json:"email_addresses"`
			Sessions       []map[string]any
			Applications   []map[string]any
			PublicMetadata map[string]any `json:"public_metadata"`
		}
		if err := json.Unmarshal([]byte(file.Body), &data); err != nil {
			t.Fatalf("%v in %s", err, file.Body)
		}
		if data.ID != w.User || len(data.EmailAddresses) != 1 || len(data.Sessions) != 2 || len(data.Applications) != 1 || data.PublicMetadata["plan"] != "gold" {
			t.Errorf("exported %+v", data)
		}
		for _, secret := range []string{"between us", "argon2", granted.AccessToken, granted.RefreshToken} {
			if strings.Contains(file.Body, secret) {
				t.Errorf("the export holds %q", secret)
			}
		}

		w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"delete_self_enabled": false})
		ask := someone.Visit(w.Issuer + "/account/delete") // leads back to where it says so
		if strings.Contains(ask.Body, `id="delete"`) || strings.Contains(ask.Body, `id="do"`) {
			t.Errorf("a deletion is offered:\n%s", ask.Body)
		}
		csrf := token(t, someone.Visit(w.Issuer+"/account/profile"), "save")
		someone.Post("/account/delete", url.Values{"csrf": {csrf}})
		w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"delete_self_enabled": true})
		page := someone.Submit(someone.Visit(w.Issuer+"/account/delete"), "do", nil)
		if page.Status != http.StatusOK || strings.Contains(page.Body, `id="sign-out"`) {
			t.Errorf("after the deletion: %d\n%s", page.Status, page.Body)
		}
		if answer, err := w.Try("GET", "/v1/users/"+w.User, nil); err != nil || answer.Status != http.StatusNotFound {
			t.Errorf("the user is there: %d, %v", answer.Status, err)
		}
		if _, err := w.refresh(c, granted.RefreshToken, ""); err == nil {
			t.Error("a refresh token works after the deletion")
		}
		for _, cookie := range someone.Cookies() {
			if cookie.Name == "signet_session" {
				t.Error("the cookie is left")
			}
		}
	})
}

// accountForms are all forms of the account.
var accountForms = []string{
	"profile", "picture/remove", "addresses/idn_1/primary", "addresses/idn_1/remove", "password", "passkeys", "passkeys/idn_1",
	"passkeys/idn_1/remove", "second-factor", "second-factor/codes", "second-factor/off", "sessions/sess_1/end", "sessions/end-others",
	"applications/oa_1", "delete",
}

// No form of the account does anything without a token of this browser and this
// user, nor for another site, nor for nobody.
func TestAccountFormsAreTheUsersOwn(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/signet.db")
	someone, eve, nobody := w.signedIn(t), w.stranger(t), harness.NewPerson(t, w.Issuer)
	theirs := token(t, eve.Visit(w.Issuer+"/account/profile"), "save")
	for _, path := range accountForms {
		for what, fields := range map[string]url.Values{"no token": {}, "another user's token": {"csrf": {theirs}}, "a made-up token": {"csrf": {"AAAA"}}} {
			page := someone.Post("/account/"+path, fields)
			if page.Status != http.StatusForbidden || !strings.Contains(page.Body, "stale_form") {
				t.Errorf("%s with %s: %d", path, what, page.Status)
			}
		}
		wantPage(t, nobody.Post("/account/"+path, url.Values{"csrf": {theirs}}), "identifier")
		request, err := http.NewRequest("POST", w.Issuer+"/account/"+path, strings.NewReader("csrf="+theirs))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "https://evil.example")
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d", path, answer.StatusCode)
		}
	}
	if u := w.API(t, "GET", "/v1/users/"+w.User, nil); u["first_name"] != "Ada" || u["password_enabled"] != true {
		t.Errorf("the user was changed: %v", u)
	}
	wantPage(t, someone.Visit(w.Issuer+"/account"), "sign-out")
	for _, page := range []string{"", "/profile", "/security", "/sessions", "/applications", "/data", "/export", "/delete", "/passkeys/new", "/second-factor/new"} {
		wantPage(t, nobody.Visit(w.Issuer+"/account"+page), "identifier")
	}
}
