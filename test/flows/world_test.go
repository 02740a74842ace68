package flows

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// A world is a running Signet with one user in it.
type world struct{ harness.World }

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, *world)) {
	onBothWith(t, func(*config.Config) {}, test)
}

// onBothWith is onBoth for a Signet that is set up otherwise.
func onBothWith(t *testing.T, change func(*config.Config), test func(*testing.T, *world)) {
	harness.OnBoth(t, change, func(t *testing.T, w harness.World) { test(t, &world{w}) })
}

func newWorld(t *testing.T, database string) *world {
	return &world{harness.NewWorld(t, database, func(*config.Config) {})}
}

// writeCA writes a certificate to a file in PEM and gives its path.
func writeCA(t *testing.T, certificate *x509.Certificate) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// grant makes a confidential application and takes a user through it.
func (w *world) grant(t testing.TB) (harness.Application, *oauth2.Token) {
	t.Helper()
	c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	config := w.OAuth2(c)
	left := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj"))
	token, err := config.Exchange(context.Background(), left.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return c, token
}

// refresh sends a refresh token and returns the whole answer.
func (w *world) refresh(c harness.Application, token, scope string) (string, error) {
	answer, err := harness.Client{Node: w.Issuer, Application: c}.Refresh(token, scope)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("%d %s", answer.Status, answer.Body)
	}
	return answer.Body, err
}

func field(t testing.TB, answer, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	value, _ := body[name].(string)
	return value
}

func (w *world) userInfo(t testing.TB, bearer string) map[string]any {
	t.Helper()
	status, info := w.Get(t, "/oauth/userinfo", bearer)
	if status != http.StatusOK {
		t.Fatalf("user info answers %d %v", status, info)
	}
	return info
}
