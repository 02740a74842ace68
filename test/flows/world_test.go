package flows

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/server"
)

const (
	secretKey = "sk_test_flows_0123456789abcdefghijklmnop"
	password  = "correct horse battery staple"
)

// A clock stands still until it is advanced.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(seconds int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Duration(seconds) * time.Second)
}

// A world is a running Signet with one user in it.
type world struct {
	issuer   string
	database string // as configured
	user     string
	clock    *clock
	logs     *logs
}

// logs collects what the server says.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, filepath.Join(t.TempDir(), "signet.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, pgtest.URL(t))) })
}

func newWorld(t *testing.T, database string) *world {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		issuer:   "http://" + listener.Addr().String(),
		database: database,
		clock:    &clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)},
		logs:     &logs{},
	}
	cfg := config.Config{
		Listen:    listener.Addr().String(),
		Issuer:    w.issuer,
		DataDir:   t.TempDir(),
		Database:  database,
		SecretKey: secretKey,
	}
	s, err := server.New(t.Context(), cfg, server.Options{
		Now: w.clock.time,
		Log: slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, s.Close()); err != nil {
			t.Error(err)
		}
	})
	created := w.api(t, "POST", "/v1/users", map[string]any{
		"email_address": []string{"ada@example.com"}, "username": "ada_byron", "password": password,
		"first_name": "Ada", "last_name": "Byron", "public_metadata": map[string]any{"plan": "gold"},
	})
	w.user, _ = created["id"].(string)
	return w
}

// api calls the Backend API and wants success.
func (w *world) api(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequest(method, w.issuer+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+secretKey)
	request.Header.Set("Content-Type", "application/json")
	status, answer := call(t, request)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

func call(t testing.TB, request *http.Request) (int, map[string]any) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s: %d, %v", request.Method, request.URL.Path, response.StatusCode, err)
	}
	return response.StatusCode, answer
}

// An application is what its owner was told at creation.
type application struct{ id, secret, callback string }

func (w *world) createApplication(t testing.TB, body map[string]any) application {
	t.Helper()
	answer := w.api(t, "POST", "/v1/oauth_applications", body)
	text := func(name string) string { s, _ := answer[name].(string); return s }
	return application{text("client_id"), text("client_secret"), text("callback_url")}
}

func (w *world) oauth2(c application) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.id, ClientSecret: c.secret, RedirectURL: c.callback,
		Endpoint: oauth2.Endpoint{AuthURL: w.issuer + "/oauth/authorize", TokenURL: w.issuer + "/oauth/token"},
	}
}

// signIn fills in the sign-in page and returns what comes next.
func (w *world) signIn(t testing.TB, someone *person, from page) page {
	t.Helper()
	return someone.submit(from, "sign-in", map[string]string{"identifier": "Ada@Example.com", "password": password})
}

// signInAndAllow follows a link of an application to the end and returns where
// the browser was sent.
func (w *world) signInAndAllow(t testing.TB, someone *person, link string) *url.URL {
	t.Helper()
	answer := someone.submit(w.signIn(t, someone, someone.visit(link)), "allow", nil)
	if answer.left == nil {
		t.Fatalf("after allowing: status %d\n%s", answer.status, answer.body)
	}
	return answer.left
}

// grant makes a confidential application and takes a user through it.
func (w *world) grant(t testing.TB) (application, *oauth2.Token) {
	t.Helper()
	c := w.createApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	config := w.oauth2(c)
	left := w.signInAndAllow(t, newPerson(t, w.issuer), config.AuthCodeURL("af0ifjsldkj"))
	token, err := config.Exchange(context.Background(), left.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return c, token
}

// refresh sends a refresh token and returns the whole answer.
func (w *world) refresh(c application, token, scope string) (string, error) {
	fields := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {c.id}, "client_secret": {c.secret}}
	if scope != "" {
		fields.Set("scope", scope)
	}
	response, err := http.PostForm(w.issuer+"/oauth/token", fields)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", response.StatusCode, body)
	}
	return string(body), err
}

func field(t testing.TB, answer, name string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	value, _ := body[name].(string)
	return value
}

func (w *world) get(t testing.TB, path, bearer string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequest("GET", w.issuer+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	return call(t, request)
}

func (w *world) userInfo(t testing.TB, bearer string) map[string]any {
	t.Helper()
	status, info := w.get(t, "/oauth/userinfo", bearer)
	if status != http.StatusOK {
		t.Fatalf("user info answers %d %v", status, info)
	}
	return info
}

// together runs n calls at once and gives their errors.
func together(n int, call func() error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	wg.Wait()
	return errs
}
