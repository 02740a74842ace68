// Package gallery shows every state of every page, with invented content: to the
// golden files of package ui, to tests with a browser, and to people, in the demo.
//
// states.go is the table. Whoever adds a page adds its states there: as it is first
// seen, with every problem that it can tell of, empty, full, and with names that are
// long, from right to left, or hostile.
package gallery

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/ui"
)

// A Page is what can be rendered.
type Page interface {
	Render(io.Writer, ui.View) error
}

// A State is a page as it looks in one situation.
type State struct {
	Name  string // of the golden file
	Page  Page
	Brand ui.Brand
}

// Path is where the handler shows it.
func (s State) Path() string { return Root + s.Name }

// Root is where the list of all states is.
const Root = "/gallery/"

// Patterns are those of the requests that Handler answers.
var Patterns = []string{Root, "POST /look", "GET /assets/", "GET " + logo}

// lookCookie is the gallery's own: it is kept apart from what a server remembers.
const lookCookie = "gallery_look"

// Handler serves the gallery below /gallery/, and what its pages load. The query can
// name a language and a theme.
func Handler() http.Handler {
	mux := http.NewServeMux()
	names := make([]string, 0, len(States()))
	for _, s := range States() {
		names = append(names, s.Name)
		mux.HandleFunc("GET "+s.Path(), func(w http.ResponseWriter, r *http.Request) { show(w, r, s) })
	}
	for _, kind := range mail.Kinds {
		names = append(names, "mail/"+string(kind), "mail/"+string(kind)+".txt")
	}
	mux.HandleFunc("GET "+Root+"mail/{letter}", showLetter)
	mux.HandleFunc("GET "+Root+"{$}", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, State{Page: ui.Contents{Names: names}})
	})
	mux.HandleFunc("POST /look", choose)
	mux.HandleFunc("GET "+logo, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Write(drawLogo())
	})
	mux.Handle("GET /assets/", ui.Assets())
	return mux
}

// letterPolicy lets a letter bring its own style along, as mail programs do, and
// nothing else.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// showLetter shows a letter as it is mailed, in HTML or in plain text.
func showLetter(w http.ResponseWriter, r *http.Request) {
	kind, plain := strings.CutSuffix(r.PathValue("letter"), ".txt")
	l := mail.Letter{Kind: mail.Kind(kind), To: ada.Identifier, Link: "https://id.example.com/sign-in", Language: view(r).Language}
	if l.Kind.HasCode() {
		l.Code = "493027"
	}
	m, err := mail.Compose(l, "id.example.com")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	text, mediaType := m.HTML, "text/html"
	if plain {
		text, mediaType = "Subject: "+m.Subject+"\n\n"+m.Text, "text/plain"
	}
	w.Header().Set("Content-Security-Policy", letterPolicy)
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, text)
}

// view is what whoever asks has chosen.
func view(r *http.Request) ui.View {
	var chosen ui.Look
	if c, err := r.Cookie(lookCookie); err == nil {
		chosen = ui.ParseLook(c.Value)
	}
	chosen = chosen.With(r.FormValue("language"), r.FormValue("theme"))
	return ui.NewView("", chosen, r.Header.Get("Accept-Language"))
}

func show(w http.ResponseWriter, r *http.Request, s State) {
	v := view(r)
	v.Brand, v.Back = s.Brand, r.URL.Path
	var b bytes.Buffer
	if err := s.Page.Render(&b, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ui.Headers(w)
	w.Write(b.Bytes())
}

func choose(w http.ResponseWriter, r *http.Request) {
	var chosen ui.Look
	if c, err := r.Cookie(lookCookie); err == nil {
		chosen = ui.ParseLook(c.Value)
	}
	chosen = chosen.With(r.PostFormValue("language"), r.PostFormValue("theme"))
	http.SetCookie(w, &http.Cookie{Name: lookCookie, Value: chosen.String(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	back := Root
	if to := r.PostFormValue("back"); strings.HasPrefix(to, Root) {
		back = to
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// logo is where a picture is that stands for one that was uploaded.
const logo = "/images/0123456789abcdef0123456789abcdef.png"

// drawLogo draws a ring on a coloured ground.
func drawLogo() []byte {
	const size = 128
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := x-size/2, y-size/2
			distance := dx*dx + dy*dy
			c := color.NRGBA{14, 116, 144, 255}
			if distance < 40*40 && distance > 22*22 {
				c = color.NRGBA{240, 253, 250, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
