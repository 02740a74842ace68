package dashboard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/store"
)

var placeholder = regexp.MustCompile(`\{(\w+)[.]*\}`)

// pathOf puts ids that exist into a pattern.
func pathOf(pattern string, ids map[string]string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	if strings.Contains(path, "/users/{id}") {
		path = strings.Replace(path, "{id}", ids["victim"], 1)
	}
	return method, placeholder.ReplaceAllStringFunc(path, func(s string) string { return ids[strings.Trim(s, "{}.")] })
}

// AD11, SE20: nobody but an operator does or sees anything, whatever the route; and of
// an operator only with the token of a form.
func TestEveryPageIsForOperatorsAlone(t *testing.T) {
	w := newWorld(t)
	operator := w.operator()
	app, victim := w.application(false), w.user("Ada")
	someone := w.browser()
	someone.signIn("/dashboard", "ada@example.com")
	ids := map[string]string{
		"id": app.ApplicationID, "victim": victim.ID, "user": victim.ID, "app": app.ApplicationID, "email": victim.Emails[0].ID, "session": "sess_x", "name": "notes:read", "x": "y",
	}
	routes := dashboard.OperatorRoutes()
	if len(routes) < 60 {
		t.Fatalf("%d routes: are they all listed?", len(routes))
	}
	for _, pattern := range routes {
		method, path := pathOf(pattern, ids)
		ask := func(b *browser, form url.Values) page {
			r := b.request(method, path, "", nil)
			if method == http.MethodPost {
				r = b.request(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
			}
			return b.do(r)
		}
		if p := ask(w.browser(), nil); p.status != http.StatusSeeOther || !strings.HasPrefix(p.location, "/sign-in?") {
			t.Errorf("%s by nobody: %d to %q", pattern, p.status, p.location)
		}
		if p := ask(someone, url.Values{"csrf": {someone.token("/dashboard")}, "confirm": {victim.ID}}); p.status != http.StatusForbidden || strings.Contains(p.body, app.ID) {
			t.Errorf("%s by a user: %d", pattern, p.status)
		}
		if method != http.MethodPost {
			continue
		}
		for name, form := range map[string]url.Values{
			"without a token": {}, "with another's token": {"csrf": {someone.token("/dashboard")}}, "with a made-up token": {"csrf": {"x"}},
		} {
			if p := ask(operator, form); p.status != http.StatusForbidden {
				t.Errorf("%s %s: %d, want 403", pattern, name, p.status)
			}
		}
		r := operator.request(method, path, "application/x-www-form-urlencoded", strings.NewReader(url.Values{"csrf": {operator.token("/dashboard")}}.Encode()))
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if p := operator.do(r); p.status != http.StatusForbidden {
			t.Errorf("%s from another site: %d, want 403", pattern, p.status)
		}
	}
	u, err := w.admin().User(t.Context(), victim.ID)
	if err != nil || u.Banned || u.Locked {
		t.Errorf("something was done to the user: %+v, %v", u, err)
	}
	if _, err := w.admin().Application(t.Context(), app.ApplicationID); err != nil {
		t.Errorf("something was done to the application: %v", err)
	}
	if all, _ := w.admin().Operators(t.Context()); len(all) != 1 {
		t.Errorf("%d operators", len(all))
	}
}

// HD01, HD02, HD03, HD04, HD09 and HD05: what every page says to browsers.
func TestPagesProtectThemselves(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	app := w.application(false)
	for _, path := range []string{"/dashboard", "/dashboard/applications/" + app.ApplicationID, "/dashboard/nothing", "/dashboard/setup?token=x"} {
		r := b.request(http.MethodGet, path, "", nil)
		r.Header.Set("Origin", "https://evil.example")
		h := b.do(r).header
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestWhatEndsAnOperatorEndsItAtOnce(t *testing.T) {
	w := newWorld(t)
	first := w.operator()
	bob := w.user("Bob")
	if err := w.admin().AddOperator(t.Context(), bob.ID); err != nil {
		t.Fatal(err)
	}
	second := w.browser()
	second.signIn("/dashboard", "bob@example.com")
	second.get("/dashboard").wants(t, 200, "Sign-ins")

	token := second.token("/dashboard/scopes")
	first.change("/dashboard/operators", "/dashboard/users/"+bob.ID+"/operator/remove")
	p := second.do(second.request("POST", "/dashboard/scopes", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"csrf": {token}, "name": {"x"}}.Encode())))
	p.wants(t, 403, "For operators only")
	second.get("/dashboard").wants(t, 403)

	if err := w.admin().AddOperator(t.Context(), bob.ID); err != nil {
		t.Fatal(err)
	}
	second.get("/dashboard").wants(t, 200)
	if _, err := w.admin().SetBanned(t.Context(), bob.ID, true); err != nil {
		t.Fatal(err)
	}
	second.get("/dashboard").wants(t, 303)

	first.post("/dashboard/operators", "/dashboard/users/"+w.operatorID()+"/operator/remove").wants(t, 409, "This is the last operator")
	for _, what := range []string{"ban", "lock", "delete"} {
		first.post("/dashboard", "/dashboard/users/"+w.operatorID()+"/"+what, "confirm", w.operatorID()).wants(t, 409, "The user is an operator")
	}
	first.get("/dashboard").wants(t, 200)
	first.change("/sign-out", "/sign-out")
	first.get("/dashboard").wants(t, 303)
}

func TestASignInGrowsStale(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	w.now = w.now.Add(11 * time.Hour)
	b.get("/dashboard/users?query=x").wants(t, 200)
	w.now = w.now.Add(2 * time.Hour)
	p := b.signIn("/dashboard/users?query=x", address)
	if p.location != "/dashboard/users?query=x" {
		t.Errorf("after the sign-in to %q", p.location)
	}
	b.get(p.location).wants(t, 200)
}

func TestASecondFactorIsAsked(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	b.get("/dashboard/settings").wants(t, 200, "Sign in with a second factor yourself")
	form := []string{"code_lifetime", "60", "access_token_lifetime", "7200", "id_token_lifetime", "3600", "refresh_token_lifetime", "259200", "grant_lifetime", "7776000", "refresh_grace", "60", "events_kept", "90"}
	b.change("/dashboard/settings", "/dashboard/settings", append(form, "operators_need_second_factor", "true")...)
	if s, err := w.admin().Settings(t.Context()); err != nil || s.OperatorsNeedSecondFactor {
		t.Errorf("somebody without a second factor asks it of all: %v, %v", s.OperatorsNeedSecondFactor, err)
	}
	if _, err := w.admin().UpdateSettings(t.Context(), func(s *store.Settings) { s.OperatorsNeedSecondFactor = true }); err != nil {
		t.Fatal(err)
	}
	b.get("/dashboard").wants(t, 403, "A second factor is needed")
	p := b.change("/dashboard", "/dashboard/sign-in")
	if !strings.HasPrefix(p.location, "/sign-in?continue=") {
		t.Errorf("to %q", p.location)
	}
}

func TestSettingUp(t *testing.T) {
	w := newWorld(t)
	token := w.server.OperatorLink()
	link := dashboard.SetUpLink(token)
	b := w.browser()
	b.get(link).wants(t, 200, "Set up this Signet")
	b.get("/dashboard/setup?token=wrong").wants(t, 410, "does not work any more")
	b.post(link, "/dashboard/setup", "token", token, "email_address", "nonsense", "password", "x").wants(t, 422, "valid e-mail address", `id="email_address-problem"`, `value="nonsense"`)
	b.post(link, "/dashboard/setup", "token", token, "email_address", address).wants(t, 422, "password must be included")
	b.post(link, "/dashboard/setup", "token", "wrong", "email_address", address, "password", password).wants(t, 410)
	r := b.request("POST", "/dashboard/setup", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"token": {token}, "email_address": {address}, "password": {password}}.Encode()))
	b.do(r).wants(t, 403, "out of date")

	operator := w.operator()
	operator.get("/dashboard").wants(t, 200, "Grace Hopper")
	b.get(link).wants(t, 410)
	if secret, err := w.admin().FirstOperatorLink(t.Context()); secret != "" || err != nil {
		t.Errorf("another first link: %q, %v", secret, err)
	}

	// Somebody who is signed in joins with the account.
	made := operator.post("/dashboard/operators", "/dashboard/operators/invite")
	made.wants(t, 200, "The link")
	invited := made.find(t, `<code>[^<]*(/dashboard/setup\?token=\w+)</code>`)
	ada := w.user("Ada")
	other := w.browser()
	other.signIn("/dashboard", "ada@example.com")
	other.get(invited).wants(t, 200, "Become an operator with this account", "Ada@example.com")
	_, secret, _ := strings.Cut(invited, "token=")
	other.change(invited, "/dashboard/setup", "token", secret)
	other.get("/dashboard/users/"+ada.ID).wants(t, 200, "Operator")
	other.get(invited).wants(t, 410)
	if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), secret) {
		t.Error("the secret of a link is in the log")
	}
}

func TestLinksOfOperatorsExpire(t *testing.T) {
	w := newWorld(t)
	link := dashboard.SetUpLink(w.server.OperatorLink())
	w.now = w.now.Add(23 * time.Hour)
	w.browser().get(link).wants(t, 200)
	w.now = w.now.Add(2 * time.Hour)
	w.browser().get(link).wants(t, 410)
}

// Who has a second factor gets in by it alone, whatever the instance requires.
func TestAnOperatorsSecondFactorIsAsked(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	if _, err := w.admin().UpdateUser(t.Context(), w.operatorID(), admin.UserFields{TOTPSecret: new(secret)}); err != nil {
		t.Fatal(err)
	}
	b.get("/dashboard").wants(t, 403, "A second factor is needed")

	half := w.browser()
	p := half.signIn("/dashboard", address)
	if !strings.HasPrefix(p.location, "/sign-in/second-factor") {
		t.Fatalf("after the password: %d, to %q", p.status, p.location)
	}
	half.get("/dashboard").wants(t, 303)
	code, err := totp.GenerateCode(secret, w.now)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(p.location)
	if err != nil {
		t.Fatal(err)
	}
	if p = half.change(p.location, "/sign-in/second-factor", "code", code, "continue", at.Query().Get("continue")); p.location != "/dashboard" {
		t.Errorf("after the code: %d, to %q", p.status, p.location)
	}
	half.get("/dashboard").wants(t, 200)
}
