// Package sample is a small web application that signs people in with Signet,
// as a third-party developer would write it: on golang.org/x/oauth2, knowing
// nothing of the server but its URL. The demo starts it.
//
// Read signin.go for the OAuth part; this file has the pages around it.
package sample

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// A Config is what a developer gets when an application is registered.
type Config struct {
	Issuer       string // of the server, without a slash at the end
	URL          string // of this application, without a slash at the end
	ClientID     string // of the confidential client
	ClientSecret string
	PublicID     string // of the public client
	Scopes       []string
	Log          *slog.Logger
}

// CallbackPath is where both clients receive their answers.
const CallbackPath = "/callback"

//go:embed pages style.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"for": lifetime}).ParseFS(files, "pages/*.html"))

// New makes the application.
func New(c Config) http.Handler {
	a := newApp(c)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /sign-in", a.signIn)
	mux.HandleFunc("GET "+CallbackPath, a.callback)
	mux.HandleFunc("POST /refresh", a.refresh)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.Handle("GET /style.css", http.FileServerFS(files))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		a.fail(w, http.StatusNotFound, problem{Title: "There is no such page", Code: "not_found"})
	})
	return http.NewCrossOriginProtection().Handler(headers(mux))
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// home shows who is signed in, or the ways to sign in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	v, ok := a.visits.get(r)
	if !ok || v.token == nil {
		a.render(w, http.StatusOK, "welcome.html", map[string]any{"Title": "Welcome", "Issuer": a.config.Issuer})
		return
	}
	a.render(w, http.StatusOK, "profile.html", map[string]any{
		"Title":     "You are signed in",
		"Issuer":    a.config.Issuer,
		"Client":    v.client,
		"Claims":    v.claims,
		"Name":      v.name,
		"Scopes":    strings.Fields(v.scope),
		"ExpiresIn": time.Until(v.token.Expiry).Round(time.Second),
		"Refreshes": v.refreshes,
	})
}

// A problem is what the error page says.
type problem struct{ Title, Text, Code, Description string }

func (a *app) fail(w http.ResponseWriter, status int, p problem) {
	a.render(w, status, "problem.html", p)
}

func (a *app) render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		a.config.Log.Error("rendering a page of the sample client", "page", name, "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// lifetime says a duration as people do: "2 hours", "59 minutes 58 seconds".
func lifetime(d time.Duration) string {
	if d < time.Second {
		return "no time: it has expired"
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := d / unit.size
		d -= n * unit.size
		switch {
		case n == 1:
			parts = append(parts, "1 "+unit.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return strings.Join(parts[:min(2, len(parts))], " ")
}
