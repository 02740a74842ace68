package ui

import (
	"fmt"
	"regexp"
	"testing"
)

// surfaces reads the colours of a property of signet.css, light and dark.
func surfaces(t *testing.T, name string) (light, dark colour) {
	t.Helper()
	found := regexp.MustCompile(`--` + name + `: light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`).FindSubmatch(assets["signet.css"].content)
	if found == nil {
		t.Fatalf("signet.css has no --%s", name)
	}
	parsed := func(s string) colour {
		if len(s) == 4 {
			s = "#" + s[1:2] + s[1:2] + s[2:3] + s[2:3] + s[3:4] + s[3:4]
		}
		c, ok := parseColour(s)
		if !ok {
			t.Fatalf("--%s has %s", name, s)
		}
		return c
	}
	return parsed(string(found[1])), parsed(string(found[2]))
}

// Whatever the accent, text on it and text in it can be read on everything.
func TestAccents(t *testing.T) {
	style := regexp.MustCompile(`^:root\{--accent:(#\w{6});--accent-strong:(#\w{6});--on-accent:(#\w{6});--ink:light-dark\((#\w{6}),(#\w{6})\)\}\n$`)
	for n := 0; n < 1<<24; n += 0x010307 {
		accent := fmt.Sprintf("#%06x", n)
		c, _ := parseColour(accent)
		found := style.FindStringSubmatch(accentStyles(c))
		if found == nil || found[1] != accent {
			t.Fatalf("%s: %s", accent, accentStyles(c))
		}
		var x [6]colour
		for i := 1; i < 6; i++ {
			x[i], _ = parseColour(found[i])
		}
		wantContrast(t, accent+" with text", x[1], x[3])
		wantContrast(t, accent+" with text, pointed at", x[2], x[3])
		for _, name := range []string{"page", "card", "sunken", "hover"} {
			light, dark := surfaces(t, name)
			wantContrast(t, accent+" as text on the light "+name, x[4], light)
			wantContrast(t, accent+" as text on the dark "+name, x[5], dark)
		}
	}
}

func wantContrast(t *testing.T, what string, a, b colour) {
	t.Helper()
	if got := contrast(a, b); got < 4.5 {
		t.Errorf("%s: %s and %s have a contrast of %.2f, want 4.5", what, a, b, got)
	}
}

func TestContrast(t *testing.T) {
	grey, _ := parseColour("#777777")
	for _, tt := range []struct {
		a, b colour
		want string
	}{
		{white, black, "21.00"}, {white, white, "1.00"}, {grey, white, "4.48"}, // of the WCAG's own examples
	} {
		if got := fmt.Sprintf("%.2f", contrast(tt.a, tt.b)); got != tt.want {
			t.Errorf("contrast(%s, %s) = %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
	for _, s := range []string{"", "#fff", "#12345g", "123456", "#1234567", "#-12345", "#+12345"} {
		if ValidAccent(s) {
			t.Errorf("%q is an accent", s)
		}
	}
}
