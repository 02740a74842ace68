// Package ui holds the pages that users see: one struct per page with a Render
// method, the templates and the stylesheet. It decides nothing and knows no
// request; what a page shows is what its struct says.
//
// Pages are plain HTML forms. Whatever comes from outside is isolated, so that
// it can neither turn the text around it nor push a button off the screen.
package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode"
)

//go:embed templates
var templateFiles embed.FS

var templates = parseTemplates("sign_in", "sign_in_token", "sign_up", "select_account", "consent", "form_post", "sign_out", "signed_out",
	"device", "device_consent", "device_done", "error", "refusal", "home")

func parseTemplates(pages ...string) map[string]*template.Template {
	layout := template.Must(template.New("layout.html").
		Funcs(template.FuncMap{"asset": assetPath, "plain": plain, "initial": initial}).
		ParseFS(templateFiles, "templates/layout.html"))
	parsed := make(map[string]*template.Template, len(pages))
	for _, page := range pages {
		t := template.Must(layout.Clone())
		parsed[page] = template.Must(t.ParseFS(templateFiles, "templates/"+page+".html"))
	}
	return parsed
}

// render writes a page at once, so that a fault leaves no half of it behind.
func render(w io.Writer, page string, data any) error {
	var b bytes.Buffer
	if err := templates[page].Execute(&b, data); err != nil {
		return fmt.Errorf("rendering the page %s: %w", page, err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// maxName bounds how much of a name is shown, in characters.
const maxName = 100

// plain makes a name fit to be shown: control characters and those that change
// the direction of what follows are dropped, and what is too long is cut.
func plain(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(name, "�") {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			continue
		}
		if n++; n > maxName {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// initial is the letter that stands for a name.
func initial(name string) string {
	for _, r := range plain(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}
