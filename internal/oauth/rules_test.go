package oauth

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// web is a confidential client, spa a public one.
var (
	web = Client{
		ID:           "d9g4CT4WYiCBm7EU",
		AskConsent:   true,
		RedirectURIs: []string{"https://client.example/cb"},
		Scopes:       Scopes{"profile", "email"},
		SecretHash:   HashSecret("VVgbT7i6sPo7sTljq2zj12fjmg0jPL5k"),
		Lifetimes:    DefaultLifetimes(),
	}
	spa = Client{
		ID:           "a1b2c3d4e5f6g7h8",
		Public:       true,
		AskConsent:   true,
		RedirectURIs: []string{"https://spa.example/cb"},
		Scopes:       Scopes{"profile", "email"},
		Lifetimes:    DefaultLifetimes(),
	}
)

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 Appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// refusedBy gives the code and the section of a refusal, "" for none.
func refusedBy(err error) string {
	var refused *Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &refused):
		return "fault: " + err.Error()
	}
	return string(refused.Code) + ", " + refused.Spec
}

// sources reads the Go files of this package whose names match.
func sources(t *testing.T, test bool) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != test {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

var refusals = regexp.MustCompile(`refuse\((\w+|""),\s*"([^"]+)",\s*"([^"]*)"\)`)

func TestEveryRefusalHasATestLineAndALineInTheSpecification(t *testing.T) {
	codes := map[string]string{`""`: ""}
	for _, m := range regexp.MustCompile(`(?m)^\s+(\w+)\s+ErrorCode = "(\w+)"`).FindAllStringSubmatch(sources(t, false), -1) {
		codes[m[1]] = m[2]
	}
	spec, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := sources(t, true)
	found := refusals.FindAllStringSubmatch(sources(t, false), -1)
	if len(found) < 40 {
		t.Fatalf("the scan found %d refusals, want all of them", len(found))
	}
	for _, m := range found {
		code, section, description := codes[m[1]], m[2], m[3]
		if want := `"` + code + ", " + section + `"`; !strings.Contains(tests, want) {
			t.Errorf("no test line expects %s (%s)", want, description)
		}
		if !strings.Contains(string(spec), "| "+section+" |") {
			t.Errorf("docs/spec.md has no line for %s", section)
		}
		if description == "" || strings.ContainsFunc(description, func(r rune) bool {
			return r < ' ' || r > '~' || r == '"' || r == '\\'
		}) {
			t.Errorf("description %q: RFC 6749 §5.2 admits %%x20-21 / %%x23-5B / %%x5D-7E", description)
		}
	}
}
