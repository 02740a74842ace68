package ui

import (
	"html/template"
	"strings"
	"time"
)

// A cell shows one thing.
type cell struct {
	Text   string
	Detail string // below, small
	Href   string // a path of ours
	Code   bool
	Muted  bool
	Badges []badge
	Time   time.Time
	Day    bool // of the time the day alone is known
	Number bool
	Tile   string // a letter before it
	Image  string // or the path of a picture on this server
	Form   *form  // a button, instead of all that
}

func text(s string) cell      { return cell{Text: s} }
func codeCell(s string) cell  { return cell{Text: s, Code: true} }
func when(t time.Time) cell   { return cell{Time: t} }
func badges(b ...badge) cell  { return cell{Badges: b} }
func number(s string) cell    { return cell{Text: s, Number: true} }
func button(f form) cell      { return cell{Form: &f} }
func mutedCell(s string) cell { return cell{Text: s, Muted: true} }

// dayOr is a time of which the day alone is known, or a word if there is none.
func dayOr(t time.Time, otherwise string) cell {
	c := whenOr(t, otherwise)
	c.Day = true
	return c
}

// whenOr is a time, or a word if there is none.
func whenOr(t time.Time, otherwise string) cell {
	if t.IsZero() {
		return mutedCell(otherwise)
	}
	return when(t)
}

// HTML draws what is no form. A table has a hundred cells and more, which a template
// would take most of the time of a page for.
func (c cell) HTML() template.HTML {
	var b strings.Builder
	tiled := c.Tile != "" || c.Image != ""
	switch {
	case c.Image != "":
		b.WriteString(`<span class="with-tile"><img class="tile small" src="` + escaped(c.Image) + `" width="28" height="28" alt=""> <span>`)
	case tiled:
		b.WriteString(`<span class="with-tile"><span class="tile small" aria-hidden="true">` + escaped(initial(c.Tile)) + `</span> <span>`)
	}
	b.WriteString(c.value())
	for _, x := range c.Badges {
		b.WriteString(` <span class="` + escaped(strings.TrimSpace("badge "+x.Tone)) + `">` + escaped(x.Text) + `</span>`)
	}
	if c.Detail != "" {
		b.WriteString(` <span class="muted detail-line" dir="auto">` + escaped(plain(c.Detail)) + `</span>`)
	}
	if tiled {
		b.WriteString(`</span></span>`)
	}
	return template.HTML(b.String())
}

func (c cell) value() string {
	switch {
	case c.Day && !c.Time.IsZero():
		return string(day(c.Time))
	case !c.Time.IsZero():
		return string(moment(c.Time))
	case c.Href != "":
		return `<a href="` + escaped(c.Href) + `"><bdi>` + escaped(plain(c.Text)) + `</bdi></a>`
	case c.Code:
		return `<code dir="ltr">` + escaped(inert(c.Text)) + `</code>`
	case c.Muted:
		return `<span class="muted">` + escaped(inert(c.Text)) + `</span>`
	case c.Text != "":
		return `<bdi>` + escaped(plain(c.Text)) + `</bdi>`
	}
	return ""
}

func escaped(s string) string { return template.HTMLEscapeString(s) }
