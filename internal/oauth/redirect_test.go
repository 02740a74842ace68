package oauth

import (
	"net/url"
	"strings"
	"testing"
)

func TestCheckRedirectURI(t *testing.T) {
	tests := []struct{ name, uri, want string }{
		{"https", "https://client.example/cb?x=1", ""},
		{"https with a port", "https://client.example:8443/cb", ""},
		{"RU13 loopback IPv4", "http://127.0.0.1/callback", ""},
		{"RU13 loopback IPv6", "http://[::1]:3000/cb", ""},
		{"localhost", "http://localhost:3000/cb", ""},
		{"RU11 custom scheme, as Clerk allows", "myapp://", ""},
		{"RU11 custom scheme with a path", "com.example.app:/cb", ""},
		{"RU01 user information", "https://good.example@evil.example/cb", "invalid_redirect_uri, RFC 3986 §3.2.1"},
		{"RU01 backslash", `https://evil.example\@good.example/cb`, "invalid_redirect_uri, RFC 3986 §2.2"},
		{"RU02 no scheme", "//evil.example/cb", "invalid_redirect_uri, RFC 6749 §3.1.2"},
		{"RU02 relative", "/cb", "invalid_redirect_uri, RFC 6749 §3.1.2"},
		{"RU02 empty", "", "invalid_redirect_uri, RFC 3986 §2"},
		{"RU08 fragment", "https://client.example/cb#f", "invalid_redirect_uri, RFC 6749 §3.1.2"},
		{"RU08 empty fragment", "https://client.example/cb#", "invalid_redirect_uri, RFC 6749 §3.1.2"},
		{"RU10 javascript", "javascript:alert(1)", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU10 JavaScript in capitals", "JavaScript://x/%0aalert(1)", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU10 data", "data:text/html,x", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU10 vbscript", "vbscript:x", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU10 file", "file:///etc/passwd", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU10 blob", "blob:https://x/1", "invalid_redirect_uri, RFC 8252 §7.1"},
		{"RU12 http beyond loopback", "http://client.example/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 127.0.0.1 as a label", "http://127.0.0.1.evil.example/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 short form", "http://127.1/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 as one number", "http://2130706433/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 mapped into IPv6", "http://[::ffff:127.0.0.1]/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 localhost as a label", "http://localhost.evil.example/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU14 every address", "http://0.0.0.0/cb", "invalid_redirect_uri, RFC 9700 §2.6"},
		{"RU20 space", "https://client.example/a b", "invalid_redirect_uri, RFC 3986 §2.2"},
		{"RU20 line break", "https://client.example/a\r\nb", "invalid_redirect_uri, RFC 3986 §2.2"},
		{"RU20 NUL", "https://client.example/\x00", "invalid_redirect_uri, RFC 3986 §2.2"},
		{"RU20 not ASCII", "https://clïent.example/cb", "invalid_redirect_uri, RFC 3986 §2.2"},
		{"RU20 64 KiB", "https://client.example/" + strings.Repeat("a", 64<<10), "invalid_redirect_uri, RFC 3986 §2"},
		{"no host", "https:///cb", "invalid_redirect_uri, RFC 9110 §4.2"},
		{"no slashes", "https:client.example", "invalid_redirect_uri, RFC 9110 §4.2"},
		{"bad escape", "https://client.example/%zz", "invalid_redirect_uri, RFC 3986 §3"},
		{"CE18 brings its own code", "https://client.example/cb?code=x", "invalid_redirect_uri, RFC 6749 §4.1.2"},
		{"CE18 brings its own state, encoded", "https://client.example/cb?st%61te=x", "invalid_redirect_uri, RFC 6749 §4.1.2"},
		{"bad query", "https://client.example/cb?a;b", "invalid_redirect_uri, RFC 3986 §3.4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := refusedBy(CheckRedirectURI(tt.uri, false)); got != tt.want {
				t.Errorf("CheckRedirectURI(%.60q) refused by %q, want %q", tt.uri, got, tt.want)
			}
		})
	}
	if err := CheckRedirectURI("http://client.example/cb", true); err != nil {
		t.Errorf("http with the instance's leave: %v", err)
	}
}

func TestRegistered(t *testing.T) {
	tests := []struct {
		name, registered, requested string
		want                        bool
	}{
		{"the same", "https://c.example/cb", "https://c.example/cb", true},
		{"RU03 dot segments", "https://c.example/cb", "https://c.example/cb/../evil", false},
		{"RU03 encoded dot segments", "https://c.example/cb", "https://c.example/cb/%2e%2e/", false},
		{"RU04 encoded letter", "https://c.example/A", "https://c.example/%41", false},
		{"RU05 slash added", "https://c.example/cb", "https://c.example/cb/", false},
		{"RU05 slash removed", "https://c.example/", "https://c.example", false},
		{"RU06 case of the path", "https://c.example/cb", "https://c.example/CB", false},
		{"RU06 case of the host", "https://c.example/cb", "https://C.example/cb", false},
		{"RU07 query added", "https://c.example/cb", "https://c.example/cb?x=1", false},
		{"RU08 fragment added", "https://c.example/cb", "https://c.example/cb#x", false},
		{"RU09 longer host", "https://good.example", "https://good.example.evil.tld", false},
		{"RU13 any port", "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true},
		{"RU13 another port", "http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true},
		{"RU13 no port", "http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true},
		{"RU13 any port in IPv6", "http://[::1]/cb", "http://[::1]:49152/cb", true},
		{"RU13 query kept", "http://127.0.0.1?x=1", "http://127.0.0.1:5?x=1", true},
		{"RU13 localhost has its port", "http://localhost:3000/cb", "http://localhost:3001/cb", false},
		{"RU14 user information", "http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false},
		{"RU14 longer host", "http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false},
		{"RU14 short form", "http://127.0.0.1/cb", "http://127.1/cb", false},
		{"RU14 mapped", "http://127.0.0.1/cb", "http://[::ffff:127.0.0.1]/cb", false},
		{"RU15 localhost for the address", "http://127.0.0.1/cb", "http://localhost/cb", false},
		{"RU15 the address for localhost", "http://localhost/cb", "http://127.0.0.1/cb", false},
		{"RU15 https", "http://127.0.0.1/cb", "https://127.0.0.1/cb", false},
		{"RU15 another path", "http://127.0.0.1/cb", "http://127.0.0.1:1/other", false},
		{"RU15 another loopback address", "http://127.0.0.1/cb", "http://127.0.0.2/cb", false},
		{"RU15 scheme in capitals", "http://127.0.0.1/cb", "HTTP://127.0.0.1:1/cb", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Client{RedirectURIs: []string{tt.registered}}
			if got := c.Registered(tt.requested); got != tt.want {
				t.Errorf("Registered(%q) = %v, want %v", tt.requested, got, tt.want)
			}
		})
	}
}

func TestRedirectTargetWith(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"https://c.example/cb", "https://c.example/cb?code=a+b&iss=i"},
		{"https://c.example/cb?x=1", "https://c.example/cb?x=1&code=a+b&iss=i"},
		{"myapp://", "myapp://?code=a+b&iss=i"},
	}
	for _, tt := range tests {
		if got := (RedirectTarget{tt.uri}).With("code", "a b", "state", "", "iss", "i"); got != tt.want {
			t.Errorf("With on %q = %q, want %q", tt.uri, got, tt.want)
		}
	}
}

func TestZeroRedirectTargetPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the zero RedirectTarget was used, want a panic")
		}
	}()
	RedirectTarget{}.With("code", "x")
}

func FuzzRedirectURI(f *testing.F) {
	for _, seed := range []string{
		"https://c.example/cb", "http://127.0.0.1:1/cb", "myapp://", "javascript:x", "http://127.0.0.1:1@evil/cb",
		`https://evil\@good/`, "//evil", "https://c.example/cb#", "http://[::1]:5/?x", "\x00", "https://c.example/\r\nSet-Cookie:x",
	} {
		f.Add(seed, "http://127.0.0.1/cb")
	}
	f.Fuzz(func(t *testing.T, requested, registered string) {
		c := Client{RedirectURIs: []string{registered}}
		if c.Registered(requested) && requested != registered {
			u, err := url.Parse(requested)
			if err != nil || !isLoopbackIP(u.Hostname()) || u.Scheme != "http" || u.User != nil {
				t.Fatalf("%q passes for %q", requested, registered)
			}
		}
		if CheckRedirectURI(requested, true) != nil {
			return
		}
		u, err := url.Parse(requested)
		if err != nil || u.User != nil || u.Fragment != "" || u.Scheme == "javascript" || u.Scheme == "data" {
			t.Fatalf("%q may be registered", requested)
		}
		location := RedirectTarget{requested}.With("code", "x", "state", "a\r\nb")
		if !strings.HasPrefix(location, requested) || strings.ContainsAny(location, "\r\n \x00") {
			t.Fatalf("%q leads to %q", requested, location)
		}
	})
}
