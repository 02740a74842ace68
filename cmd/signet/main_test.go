package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const issuerPattern = `issuer"?[=:]"?(http://127\.0\.0\.1:\d+)`

func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := program(t, dir, "serve", "--listen", "127.0.0.1:0")
	issuer, out := start(t, issuerPattern, cmd)
	key := regexp.MustCompile(`sk_test_\w+`).FindString(out.String())
	if key == "" || strings.Count(out.String(), "Bearer "+key) != 1 {
		t.Errorf("the first start prints no key and no curl line:\n%s", out)
	}
	if status, body := get(t, issuer+"/v1/users", key); status != 200 {
		t.Errorf("the key opens nothing: %d %s", status, body)
	}
	if _, body := get(t, issuer+"/.well-known/oauth-authorization-server", ""); !strings.Contains(body, `"issuer":"`+issuer+`"`) {
		t.Errorf("the metadata does not name %s: %s", issuer, body)
	}

	// Commands work beside the server.
	if status, _, errs := call(t, dir, "correct horse battery\n", "users", "create", "--email", "ada@example.com"); status != 0 {
		t.Errorf("users create: %d %s", status, errs)
	}
	if _, body := get(t, issuer+"/v1/users", key); !strings.Contains(body, "ada@example.com") {
		t.Errorf("the server does not see the user: %s", body)
	}

	address := strings.TrimPrefix(issuer, "http://")
	if status, _, errs := call(t, dir, "", "serve", "--listen", address); status != statusFailed || !strings.Contains(errs, "in use") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a used port: %d %s", status, errs)
	}
	stop(t, cmd, out)

	cmd = program(t, dir, "serve", "--listen", "127.0.0.1:0")
	issuer, out = start(t, issuerPattern, cmd)
	if strings.Contains(out.String(), "sk_") {
		t.Errorf("the second start prints a key:\n%s", out)
	}
	if status, _ := get(t, issuer+"/v1/users", key); status != 200 {
		t.Errorf("the key opens nothing after a restart: %d", status)
	}
	stop(t, cmd, out)

	cmd = program(t, dir, "serve", "--listen", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "SIGNET_ROOT_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), "root key") {
		t.Errorf("another root key: %v\n%s", err, text)
	}
}

func TestOpenConnectionsDrain(t *testing.T) {
	t.Parallel()
	cmd := program(t, t.TempDir(), "serve", "--listen", "127.0.0.1:0")
	issuer, out := start(t, issuerPattern, cmd)
	c, err := net.Dial("tcp", strings.TrimPrefix(issuer, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na")
	time.Sleep(100 * time.Millisecond) // until the handler waits for the rest
	cmd.Process.Signal(syscall.SIGTERM)
	time.Sleep(100 * time.Millisecond)
	io.WriteString(c, "=b")
	if answer, _ := io.ReadAll(c); !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) {
		t.Errorf("the request under way got %q", answer)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestAppsAndSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status, out, errs := call(t, dir, "", "apps", "create", "--name", "Shop", "--redirect-uri", "https://a.example/cb", "--redirect-uri", "https://b.example/cb", "--scopes", "profile", "--json")
	var made app
	if err := json.Unmarshal([]byte(out), &made); status != 0 || err != nil {
		t.Fatalf("%d %v %s%s", status, err, out, errs)
	}
	if len(made.ClientSecret) != 32 || len(made.RedirectURIs) != 2 || made.Scopes != "profile" || made.Public {
		t.Errorf("made %+v", made)
	}
	if _, out, _ = call(t, dir, "", "apps", "create", "--name", "Phone", "--redirect-uri", "myapp://cb", "--public"); !strings.Contains(out, "none: a public") {
		t.Errorf("a public application: %s", out)
	}
	_, out, _ = call(t, dir, "", "apps", "list", "--json")
	var all []app
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 2 || all[0].Name != "Shop" || strings.Contains(out, made.ClientSecret) {
		t.Errorf("%v %s", err, out)
	}
	if _, out, _ = call(t, dir, "", "apps", "list"); !strings.Contains(out, made.ClientID) || !strings.Contains(out, "public") {
		t.Errorf("the table: %s", out)
	}
	if _, out, _ = call(t, dir, "", "settings", "set", "access_token_lifetime=1h", "allow_http_redirect_uris=true", "brand_name=Babbage & Co.", "brand_accent=#0e7490"); !strings.Contains(out, "access_token_lifetime=1h0m0s\n") {
		t.Errorf("settings set: %s", out)
	}
	if _, out, _ = call(t, dir, "", "settings", "show"); !strings.Contains(out, "access_token_lifetime=1h0m0s\n") || !strings.Contains(out, "allow_http_redirect_uris=true\n") || !strings.Contains(out, "brand_name=Babbage & Co.\n") {
		t.Errorf("settings show: %s", out)
	}
}

func TestUsersCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status, out, errs := call(t, dir, "correct horse battery", "users", "create", "--email", "a@example.com", "--username", "ada_b", "--first-name", "Ada", "--last-name", "B", "--json")
	var made struct {
		ID        string   `json:"id"`
		Addresses []string `json:"email_addresses"`
	}
	if err := json.Unmarshal([]byte(out), &made); status != 0 || err != nil || !strings.HasPrefix(made.ID, "user_") || len(made.Addresses) != 1 {
		t.Errorf("%d %v %s%s", status, err, out, errs)
	}
	status, _, errs = call(t, dir, "", "users", "create", "--username", "ada_b", "--password", "correct horse battery")
	if status != statusFailed || !strings.Contains(errs, "Another user") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a name that is taken: %d %s", status, errs)
	}
	if status, _, errs = call(t, dir, "", "users", "create", "--username", "other_one"); status != statusFailed || !strings.Contains(errs, "no password") {
		t.Errorf("no password: %d %s", status, errs)
	}
}

func TestMisuse(t *testing.T) {
	dir := t.TempDir()
	for _, args := range []string{
		"nonsense", "serve extra", "serve --nonsense", "users create", "apps create --name x", "settings set", "settings set x=1",
		"settings set code_lifetime=1", "settings set code_lifetime", "serve --issuer http://a.example --log-format xml", "demo now",
	} {
		var out, errs bytes.Buffer
		status := run(strings.Fields(args), strings.NewReader(""), &out, &errs)
		if status != statusMisuse || out.Len() > 0 || !strings.HasPrefix(errs.String(), "signet: ") {
			t.Errorf("signet %s: %d %s%s", args, status, &out, &errs)
		}
	}
	cmd := program(t, dir, "serve")
	cmd.Env = append(cmd.Env, "SIGNET_SECRET_KEY=short", "SIGNET_LSTEN=x", "SIGNET_LOG_LEVEL=loud")
	text, _ := cmd.CombinedOutput()
	if bytes.Count(text, []byte("\n")) != 4 || bytes.Contains(text, []byte("short")) || !bytes.Contains(text, []byte("did you mean SIGNET_LISTEN?")) {
		t.Errorf("not every problem, or a secret:\n%s", text)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("misuse leaves %v", left)
	}
}

func TestHelpHasExamples(t *testing.T) {
	for _, args := range []string{"", "serve", "demo", "users create", "apps create", "apps list", "settings show", "settings set", "version"} {
		var out bytes.Buffer
		status := run(append(strings.Fields(args), "--help"), strings.NewReader(""), &out, io.Discard)
		if status != 0 || !strings.Contains(out.String(), "Examples:\n  ") {
			t.Errorf("signet %s --help: %d %s", args, status, &out)
		}
	}
	if status, out, _ := call(t, t.TempDir(), "", "version", "--json"); status != 0 || !json.Valid([]byte(out)) {
		t.Errorf("version --json: %d %s", status, out)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := program(t, dir, "demo")
	cmd.Env = append(cmd.Env, "SIGNET_NONSENSE=1") // the demo reads no settings
	client, out := start(t, `(http://127\.0\.0\.1:\d+)\n(?s:.*)Ctrl-C to stop`, cmd)
	if status, body := get(t, client, ""); status != 200 || !strings.Contains(body, "Sign in with Signet") {
		t.Errorf("the sample client: %d %s", status, body)
	}
	for _, path := range []string{"/gallery/", "/gallery/consent?language=ar"} {
		if status, body := get(t, client+path, ""); status != 200 || !strings.Contains(body, `id="language-menu"`) || !strings.Contains(out.String(), client+"/gallery/") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, link := range []string{"confidential", "public"} {
		// The client sends the browser to Signet, which sends it on to sign in.
		if status, body := get(t, client+"/sign-in?client="+link, ""); status != 200 || !strings.Contains(body, `id="identifier"`) {
			t.Errorf("signing in as %s: %d %s", link, status, body)
		}
	}
	m := regexp.MustCompile(`Bearer (\w+)" (\S+)`).FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("no curl line:\n%s", out)
	}
	if status, body := get(t, m[2], m[1]); status != 200 || !strings.Contains(body, demoEmail) {
		t.Errorf("the curl line: %d %s", status, body)
	}
	stop(t, cmd, out)
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("the demo leaves %v", left)
	}
}

// What is listed as JSON is the same as what is listed for people, and never null.
func TestListsAsJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := func(what, want string) {
		t.Helper()
		status, out, errs := call(t, dir, "", what, "list", "--json")
		var all []struct{ ID, Name, URL string }
		if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 || all == nil {
			t.Fatalf("%s: %d %s%s", what, status, out, errs)
		}
		got := ""
		_, people, _ := call(t, dir, "", what, "list")
		for _, x := range all {
			got += x.Name + x.URL + " "
			if !strings.Contains(people, x.ID) {
				t.Errorf("%s: %s is not listed for people:\n%s", what, x.ID, people)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	list("webhooks", "")
	list("secret-keys", "")
	call(t, dir, "", "webhooks", "create", "--url", "http://localhost:1/a")
	call(t, dir, "", "webhooks", "create", "--url", "http://localhost:1/b")
	call(t, dir, "", "secret-keys", "create", "--name", "CI")
	list("webhooks", "http://localhost:1/a http://localhost:1/b ")
	list("secret-keys", "CI ")
}

func TestSecretKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var made struct {
		ID  string
		Key string `json:"secret_key"`
	}
	for name, into := range map[string]any{"first": nil, "CI": &made} {
		status, out, errs := call(t, dir, "", "secret-keys", "create", "--name", name, "--expires-in", "1h", "--json")
		if status != 0 || !strings.Contains(out, "sk_test_") {
			t.Fatalf("create: %d %s%s", status, out, errs)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(out), into); err != nil {
				t.Fatal(err)
			}
		}
	}
	if status, out, _ := call(t, dir, "", "secret-keys", "list"); status != 0 || !strings.Contains(out, made.ID) || strings.Contains(out, made.Key) {
		t.Errorf("list: %d %s", status, out)
	}
	if status, _, errs := call(t, dir, "", "secret-keys", "revoke", made.ID); status != 0 {
		t.Errorf("revoke: %d %s", status, errs)
	}
	if status, _, errs := call(t, dir, "", "secret-keys", "revoke", made.ID); status != statusFailed || !strings.Contains(errs, "no key with this id") {
		t.Errorf("revoke again: %d %s", status, errs)
	}
	if status, _, errs := call(t, dir, "", "secret-keys", "create", "--name", "first"); status != statusFailed || !strings.Contains(errs, "has this name") {
		t.Errorf("a taken name: %d %s", status, errs)
	}
}

func TestRotatingASecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status, out, errs := call(t, dir, "", "apps", "create", "--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--json")
	var made struct {
		ID     string
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(out), &made); status != 0 || err != nil {
		t.Fatalf("create: %d %v %s", status, err, errs)
	}
	if status, out, errs := call(t, dir, "", "apps", "rotate-secret", made.ID, "--overlap", "24h", "--json"); status != 0 || !strings.Contains(out, "client_secret") || strings.Contains(out, made.Secret) {
		t.Errorf("rotate: %d %s%s", status, out, errs)
	}
	if status, _, errs := call(t, dir, "", "apps", "rotate-secret", "oa_x"); status != statusFailed || !strings.Contains(errs, "no application with this id") {
		t.Errorf("an unknown application: %d %s", status, errs)
	}
	if status, _, errs := call(t, dir, "", "apps", "rotate-secret", made.ID, "--overlap", "721h"); status != statusFailed || !strings.Contains(errs, "30 days") {
		t.Errorf("a long overlap: %d %s", status, errs)
	}
}
