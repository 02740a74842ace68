package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// counts reads the summary of an import.
func counts(t *testing.T, status int, out, errs string) map[string]map[string]int {
	t.Helper()
	var summary struct{ Counts map[string]map[string]int }
	if err := json.Unmarshal([]byte(out), &summary); status != 0 || err != nil {
		t.Fatalf("import: %d %v\n%s%s", status, err, out, errs)
	}
	return summary.Counts
}

const clerkUsers = `id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher
user_2O4BCh3zUONvWlZHtBXv6s6tm7u,Ada,Lovelace,ada_l,ada@example.com,,ada@example.com|countess@example.com,old@example.com,,,,$2b$06$abcdefghijklmnopqrstuuweFluOTZuQ0Boo1w.y.les8URrwaTdW,bcrypt
user_2O4BCh3zUONvWlZHtBXv6s6tm7v,Grace,Hopper,,grace@example.com,,grace@example.com,,,,,,
not-an-id,No,Body,nobody_x,,,,,,,,,
user_2O4BCh3zUONvWlZHtBXv6s6tm7w,Ada,Again,,not an address,,,,,,,,
`

func TestImportFromClerk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, "users.csv", clerkUsers)
	run := func(more ...string) map[string]int {
		t.Helper()
		status, out, errs := call(t, dir, "", append([]string{"import", "clerk", "--csv", file, "--json"}, more...)...)
		return counts(t, status, out, errs)["users"]
	}
	if got := run("--dry-run"); got["created"] != 2 || got["skipped"] != 2 {
		t.Errorf("dry run: %v", got)
	}
	report := filepath.Join(t.TempDir(), "report.jsonl")
	if got := run("--report", report); got["created"] != 2 || got["skipped"] != 2 {
		t.Errorf("the first time: %v", got)
	}
	text, err := os.ReadFile(report)
	if err != nil || strings.Count(string(text), "\n") != 4 || !strings.Contains(string(text), `"row":4,"what":"skipped","name":"not-an-id","reason":"id: id must be`) {
		t.Errorf("report %v\n%s", err, text)
	}
	if got := run(); got["present"] != 2 || got["skipped"] != 2 || got["created"] != 0 {
		t.Errorf("the second time: %v", got)
	}
	changed := write(t, "changed.csv", strings.NewReplacer("Ada,Lovelace", "Augusta,King", "old@example.com", "new@example.com").Replace(clerkUsers))
	const want = "row 2 (user_2O4BCh3zUONvWlZHtBXv6s6tm7u): there already, and stays with another first_name, last_name, email_address\n"
	if _, _, errs := call(t, dir, "", "import", "clerk", "--csv", changed, "--dry-run"); !strings.Contains(errs, want) || strings.Count(errs, "there already") != 1 {
		t.Errorf("the dry run of other values says %q, want %q", errs, want)
	}

	file = write(t, "users.csv", strings.SplitAfter(clerkUsers, "\n")[0]+"user_2O4BCh3zUONvWlZHtBXv6s6tm7x,Ada,Again,ADA_L,,,,,,,,,\n")
	if got := run("--dry-run"); got["skipped"] != 1 {
		t.Errorf("a taken user name, dry: %v", got)
	}
	if got := run(); got["skipped"] != 1 {
		t.Errorf("a taken user name: %v", got)
	}

	cmd := program(t, dir, "serve", "--listen", "127.0.0.1:0")
	issuer, out := start(t, issuerPattern, cmd)
	key := regexp.MustCompile(`sk_test_\w+`).FindString(out.String())
	_, body := get(t, issuer+"/v1/users/user_2O4BCh3zUONvWlZHtBXv6s6tm7u", key)
	for _, want := range []string{`"username":"ada_l"`, `"countess@example.com"`, `"old@example.com"`, `"password_enabled":true`} {
		if !strings.Contains(body, want) {
			t.Errorf("the user is without %s: %s", want, body)
		}
	}

	// Another Signet is read as Clerk is: applications with their client ids, and users.
	status, made, errs := call(t, dir, "", "apps", "create", "--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--json")
	if status != 0 {
		t.Fatal(errs)
	}
	var app struct {
		ClientID string `json:"client_id"`
		Secret   string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(made), &app); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	secrets := write(t, "secrets.csv", app.ClientID+","+app.Secret+"\n")
	status, summary, errs := call(t, other, "", "import", "clerk", "--api-url", issuer, "--secret-key", key, "--users", "--secrets", secrets, "--json")
	if got := counts(t, status, summary, errs); got["users"]["created"] != 2 || got["applications"]["created"] != 1 {
		t.Errorf("from another Signet: %v", got)
	}
	if _, list, _ := call(t, other, "", "apps", "list", "--json"); !strings.Contains(list, app.ClientID) {
		t.Errorf("the client id is another one: %s", list)
	}
	if status, _, errs := call(t, other, "", "import", "clerk", "--api-url", issuer, "--secret-key", "sk_test_wrong"); status != statusFailed || !strings.Contains(errs, "401") {
		t.Errorf("with a wrong key: %d %s", status, errs)
	}
	stop(t, cmd, out)
}

func TestImportFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	csv := write(t, "users.csv", "\ufeffmail,phone,created_at,public_metadata\nada@example.com,1,2015-12-10T00:00:00Z,\"{\"\"plan\"\":\"\"pro\"\"}\"\nnot an address,,,\ngrace@example.com,,yesterday,{\n")
	array := write(t, "users.json", `[{"email_address":["a@example.com","b@example.com"],"banned":true},{"username":"lin_x","password_digest":"5f4dcc3b5aa765d61d8327deb882cf99","password_hasher":"md5"},7]`)
	lines := write(t, "users.jsonl", "{\"username\":\"one_x\"}\n{\"username\":\"two_x\",\"unknown\":1}\n")
	for _, tt := range []struct {
		args []string
		want map[string]int
	}{
		{[]string{"csv", csv, "--map", "mail=email_address", "--map", "phone="}, map[string]int{"created": 1, "skipped": 2}},
		{[]string{"json", array}, map[string]int{"created": 2, "skipped": 1}},
		{[]string{"json", array}, map[string]int{"present": 2, "skipped": 1}},
		{[]string{"json", lines}, map[string]int{"created": 1, "skipped": 1}},
	} {
		status, out, errs := call(t, dir, "", append(append([]string{"import"}, tt.args...), "--json")...)
		got := counts(t, status, out, errs)["users"]
		for what, want := range tt.want {
			if got[what] != want {
				t.Errorf("%v: %v, want %v\n%s", tt.args, got, tt.want, errs)
			}
		}
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"csv", csv}, `no field "mail"`},
		{[]string{"csv", csv, "--map", "mail=address"}, "is not theirs=ours"},
		{[]string{"csv", filepath.Join(dir, "nothing.csv")}, "no such file"},
		{[]string{"json", write(t, "x.json", `"x"`)}, "neither an array"},
		{[]string{"json", write(t, "y.json", `[{"username":"x`)}, "object 1"},
		{[]string{"clerk"}, "give a --csv file"},
	} {
		if status, _, errs := call(t, dir, "", append([]string{"import"}, tt.args...)...); status == 0 || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: %d %s, want %q", tt.args, status, errs, tt.want)
		}
	}
	if _, out, _ := call(t, dir, "", "import", "json", lines); !strings.Contains(out, "users: 0 created, 1 there already, 1 skipped") {
		t.Errorf("the summary is %q", out)
	}
}
