package looks

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/signet-auth/signet/internal/ui/gallery"
)

var (
	shots  = flag.String("shots", "", "a directory for pictures of all pages")
	only   = flag.String("only", "", "the beginning of the names of the pages to look at")
	update = flag.Bool("update", false, "write the pictures in docs/images")
)

// ways are how every page is looked at: 320 pixels is what a phone has, or a desktop
// at 400 % (WCAG 1.4.10), and 640 a desktop at 200 %.
var ways = []way{
	{"light", "en", "light", 1280, 900},
	{"dark-phone", "en", "dark", 320, 700},
	{"arabic", "ar", "dark", 640, 900},
	{"german-phone", "de", "light", 320, 700},
}

// axeRules are those of WCAG 2.2 AA and of those before it.
const axeRules = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]})
	.then(found => JSON.stringify(found.passes.length < 10 ? ["it has looked at nothing"] : found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 200) + " " + n.failureSummary).join("; "))))`

// judged are the ways that axe looks at: what it judges differs by colours and words.
var judged = map[string]bool{"light": true, "dark-phone": true}

// variant tells pages of operators that differ little from one that is looked at in
// every way: each of them is looked at once.
var variant = regexp.MustCompile(`^board_.*_(none|wrong|hostile|odd|nobody|new|public|done)$`)

func TestLooks(t *testing.T) {
	axe, err := os.ReadFile("node/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf(`%v: run "make test", which installs it`, err)
	}
	b := newBrowser(t)
	for _, s := range gallery.States() {
		if !strings.HasPrefix(s.Name, *only) {
			continue
		}
		for _, w := range ways {
			if variant.MatchString(s.Name) && w.name != "dark-phone" {
				continue
			}
			if differs := !strings.HasPrefix(s.Name, "problem_") && !strings.HasPrefix(s.Name, "trouble_"); !differs && !judged[w.name] {
				continue // another sentence on a page that is looked at
			}
			b.visit(t, s, w)
			if w.width == 320 {
				do(t, b, chromedp.Evaluate[chromedp.Void](unfold))
			}
			if scrolled := do(t, b, chromedp.Evaluate[[]string](sideways)); len(scrolled) > 0 {
				t.Errorf("%s, %s: these stick out: %s", s.Name, w.name, scrolled)
			}
			if elsewhere := do(t, b, chromedp.Evaluate[[]string](foreign)); len(elsewhere) > 0 {
				t.Errorf("%s, %s: requests %s", s.Name, w.name, elsewhere)
			}
			if *shots != "" {
				write(t, filepath.Join(*shots, s.Name+"."+w.name+".png"), b.shot(t, w))
			}
			if judged[w.name] {
				for _, x := range b.judge(t, string(axe)) {
					t.Errorf("%s, %s: axe: %s", s.Name, w.name, x)
				}
			}
		}
	}
}

// unfold opens what a page can show more of. Where that is nothing of its own, its menus
// are opened, which would lie over it otherwise, and of which the last closes the one
// before.
const unfold = `{
	const all = [...document.querySelectorAll("details")].reverse(), own = all.filter(d => !d.matches(".menu"));
	(own.length > 0 ? own : all).forEach(d => { d.open = true });
}`

// sideways names what makes the page wider than the window.
const sideways = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("body *")].filter(e => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1 })
	.map(e => e.outerHTML.slice(0, 80))`

// foreign lists what was loaded from elsewhere.
const foreign = `performance.getEntriesByType("resource").map(e => e.name).filter(name => new URL(name).origin !== location.origin)`

// fold closes the menus.
const fold = `document.querySelectorAll(".menu").forEach(d => { d.open = false })`

// judge tells what axe finds. What it finds too small because an open menu lies over it
// is looked at once more with the menus closed.
func (b browser) judge(t *testing.T, axe string) []string {
	t.Helper()
	found := violations(t, b, axe)
	small := func(x string) bool { return strings.HasPrefix(x, "target-size") }
	if !slices.ContainsFunc(found, small) {
		return found
	}
	do(t, b, chromedp.Evaluate[chromedp.Void](fold))
	return append(slices.DeleteFunc(found, small), violations(t, b, axe)...)
}

func violations(t *testing.T, b browser, axe string) []string {
	t.Helper()
	do(t, b, chromedp.Evaluate[chromedp.Void](axe))
	found := do(t, b, chromedp.Evaluate[string](axeRules, awaitPromise))
	var list []string
	if err := json.Unmarshal([]byte(found), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func awaitPromise(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// maxFirstPage is what somebody who comes for the first time loads at most, in bytes.
const maxFirstPage = 30_000

func TestFirstPage(t *testing.T) {
	for _, s := range gallery.States() {
		if s.Name != "sign_in_application" && s.Name != "sign_in_brand" {
			continue
		}
		b := newBrowser(t) // nothing is cached
		b.visit(t, s, ways[0])
		total := do(t, b, chromedp.Evaluate[float64](`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.transferSize, 0)`))
		if total < 5_000 || total > maxFirstPage {
			t.Errorf("%s has %.0f bytes in all, want at most %d", s.Name, total, maxFirstPage)
		}
		t.Logf("%s: %.0f bytes in all", s.Name, total)
	}
}

// Whoever has a keyboard alone gets everywhere and sees where they are.
func TestKeyboard(t *testing.T) {
	b := newBrowser(t)
	tests := []struct{ state, want string }{
		{"password_wrong", "sign-in"},
		{"consent_organizations", "other-account deny allow"},
		{"device", "continue"},
		{"specimen", "first zone"},
	}
	for _, tt := range tests {
		b.visit(t, gallery.State{Name: tt.state}, ways[0])
		do(t, b, chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
		reached := map[string]bool{}
		for range do(t, b, chromedp.Evaluate[int](`document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, [tabindex]").length`)) {
			do(t, b, chromedp.KeyEvent("\t"))
			at := do(t, b, chromedp.Evaluate[focus](focused))
			if at.Name == "BODY" {
				break // past the end
			}
			if !at.Visible {
				t.Errorf("%s: nothing shows that %s has the focus", tt.state, at.Name)
			}
			reached[at.Name] = true
		}
		for _, name := range strings.Fields(tt.want + " language-menu theme-menu") {
			if !reached[name] {
				t.Errorf("%s: tabs reach %v, not %s", tt.state, reached, name)
			}
		}
	}
}

// A focus is what has it, and whether one sees that.
type focus struct {
	Name    string
	Visible bool
}

const focused = `(e => { const s = getComputedStyle(e); return {
	Name: e.id || (e.tagName === "SUMMARY" && e.parentElement.id) || e.tagName,
	Visible: s.outlineStyle === "solid" && parseFloat(s.outlineWidth) >= 2 } })(document.activeElement)`
