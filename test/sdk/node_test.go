package sdk

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJavaScriptSDK runs node/sdk.test.js, with what package-lock.json says.
func TestJavaScriptSDK(t *testing.T) {
	if _, err := os.Stat(filepath.Join("node", "node_modules", "@clerk", "backend")); err != nil {
		inNode(t, nil, "npm", "ci", "--no-audit", "--no-fund")
	}
	eachServer(t, func(t *testing.T, s server) {
		inNode(t, []string{"SIGNET_TEST_URL=" + s.url, "SIGNET_TEST_SECRET_KEY=" + s.key, "CLERK_TELEMETRY_DISABLED=1"}, "node", "--test")
	})
}

func inNode(t *testing.T, environ []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = "node"
	cmd.Env = append(foreign(os.Environ()), environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
}
