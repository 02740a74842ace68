package flows

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/test/harness"
)

// signedIn is somebody who has signed in as the user of the world, without an
// application.
func (w *world) signedIn(t testing.TB) *harness.Person {
	t.Helper()
	someone := harness.NewPerson(t, w.Issuer)
	wantPage(t, w.SignIn(t, someone, someone.Visit(w.Issuer+"/sign-in")), "account")
	return someone
}

// stranger is somebody with an account of their own.
func (w *world) stranger(t testing.TB) *harness.Person {
	t.Helper()
	w.CreateUser(t, map[string]any{"email_address": []string{"eve@example.com"}})
	someone := harness.NewPerson(t, w.Issuer)
	page := someone.Submit(someone.Visit(w.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": "eve@example.com", "password": harness.Password})
	wantPage(t, page, "account")
	return someone
}

// wantPage wants a page with the element.
func wantPage(t testing.TB, page harness.Page, id string) {
	t.Helper()
	if page.Left != nil || !strings.Contains(page.Body, `id="`+id+`"`) {
		t.Fatalf("status %d, sent to %v, without #%s:\n%s", page.Status, page.Left, id, page.Body)
	}
}

var shownSecret = regexp.MustCompile(`id="secret" dir="ltr">([A-Z2-7 ]+)<`)

// turnOn sets up a second factor, and gives the secret and the backup codes.
func (w *world) turnOn(t testing.TB, someone *harness.Person) (secret string, backup []string) {
	t.Helper()
	page := someone.Visit(w.Issuer + "/account/second-factor/new")
	found := shownSecret.FindStringSubmatch(page.Body)
	if found == nil {
		t.Fatalf("no secret is shown:\n%s", page.Body)
	}
	secret = strings.ReplaceAll(found[1], " ", "")
	wrong := someone.Submit(page, "confirm", map[string]string{"code": "000000"})
	if wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body, found[1]) {
		t.Fatalf("a wrong code: %d\n%s", wrong.Status, wrong.Body)
	}
	page = someone.Submit(wrong, "confirm", map[string]string{"code": w.code(t, secret)})
	wantPage(t, page, "codes")
	for _, m := range regexp.MustCompile(`<li><code dir="ltr">([a-z2-9-]+)</code>`).FindAllStringSubmatch(page.Body, -1) {
		backup = append(backup, m[1])
	}
	if len(backup) != 10 {
		t.Fatalf("the backup codes are %v", backup)
	}
	w.Clock.Advance(60)
	return secret, backup
}

// wrote wants the user to have got a letter, the next one.
func (w *world) wrote(t testing.TB, subject string) {
	t.Helper()
	if got := w.Mail.Take(t, harness.Email); got.Subject != subject {
		t.Errorf("the user was told %q, want %q", got.Subject, subject)
	}
}

func (w *world) code(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, w.Clock.Time())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// amr signs in to an application by what ways gives, and reads how from the ID token.
func (w *world) amr(t *testing.T, someone *harness.Person, ways func(harness.Page) harness.Page) []string {
	t.Helper()
	c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb", "scopes": "openid"})
	config := w.OAuth2(c)
	config.Scopes = []string{"openid"}
	page := ways(someone.Visit(config.AuthCodeURL("af0ifjsldkj", oauth2.SetAuthURLParam("prompt", "login"))))
	if page.Left == nil {
		page = someone.Submit(page, "allow", nil)
	}
	token := w.exchange(t, config, page.Left)
	text, _ := token.Extra("id_token").(string)
	var claims struct{ AMR []string }
	parts := strings.Split(text, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatalf("the ID token %q: %v", text, err)
	}
	return claims.AMR
}

func TestSecondFactorJourney(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		someone := w.signedIn(t)
		before := someone.Cookies()
		secret, backup := w.turnOn(t, someone)
		if slices.ContainsFunc(someone.Cookies(), func(c *http.Cookie) bool {
			return c.Name == "signet_session" && slices.ContainsFunc(before, func(b *http.Cookie) bool { return b.Value == c.Value })
		}) {
			t.Error("the session has the id that it had with one factor")
		}
		wantPage(t, someone.Visit(w.Issuer+"/account/security"), "turn-off")
		w.wrote(t, "A second step was turned on")
		w.told(t, "session.created by user", "session.removed by user", "user.updated by user")
		latest := w.API(t, "GET", "/v1/events?order_by=-timestamp&limit=3", nil)["data"].([]any)[2].(map[string]any)
		if told := latest["data"].(map[string]any); told["totp_enabled"] != true || told["backup_code_enabled"] != true {
			t.Errorf("the event says %v", told)
		}

		other := harness.NewPerson(t, w.Issuer)
		amr := w.amr(t, other, func(page harness.Page) harness.Page {
			page = w.SignIn(t, other, page)
			wantPage(t, page, "verify")
			return other.Submit(page, "verify", map[string]string{"code": w.code(t, secret)})
		})
		if !slices.Equal(amr, []string{"pwd", "otp", "mfa"}) {
			t.Errorf("the ID token says amr %v", amr)
		}
		third := harness.NewPerson(t, w.Issuer)
		page := w.SignIn(t, third, third.Visit(w.Issuer+"/sign-in"))
		wantPage(t, third.Submit(page, "verify", map[string]string{"code": w.code(t, secret)}), "problem") // used
		wantPage(t, third.Submit(page, "verify", map[string]string{"code": backup[0]}), "account")

		// New codes, and then none of it.
		page = third.Submit(third.Visit(w.Issuer+"/account/second-factor/codes"), "do", nil)
		wantPage(t, page, "codes")
		w.wrote(t, "New backup codes were made")
		if strings.Contains(page.Body, backup[1]) {
			t.Error("the new codes are the old ones")
		}
		wantPage(t, third.Submit(third.Visit(w.Issuer+"/account/second-factor/off"), "do", nil), "set-up")
		w.wrote(t, "The second step was turned off")
		w.signedIn(t)
	})
}

// A device is spared the second factor for thirty days if the user wants it so, and
// until something changes that it went with. Nobody else's device is.
func TestRememberedDevice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		secret, _ := w.turnOn(t, w.signedIn(t))
		device := harness.NewPerson(t, w.Issuer)
		signIn := func(who *harness.Person) harness.Page {
			t.Helper()
			if page := who.Visit(w.Issuer + "/sign-out"); strings.Contains(page.Body, `id="sign-out"`) {
				who.Submit(page, "sign-out", nil)
			}
			return w.SignIn(t, who, who.Visit(w.Issuer+"/sign-in"))
		}
		remember := func() {
			t.Helper()
			page := signIn(device)
			wantPage(t, page, "remember")
			w.Clock.Advance(60)
			wantPage(t, device.Submit(page, "verify", map[string]string{"code": w.code(t, secret), "remember": "true"}), "account")
			wantPage(t, signIn(device), "account")
		}

		// Not unless it is wanted.
		wantPage(t, device.Submit(signIn(device), "verify", map[string]string{"code": w.code(t, secret)}), "account")
		wantPage(t, signIn(device), "verify")
		remember()

		// The password is still asked for, and what was proved is not overstated.
		device.Submit(device.Visit(w.Issuer+"/sign-out"), "sign-out", nil)
		page := device.Submit(device.Visit(w.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": "ada@example.com", "password": "wrong"})
		wantPage(t, page, "problem")
		wantPage(t, signIn(harness.NewPerson(t, w.Issuer)), "verify")

		// Whoever is to sign in again gives everything, for a client and for us.
		amr := w.amr(t, device, func(page harness.Page) harness.Page {
			page = w.SignIn(t, device, page)
			wantPage(t, page, "verify")
			w.Clock.Advance(60)
			return device.Submit(page, "verify", map[string]string{"code": w.code(t, secret)})
		})
		if !slices.Equal(amr, []string{"pwd", "otp", "mfa"}) {
			t.Errorf("prompt=login on a remembered device: amr %v", amr)
		}
		config := w.OAuth2(w.CreateApplication(t, map[string]any{"name": "b", "callback_url": "https://client.example/cb", "scopes": "openid"}))
		config.Scopes = []string{"openid"}
		for _, asks := range []oauth2.AuthCodeOption{
			oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"), oauth2.SetAuthURLParam("max_age", "60"),
		} {
			device.Submit(device.Visit(w.Issuer+"/sign-out"), "sign-out", nil) // no way around it
			wantPage(t, w.SignIn(t, device, device.Visit(config.AuthCodeURL("af0ifjsldkj", asks))), "verify")
			wantPage(t, signIn(device), "account")
		}

		// By a link of an operator's too, if the second factor was given.
		link, _ := w.API(t, "POST", "/v1/sign_in_tokens", map[string]any{"user_id": w.User})["url"].(string)
		invited := harness.NewPerson(t, w.Issuer)
		half := invited.Submit(invited.Visit(link), "sign-in", nil)
		w.Clock.Advance(60)
		wantPage(t, invited.Submit(half, "verify", map[string]string{"code": w.code(t, secret), "remember": "true"}), "account")
		wantPage(t, signIn(invited), "account")

		again := device.Visit(w.Issuer + "/account/delete")
		wantPage(t, again, "again")
		wantPage(t, w.SignIn(t, device, again), "verify")

		for what, change := range map[string]func(){
			"thirty days": func() { w.Clock.Add(30 * 24 * time.Hour) },
			"another password": func() {
				w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"password": harness.Password})
			},
			"signing out elsewhere": func() {
				device.Submit(device.Visit(w.Issuer+"/account/sessions/end-others"), "do", nil)
			},
			"another secret": func() {
				w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"totp_secret": secret})
			},
			"a ban that was lifted": func() {
				w.API(t, "POST", "/v1/users/"+w.User+"/ban", nil)
				w.API(t, "POST", "/v1/users/"+w.User+"/unban", nil)
				w.Clock.Advance(5)
			},
		} {
			device = harness.NewPerson(t, w.Issuer)
			w.Clock.Advance(60)
			remember()
			w.Clock.Advance(60)
			change()
			if page := signIn(device); !strings.Contains(page.Body, `id="verify"`) {
				t.Errorf("after %s the device is still remembered:\n%s", what, page.Body)
			}
		}
	})
}

// An operator's device may be remembered too; the dashboard asks for the second factor
// all the same.
func TestRememberedDeviceOfAnOperator(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		operator := w.signedIn(t)
		wantPage(t, operator.Submit(operator.Visit(w.SetUp), "join", nil), "totals")
		secret, _ := w.turnOn(t, operator)
		operator.Submit(operator.Visit(w.Issuer+"/sign-out"), "sign-out", nil)
		page := w.SignIn(t, operator, operator.Visit(w.Issuer+"/sign-in"))
		wantPage(t, operator.Submit(page, "verify", map[string]string{"code": w.code(t, secret), "remember": "true"}), "account")
		wantPage(t, operator.Visit(w.Issuer+"/dashboard"), "totals")
		operator.Submit(operator.Visit(w.Issuer+"/sign-out"), "sign-out", nil)

		page = w.SignIn(t, operator, operator.Visit(w.Issuer+"/dashboard"))
		if page.Status != http.StatusForbidden {
			t.Fatalf("by the password alone: %d\n%s", page.Status, page.Body)
		}
		w.Clock.Advance(60)
		page = w.SignIn(t, operator, operator.Submit(page, "sign-in-again", nil))
		wantPage(t, page, "verify")
		wantPage(t, operator.Submit(page, "verify", map[string]string{"code": w.code(t, secret)}), "totals")
	})
}

// What is hard to undo asks for a sign-in by every factor, a moment ago (SE18).
func TestStepUp(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		asked := func(who *harness.Person) (again harness.Page) {
			t.Helper()
			for _, path := range []string{"passkeys/new", "second-factor/off", "delete", "export"} {
				again = who.Visit(w.Issuer + "/account/" + path)
				wantPage(t, again, "again")
			}
			return again
		}
		someone := w.signedIn(t)
		wantPage(t, someone.Visit(w.Issuer+"/account/delete"), "do")
		csrf := token(t, someone.Visit(w.Issuer+"/account/delete"), "do")
		w.Clock.Add(10 * time.Minute)
		asked(someone)
		wantPage(t, someone.Post("/account/delete", url.Values{"csrf": {csrf}}), "again") // a form too
		if file := w.SignIn(t, someone, asked(someone)); file.Header.Get("Content-Disposition") == "" {
			t.Errorf("after the sign-in there is no file: %d\n%s", file.Status, file.Body)
		}

		// A session that began by the password while that was enough is not enough now.
		weak := w.signedIn(t)
		wantPage(t, weak.Visit(w.Issuer+"/account/delete"), "do")
		secret, _ := w.turnOn(t, someone)
		again := asked(weak)
		half := w.SignIn(t, weak, again)
		asked(weak) // half a sign-in changes nothing
		file := weak.Submit(half, "verify", map[string]string{"code": w.code(t, secret)})
		if file.Header.Get("Content-Disposition") == "" {
			t.Errorf("after both factors there is no file: %d\n%s", file.Status, file.Body)
		}
		wantPage(t, weak.Visit(w.Issuer+"/account/delete"), "do")

		// Nor is a sign-in token of the operator's.
		w.API(t, "DELETE", "/v1/users/"+w.User+"/mfa", nil)
		asked(w.byToken(t))
	})
}

// byToken is somebody who came in by a sign-in token and a code.
func (w *world) byToken(t *testing.T) *harness.Person {
	t.Helper()
	link, _ := w.API(t, "POST", "/v1/sign_in_tokens", map[string]any{"user_id": w.User})["url"].(string)
	someone := harness.NewPerson(t, w.Issuer)
	wantPage(t, someone.Submit(someone.Visit(link), "sign-in", nil), "account")
	return someone
}

func TestPasskeyJourney(t *testing.T) {
	onBothWith(t, named, func(t *testing.T, w *world) {
		someone := w.signedIn(t)
		key := newAuthenticator(w.Issuer)
		page := someone.Visit(w.Issuer + "/account/passkeys/new")
		page = someone.Submit(page, "make-passkey", map[string]string{"name": "Phone", "response": key.create(t, page)})
		wantPage(t, page, "notice")
		w.wrote(t, "A passkey was added")
		if !strings.Contains(page.Body, ">Phone<") {
			t.Errorf("the passkey is not listed:\n%s", page.Body)
		}
		u := w.API(t, "GET", "/v1/users/"+w.User, nil)
		id, _ := u["passkeys"].([]any)[0].(map[string]any)["id"].(string)

		// It signs in, beside a second factor and instead of it.
		w.turnOn(t, someone)
		w.wrote(t, "A second step was turned on")
		other := harness.NewPerson(t, w.Issuer)
		amr := w.amr(t, other, func(page harness.Page) harness.Page {
			return other.Submit(page, "use-passkey", map[string]string{"response": key.sign(t, page)})
		})
		if !slices.Equal(amr, []string{"hwk", "user", "mfa"}) {
			t.Errorf("the ID token says amr %v", amr)
		}

		// What it signed is of no use again, nor in another browser.
		w.Clock.Advance(1)
		third := harness.NewPerson(t, w.Issuer)
		page = third.Visit(w.Issuer + "/sign-in")
		signed := key.sign(t, page)
		_, _, fields, err := harness.Form(page.Body, "use-passkey")
		if err != nil {
			t.Fatal(err)
		}
		fields.Set("response", signed)
		if got := harness.NewPerson(t, w.Issuer).Post("/sign-in/passkey", fields); got.Status != http.StatusForbidden {
			t.Errorf("in another browser: %d", got.Status)
		}
		wantPage(t, third.Post("/sign-in/passkey", fields), "account")
		if got := third.Post("/sign-in/passkey", fields); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("the same once more: %d", got.Status)
		}

		eve := w.stranger(t)
		eveToken := token(t, eve.Visit(w.Issuer+"/account/security"), "change-password")
		for _, path := range []string{"/account/passkeys/" + id, "/account/passkeys/" + id + "/remove"} {
			if got := eve.Post(path, url.Values{"csrf": {eveToken}, "name": {"Mine"}}); got.Status != http.StatusNotFound && got.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s by another user: %d", path, got.Status)
			}
		}
		page = someone.Submit(someone.Visit(w.Issuer+"/account/security"), "rename-"+id, map[string]string{"name": "Old phone"})
		if !strings.Contains(page.Body, ">Old phone<") {
			t.Errorf("the passkey was not renamed:\n%s", page.Body)
		}

		// Without a password it is the only way in, and stays.
		w.API(t, "POST", "/v1/users/"+w.User+"/remove_password", map[string]any{})
		page = someone.Submit(someone.Visit(w.Issuer+"/account/passkeys/"+id+"/remove"), "do", nil)
		wantPage(t, page, "problem")
		w.API(t, "PATCH", "/v1/users/"+w.User, map[string]any{"password": harness.Password})
		page = someone.Submit(someone.Visit(w.Issuer+"/account/passkeys/"+id+"/remove"), "do", nil)
		wantPage(t, page, "notice")
		w.wrote(t, "A passkey was removed")
		page = third.Visit(w.Issuer + "/sign-out")
		page = third.Submit(page, "sign-out", nil)
		page = third.Visit(w.Issuer + "/sign-in")
		wantPage(t, third.Submit(page, "use-passkey", map[string]string{"response": key.sign(t, page)}), "problem")
	})
}

// token is the one of a form.
func token(t testing.TB, page harness.Page, id string) string {
	t.Helper()
	_, _, fields, err := harness.Form(page.Body, id)
	if err != nil {
		t.Fatal(err)
	}
	return fields.Get("csrf")
}
