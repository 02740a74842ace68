package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/oauth2"
)

// A hand uses the pages in one of the ways in which people do.
type hand struct {
	*world
	t    *testing.T
	keys bool // by the keyboard alone
}

// condition is one of those ways, and what the browser is like.
type condition struct {
	name          string
	width, height int64
	scale         float64
	noScripts     bool
	keys          bool
}

var conditions = []condition{
	{name: "as most do", width: 1280, height: 800, scale: 1},
	{name: "without JavaScript", width: 1280, height: 800, scale: 1, noScripts: true},
	{name: "320 pixels wide", width: 320, height: 640, scale: 1},
	{name: "at 200 percent", width: 640, height: 400, scale: 2}, // of 1280 by 800
	{name: "by the keyboard", width: 1280, height: 800, scale: 1, keys: true},
}

func (w *world) under(t *testing.T, c condition) *hand {
	t.Helper()
	_, err := chromedp.Call(w.tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: c.width, Height: c.height, DeviceScaleFactor: c.scale})
	if err == nil {
		_, err = chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: c.noScripts})
	}
	if err != nil {
		t.Fatal(err)
	}
	return &hand{w, t, c.keys}
}

// visit opens a page and waits for an element.
func (h *hand) visit(address, selector string) {
	h.t.Helper()
	run(h.t, h.tab, chromedp.Navigate(address))
	h.at(selector)
}

// at waits for an element, and checks that a page of ours fits.
func (h *hand) at(selector string) {
	h.t.Helper()
	run(h.t, h.tab, see(selector))
	if !strings.HasPrefix(location(h.t, h.tab), h.issuer) {
		return
	}
	if wide := evaluate[[]string](h.t, h.tab, `(() => {
		const wide = [], root = document.documentElement;
		if (root.scrollWidth > root.clientWidth) wide.push("the page: " + root.scrollWidth + " of " + root.clientWidth);
		for (const e of document.querySelectorAll("a, button, input, select, summary, label, h1, p")) {
			const box = e.getBoundingClientRect();
			if (box.width > 1 && e.checkVisibility() && !e.closest("details:not([open]) > :not(summary), .hidden") && (box.right > root.clientWidth + 1 || box.left < -1))
				wide.push(e.tagName + "#" + e.id + ": " + box.left + " to " + box.right);
		}
		return wide;
	})()`); len(wide) > 0 {
		h.t.Errorf("%s does not fit: %s", location(h.t, h.tab), strings.Join(wide, "; "))
	}
}

// press presses a button or follows a link, and waits for what comes next.
func (h *hand) press(selector, next string) {
	h.t.Helper()
	run(h.t, h.tab, chromedp.SetAttributeValue(chromedp.CSS("body"), "data-before", "1"))
	if h.keys {
		h.tabTo(selector)
		run(h.t, h.tab, chromedp.KeyEvent(kb.Enter))
	} else {
		run(h.t, h.tab, click(selector))
	}
	h.at("body:not([data-before]) " + next)
}

// write fills a field in.
func (h *hand) write(selector, text string) {
	h.t.Helper()
	if !h.keys {
		run(h.t, h.tab, fill(selector, text))
		return
	}
	h.tabTo(selector)
	run(h.t, h.tab, chromedp.KeyEvent(text))
}

// tabTo goes on to an element by the tabulator, and checks that each stop on the way can
// be seen and has a ring.
func (h *hand) tabTo(selector string) {
	h.t.Helper()
	const most = 60
	var passed []string
	for range most {
		stop := evaluate[struct {
			Name         string
			Is, Ring, In bool
		}](h.t, h.tab, fmt.Sprintf(`(() => {
			const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
			return {
				Name: e.tagName + "#" + e.id, Is: e.matches(%q),
				Ring: e === document.body || parseFloat(style.outlineWidth) >= 1 && style.outlineStyle !== "none",
				In: e === document.body || box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
			};
		})()`, selector))
		if !stop.Ring || !stop.In {
			h.t.Errorf("%s: the focus on %s is not to be seen (ring %v, in the window %v)", location(h.t, h.tab), stop.Name, stop.Ring, stop.In)
		}
		if stop.Is {
			return
		}
		passed = append(passed, stop.Name)
		run(h.t, h.tab, chromedp.KeyEvent(kb.Tab))
	}
	h.t.Fatalf("%s: the tabulator does not come to %s, but to %v", location(h.t, h.tab), selector, passed)
}

func evaluate[T any](t *testing.T, tab context.Context, script string) T {
	t.Helper()
	got, err := chromedp.Run(tab, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%v: %.200s", err, script)
	}
	return got
}

func location(t *testing.T, tab context.Context) string {
	t.Helper()
	at, err := chromedp.Run(tab, chromedp.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// From an application to an account that was not there, back, and on to the page on which
// the application is cut off again.
func TestNewcomersJourney(t *testing.T) {
	w := newWorld(t)
	for i, c := range conditions {
		t.Run(c.name, func(t *testing.T) {
			h := w.under(t, c)
			h.visit(w.issuer+"/sign-in", "#identifier")
			if runs := evaluate[bool](t, w.tab, `matchMedia("(scripting: enabled)").matches`); runs == c.noScripts {
				t.Fatalf("scripts run: %v", runs)
			}
			newcomer := fmt.Sprintf("grace%d@example.com", i)
			h.visit(w.config.AuthCodeURL("state-1"), "#identifier")
			h.press("#sign-up", "#address")
			h.write("#address", newcomer)
			h.press("#sign-up", "#code")
			h.write("#code", w.mail.Take(t, newcomer).Code())
			h.write("#first_name", "Grace")
			h.write("#password", newPassword)
			h.press("#sign-up", "#allow")
			h.press("#allow", "#answer")
			token, err := w.config.Exchange(t.Context(), answer(t, w.tab).Get("code"))
			if err != nil {
				t.Fatal(err)
			}

			h.visit(w.issuer+"/account", "h1")
			h.press(`a[href="/account/applications"]`, "#applications")
			h.press(`[id^="disconnect-"]`, "#do")
			h.press("#do", "#notice")
			if page := read(t, w.tab, "main"); strings.Contains(page, "Analytical Engine") {
				t.Errorf("the application is still listed:\n%s", page)
			}
			_, err = w.config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			if err == nil || !strings.Contains(err.Error(), "invalid_grant") {
				t.Errorf("the application refreshes: %v", err)
			}
			h.visit(w.issuer+"/sign-out", "#sign-out")
			h.press("#sign-out", "#signed-out")
		})
	}
}

// A page that was left open until what it goes on with is too old says so, and how to
// go on.
func TestExpiredPages(t *testing.T) {
	w := newWorld(t)
	link := w.config.AuthCodeURL("state-1")
	run(t, w.tab, chromedp.Navigate(link), see("#identifier"))
	w.ahead.Add(int64(2 * time.Hour))
	run(t, w.tab, fill("#identifier", address), click("#sign-in"))
	if said := read(t, w.tab, "main"); !strings.Contains(said, "application") {
		t.Errorf("the page that was too old says:\n%s", said)
	}
	run(t, w.tab, chromedp.Navigate(link), signIn(password), see("#allow"))
	w.ahead.Add(int64(2 * time.Hour))
	run(t, w.tab, click("#allow"), see("#error-code"), chromedp.Navigate(link), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("from the beginning the client got %v", q)
	}

	// A session that has ended asks for the sign-in.
	run(t, w.tab, chromedp.Navigate(w.issuer+"/account/profile"), see("#save"))
	w.ahead.Add(int64(8 * 24 * time.Hour))
	run(t, w.tab, click("#save"), see("#identifier"))
}
