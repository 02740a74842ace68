package looks

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signet-auth/signet/internal/ui/gallery"
)

// images are the pictures of pages in the documentation.
var images = []struct {
	file, state string
	way         way
}{
	{"sign-in.png", "sign_in_application", way{"", "en", "light", 720, 640}},
	{"sign-in-arabic.png", "sign_in_application", way{"", "ar", "dark", 720, 640}},
	{"consent.png", "consent_logo", way{"", "en", "light", 720, 820}},
	{"consent-dark.png", "consent_unverified", way{"", "en", "dark", 720, 820}},
	{"device.png", "device_consent", way{"", "en", "light", 720, 820}},
	{"dashboard.png", "board_home", way{"", "en", "light", 1200, 900}},
	{"dashboard-application.png", "board_application", way{"", "en", "light", 1200, 900}},
	{"dashboard-refusal.png", "board_refusal", way{"", "en", "dark", 1000, 820}},
	{"shell.png", "specimen", way{"", "en", "light", 1200, 860}},
}

// sources has, for each picture, what it shows: a picture itself is not compared, as
// the fonts of another machine would make another one.
const sources = "sources.txt"

// TestImages tells pictures that do not show the pages as they are.
func TestImages(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "images")
	var now strings.Builder
	b := newBrowser(t)
	for _, x := range images {
		b.visit(t, gallery.State{Name: x.state}, x.way)
		fmt.Fprintf(&now, "%s %x\n", x.file, shows(t, b))
		if *update {
			do(t, b, chromedp.EmulateViewport(x.way.width, x.way.height, chromedp.EmulateScale(1.5)))
			write(t, filepath.Join(dir, x.file), do(t, b, chromedp.CaptureScreenshot()))
		}
	}
	if *update {
		write(t, filepath.Join(dir, sources), []byte(now.String()))
	}
	kept, err := os.ReadFile(filepath.Join(dir, sources))
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != now.String() {
		t.Errorf("pages have changed that are shown in docs/images: look at them, and run this test with -args -update\n%s", now.String())
	}
	for _, x := range images {
		picture, err := os.ReadFile(filepath.Join(dir, x.file))
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(picture))
		if err != nil || size.Width != int(x.way.width*3/2) || len(picture) > 200_000 {
			t.Errorf("%s: %d pixels wide, %d bytes, %v", x.file, size.Width, len(picture), err)
		}
	}
}

// shows is a digest of a page and of how it is styled, but for what depends on the
// fonts of the machine.
func shows(t *testing.T, b browser) []byte {
	t.Helper()
	digest := sha256.New()
	fmt.Fprintln(digest, hashes.ReplaceAllString(do(t, b, chromedp.Evaluate[string](`document.documentElement.outerHTML`)), "."))
	fmt.Fprintln(digest, do(t, b, chromedp.Evaluate[string](styles)))
	return digest.Sum(nil)
}

var hashes = regexp.MustCompile(`\.[0-9a-f]{16}\.`)

const styles = `[...document.querySelectorAll("body, body *")].map(e => { const s = getComputedStyle(e); return [
	"display", "color", "backgroundColor", "borderColor", "borderWidth", "borderRadius", "boxShadow", "opacity", "fontFamily", "fontSize", "fontWeight",
	"lineHeight", "letterSpacing", "textAlign", "textDecorationLine", "marginTop", "paddingTop", "paddingLeft", "columnGap", "rowGap", "stroke", "minHeight",
].map(name => s[name]).join() }).join("\n")`
