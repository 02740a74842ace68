package looks

import (
	"context"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/signet-auth/signet/internal/ui/gallery"
)

// A browser is a Chromium that looks at a gallery.
type browser struct {
	tab    context.Context
	origin string
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	server := httptest.NewServer(gallery.Handler())
	t.Cleanup(server.Close)
	return browser{tab: chromium(t), origin: server.URL}
}

// chromium starts a browser with an empty profile and gives its first tab.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal(`there is no Chromium: run "make test", which installs one`)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("hide-scrollbars", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stopBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	tab, stopTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		stopTab()
		stopBrowser()
	})
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return tab
}

// patience is how long a page may take.
const patience = time.Minute

// do gives what an action finds out.
func do[T any](t *testing.T, b browser, action chromedp.Action[T]) T {
	t.Helper()
	ctx, stop := context.WithTimeout(b.tab, patience)
	defer stop()
	got, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A way is how pages are looked at.
type way struct {
	name            string
	language, theme string
	width, height   int64
}

// visit shows a page.
func (b browser) visit(t *testing.T, s gallery.State, w way) {
	t.Helper()
	address := b.origin + s.Path() + "?" + url.Values{"language": {w.language}, "theme": {w.theme}}.Encode()
	do(t, b, chromedp.Steps(chromedp.EmulateViewport(w.width, w.height), chromedp.Navigate(address)))
}

// shot takes a picture of the whole page. The window is made as tall as the page, as
// Chromium's own way moves pages that are from right to left.
func (b browser) shot(t *testing.T, w way) []byte {
	t.Helper()
	height := do(t, b, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	do(t, b, chromedp.EmulateViewport(w.width, max(w.height, height)))
	return do(t, b, chromedp.CaptureScreenshot())
}
