package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEventsAndWebhooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		status, out, errs := call(t, dir, "correct horse battery\n", args...)
		if status != 0 {
			t.Fatalf("%v: %d %s%s", args, status, out, errs)
		}
		return out
	}
	var webhook struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(run("webhooks", "create", "--url", "http://127.0.0.1:1/", "--type", "user.created,user.deleted", "--json")), &webhook); err != nil {
		t.Fatal(err)
	}
	run("users", "create", "--email", "ada@example.com")
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"events list --type user.created", 0, "command"},
		{"events list --type user.created --since 1h --json", 0, `"actor_type": "command"`},
		{"events list --object " + webhook.ID + " --json", 0, `"type": "webhook.created"`},
		{"events list --type user.invented", statusFailed, "must be a type of event"},
		{"events list --limit 0", statusMisuse, "at least 1"},
		{"webhooks list", 0, "enabled"},
		{"webhooks list --json", 0, `"user.deleted"`},
		{"webhooks create", statusMisuse, "--url"},
		{"webhooks create --url https://10.0.0.1/", statusFailed, "must lead to a public address"},
		{"webhooks deliveries " + webhook.ID, 0, "user.created"},
		{"webhooks deliveries --json --status pending " + webhook.ID, 0, `"event_type": "user.created"`},
		{"webhooks deliveries --status failed --json " + webhook.ID, 0, "[]"},
		{"webhooks deliveries --status lost " + webhook.ID, statusMisuse, "pending, delivered or failed"},
		{"webhooks replay " + webhook.ID, statusMisuse, "--since"},
		{"webhooks replay --since 1h " + webhook.ID, 0, "0 events will be sent."},
		{"webhooks delete " + webhook.ID, 0, ""},
		{"webhooks delete " + webhook.ID, statusFailed, "not found"},
		{"webhooks deliveries we_nobody", statusFailed, "not found"},
	} {
		status, out, errs := call(t, dir, "", strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%s: %d, want %d\n%s%s", tt.args, status, tt.status, out, errs)
		}
		if strings.Contains(out, "whsec_") {
			t.Errorf("%s shows a secret", tt.args)
		}
	}
}
