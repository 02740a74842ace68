package sdk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

const cli = "clerk (command)"

// cliMethods are the commands that talk to a server which can be named.
var cliMethods = []string{"clerk api", "clerk auth login", "clerk auth logout", "clerk users create", "clerk users list"}

// installCLI installs the command of this platform alone: a lock file would have to
// name those of all others too.
var installCLI = []string{"install", "--no-package-lock", "--no-audit", "--no-fund"}

// command prepares Clerk's command line against s.
func (s server) command(t *testing.T, home string, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := os.Stat(filepath.Join("cli", "node_modules", ".bin", "clerk")); err != nil {
		in(t, "cli", nil, "npm", installCLI...)
	}
	path, err := filepath.Abs(filepath.Join("cli", "node_modules", ".bin", "clerk"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = home
	cmd.Env = append(foreign(os.Environ()), "HOME="+home, "CLERK_CONFIG_DIR="+home, "CLERK_TELEMETRY_DISABLED=1", "BROWSER=true", "NO_COLOR=1",
		"CLERK_BACKEND_API_URL="+s.url, "CLERK_PLATFORM_API_URL="+s.url, "CLERK_OAUTH_BASE_URL="+s.url)
	cmd.Env = append(cmd.Env, environ...)
	return cmd
}

// TestCommandLine manages users and applications with Clerk's command line.
func TestCommandLine(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		home := t.TempDir()
		run := func(name string, args ...string) []byte {
			t.Helper()
			cmd := s.command(t, home, []string{"CLERK_SECRET_KEY=" + s.key}, args...)
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("clerk %v: %v\n%s%s", args, err, out, &complaints)
			}
			record(call{SDK: cli, Method: name, Status: http.StatusOK})
			return out
		}
		address := strings.ReplaceAll(unique(), ".", "_") + "@example.com"
		run("clerk users create", "users", "create", "--email", address, "--first-name", "Ada", "--yes")
		if out := run("clerk users list", "users", "list"); !bytes.Contains(out, []byte(address)) {
			t.Errorf("clerk users list: %s", out)
		}
		run("clerk api", "api", "/oauth_applications", "-d", `{"name":"Ledger","redirect_uris":["https://ledger.example/cb"]}`, "--yes")
		var list struct {
			Data []struct{ Name string } `json:"data"`
		}
		if out := run("clerk api", "api", "/oauth_applications"); json.Unmarshal(out, &list) != nil || len(list.Data) == 0 || list.Data[0].Name != "Ledger" {
			t.Errorf("clerk api: %s", out)
		}
		wrong := s.command(t, home, []string{"CLERK_SECRET_KEY=sk_test_wrong"}, "api", "/users")
		if out, err := wrong.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("clerk_key_invalid")) {
			t.Errorf("with a wrong key: %v\n%s", err, out)
		}
	})
}

var shownURL = regexp.MustCompile(`https?://\S+/oauth/authorize\?[^\s\x1b]+`)

// TestCommandLineSignsIn goes through clerk auth login: a public client on the
// loopback interface, with PKCE, whose user agrees in a browser.
func TestCommandLineSignsIn(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		home := t.TempDir()
		app, err := oauthapplication.NewClient(s.config()).Create(t.Context(), &oauthapplication.CreateParams{
			Name: "Clerk's command line", CallbackURL: "http://127.0.0.1/callback", Scopes: "openid profile email offline_access", Public: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		address := strings.ReplaceAll(unique(), ".", "_") + "@example.com"
		if _, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{EmailAddresses: &[]string{address}, Password: clerk.String(password)}); err != nil {
			t.Fatal(err)
		}
		client := []string{"CLERK_OAUTH_CLIENT_ID=" + app.ClientID}
		login := s.command(t, home, client, "auth", "login")
		out, err := login.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		login.Stderr = login.Stdout
		if err := login.Start(); err != nil {
			t.Fatal(err)
		}
		said := ""
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said += lines.Text() + "\n"
			if at := shownURL.FindString(lines.Text()); at != "" {
				if page := signInAndAllow(t, at, address); !strings.Contains(page, "You can close this window") {
					t.Errorf("the command line shows the browser\n%s", page)
				}
			}
		}
		if err := login.Wait(); err != nil || !strings.Contains(said, address) {
			t.Fatalf("clerk auth login: %v\n%s", err, said)
		}
		record(call{SDK: cli, Method: "clerk auth login", Status: http.StatusOK})
		if out, err := s.command(t, home, client, "auth", "logout").CombinedOutput(); err != nil {
			t.Fatalf("clerk auth logout: %v\n%s", err, out)
		}
		record(call{SDK: cli, Method: "clerk auth logout", Status: http.StatusOK})
	})
}

// signInAndAllow returns the page of the client that the browser ends at.
func signInAndAllow(t *testing.T, at, address string) string {
	t.Helper()
	b, page := signIn(t, at, address)
	return b.submit(at, page, "/consent", url.Values{"decision": {"allow"}})
}
