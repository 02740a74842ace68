package sdk

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const expressSDK = "@clerk/express"

// expressMethods are what @clerk/express has beside what @clerk/backend has.
var expressMethods = []string{"clerkMiddleware", "getAuth"}

// TestJavaScriptSDK runs the tests in node, with what package-lock.json says.
func TestJavaScriptSDK(t *testing.T) {
	if _, err := os.Stat(filepath.Join("node", "node_modules", "@clerk", "express")); err != nil {
		in(t, "node", nil, "npm", "ci", "--no-audit", "--no-fund")
	}
	eachServer(t, func(t *testing.T, s server) {
		in(t, "node", []string{"SIGNET_TEST_URL=" + s.url, "SIGNET_TEST_SECRET_KEY=" + s.key, "CLERK_TELEMETRY_DISABLED=1", "SIGNET_TEST_CALLS=" + recordFile()},
			"node", "--import", "./record.mjs", "--test")
	})
}

// in runs a program in a directory.
func in(t *testing.T, dir string, environ []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(foreign(os.Environ()), environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
}
