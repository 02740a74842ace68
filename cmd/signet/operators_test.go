package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOperators(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"ada", "bob"} {
		if status, _, errs := call(t, dir, "correct horse battery\n", "users", "create", "--email", name+"@example.com", "--username", name+"_user"); status != 0 {
			t.Fatal(errs)
		}
	}
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"operators list", 0, "USER"},
		{"operators list --json", 0, "[]"},
		{"operators add nobody@example.com", statusFailed, "there is no user"},
		{"operators add user_nobody", statusFailed, "not found"},
		{"operators add", statusMisuse, "arg"},
		{"operators remove ada_user", statusFailed, "is no operator"},
		{"operators add ADA@example.com", 0, "is an operator"},
		{"operators remove ada_user", statusFailed, "the last operator"},
		{"operators add bob_user", 0, "is an operator"},
		{"operators list", 0, "bob@example.com"},
		{"operators remove ada@example.com", 0, "no operator any more"},
		{"operators invite --issuer https://id.example.com", 0, "https://id.example.com/dashboard/setup?token="},
		{"operators invite --json", 0, `"expires_in_seconds": 3600`},
	} {
		status, out, errs := call(t, dir, "", strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%s: %d, want %d with %q\n%s%s", tt.args, status, tt.status, tt.want, out, errs)
		}
	}
	_, out, _ := call(t, dir, "", "operators", "list", "--json")
	var all []operator
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 1 || all[0].Address != "bob@example.com" || !all[0].Acts {
		t.Errorf("%s, %v", out, err)
	}
}
