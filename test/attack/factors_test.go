package attack

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pquerna/otp/totp"

	"github.com/signet-auth/signet/test/harness"
)

const totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DP"

// secondFactors are the attacks on a sign-in that is half done.
var secondFactors = map[string]func(*attack){
	"AZ22": func(a *attack) {
		half := a.half()
		for name, change := range map[string][]string{"anew": nil, "silently": {"prompt", "none"}, "with consent": {"prompt", "consent"}} {
			page := a.visit(change...)
			if name == "silently" {
				a.sent(name, page, "login_required")
			} else if page.Left != nil || !strings.Contains(page.Body, `id="sign-in"`) {
				a.Errorf("%s: status %d, sent to %v", name, page.Status, page.Left)
			}
		}
		for _, path := range []string{"/consent", "/select-account", "/oauth/authorize"} {
			page := a.someone.Visit(a.Issuer + path + "?" + url.Values{"continue": {a.continuation(half)}}.Encode())
			if page.Left != nil || !strings.Contains(page.Body, `id="sign-in"`) {
				a.Errorf("%s: status %d, sent to %v", path, page.Status, page.Left)
			}
		}
		for _, path := range []string{"/account", "/device"} {
			if page := a.someone.Visit(a.Issuer + path); !strings.Contains(page.Body, `id="sign-in"`) {
				a.Errorf("%s is open to half a sign-in: %d", path, page.Status)
			}
		}
	},
	"AZ23": func(a *attack) {
		half := a.half()
		_, _, fields, err := harness.Form(half.Body, "verify")
		if err != nil {
			a.Fatal(err)
		}
		for what, change := range map[string]func(url.Values){
			"nothing":           func(f url.Values) { clear(f) },
			"no code":           func(url.Values) {},
			"an empty code":     func(f url.Values) { f.Set("code", "") },
			"blanks":            func(f url.Values) { f.Set("code", "      ") },
			"another parameter": func(f url.Values) { f.Set("verified", "true"); f.Set("decision", "allow") },
			"the old password":  func(f url.Values) { f.Set("code", harness.Password) },
		} {
			f := url.Values{}
			for name := range fields {
				f.Set(name, fields.Get(name))
			}
			change(f)
			if page := a.someone.Post("/sign-in/second-factor", f); page.Left != nil || page.Status < 400 {
				a.Errorf("%s: status %d, sent to %v", what, page.Status, page.Left)
			}
		}
		a.live(0)
		a.Clock.Advance(60) // all that was wrong made somebody wait
		page := a.someone.Submit(half, "verify", map[string]string{"code": a.code()})
		if !strings.Contains(page.Body, `id="allow"`) {
			a.Errorf("a right code: status %d\n%s", page.Status, page.Body)
		}
		a.live(1)
	},
	"SE03": func(a *attack) {
		a.someone.Visit(a.Issuer + "/sign-in")
		planted := a.someone.Cookies()
		half := a.half()
		page := a.someone.Submit(half, "verify", map[string]string{"code": a.code()})
		if !strings.Contains(page.Body, `id="allow"`) {
			a.Fatalf("not signed in: %d\n%s", page.Status, page.Body)
		}
		for _, c := range a.someone.Cookies() {
			for _, old := range planted {
				if c.Name == "signet_session" && c.Value == old.Value {
					a.Error("the session has the value of a cookie that was there before")
				}
			}
		}
	},
	"SE16": func(a *attack) {
		half := a.half()
		tooMany := false
		for range 20 {
			page := a.someone.Submit(half, "verify", map[string]string{"code": "000000"})
			tooMany = tooMany || page.Status == http.StatusTooManyRequests
		}
		if page := a.someone.Submit(half, "verify", map[string]string{"code": a.code()}); !tooMany || page.Status != http.StatusTooManyRequests {
			a.Errorf("codes may be guessed: %d", page.Status)
		}
		a.live(0)
		if page := harness.NewPerson(a, a.Issuer).Post("/sign-in/second-factor", url.Values{"code": {a.code()}}); !strings.Contains(page.Body, `id="sign-in"`) {
			a.Errorf("in another browser: %d", page.Status)
		}
	},
}

// half gives the user a second factor and the right password to the application's
// sign-in, and returns the page that asks for a code.
func (a *attack) half() harness.Page {
	a.Helper()
	a.API(a, "PATCH", "/v1/users/"+a.User, map[string]any{"totp_secret": totpSecret})
	page := a.SignIn(a, a.someone, a.visit())
	if !strings.Contains(page.Body, `id="verify"`) {
		a.Fatalf("no second factor is asked for: %d, sent to %v\n%s", page.Status, page.Left, page.Body)
	}
	return page
}

func (a *attack) code() string {
	a.Helper()
	code, err := totp.GenerateCode(totpSecret, a.Clock.Time())
	if err != nil {
		a.Fatal(err)
	}
	return code
}

// continuation is the one that a page carries.
func (a *attack) continuation(page harness.Page) string {
	a.Helper()
	_, _, fields, err := harness.Form(page.Body, "verify")
	if err != nil {
		a.Fatal(err)
	}
	return fields.Get("continue")
}

// live wants the user to have so many sessions.
func (a *attack) live(want int) {
	a.Helper()
	answer, err := a.Try("GET", "/v1/sessions?user_id="+a.User, nil)
	if err != nil {
		a.Fatal(err)
	}
	if n := strings.Count(answer.Body, `"id":"sess_`); n != want {
		a.Errorf("%d sessions, want %d: %s", n, want, answer.Body)
	}
}
