package ui

import "io"

// A Shell is the frame of pages with navigation: those of an account, and those of
// operators. Such a page embeds it.
type Shell struct {
	User     Person
	Sections []Section
	CSRF     string // for signing out
}

// A Section is an entry of the navigation.
type Section struct {
	Label   string // the message that names it
	Href    string
	Icon    string
	Current bool // it holds the page
}

// Specimen shows what pages are made of, with invented content. Whoever writes a page
// finds the HTML of every part in its template.
type Specimen struct {
	Shell
	Empty bool // as it looks where there is nothing yet
}

// Render writes the page.
func (p Specimen) Render(w io.Writer, v View) error { return wide(w, v, "specimen", p.Shell, p) }

// Confirm shows how to ask before something that cannot be undone, with invented
// content.
type Confirm struct{}

// Render writes the page.
func (p Confirm) Render(w io.Writer, v View) error { return render(w, v, "confirm", p) }

// Contents lists the pages of the gallery.
type Contents struct{ Names []string }

// Render writes the page.
func (p Contents) Render(w io.Writer, v View) error { return render(w, v, "contents", p) }
