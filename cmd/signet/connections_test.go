package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestConnectionsAndRevokeAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := func(args ...string) string {
		t.Helper()
		status, out, errs := call(t, dir, "correct horse battery\n", append(args, "--json")...)
		var object struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal([]byte(out), &object); status != 0 || err != nil {
			t.Fatalf("%v: %d %s%s", args, status, out, errs)
		}
		return object.ID
	}
	user := made("users", "create", "--email", "ada@example.com")
	app := made("apps", "create", "--name", "Shop", "--redirect-uri", "https://shop.example.com/callback")
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"connections list --user " + user, 0, "USER"},
		{"connections list --json --app " + app, 0, "[]"},
		{"connections list", statusMisuse, "--user or --app"},
		{"connections list --user " + user + " --app " + app, statusMisuse, "--user or --app"},
		{"connections list --user user_nobody", statusFailed, "not found"},
		{"connections withdraw --user " + user, 0, "Withdrawn: 0."},
		{"connections withdraw --json --app " + app, 0, `"withdrawn": 0`},
		{"connections withdraw --user " + user + " --app " + app, statusFailed, "not found"},
		{"connections withdraw", statusMisuse, "say whose"},
		{"revoke-all --app " + app, 0, "Dead is whatever"},
		{"revoke-all --before 2026-01-01T00:00:00Z --json --user " + user, 0, `"not_before": "2026-01-01T00:00:00Z"`},
		{"revoke-all --instance", 0, "Dead is whatever"},
		{"revoke-all", statusMisuse, "say what"},
		{"revoke-all --instance --user " + user, statusMisuse, "say what"},
		{"revoke-all --instance --before yesterday", statusMisuse, "not a time"},
		{"revoke-all --instance --before 2100-01-01T00:00:00Z", statusFailed, "must be a time that is past"},
	} {
		status, out, errs := call(t, dir, "", strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%s: %d, want %d\n%s%s", tt.args, status, tt.status, out, errs)
		}
	}
}
