package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/test/harness"
)

const (
	houseIssuer  = "https://id.example"
	houseVersion = "7.7.7-marker"
)

// A house is a Signet with an https issuer, and an operator in a browser, without a
// network between them.
type house struct {
	*attack
	server   *server.Server
	operator *harness.Person
	app      string            // the id of an application
	cookies  string            // of the operator's browser
	ids      map[string]string // of what the dashboard has pages for
}

// RoundTrip implements http.RoundTripper.
func (h *house) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := r.Clone(r.Context())
	asked.RequestURI, asked.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:4711"
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, asked)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func newHouse(a *attack) *house {
	a.Helper()
	dir := a.TempDir()
	s, err := server.New(a.Context(), config.Config{
		Issuer: houseIssuer, DataDir: dir, Database: filepath.Join(dir, "house.db"), SecretKey: "sk_live_house_0123456789abcdefghijklmnop",
		Mail: config.Mail{SMTPHost: a.Mail.Host, SMTPPort: a.Mail.Port, SMTPTLS: "none", MailFrom: "Signet <no-reply@example.com>"},
	}, server.Options{Now: a.Clock.Time, Version: houseVersion, Log: slog.New(slog.NewJSONHandler(a.Logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { s.Close() }) // HD08 has closed it before
	h := &house{attack: a, server: s}
	h.operator = harness.NewPersonOver(a, houseIssuer, h)
	a.issued(s.OperatorLink())
	setUp := h.operator.Visit(houseIssuer + "/dashboard/setup?token=" + s.OperatorLink())
	home := h.operator.Submit(setUp, "set-up", map[string]string{"email_address": "grace@example.com", "first_name": "Grace", "password": harness.Password})
	if home.Status != http.StatusOK || !strings.Contains(home.Body, "Grace") {
		a.Fatalf("no operator: %d\n%s", home.Status, home.Body)
	}
	app := h.api("POST", "/v1/oauth_applications", `{"name":"App","callback_url":"https://client.example/cb","scopes":"profile"}`)
	users := regexp.MustCompile(`user_\w+`).FindString(h.api("GET", "/v1/users", "").text)
	h.app, _ = app.body["id"].(string)
	secret, _ := app.body["client_secret"].(string)
	a.issued(secret)
	h.ids = map[string]string{"/applications/{id}": "/applications/" + h.app, "/users/{id}": "/users/" + users}
	var cookies []string
	for _, c := range h.operator.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	h.cookies = strings.Join(cookies, "; ")
	return h
}

// api calls the Backend API.
func (h *house) api(method, path, body string) answer {
	h.Helper()
	return h.ask(method, path, body, "Authorization", "Bearer sk_live_house_0123456789abcdefghijklmnop", "Content-Type", "application/json")
}

// ask sends a request and follows no redirect.
func (h *house) ask(method, path, body string, headers ...string) answer {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, houseIssuer+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := h.RoundTrip(r)
	if err != nil {
		h.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.Fatal(err)
	}
	x := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	json.Unmarshal(text, &x.body) // nil if it is no JSON
	return x
}

var placeholder = regexp.MustCompile(`\{[\w.]+\}`)

// everyRoute asks for all there is, as nobody and as an operator.
func (h *house) everyRoute(query string, see func(what string, x route, got answer)) {
	h.Helper()
	all, err := routes()
	if err != nil {
		h.Fatal(err)
	}
	for _, x := range all {
		at := strings.TrimSuffix(x.path, "{$}")
		for placeholder, id := range h.ids {
			at = strings.Replace(at, placeholder, id, 1)
		}
		at = placeholder.ReplaceAllString(at, "x")
		if x.method == http.MethodGet && query != "" {
			at += "?" + query
		}
		for who, cookies := range map[string]string{"nobody": "", "an operator": h.cookies} {
			got := h.ask(x.method, at, "", "Cookie", cookies, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Content-Type", formType)
			see(fmt.Sprintf("%s %s by %s", x.method, at, who), x, got)
		}
	}
}

// isPage tells whether a route is for people to look at.
func (x route) isPage() bool {
	browsers := x.path == "/oauth/authorize" || x.path == "/oauth/logout"
	return x.face == "dashboard" || x.face == "hosted" && x.path != "/assets/" && !strings.HasPrefix(x.path, "/v1/") || x.face == "provider" && browsers && x.method != http.MethodHead
}

func isHTML(x answer) bool { return strings.HasPrefix(x.header.Get("Content-Type"), "text/html") }

// policy gives the directives of a Content-Security-Policy.
func policy(h http.Header) map[string]string {
	all := map[string]string{}
	for directive := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		all[name] = sources
	}
	return all
}

// withQuery is a query in which every parameter that pages read is hostile.
func withQuery(value string) string {
	q := url.Values{}
	for _, name := range []string{
		"error", "error_description", "error_hint", "error_uri", "state", "login_hint", "ui_locales", "continue", "done", "ticket", "token", "user_code", "query", "span", "client_id",
		"redirect_uri", "post_logout_redirect_uri", "id_token_hint", "scope", "response_type", "response_mode", "prompt", "before", "after", "type", "back", "to", "identifier", "address", "x",
	} {
		q.Set(name, value)
	}
	return q.Encode()
}
