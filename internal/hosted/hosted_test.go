package hosted

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/passkey"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

const password = "correct horse"

// accounts knows one password, so that no test waits for hashing.
type accounts struct {
	users  store.Users
	asked  int
	answer error
}

func (a *accounts) SignIn(ctx context.Context, _ account.Caller, identifier, given string) (store.User, error) {
	a.asked++
	if a.answer != nil {
		return store.User{}, a.answer
	}
	user, err := a.users.UserByIdentifier(ctx, identifier)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && given != password:
		return store.User{}, account.ErrWrongCredentials
	case err != nil:
		return store.User{}, err
	}
	return user, nil
}

// server is the pages over a real database, and a /oauth/authorize that begins
// and ends continuations as package provider does.
type server struct {
	*httptest.Server
	db       *sqlstore.DB
	factors  *account.SecondFactors
	sessions *session.Sessions
	accounts *accounts
	now      time.Time
	arrived  *session.Continuation // what came back to /oauth/authorize
	outbox   *mail.Outbox
	sent     *postbox
	signUps  *signUps
}

func newServer(t *testing.T) *server {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &server{db: db, accounts: &accounts{users: db}, sent: &postbox{}, signUps: &signUps{users: db}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s.fill(t)

	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	issuer, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return s.now }
	ring := keyring.Generate()
	s.sessions = session.New(db, ring, issuer, clock)
	s.factors = account.NewSecondFactors(db, account.New(db), ring, clock)
	passkeys, err := passkey.New(db, ring, issuer, clock)
	if err != nil {
		t.Fatal(err)
	}
	New(Deps{
		Sessions:     s.sessions,
		Clients:      registration.New(db, db, registration.NewStatements(keyring.Generate()), nil, clock),
		Devices:      db,
		Instances:    db,
		Connections:  db,
		Accounts:     s.accounts,
		Proofs:       s.proofs(clock),
		SignUps:      s.signUps,
		Users:        db,
		SignInTokens: db,
		Invitations:  invitations{s},
		Tickets:      tickets{},
		Factors:      s.factors,
		Passkeys:     passkeys,
		KeptPasskeys: db,
		OwnSessions:  db,
		Cases:        doctor.NewBook(),
		Now:          clock,
		Log:          slog.New(slog.DiscardHandler),
	}).Routes(mux)
	mux.HandleFunc("GET /oauth/authorize", s.authorize)
	return s
}

func (s *server) fill(t *testing.T) {
	t.Helper()
	_, err := s.db.CreateInstance(t.Context(), store.Instance{ID: "ins_1", CreatedAt: s.now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ada", "bob"} {
		err := s.db.CreateUser(t.Context(), store.User{ID: "user_" + name, Username: name, FirstName: name, CreatedAt: s.now, UpdatedAt: s.now})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"c1", "c2"} {
		err := s.db.CreateClient(t.Context(), store.Client{
			Client:        oauth.Client{ID: id, RedirectURIs: []string{"https://app.example.com/cb"}, Scopes: oauth.Scopes{"profile", "email"}},
			ApplicationID: "oa_" + id, Name: "Engine " + id, CreatedAt: s.now, UpdatedAt: s.now,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	if !r.URL.Query().Has("continue") {
		fmt.Fprint(w, s.sessions.SealContinuation(s.sessions.Browser(w, r), session.Continuation{
			Params:      "client_id=c1",
			ClientID:    "c1",
			RedirectURI: "https://app.example.com/cb",
			Scopes:      oauth.Scopes{"profile"},
			UILocales:   r.URL.Query().Get("ui_locales"),
			StartedAt:   s.now,
		}))
		return
	}
	c, err := s.sessions.OpenContinuation(r, r.URL.Query().Get("continue"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	s.arrived = &c
}

// agreed are the scopes of the connection.
func (s *server) agreed(t *testing.T, user, client string) string {
	t.Helper()
	c, err := s.db.Connection(t.Context(), user, client)
	if err != nil {
		t.Fatal(err)
	}
	return c.Scopes.String()
}

// browser is one browser with its cookies, which follows no redirect by itself.
type browser struct {
	t      *testing.T
	server *server
	client *http.Client
}

func (s *server) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, server: s, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// response is an answer that was read to its end.
type response struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request) response {
	b.t.Helper()
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response{answer, string(body)}
}

func (b *browser) get(path string) response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.server.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

// post submits a form as a browser does from a page of ours; headers are name,
// value, name, value.
func (b *browser) post(path, form string, headers ...string) response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+path, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "null")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

// begin starts an authorization request and gives its continuation.
func (b *browser) begin() string {
	b.t.Helper()
	return b.get("/oauth/authorize").body
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// csrf is the token of the form on a page.
func (b *browser) csrf(path string) string {
	b.t.Helper()
	page := b.get(path)
	found := csrfField.FindStringSubmatch(page.body)
	if found == nil {
		b.t.Fatalf("%s has no form: %d\n%s", path, page.StatusCode, page.body)
	}
	return html.UnescapeString(found[1])
}

func encode(pairs ...string) string {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form.Encode()
}

// signIn signs a user in without an application.
func (b *browser) signIn(user string) {
	b.t.Helper()
	b.client.Jar = withoutSession(b.t, b)
	a := b.post("/sign-in", encode("csrf", b.csrf("/sign-in"), "identifier", user, "password", password))
	b.want(a, http.StatusSeeOther, "/")
}

// withoutSession keeps only the id of the browser.
func withoutSession(t *testing.T, b *browser) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(b.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "signet_browser" {
			jar.SetCookies(u, []*http.Cookie{c})
		}
	}
	return jar
}

// want checks the status and the path of the place that the browser is sent to.
func (b *browser) want(got response, status int, path string) {
	b.t.Helper()
	location, err := url.Parse(got.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	if got.StatusCode != status || location.Path != path {
		b.t.Errorf("got %d to %q, want %d to %q\n%s", got.StatusCode, location.Path, status, path, got.body)
	}
}

// follow goes where the answer sends the browser.
func (b *browser) follow(a response) response {
	b.t.Helper()
	return b.get(a.Header.Get("Location"))
}

func (b *browser) wantCode(got response, status int, code string) {
	b.t.Helper()
	if got.StatusCode != status || !strings.Contains(got.body, "<code>"+code+"</code>") {
		b.t.Errorf("got %d, want %d with the code %s\n%s", got.StatusCode, status, code, got.body)
	}
}
