package protect

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const resource = "https://mcp.example/mcp"

// tokens are what a verifier knows.
type tokens map[string]Token

func (v tokens) Verify(_ context.Context, token string) (Token, error) {
	if token == "unreachable" {
		return Token{}, errors.New("no answer")
	}
	if t, ok := v[token]; ok {
		return t, nil
	}
	return Token{}, ErrNotGood
}

func newProxy(t *testing.T) *Proxy {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if strings.HasPrefix(name, "X-Signet") || strings.HasPrefix(name, "X_signet") || name == "Authorization" {
				io.WriteString(w, name+"="+strings.Join(values, ",")+"\n")
			}
		}
	}))
	t.Cleanup(upstream.Close)
	to, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{
		Upstream: to, Resource: resource, Issuer: "https://id.example", Scopes: []string{"tools:run"}, Name: "Tools",
		Log: slog.New(slog.DiscardHandler),
		Verifier: tokens{
			"good":   {Subject: "user_1", ClientID: "c", Scopes: []string{"tools:run", "email"}, Audience: []string{"https://other.example", resource + "/"}},
			"poor":   {Subject: "user_1", ClientID: "c", Scopes: []string{"email"}, Audience: []string{resource}},
			"abroad": {Subject: "user_1", ClientID: "c", Scopes: []string{"tools:run"}, Audience: []string{"https://other.example"}},
			"vague":  {Subject: "user_1", ClientID: "c", Scopes: []string{"tools:run"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProxy(t *testing.T) {
	p := newProxy(t)
	const metadataAt = `resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="tools:run"`
	for name, x := range map[string]struct {
		authorization string
		status        int
		challenge     string
	}{
		"none":              {"", 401, `Bearer ` + metadataAt},
		"another scheme":    {"Basic x", 401, `Bearer ` + metadataAt},
		"unknown":           {"Bearer x", 401, `error="invalid_token"`},
		"SC09 for another":  {"Bearer abroad", 401, `error="invalid_token"`},
		"SC09 for nobody":   {"Bearer vague", 401, `error="invalid_token"`},
		"RS04 a scope less": {"Bearer poor", 403, `error="insufficient_scope"`},
		"good":              {"bearer good", 200, ""},
		"nobody to ask":     {"Bearer unreachable", 503, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/mcp", nil)
			if x.authorization != "" {
				r.Header.Set("Authorization", x.authorization)
			}
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != x.status || !strings.Contains(w.Header().Get("WWW-Authenticate"), x.challenge) {
				t.Errorf("%d %q, want %d %q", w.Code, w.Header().Get("WWW-Authenticate"), x.status, x.challenge)
			}
		})
	}
}

func TestTheUpstreamGetsTheUserAndNoToken(t *testing.T) {
	r := httptest.NewRequest("GET", "/mcp", nil)
	r.Header.Set("Authorization", "Bearer good")
	r.Header.Set("X-Signet-User", "user_forged")
	r.Header.Set("X-Signet-Admin", "yes")
	r.Header["X_signet_user"] = []string{"user_forged"}
	w := httptest.NewRecorder()
	newProxy(t).ServeHTTP(w, r)
	for _, line := range []string{"X-Signet-User=user_1\n", "X-Signet-Client=c\n", "X-Signet-Scope=tools:run email\n"} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("the upstream did not get %q:\n%s", line, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "forged") || strings.Contains(w.Body.String(), "Admin") || strings.Contains(w.Body.String(), "Authorization") {
		t.Errorf("the upstream got what the client made up:\n%s", w.Body)
	}
}

func TestPreflightsGoToTheUpstream(t *testing.T) {
	r := httptest.NewRequest("OPTIONS", "/mcp", nil)
	r.Header.Set("X-Signet-User", "user_forged")
	w := httptest.NewRecorder()
	p := newProxy(t)
	if p.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("OPTIONS that is no preflight: %d, want 401", w.Code)
	}
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	w = httptest.NewRecorder()
	if p.ServeHTTP(w, r); w.Code != 200 || strings.Contains(w.Body.String(), "X-Signet") {
		t.Errorf("a preflight: %d %s", w.Code, w.Body)
	}
}

func TestMetadata(t *testing.T) {
	p := newProxy(t)
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		const want = `{"resource":"https://mcp.example/mcp","authorization_servers":["https://id.example"],"scopes_supported":["tools:run"],"bearer_methods_supported":["header"],"resource_name":"Tools"}` + "\n"
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, bad := range []string{"", "mcp.example", "ftp://mcp.example", "https://mcp.example#x"} {
		if _, err := New(Options{Resource: bad}); err == nil {
			t.Errorf("the resource %q was taken", bad)
		}
	}
}
