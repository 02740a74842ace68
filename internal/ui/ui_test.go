package ui

import (
	"net/http/httptest"
	"strings"
	"testing"
)

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
	AllowScripts(w)
	if got := w.Header().Get("Content-Security-Policy"); got != want+"; script-src 'self'" {
		t.Errorf("with scripts the policy is %s", got)
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
