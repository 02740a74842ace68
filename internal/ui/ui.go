// Package ui holds the pages that users see: one struct per page with a Render
// method, the templates and the stylesheet. It decides nothing and knows no
// request; what a page shows is what its struct and its View say.
//
// Pages are plain HTML forms. Whatever comes from outside is isolated, so that
// it can neither turn the text around it nor push a button off the screen.
//
// # A new page
//
// A page is a struct, a template and messages:
//
//	// Parting asks before an account is deleted.
//	type Parting struct {
//		User Person
//		CSRF string
//	}
//
//	// Render writes the page.
//	func (p Parting) Render(w io.Writer, v View) error { return render(w, v, "parting", p) }
//
// templates/parting.html defines "title" and "content"; dot is the struct in both.
// Every text is a message of package lang, in all its languages:
//
//	{{define "title"}}{{t "parting.title"}}{{end}}
//	{{define "content"}}
//	<h1>{{t "parting.title"}}</h1>
//	<p class="lead">{{t "parting.lead" "user" (name .User.Label)}}</p>
//	{{end}}
//
// t takes the values of placeholders by name and escapes them, so that neither a
// translation nor a value brings markup; name, code and plain make what is put in:
// isolated and bold, as code, or as bare text for titles and attributes. A number
// is called "n", and chooses the form of the message. say takes a Problem or a
// Trouble. icon draws.
//
// A page with navigation embeds Shell and says so with wide instead of render. The
// handler makes the struct; what writes answers passes the View, which is the same
// for all pages that one browser gets: NewView finds language and theme, the
// settings hold the brand. Each state of a page is a line in package gallery, which
// is what the golden files, the demo and the tests with a browser show.
package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/signet-auth/signet/internal/lang"
)

//go:embed templates
var templateFiles embed.FS

// sets are the templates in each language, parsed when they are first wanted.
var sets = func() map[lang.Language]func() (*template.Template, error) {
	all := map[lang.Language]func() (*template.Template, error){}
	for _, l := range lang.All() {
		all[l] = sync.OnceValues(func() (*template.Template, error) {
			return template.New("layouts").Funcs(phrases{l}.functions()).ParseFS(templateFiles, "templates/layout/*.html")
		})
	}
	return all
}()

// A pageKey names a template that has been parsed in a language.
type pageKey struct {
	language lang.Language
	page     string
}

var parsed sync.Map // of pageKey: *template.Template

func pageTemplate(key pageKey) (*template.Template, error) {
	if t, ok := parsed.Load(key); ok {
		return t.(*template.Template), nil
	}
	layouts, err := sets[key.language]()
	if err != nil {
		return nil, err
	}
	t, err := layouts.Clone()
	if err != nil {
		return nil, err
	}
	if t, err = t.ParseFS(templateFiles, "templates/"+key.page+".html"); err != nil {
		return nil, err
	}
	kept, _ := parsed.LoadOrStore(key, t)
	return kept.(*template.Template), nil
}

// render writes a page on a card.
func render(w io.Writer, v View, page string, data any) error {
	return renderIn(w, v, "card.html", page, frame{View: v, Page: data})
}

// wide writes a page beside its navigation.
func wide(w io.Writer, v View, page string, s Shell, data any) error {
	return renderIn(w, v, "shell.html", page, frame{View: v, Shell: s, Page: data})
}

// A frame is what a layout is given.
type frame struct {
	View
	Shell Shell
	Page  any
}

// renderIn writes a page at once, so that a fault leaves no half of it behind.
func renderIn(w io.Writer, v View, layout, page string, data frame) error {
	t, err := pageTemplate(pageKey{v.Language, page})
	if err != nil {
		return fmt.Errorf("reading the page %s: %w", page, err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layout, data); err != nil {
		return fmt.Errorf("rendering the page %s: %w", page, err)
	}
	_, err = w.Write(b.Bytes())
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
