package hosted

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/store"
)

func (b *browser) wantPage(got response, parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(got.body, part) {
			b.t.Errorf("the page lacks %s\n%s", part, got.body)
		}
	}
}

// What the application asks for comes first, and what the user says meanwhile
// overrules it.
func TestLanguages(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	b.wantPage(b.get("/sign-in"), `<html lang="en" dir="ltr">`)
	b.want(b.post("/look", encode("language", "fr", "back", "/sign-in")), http.StatusSeeOther, "/sign-in")
	b.wantPage(b.get("/sign-in"), `<html lang="fr"`, "Adresse e-mail ou nom d’utilisateur")

	sealed := b.get("/oauth/authorize?ui_locales=ar").body
	page := b.get("/sign-in?continue=" + sealed)
	b.wantPage(page, `<html lang="ar" dir="rtl">`)
	wrong := b.post("/sign-in", encode("csrf", b.csrf("/sign-in"), "continue", sealed, "identifier", "ada", "password", "wrong"))
	b.wantPage(wrong, `<html lang="ar" dir="rtl">`, `name="back" value="/sign-in?continue=`)

	chosen := b.post("/look", encode("language", "ja", "back", "/sign-in?continue="+sealed))
	b.want(chosen, http.StatusSeeOther, "/sign-in")
	b.wantPage(b.follow(chosen), `<html lang="ja"`, "Engine c1")

	// A theme is no language: the application's stays.
	themed := b.post("/look", encode("theme", "dark", "back", "/sign-in?continue="+sealed))
	b.wantPage(b.follow(themed), `<html lang="ar" dir="rtl" data-theme="dark">`)
	if c := themed.Cookies(); len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Value != "ja.dark" {
		t.Errorf("cookies %v", c)
	}
}

// The way back leads to a page of ours.
func TestLookLeadsNowhereElse(t *testing.T) {
	b := newServer(t).browser(t)
	tests := []struct{ back, want string }{
		{"/device?user_code=BCDF", "/device?user_code=BCDF"},
		{"", "/"},
		{"/oauth/authorize?client_id=nobody&ui_locales=ar", "/oauth/authorize?client_id=nobody"},
		{"https://evil.example/", "/"},
		{"//evil.example/", "/"},
		{"/%2Fevil.example/", "/"},
		{"/\\evil.example/", "/%5Cevil.example/"},
		{"javascript:alert(1)", "/"},
		{"sign-in", "/"},
		{"/%zz", "/"},
		{"/sign-in?continue=forged", "/sign-in?continue=forged"},
	}
	for _, tt := range tests {
		got := b.post("/look", encode("language", "de", "back", tt.back))
		if to := got.Header.Get("Location"); to != tt.want {
			t.Errorf("%q leads to %q, want %q", tt.back, to, tt.want)
		}
	}
	a := b.post("/look", encode("language", "de", "back", "/"), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	b.wantCode(a, http.StatusForbidden, "cross_origin")
	b.wantPage(a, `name="back" value="/"`)
}

func TestPagesHaveTheBrand(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	i, err := s.db.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i.Settings.Brand = store.Brand{Name: "Babbage & Co.", Accent: "#ffd60a"}
	if err := s.db.UpdateSettings(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	b.wantPage(b.get("/sign-in"), "<bdi>Babbage &amp; Co.</bdi>", `href="/assets/accent.ffd60a.css"`)
	if a := b.get("/assets/accent.ffd60a.css"); a.StatusCode != 200 || !strings.Contains(a.body, "--on-accent:#000000") {
		t.Errorf("the stylesheet: %d %s", a.StatusCode, a.body)
	}
	for _, path := range []string{"/assets/accent.ffd60.css", "/assets/accent." + url.PathEscape("ffd60a;}") + ".css", "/assets/accent.ffd60a.txt"} {
		if a := b.get(path); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
