package hosted

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
)

func TestSignInGoesOnWithTheRequest(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	sealed := b.begin()
	page := b.get("/sign-in?continue=" + sealed)
	if !strings.Contains(page.body, "Engine c1") {
		t.Errorf("the page does not name the application\n%s", page.body)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://app.example.com;") {
		t.Errorf("policy %q does not let the form end at the application", policy)
	}
	answer := b.post("/sign-in", encode("continue", sealed, "csrf", b.csrf("/sign-in"), "identifier", "ada", "password", password))
	b.want(answer, http.StatusSeeOther, "/oauth/authorize")
	b.follow(answer)
	if s.arrived == nil || s.arrived.ClientID != "c1" || s.arrived.AgreedBy != "" {
		t.Errorf("arrived with %+v, want the request, not agreed to", s.arrived)
	}
	b.want(b.get("/sign-in?continue="+sealed), http.StatusSeeOther, "/oauth/authorize") // went back
	b.want(b.get("/sign-in"), http.StatusSeeOther, "/")
	if home := b.get("/"); home.StatusCode != http.StatusOK || !strings.Contains(home.body, ">ada<") {
		t.Errorf("home does not tell who is signed in\n%s", home.body)
	}
}

func TestSignInThatIsWrong(t *testing.T) {
	tests := []struct {
		name, identifier, password string
		asked                      int
	}{
		{"password", "ada", "tr0ub4dor", 1},
		{"user", "nobody", password, 1},
		{"empty", "", "", 1},
		{"password too long", "ada", strings.Repeat("x", maxPassword+1), 0},
		{"longest password", "ada", strings.Repeat("x", maxPassword), 1},
	}
	s := newServer(t)
	b := s.browser(t)
	token := b.csrf("/sign-in")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.accounts.asked = 0
			got := b.post("/sign-in", encode("csrf", token, "identifier", tt.identifier, "password", tt.password))
			if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "The identifier or the password is wrong.") {
				t.Errorf("got %d\n%s", got.StatusCode, got.body)
			}
			if !strings.Contains(got.body, `name="identifier" type="text" value="`+tt.identifier+`"`) {
				t.Error("the identifier was not kept")
			}
			if tt.password != "" && strings.Contains(got.body, tt.password) {
				t.Error("the page shows the password")
			}
			if s.accounts.asked != tt.asked {
				t.Errorf("%d passwords were checked, want %d", s.accounts.asked, tt.asked)
			}
			if cookie := got.Header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("a cookie was set: %s", cookie)
			}
		})
	}
}

func TestSignInWhenBusyOrBroken(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	form := encode("csrf", b.csrf("/sign-in"), "identifier", "ada", "password", password)
	s.accounts.answer = account.ErrBusy
	got := b.post("/sign-in", form)
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || !strings.Contains(got.body, `value="ada"`) {
		t.Errorf("busy: %d %v\n%s", got.StatusCode, got.Header, got.body)
	}
	s.accounts.answer = errors.New("disk on fire")
	got = b.post("/sign-in", form)
	b.wantCode(got, http.StatusInternalServerError, "server_error")
	if strings.Contains(got.body, "disk") {
		t.Error("the page tells of the fault")
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	other := s.browser(t)
	token, foreign := b.csrf("/sign-in"), other.csrf("/sign-in")
	credentials := "&identifier=ada&password=correct+horse"
	tests := []struct {
		name    string
		form    string
		headers []string
		status  int
		code    string
	}{
		{"no token", credentials[1:], nil, 403, "stale_form"},
		{"forged token", "csrf=AAAA" + credentials, nil, 403, "stale_form"},
		{"another browser's token", "csrf=" + foreign + credentials, nil, 403, "stale_form"},
		{"cross-site", "csrf=" + token + credentials, []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross_origin"},
		{"same-site", "csrf=" + token + credentials, []string{"Sec-Fetch-Site", "same-site"}, 403, "cross_origin"},
		{"other origin, old browser", "csrf=" + token + credentials, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, 403, "cross_origin"},
		{"no origin and no token", credentials[1:], []string{"Sec-Fetch-Site", ""}, 403, "stale_form"},
		{"repeated field", "csrf=" + token + credentials + "&identifier=bob", nil, 400, "invalid_form"},
		{"bad encoding", "csrf=" + token + "&identifier=%zz", nil, 400, "invalid_form"},
		{"not UTF-8", "csrf=" + token + "&identifier=%ff", nil, 400, "invalid_form"},
		{"NUL", "csrf=" + token + "&identifier=ada&password=a%00b", nil, 400, "invalid_form"},
		{"too long", "csrf=" + token + credentials + "&x=" + strings.Repeat("x", maxBody), nil, 400, "invalid_form"},
		{"JSON", "{}", []string{"Content-Type", "application/json"}, 400, "invalid_form"},
		{"text", "csrf=" + token + credentials, []string{"Content-Type", "text/plain"}, 400, "invalid_form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.accounts.asked = 0
			got := b.post("/sign-in", tt.form, tt.headers...)
			b.wantCode(got, tt.status, tt.code)
			if s.accounts.asked != 0 {
				t.Error("a password was checked")
			}
			if got.Header.Get("Content-Security-Policy") == "" {
				t.Error("the page has no policy")
			}
		})
	}
	got := b.post("/sign-in", "csrf="+token+credentials, "Sec-Fetch-Site", "")
	b.want(got, http.StatusSeeOther, "/") // a browser on plain http
}

func TestContinuationsThatAreRefused(t *testing.T) {
	s := newServer(t)
	b, other := s.browser(t), s.browser(t)
	sealed, foreign := b.begin(), other.begin()
	tampered := []byte(sealed)
	tampered[50] ^= 1
	for name, value := range map[string]string{"another browser's": foreign, "tampered": string(tampered), "text": "x", "cut": sealed[:40]} {
		b.wantCode(b.get("/sign-in?continue="+value), http.StatusBadRequest, "invalid_continuation")
		b.wantCode(b.get("/consent?continue="+value), http.StatusBadRequest, "invalid_continuation")
		got := b.post("/sign-in", encode("continue", value, "csrf", b.csrf("/sign-in"), "identifier", "ada", "password", password))
		b.wantCode(got, http.StatusBadRequest, "invalid_continuation")
		if t.Failed() {
			t.Fatalf("with a continuation that is %s", name)
		}
	}
	b.wantCode(b.get("/consent"), http.StatusBadRequest, "invalid_continuation")
	b.wantCode(b.get("/sign-in?continue="+sealed+"&continue="+sealed), http.StatusBadRequest, "invalid_form")
	s.now = s.now.Add(time.Hour)
	b.wantCode(b.get("/sign-in?continue="+sealed), http.StatusBadRequest, "invalid_continuation")
}

func TestSignInGivesANewSession(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	planted := strings.Repeat("A", 43)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "signet_session", Value: planted, Path: "/"}})
	value := func() string {
		for _, c := range b.client.Jar.Cookies(u) {
			if c.Name == "signet_session" {
				return c.Value
			}
		}
		return ""
	}
	form := func(user string) string {
		return encode("csrf", b.csrf("/sign-in"), "identifier", user, "password", password)
	}
	bob := form("bob")
	b.want(b.post("/sign-in", form("ada")), http.StatusSeeOther, "/")
	first := value()
	if first == planted || first == "" {
		t.Fatalf("the session is %q, want a new one", first)
	}
	b.want(b.post("/sign-in", bob), http.StatusSeeOther, "/") // from a second tab
	if value() == first {
		t.Error("another user got the session of the first")
	}
	thief := s.browser(t)
	for _, old := range []string{planted, first} {
		thief.client.Jar.SetCookies(u, []*http.Cookie{{Name: "signet_session", Value: old, Path: "/"}})
		if got := thief.get("/"); !strings.Contains(got.body, "You are not signed in") {
			t.Errorf("the session %q is live", old)
		}
	}
}

func TestSignOut(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	b.signIn("ada")
	b.wantCode(b.post("/sign-out", ""), http.StatusForbidden, "stale_form")
	b.wantCode(b.post("/sign-out", encode("csrf", b.csrf("/")), "Sec-Fetch-Site", "cross-site"), http.StatusForbidden, "cross_origin")
	if !strings.Contains(b.get("/").body, "You are signed in") {
		t.Fatal("signed out by a form that was refused")
	}
	sealed := b.begin()
	form := encode("csrf", b.csrf("/"), "continue", sealed)
	got := b.post("/sign-out", form)
	b.want(got, http.StatusSeeOther, "/sign-in")
	if page := b.follow(got); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "Engine c1") {
		t.Errorf("got %d\n%s", page.StatusCode, page.body)
	}
	b.want(b.post("/sign-out", form), http.StatusSeeOther, "/sign-in") // twice is no error
	b.signIn("ada")
	b.want(b.post("/sign-out", encode("csrf", b.csrf("/"), "continue", "x")), http.StatusSeeOther, "/signed-out")
	if !strings.Contains(b.get("/").body, "You are not signed in") {
		t.Error("still signed in")
	}
}
