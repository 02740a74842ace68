package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/mail/mailtest"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

const (
	secretKey = "sk_test_browser_0123456789abcdefghij"
	address   = "ada@example.com"
	password  = "correct horse battery staple"
)

// A world is a running Signet, a client and a Chromium.
type world struct {
	issuer       string
	client       *httptest.Server // shows the query of its callback in #answer
	config       oauth2.Config
	mail         *mailtest.Server
	tab          context.Context
	operatorLink string       // by which the first operator is made
	ahead        atomic.Int64 // nanoseconds by which Signet's clock is
}

func newWorld(t *testing.T) *world { return newWorldAt(t, "127.0.0.1") }

// newWorldAt is newWorld for an issuer that is called otherwise.
func newWorldAt(t *testing.T, host string) *world {
	w := serve(t, host, func(*config.Config) {})
	w.tab = chromium(t)
	return w
}

// serve starts a Signet, its client and a server that takes its mail, without a browser.
// change sets it up otherwise.
func serve(t *testing.T, host string, change func(*config.Config)) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{issuer: "http://" + net.JoinHostPort(host, port), mail: mailtest.Serve(t)}
	cfg := config.Config{
		Issuer: w.issuer, DataDir: t.TempDir(), Database: filepath.Join(t.TempDir(), "signet.db"), SecretKey: secretKey,
		Mail: config.Mail{SMTPHost: w.mail.Host, SMTPPort: w.mail.Port, SMTPTLS: "none", MailFrom: "no-reply@example.com"},

		RememberDevices: config.DefaultRememberDevices,
	}
	change(&cfg)
	s, err := server.New(t.Context(), cfg, server.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.operatorLink = w.issuer + dashboard.SetUpLink(s.OperatorLink())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, s.Close()); err != nil {
			t.Error(err)
		}
	})

	w.client = httptest.NewServer(http.HandlerFunc(w.serveClient))
	t.Cleanup(w.client.Close)
	w.api(t, "/v1/users", map[string]any{"email_address": []string{address}, "password": password, "first_name": "Ada"})
	created := w.api(t, "/v1/oauth_applications", map[string]any{"name": "Analytical Engine", "callback_url": w.client.URL + "/callback"})
	w.config = oauth2.Config{
		ClientID: created["client_id"].(string), ClientSecret: created["client_secret"].(string),
		RedirectURL: w.client.URL + "/callback",
		Endpoint:    oauth2.Endpoint{AuthURL: w.issuer + "/oauth/authorize", TokenURL: w.issuer + "/oauth/token"},
	}
	_, err = s.Admin().UpdateSettings(t.Context(), func(s *store.Settings) { s.SignUp.Policy = store.SignUpOpen })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// now is the time, and what a test has added to it.
func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

var clientPages = template.Must(template.New("").Parse(`<!doctype html><title>client</title>
{{with .Answer}}<p id="answer">{{.}}</p>{{end}}
<form id="post" method="post" action="{{.Authorize}}">{{range $k, $v := .Fields}}<input type="hidden" name="{{$k}}" value="{{index $v 0}}">{{end}}
<button id="post-sign-in">Sign in by POST</button></form>`))

// serveClient is the client's one page. It shows the answer it got, and has a
// form that asks Signet with POST, from another site.
func (w *world) serveClient(rw http.ResponseWriter, r *http.Request) {
	link, _ := url.Parse(w.config.AuthCodeURL("posted-state"))
	fields := link.Query()
	link.RawQuery = ""
	answer := r.URL.RawQuery
	if r.Method == http.MethodPost && r.ParseForm() == nil {
		r.PostForm.Set("posted", "true")
		answer = r.PostForm.Encode()
	}
	clientPages.Execute(rw, map[string]any{"Answer": answer, "Authorize": link.String(), "Fields": fields})
}

func (w *world) api(t *testing.T, path string, body map[string]any) map[string]any {
	t.Helper()
	return w.call(t, "POST", path, body)
}

func (w *world) call(t *testing.T, method, path string, body map[string]any) map[string]any {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, w.issuer+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+secretKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: %d %v %v", path, response.StatusCode, answer, err)
	}
	return answer
}

// chromium starts a browser with an empty profile and gives its first tab.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal(`there is no Chromium: run "make test", which installs one`)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-features", "BackForwardCache,Translate"), // going back loads the page again
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	browser, stopBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	tab, stopTab := chromedp.NewContext(browser)
	t.Cleanup(func() {
		stopTab()
		stopBrowser()
	})
	run(t, tab, chromedp.Navigate("about:blank"))
	return tab
}

type step = chromedp.Action[chromedp.Void]

// stepTime is how long a page may take to come.
const stepTime = 15 * time.Second

func run(t *testing.T, tab context.Context, steps ...step) {
	t.Helper()
	for i, s := range steps {
		if err := within(tab, func(ctx context.Context) error { return chromedp.Do(ctx, s) }); err != nil {
			limited, stop := context.WithTimeout(tab, 5*time.Second)
			defer stop()
			at, _ := chromedp.Run(limited, chromedp.Location())
			body, _ := chromedp.Run(limited, chromedp.Text(chromedp.CSS("body")))
			t.Fatalf("step %d: %v\nat %s:\n%s", i+1, err, at, body)
		}
	}
}

// within bounds a step, but for the first of a tab: the tab lives as long as the
// context of that one.
func within(tab context.Context, do func(context.Context) error) error {
	if chromedp.FromContext(tab).Target == nil {
		return do(tab)
	}
	limited, stop := context.WithTimeout(tab, stepTime)
	defer stop()
	return do(limited)
}

func see(selector string) step { return chromedp.WaitVisible(chromedp.CSS(selector)) }

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func fill(selector, text string) step { return chromedp.SetValue(chromedp.CSS(selector), text) }

func signIn(password string) step {
	return chromedp.Steps(see("#identifier"), fill("#identifier", address), click("#sign-in"), enter(password))
}

// enter types a password on the page for that.
func enter(password string) step {
	return chromedp.Steps(see("#password"), fill("#password", password), click("#sign-in"))
}

// read waits for an element and gives its text.
func read(t *testing.T, tab context.Context, selector string) string {
	t.Helper()
	run(t, tab, see(selector))
	text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text)
}

// answer reads what the client got.
func answer(t *testing.T, tab context.Context) url.Values {
	t.Helper()
	q, err := url.ParseQuery(read(t, tab, "#answer"))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSignInAndAllow(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), signIn("wrong password"), see("[role=alert]"),
		enter(password), see("#allow"), click("#allow"))
	q := answer(t, w.tab)
	if q.Get("state") != "state-1" || q.Get("iss") != w.issuer {
		t.Errorf("the client got %v", q)
	}
	token, err := w.config.Exchange(t.Context(), q.Get("code"))
	if err != nil || token.RefreshToken == "" {
		t.Fatalf("exchanging the code: %+v, %v", token, err)
	}

	// Signed in and agreed: straight back to the client.
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-2")))
	if q := answer(t, w.tab); q.Get("state") != "state-2" || q.Get("code") == "" {
		t.Errorf("the second time the client got %v", q)
	}

	// A form of another site comes without cookies and finds the session all the same.
	run(t, w.tab, chromedp.Navigate(strings.Replace(w.client.URL, "127.0.0.1", "localhost", 1)), click("#post-sign-in"))
	if q := answer(t, w.tab); q.Get("state") != "posted-state" || q.Get("code") == "" {
		t.Errorf("after a POST the client got %v", q)
	}
}

func TestDenyAndTheBackButton(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), signIn(password), see("#deny"), click("#deny"))
	if q := answer(t, w.tab); q.Get("error") != "access_denied" || q.Get("state") != "state-1" || q.Has("code") {
		t.Errorf("denied: the client got %v", q)
	}
	run(t, w.tab, chromedp.NavigateBack(), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("back and allowed: the client got %v", q)
	}
}

func TestTwoTabs(t *testing.T) {
	w := newWorld(t)
	second := w.config
	made := w.api(t, "/v1/oauth_applications", map[string]any{"name": "Difference Engine", "callback_url": w.client.URL + "/second"})
	second.ClientID, second.RedirectURL = made["client_id"].(string), w.client.URL+"/second"
	other, closeTab := chromedp.NewContext(w.tab)
	defer closeTab()
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("tab-1")), see("#identifier"))
	run(t, other, chromedp.Navigate(second.AuthCodeURL("tab-2")), see("#identifier"))
	run(t, w.tab, signIn(password), see("#allow"))
	run(t, other, signIn(password), see("#allow"), click("#allow"))
	if q := answer(t, other); q.Get("state") != "tab-2" || q.Get("code") == "" || !strings.HasPrefix(location(t, other), second.RedirectURL) {
		t.Errorf("the second tab got %v at %s", q, location(t, other))
	}
	// The second tab has signed in anew since; the first goes on all the same.
	run(t, w.tab, click("#allow"))
	if q := answer(t, w.tab); q.Get("state") != "tab-1" || q.Get("code") == "" || !strings.HasPrefix(location(t, w.tab), w.config.RedirectURL) {
		t.Errorf("the first tab got %v at %s", q, location(t, w.tab))
	}
}

func TestRefusalsAreShown(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.issuer+"/oauth/authorize?client_id=nobody&response_type=code&state=12345678"))
	if code := read(t, w.tab, "#error-code"); !strings.Contains(code, "invalid_request") {
		t.Errorf("the page shows %q", code)
	}
}
