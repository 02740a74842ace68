package clients

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// TestApache signs in to a real Apache that mod_auth_openidc guards.
func TestApache(t *testing.T) {
	if _, err := os.Stat(apache); err != nil {
		t.Fatal("Apache is missing: run \"make test\", which installs it, or install apache2-bin and libapache2-mod-auth-openidc")
	}
	onEach(t, func(t *testing.T, s site) {
		address := harness.FreeAddress(t)
		callback := "http://" + address + "/protected/callback"
		app := s.CreateApplication(t, map[string]any{"name": "Apache", "callback_url": callback, "scopes": "openid profile email"})
		startApache(t, s, address, app)
		someone := s.browser(t)
		page := someone.get(t, "http://"+address+"/protected/page")
		page = someone.submit(t, page, "sign-in", map[string]string{"identifier": harness.Email, "password": harness.Password})
		page = someone.submit(t, page, "allow", nil)
		if page.status != http.StatusOK || !strings.Contains(page.body, "the page behind") {
			t.Errorf("after signing in: %d\n%s", page.status, page.body)
		}
	})
}

// apache is where Debian has it, which is on few paths.
const apache = "/usr/sbin/apache2"

const apacheConfig = `
ServerRoot "%[1]s"
PidFile "%[1]s/pid"
Listen %[2]s
ServerName %[2]s
ErrorLog "%[1]s/error.log"
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so
DocumentRoot "%[1]s/docs"
OIDCProviderMetadataURL %[3]s/.well-known/openid-configuration
OIDCClientID %[4]s
OIDCClientSecret %[5]s
OIDCRedirectURI http://%[2]s/protected/callback
OIDCCryptoPassphrase a-passphrase-of-the-test-0123456789
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCCABundlePath %[6]s
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
`

func startApache(t *testing.T, s site, address string, app harness.Application) {
	t.Helper()
	dir, err := os.MkdirTemp("", "signet-apache-") // Apache's own user has to get in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ca := filepath.Join(dir, "ca.pem")
	pem, err := os.ReadFile(s.certificate.certFile)
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(dir, "docs", "protected")
	for _, step := range []error{
		os.Chmod(dir, 0o755), os.MkdirAll(docs, 0o755), os.WriteFile(ca, pem, 0o644),
		os.WriteFile(filepath.Join(docs, "page"), []byte("the page behind"), 0o644),
		os.WriteFile(filepath.Join(dir, "apache.conf"), fmt.Appendf(nil, apacheConfig, dir, address, s.issuer, app.ID, app.Secret, ca), 0o644),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	cmd := exec.Command(apache, "-X", "-f", filepath.Join(dir, "apache.conf"))
	cmd.Env = append(os.Environ(), "APACHE_RUN_DIR="+dir)
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("Apache said:\n%s", said)
		}
	})
	harness.Await(t, "http://"+address+"/")
}

// A browser keeps cookies and follows every redirect, as several servers take part.
type browser struct{ client *http.Client }

func (s site) browser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar, Timeout: harness.Patience, Transport: s.transport(t)}}
}

func (b browser) do(t *testing.T, r *http.Request) page {
	t.Helper()
	r.Header.Set("Accept", "text/html")
	response, err := b.client.Do(r)
	return read(t, response, err)
}

func (b browser) get(t *testing.T, address string) page {
	t.Helper()
	r, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.do(t, r)
}
