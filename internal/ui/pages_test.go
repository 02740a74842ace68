package ui_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/ui"
	"github.com/signet-auth/signet/internal/ui/gallery"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func rendered(t *testing.T, s gallery.State, v ui.View) string {
	t.Helper()
	v.Brand, v.Back = s.Brand, s.Path()
	var b bytes.Buffer
	if err := s.Page.Render(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var hashes = regexp.MustCompile(`/assets/(signet|board|passkey)\.[0-9a-f]{16}\.`)

func TestPages(t *testing.T) {
	known := map[string]bool{}
	for _, s := range gallery.States() {
		if known[s.Name] {
			t.Errorf("there are two states %s", s.Name)
		}
		known[s.Name] = true
		compare(t, s.Name, rendered(t, s, ui.View{}))
	}
	arabic := ui.View{Language: lang.Choose("ar"), Theme: ui.Dark}
	for _, s := range gallery.States() {
		if s.Name == "consent" || s.Name == "password_wrong" || s.Name == "specimen_empty" {
			known[s.Name+".ar"] = true
			compare(t, s.Name+".ar", rendered(t, s, arabic))
		}
	}
	files, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[strings.TrimSuffix(filepath.Base(file), ".html")] {
			t.Errorf("%s is of no state", file)
		}
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	got = hashes.ReplaceAllString(got, "/assets/$1.HASH.") // a change of style changes no page
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed; run with -update if that is meant (-want +got):\n%s", name, diff)
	}
}

// A page that says something in one language says it in all of them.
func TestPagesInEveryLanguage(t *testing.T) {
	for _, l := range lang.All() {
		for _, s := range gallery.States() {
			text := rendered(t, s, ui.View{Language: l})
			direction := map[bool]string{false: "ltr", true: "rtl"}[l.RTL()]
			if want := `<html lang="` + l.Tag() + `" dir="` + direction + `">`; !strings.Contains(text, want) {
				t.Errorf("%s in %s lacks %s", s.Name, l.Tag(), want)
			}
		}
	}
}

// passkeyScript is the one script that pages load.
var passkeyScript = regexp.MustCompile(`<script src="/assets/passkey\.[0-9a-f]{16}\.js" defer></script>`)

func TestPagesAreInert(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+="|javascript:|https?://[^"<]*"|[\x{202A}-\x{202E}\x{2066}-\x{2069}]`)
	for _, s := range gallery.States() {
		text := regexp.MustCompile(`(?s)<svg viewBox.*?</svg>`).ReplaceAllStringFunc(rendered(t, s, ui.View{}), func(chart string) string {
			return strings.ReplaceAll(chart, "<title>", "") // of a part of it
		})
		for _, value := range []string{"<title>", `<html lang="en" dir="ltr">`, `name="viewport"`, "<h1", "<main"} {
			if strings.Count(text, value) != 1 {
				t.Errorf("%s: %s occurs %d times, want once", s.Name, value, strings.Count(text, value))
			}
		}
		// Text that the user typed goes back as it was, inside one attribute or text area.
		text = regexp.MustCompile(` value="[^"]*"|(?s)<textarea.*?</textarea>`).ReplaceAllString(text, "")
		// These two lead to the client, and one has the script of its policy.
		text = regexp.MustCompile(`(action|href|placeholder)="https://[^"]*"`).ReplaceAllString(text, "")
		text = strings.Replace(text, `<script>document.getElementById("form-post").submit()</script>`, "", 1)
		text = passkeyScript.ReplaceAllString(text, "")
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s holds %q", s.Name, found)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	for _, s := range gallery.States() {
		if n := len(rendered(t, s, ui.View{})); s.Name == "consent_long" && n > 12_000 {
			t.Errorf("a page with names of 10,000 characters has %d bytes", n)
		}
	}
}

// Nobody's wish for a language or a theme brings anything but these onto a page.
func TestLook(t *testing.T) {
	tests := []struct {
		name, locales, chosen, accepted string
		language                        string
		theme                           ui.Theme
	}{
		{"nothing", "", "", "", "en", ui.System},
		{"the browser", "", "", "de-AT,de;q=0.9,en;q=0.8", "de", ui.System},
		{"chosen before", "", "fr.dark", "de", "fr", ui.Dark},
		{"a theme alone", "", ".light", "de", "de", ui.Light},
		{"the application first", "ja es", "fr.", "de", "ja", ui.System},
		{"an application that wants what there is not", "se nb", "fr.", "de", "fr", ui.System},
		{"Chinese of Taiwan", "", "", "zh-TW", "zh-Hans", ui.System},
		{"Brazil", "pt-BR", "", "", "pt", ui.System},
		{"a forged cookie", "", "xx\"><script>.blue", "de", "de", ui.System},
		{"nonsense", "%%% ;;;q=x, *", strings.Repeat("a", 100), strings.Repeat("de-", 1000), "en", ui.System},
		{"best of many", "", "", "tlh;q=1, es;q=0.2, ar;q=0.7", "ar", ui.System},
	}
	for _, tt := range tests {
		v := ui.NewView(tt.locales, ui.ParseLook(tt.chosen), tt.accepted)
		if v.Language.Tag() != tt.language || v.Theme != tt.theme {
			t.Errorf("%s: %s, %q; want %s, %q", tt.name, v.Language.Tag(), v.Theme, tt.language, tt.theme)
		}
	}
	look := ui.ParseLook("ja.dark").With("", "system")
	if got := look.String(); got != "ja." {
		t.Errorf("taking back a theme leaves %q", got)
	}
}
