package backendapi

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	for kind := admin.Missing; kind <= admin.UsernameAllDigits; kind++ {
		if _, ok := catalogue[codes[kind]]; !ok {
			t.Errorf("kind %d has the code %q, which is not in the catalogue", kind, codes[kind])
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(?:refuse\(|problem\{|code: )"([a-z_]+)"`)
	n := 0
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllSubmatch(source, -1) {
			n++
			if _, ok := catalogue[string(m[1])]; !ok {
				t.Errorf("%s refuses with %q, which is not in the catalogue", name, m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("found %d refusals in the sources; has their spelling changed?", n)
	}
}

func TestStatuses(t *testing.T) {
	mistake := func(kinds ...admin.Kind) error {
		var e admin.Error
		for _, k := range kinds {
			e.Problems = append(e.Problems, admin.Problem{Field: "redirect_uris", Kind: k})
		}
		return fmt.Errorf("wrapped: %w", &e)
	}
	tests := []struct {
		err    error
		status int
		code   string
	}{
		{store.ErrNotFound, 404, "resource_not_found"},
		{store.ErrConflict, 409, "conflict"},
		{account.ErrBusy, 503, "service_unavailable"},
		{mistake(admin.Repeated), 400, "duplicate_record redirect_uris"},
		{mistake(admin.Repeated, admin.Malformed), 422, "duplicate_record redirect_uris, form_param_format_invalid redirect_uris"},
		{mistake(admin.UnknownScope), 400, "oauth_invalid_scope redirect_uris"},
	}
	for _, tt := range tests {
		r, ok := asRefusal(fmt.Errorf("doing something: %w", tt.err))
		if !ok || r.status() != tt.status || refusedWith(r) != tt.code {
			t.Errorf("%v: %v, want %d with %q", tt.err, r, tt.status, tt.code)
		}
	}
	if r, ok := asRefusal(fmt.Errorf("disk on fire")); ok {
		t.Errorf("a fault is told as %v", r)
	}
}

func TestErrorBody(t *testing.T) {
	r := refusal{{code: "form_param_missing", param: "name", long: "name must be included."}, {code: "resource_not_found", long: "No such object exists."}}
	got, err := json.Marshal(r.body("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"errors":[{"message":"is missing","long_message":"name must be included.","code":"form_param_missing","meta":{"param_name":"name"}},` +
		`{"message":"not found","long_message":"No such object exists.","code":"resource_not_found"}],"clerk_trace_id":"0123456789abcdef0123456789abcdef"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Every code that can be answered is answered somewhere in a test that expects it,
// and the catalogue holds no others.
func TestEveryCodeIsExpectedByATest(t *testing.T) {
	read := func(patterns ...string) (text string) {
		t.Helper()
		for _, pattern := range patterns {
			names, err := filepath.Glob(pattern)
			if err != nil || len(names) == 0 {
				t.Fatalf("%s: %v, %v", pattern, names, err)
			}
			for _, name := range names {
				source, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(pattern, "_test.go") || !strings.HasSuffix(name, "_test.go") {
					text += string(source)
				}
			}
		}
		return text
	}
	sources, tests := read("*.go"), read("*_test.go", "../../test/sdk/*_test.go", "../../test/attack/*_test.go", "../../test/flows/*_test.go")
	for code := range catalogue {
		word := regexp.MustCompile(`[" ]` + code + `[" ,]`)
		if n := len(regexp.MustCompile(`"`+code+`"`).FindAllString(sources, -1)); n < 2 {
			t.Errorf("nothing answers with %s: take it out of the catalogue", code)
		}
		if !word.MatchString(tests) {
			t.Errorf("no test expects %s", code)
		}
	}
}
