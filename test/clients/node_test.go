package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// TestNode runs the tests in node/, with what package-lock.json says.
func TestNode(t *testing.T) {
	if _, err := os.Stat(filepath.Join("node", "node_modules", "openid-client")); err != nil {
		inNode(t, nil, "npm", "ci", "--no-audit", "--no-fund")
	}
	onEach(t, func(t *testing.T, s site) {
		inNode(t, []string{
			"SIGNET_TEST_ISSUER=" + s.issuer, "SIGNET_TEST_API=" + s.Issuer, "SIGNET_TEST_SECRET_KEY=" + harness.SecretKey,
			"SIGNET_TEST_EMAIL=" + harness.Email, "SIGNET_TEST_PASSWORD=" + harness.Password,
			"SIGNET_TEST_BINARY=" + harness.Binary(), "SIGNET_TEST_DOCUMENTS=" + s.documents,
			"SIGNET_TEST_CERT=" + s.certificate.certFile, "SIGNET_TEST_KEY=" + s.certificate.keyFile,
			"NODE_EXTRA_CA_CERTS=" + s.certificate.certFile, "SSL_CERT_FILE=" + s.certificate.certFile,
		}, "node", "--test", "--test-concurrency=1")
	})
}

func inNode(t *testing.T, environ []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = "node"
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "SIGNET_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
}
