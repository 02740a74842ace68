package ui

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type page interface{ Render(io.Writer) error }

var ada = Person{Name: "Ada Lovelace", Identifier: "ada@example.com"}

// hostile is a name that tries everything a name can.
const hostile = "</title><script>alert(1)</script>\" onload='x' \u202egro.elpmaxe\u2066 & `${x}` {{.CSRF}}"

func manyScopes() oauth.Scopes {
	scopes := oauth.Scopes{"profile", "email"}
	for i := range 38 {
		scopes = append(scopes, fmt.Sprintf("https://api.example.com/auth/resource-%02d.readonly", i))
	}
	return scopes
}

func consent(application string, user Person, redirectURI string, scopes ...string) Consent {
	return Consent{
		Application: application,
		User:        user,
		Scopes:      scopes,
		RedirectURI: redirectURI,
		Continue:    "sealed",
		CSRF:        "token",
	}
}

func withLogo(c Consent) Consent {
	c.Logo = "/images/0123456789abcdef0123456789abcdef.png"
	return c
}

// unverified asks for an application that nobody vouches for.
func unverified(at string) Consent {
	c := consent("Agent", ada, "http://127.0.0.1:7777/callback", "openid", "profile", "offline_access")
	c.Unverified, c.At = true, at
	return c
}

// pages are the states of every page.
var pages = map[string]page{
	"sign_in":             SignIn{CSRF: "token"},
	"sign_in_application": SignIn{Application: "Analytical Engine", Continue: "sealed", CSRF: "token"},
	"sign_in_wrong":       SignIn{Application: "Analytical Engine", Identifier: "ada@example.com", Failure: WrongCredentials, Continue: "sealed", CSRF: "token"},
	"sign_in_busy":        SignIn{Identifier: "ada@example.com", Failure: TooBusy, CSRF: "token"},
	"sign_in_hostile":     SignIn{Application: hostile, Identifier: hostile, Failure: WrongCredentials, Continue: hostile, CSRF: hostile},
	"consent":             consent("Analytical Engine", ada, "https://app.engine.example.co.uk/callback", "profile", "email"),
	"consent_logo":        withLogo(consent("Analytical Engine", ada, "https://app.engine.example.co.uk/callback", "profile")),
	"consent_no_name":     consent("Analytical Engine", Person{Identifier: "ada"}, "https://engine.example/cb", "public_metadata", "private_metadata", "openid", "offline_access", "notes:read"),
	"consent_no_scopes":   consent("Analytical Engine", ada, "https://engine.example/cb"),
	"consent_device":      consent("Engine CLI", ada, "http://127.0.0.1:49152/callback", "profile"),
	"consent_many":        consent("Analytical Engine", ada, "https://engine.example/cb", manyScopes()...),
	"consent_hostile":     consent(hostile, Person{Name: hostile, Identifier: hostile}, "https://engine.example/cb?x=%22%3E<script>", "a<b>", "'x'"),
	"consent_long":        consent(strings.Repeat("Longname", 1250), Person{Name: strings.Repeat("ا", 10000), Identifier: strings.Repeat("x", 10000)}, "https://engine.example/"+strings.Repeat("x", 1000), "profile"),
	"error":               Error{Title: "This link is not valid", Message: "Please go back to the application and start again.", Code: "invalid_request", RequestID: "0123456789abcdef0123456789abcdef"},
	"error_bare":          Error{Title: "Something went wrong", Message: "Please try again."},
	"error_hostile":       Error{Title: hostile, Message: hostile, Code: hostile, RequestID: hostile},
	"home":                Home{User: &ada, CSRF: "token"},
	"home_hostile":        Home{User: &Person{Name: hostile, Identifier: hostile}, CSRF: "token"},
	"home_nobody":         Home{},
	"sign_in_again":       SignIn{Application: "Analytical Engine", Identifier: "ada@example.com", Again: true, Continue: "sealed", CSRF: "token"},
	"select_account":      SelectAccount{Application: "Analytical Engine", User: ada, Continue: "sealed", CSRF: "token"},
	"consent_unverified":  unverified(""),
	"consent_document":    unverified("agent.example"),
	"form_post":           FormPost{Action: "https://app.engine.example.co.uk/callback?a=1", Fields: []Field{{"code", "oac_x"}, {"state", hostile}}},
	"form_post_app":       FormPost{Action: "com.example.app:/cb", Fields: []Field{{"error", "access_denied"}}},
	"sign_in_token":       SignInToken{User: ada, Ticket: "ticket", CSRF: "token"},
	"sign_in_token_odd":   SignInToken{User: Person{Name: hostile, Identifier: hostile}, Ticket: hostile, CSRF: hostile},
	"sign_up":             SignUp{Address: "bob@example.com", Ticket: "ticket", CSRF: "token"},
	"sign_up_problem":     SignUp{Address: "bob@example.com", FirstName: "Bob", Problem: "The password must be at least 8 characters long.", Field: "password", Ticket: "ticket", CSRF: "token"},
	"sign_up_hostile":     SignUp{Address: hostile, FirstName: hostile, LastName: hostile, Problem: hostile, Field: "first_name", Ticket: hostile, CSRF: hostile},
	"sign_out":            SignOut{User: ada, CSRF: "token"},
	"signed_out":          SignedOut{},
	"device":              Device{User: ada},
	"device_unknown":      Device{User: ada, UserCode: hostile, Failure: DeviceUnknown},
	"device_decided":      Device{User: ada, UserCode: "BCDF-GHJK", Failure: DeviceDecided},
	"device_too_many":     Device{User: ada, UserCode: "BCDF-GHJK", Failure: DeviceTooMany},
	"device_consent":      DeviceConsent{Application: "Television", User: ada, UserCode: "BCDF-GHJK", Scopes: oauth.Scopes{"openid", "files:read"}, Custom: map[string]string{"files:read": "Read your files"}, CSRF: "token"},
	"device_allowed":      DeviceDone{Application: "Television", Allowed: true},
	"device_denied":       DeviceDone{Application: "Television"},
	"error_held":          Error{Title: "This sign-in cannot go on", Message: "scope asks for more than the application is allowed", Code: "invalid_scope", RequestID: "0123456789abcdef0123456789abcdef", Back: "https://agent.example/cb?error=invalid_scope", BackTo: "https://agent.example/cb"},
	"refusal":             Refusal{ID: "0123456789abcdef0123456789abcdef", Code: "invalid_grant", Description: "code_verifier does not match code_challenge", Rule: "RFC 7636 §4.6"},
	"refusal_forgotten":   Refusal{ID: hostile},
}

func rendered(t *testing.T, p page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPages(t *testing.T) {
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			got := rendered(t, p)
			for _, a := range assets { // a change of style changes no page
				got = strings.ReplaceAll(got, a.path, "/assets/HASH"+filepath.Ext(a.path))
			}
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("page changed; run with -update if that is meant (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesAreInert(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+="|javascript:|https?://[^"<]*"|[\x{202A}-\x{202E}\x{2066}-\x{2069}]`)
	for name, p := range pages {
		text := rendered(t, p)
		for _, value := range []string{"<title>", `<html lang="en">`, `name="viewport"`, "<h1", "<main"} {
			if strings.Count(text, value) != 1 {
				t.Errorf("%s: %s occurs %d times, want once", name, value, strings.Count(text, value))
			}
		}
		// Text that the user typed goes back as it was, inside one attribute.
		text = regexp.MustCompile(` value="[^"]*"`).ReplaceAllString(text, "")
		// These two lead to the client, and one has the script of its policy.
		text = regexp.MustCompile(`(action|href)="https://[^"]*"`).ReplaceAllString(text, "")
		text = strings.Replace(text, "<script>"+submitScript+"</script>", "", 1)
		if found := forbidden.FindString(text); found != "" && !strings.Contains(name, "error_hostile") {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	if n := len(rendered(t, pages["consent_long"])); n > 10_000 {
		t.Errorf("a page with names of 10,000 characters has %d bytes", n)
	}
}

func TestPlain(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ordinary", "Ada’s 🧮 Engine", "Ada’s 🧮 Engine"},
		{"right to left", "محرك", "محرك"},
		{"joined", "👩‍🔬", "👩‍🔬"},
		{"override", "gro.\u202eelpmaxe\u202c", "gro.elpmaxe"},
		{"isolates and marks", "\u2066a\u2069\u200e\u200f\u061c", "a"},
		{"controls", "a\x00b\r\nc\u0085\u2028", "abc"},
		{"not UTF-8", "a\xffb", "a�b"},
		{"blank", " \t ", ""},
		{"longest", strings.Repeat("é", maxName), strings.Repeat("é", maxName)},
		{"too long", strings.Repeat("é", maxName+1), strings.Repeat("é", maxName) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := plain(tt.in); got != tt.want {
				t.Errorf("plain(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestDestination(t *testing.T) {
	tests := []struct{ uri, host string }{
		{"https://app.example.com/cb", "example.com"},
		{"https://App.Example.COM.:8443/cb", "example.com"},
		{"https://login.bank.example.co.uk/cb", "example.co.uk"},
		{"https://accounts.google.com.evil.example/cb", "evil.example"},
		{"https://alice.github.io/cb", "alice.github.io"},
		{"https://github.io/cb", "github.io"},
		{"https://intranet/cb", "intranet"},
		{"https://xn--bcher-kva.example/cb", "xn--bcher-kva.example"},
		{"https://203.0.113.7/cb", "203.0.113.7"},
		{"https://[2001:db8::1]/cb", "2001:db8::1"},
		{"http://127.0.0.1:3000/cb", ""},
		{"http://[::1]:3000/cb", ""},
		{"http://localhost:3000/cb", ""},
		{"http://app.localhost/cb", ""},
		{"com.example.app:/cb", ""},
		{"myapp://google.com/cb", ""},
	}
	for _, tt := range tests {
		if got := destination(tt.uri).Host; got != tt.host {
			t.Errorf("destination(%q) = %q, want %q", tt.uri, got, tt.host)
		}
	}
}

func TestFormTarget(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"https://app.example.com/cb?x=1", "https://app.example.com"},
		{"https://App.Example.com:8443/cb", "https://app.example.com:8443"},
		{"http://localhost:3000/cb", "http://localhost:3000"},
		{"http://127.0.0.1:3000/cb", "http://127.0.0.1:3000"},
		{"http://[::1]:3000/cb", "http:"},
		{"https://my_app.example.com/cb", "https://my_app.example.com"},
		{"com.example.app:/cb", "com.example.app:"},
		{"myapp://cb", "myapp:"},
		{"MyApp+2://cb", "myapp+2:"},
		{"", ""},
		{"/relative", ""},
		{"//host/cb", ""},
		{"javascript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"https:///cb", ""},
		{"https:opaque", ""},
		{"https://user@example.com/cb", ""},
		{"https://a.example;script-src/cb", ""},
		{"https://a.example%3b%20script-src%20*/cb", ""},
		{"https://*/cb", ""},
		{"https://*.example.com/cb", ""},
		{"https://a.example,b/cb", ""},
		{"https://a.example 'unsafe-inline'/cb", ""},
		{"https://a.example:80;x/cb", ""},
		{"https://a.example:*/cb", ""},
		{"https://a.example'/cb", ""},
		{"x;script-src:y", ""},
	}
	for _, tt := range tests {
		if got := FormTarget(tt.uri); got != tt.want {
			t.Errorf("FormTarget(%q) = %q, want %q", tt.uri, got, tt.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	w := httptest.NewRecorder()
	Headers(w, "https://app.example.com", "", "https://app.example.com")
	want := "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://app.example.com; base-uri 'none'; frame-ancestors 'none'"
	if got := w.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	for _, name := range []string{"X-Frame-Options", "Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy", "Permissions-Policy", "Cache-Control", "Content-Type"} {
		if w.Header().Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestAssets(t *testing.T) {
	for name, a := range assets {
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, httptest.NewRequest("GET", a.path, nil))
		if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Content-Type") != a.contentType || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/assets/", "/assets/signet.css", "/assets/signet.0000000000000000.css", "/assets/../ui.go"} {
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d %v, want 404 that is not kept", path, w.Code, w.Header())
		}
	}
}
