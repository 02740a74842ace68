package looks

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/ui"
	"github.com/signet-auth/signet/internal/ui/gallery"
)

// TestHTML lets html-validate judge every page, in two languages.
func TestHTML(t *testing.T) {
	dir := t.TempDir()
	for _, tag := range []string{"en", "ar"} {
		l, _ := lang.Named(tag)
		for _, s := range gallery.States() {
			var b bytes.Buffer
			if err := s.Page.Render(&b, ui.View{Language: l, Theme: ui.Dark, Brand: s.Brand, Back: s.Path()}); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, s.Name+"."+tag+".html"), b.Bytes())
		}
	}
	command := exec.CommandContext(t.Context(), "node", "node_modules/html-validate/bin/html-validate.mjs", "--config", "htmlvalidate.json", "--max-warnings", "0", dir)
	command.Dir = "node"
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("html-validate: %v\n%s", err, out)
	}
}
