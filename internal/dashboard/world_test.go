package dashboard_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

const (
	secretKey = "sk_test_dashboard_0123456789abcdef"
	address   = "grace@example.com"
	password  = "nanoseconds in a wire"
)

// A world is a running Signet with a clock of its own.
type world struct {
	*testing.T
	server *server.Server
	url    string
	now    time.Time
	log    *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	var handler http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(listener.Close)
	w.url = listener.URL
	s, err := server.New(t.Context(), config.Config{
		Issuer: w.url, DataDir: t.TempDir(), Database: filepath.Join(t.TempDir(), "signet.db"), SecretKey: secretKey,
	}, server.Options{Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(w.log, nil)), Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w.server, handler = s, s.Handler()
	return w
}

// runs has the node serve for a moment, by which it is known as one that runs.
func (w *world) runs() {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.Context())
	stop() // it notes that it runs all the same
	if err := w.server.Serve(ctx, l); err != nil {
		w.Fatal(err)
	}
}

// admin does what an operator asks for, without the pages.
func (w *world) admin() *admin.Admin { return w.server.Admin() }

func (w *world) user(name string) store.User {
	w.Helper()
	u, err := w.admin().CreateUser(w.Context(), admin.NewUser{EmailAddresses: []string{name + "@example.com"}, FirstName: name, Password: password})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

func (w *world) application(public bool) admin.Application {
	w.Helper()
	f := admin.ApplicationFields{Name: new("Engine"), RedirectURIs: []string{"https://engine.example/cb"}, Public: &public, Scopes: new("openid profile email")}
	if public {
		f.RequirePKCE = &public
	}
	app, err := w.admin().CreateApplication(w.Context(), f)
	if err != nil {
		w.Fatal(err)
	}
	return app
}

// A browser keeps cookies and follows no redirect.
type browser struct {
	*world
	http http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	return &browser{w, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// A page is an answer.
type page struct {
	status   int
	body     string
	location string
	header   http.Header
}

func (b *browser) do(r *http.Request) page {
	b.Helper()
	response, err := b.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return page{response.StatusCode, string(body), response.Header.Get("Location"), response.Header}
}

func (b *browser) request(method, path, contentType string, body io.Reader) *http.Request {
	b.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.url + path
	}
	r, err := http.NewRequestWithContext(context.Background(), method, path, body)
	if err != nil {
		b.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func (b *browser) get(path string) page {
	b.Helper()
	return b.do(b.request(http.MethodGet, path, "", nil))
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// token is that of the forms on a page.
func (b *browser) token(path string) string {
	b.Helper()
	p := b.get(path)
	m := csrfField.FindStringSubmatch(p.body)
	if m == nil {
		b.Fatalf("%s has no form: %d\n%s", path, p.status, p.body)
	}
	return m[1]
}

// post sends a form of the page at the path on.
func (b *browser) post(on, path string, fields ...string) page {
	b.Helper()
	form := url.Values{"csrf": {b.token(on)}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(b.request(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode())))
}

// change posts and expects to be sent on.
func (b *browser) change(on, path string, fields ...string) page {
	b.Helper()
	p := b.post(on, path, fields...)
	if p.status != http.StatusSeeOther {
		b.Fatalf("%s: %d, want 303\n%s", path, p.status, p.body)
	}
	return p
}

// upload posts a file.
func (b *browser) upload(on, path string, file []byte) page {
	b.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("csrf", b.token(on))
	part, err := w.CreateFormFile("file", "logo.png")
	if err != nil {
		b.Fatal(err)
	}
	part.Write(file)
	w.Close()
	return b.do(b.request(http.MethodPost, path, w.FormDataContentType(), &body))
}

// signIn signs a user in, on the way to a page.
func (b *browser) signIn(to, address string) page {
	b.Helper()
	p := b.get(to)
	at, err := url.Parse(p.location)
	if err != nil || !strings.HasPrefix(p.location, "/sign-in") {
		b.Fatalf("%s: %d, to %q", to, p.status, p.location)
	}
	return b.change(p.location, "/sign-in", "identifier", address, "password", password, "continue", at.Query().Get("continue"))
}

// operator is a browser in which the first operator is signed in.
func (w *world) operator() *browser {
	w.Helper()
	b := w.browser()
	link := dashboard.SetUpLink(w.server.OperatorLink())
	token := w.server.OperatorLink()
	p := b.change(link, "/dashboard/setup", "token", token, "email_address", address, "first_name", "Grace", "last_name", "Hopper", "password", password)
	if p.location != "/dashboard" {
		w.Fatalf("set up: to %q", p.location)
	}
	return b
}

// operatorID is the id of the first operator.
func (w *world) operatorID() string {
	w.Helper()
	all, err := w.admin().Users(w.Context(), store.UserQuery{EmailAddresses: []string{address}, Limit: 1})
	if err != nil || len(all) == 0 {
		w.Fatalf("no operator: %v", err)
	}
	return all[0].ID
}

// wants checks an answer by its status and what it holds.
func (p page) wants(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("status %d, want %d\n%s", p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%q is missing in\n%s", text, p.body)
		}
	}
}

// find gives what a pattern captures.
func (p page) find(t *testing.T, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("nothing matches %s in\n%s", pattern, p.body)
	}
	return m[1]
}
