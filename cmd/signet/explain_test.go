package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	count := func() (keys []key) {
		t.Helper()
		status, out, errs := call(t, dir, "", "keys", "list", "--json")
		if err := json.Unmarshal([]byte(out), &keys); err != nil || status != 0 {
			t.Fatalf("status %d: %s%s", status, out, errs)
		}
		return keys
	}
	if n := len(count()); n != 3 {
		t.Errorf("%d keys at first, want 3", n)
	}
	if status, _, errs := call(t, dir, "", "keys", "rotate"); status != 0 {
		t.Errorf("rotating: %s", errs)
	}
	if n := len(count()); n != 6 {
		t.Errorf("%d keys after rotating, want 6", n)
	}
	if status, _, errs := call(t, dir, "", "keys", "rotate", "--now"); status != 0 {
		t.Errorf("rotating now: %s", errs)
	}
	good := 0
	for _, k := range count() {
		if k.RetiredAt == nil {
			good++
		}
	}
	if good != 3 {
		t.Errorf("%d keys are good after all were taken back, want 3", good)
	}
	if status, out, _ := call(t, dir, "", "keys", "list"); status != 0 || !strings.Contains(out, "TAKEN BACK") {
		t.Errorf("%d %s", status, out)
	}
}

func TestRegistrationToken(t *testing.T) {
	dir := t.TempDir()
	if status, out, errs := call(t, dir, "", "registration-token", "--expires", "1h"); status != 0 || !strings.HasPrefix(out, "iat_") {
		t.Errorf("%d %s%s", status, out, errs)
	}
}

func TestExplain(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk_test_0123456789abcdef" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		const told = `{"id":"abc","at":"2026-11-24T12:00:00Z","request":"GET /oauth/authorize","code":"invalid_request","rule":"RFC 9700 §2.1",` +
			`"description":"no","received":[{"name":"redirect_uri","value":"https://a.example/\u001b[31m"}],"registered":[],"mend":["Leave out the slash."]}`
		switch r.URL.Path {
		case "/v1/oauth_refusals":
			w.Write([]byte(`{"data":[` + told + `],"total_count":1}`))
		case "/v1/oauth_refusals/abc":
			w.Write([]byte(told))
		default:
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"errors":[{"long_message":"No refused request has this id."}]}`))
		}
	}))
	t.Cleanup(api.Close)
	explained := func(args ...string) (int, string) {
		t.Helper()
		cmd := program(t, t.TempDir(), append([]string{"explain", "--issuer", api.URL}, args...)...)
		cmd.Env = append(cmd.Env, "SIGNET_SECRET_KEY=sk_test_0123456789abcdef")
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	if status, out := explained("abc"); status != 0 || !strings.Contains(out, "Leave out the slash.") || !strings.Contains(out, "RFC 9700") || strings.Contains(out, "\x1b") {
		t.Errorf("%d %q", status, out)
	}
	if status, out := explained(); status != 0 || !strings.Contains(out, "abc") {
		t.Errorf("the list: %d %s", status, out)
	}
	if status, out := explained("nothing"); status != 1 || !strings.Contains(out, "No refused request has this id.") {
		t.Errorf("an unknown id: %d %s", status, out)
	}
	if status, _, errs := call(t, t.TempDir(), "", "explain", "abc"); status != 1 || !strings.Contains(errs, "SIGNET_SECRET_KEY") {
		t.Errorf("without a key: %d %s", status, errs)
	}
}
