package attack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
)

const (
	callback = "https://client.example/cb"
	aState   = "af0ifjsldkj"
	metadata = "public_metadata private_metadata"
)

// An attack is a Signet, two applications, and somebody who uses them.
type attack struct {
	*testing.T
	harness.World
	app, other harness.Application // confidential
	spa        harness.Application // public
	someone    *harness.Person

	mu      sync.Mutex
	secrets []string // all that was issued
	access  []string // the access tokens among them
}

func newAttack(t *testing.T, database string) *attack {
	t.Helper()
	a := &attack{T: t, World: harness.NewWorld(t, database, func(*config.Config) {})}
	make := func(fields map[string]any) harness.Application {
		fields["name"], fields["scopes"] = "App", "openid profile email offline_access"
		app := a.CreateApplication(t, fields)
		a.issued(app.Secret)
		return app
	}
	a.app = make(map[string]any{"callback_url": callback, "signet": map[string]any{"post_logout_redirect_uris": []string{"https://client.example/bye"}}})
	a.other = make(map[string]any{"callback_url": "https://other.example/cb"})
	a.spa = make(map[string]any{"callback_url": "https://spa.example/cb", "public": true})
	a.someone = harness.NewPerson(t, a.Issuer)
	return a
}

// issued notes what must never be seen in the log.
func (a *attack) issued(secrets ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range secrets {
		if s != "" {
			a.secrets = append(a.secrets, s)
		}
	}
}

// link is an authorization request of the application with parameters changed; ""
// removes one.
func (a *attack) link(change ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {a.app.ID}, "redirect_uri": {callback}, "scope": {"profile"}, "state": {aState}}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return a.Issuer + "/oauth/authorize?" + q.Encode()
}

func (a *attack) visit(change ...string) harness.Page {
	a.Helper()
	return a.someone.Visit(a.link(change...))
}

// page wants an error page, nothing else.
func (a *attack) page(what string, p harness.Page) {
	a.Helper()
	if p.Left != nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Body, `id="error-code"`) {
		a.Errorf("%s: status %d, sent to %v, want an error page", what, p.Status, p.Left)
	}
}

// sent wants the browser sent to the client with an error.
func (a *attack) sent(what string, p harness.Page, code string) {
	a.Helper()
	if p.Left == nil {
		a.Errorf("%s: status %d, want the browser sent to the client", what, p.Status)
		return
	}
	q := p.Left.Query()
	if !strings.HasPrefix(p.Left.String(), callback+"?") || q.Get("error") != code || q.Has("code") || q.Get("iss") != a.Issuer || p.Left.Fragment != "" {
		a.Errorf("%s: sent to %v, want %s", what, p.Left, code)
	}
}

// signIn signs somebody in and agrees to the application.
func (a *attack) signIn(change ...string) (code string) {
	a.Helper()
	page := a.visit(change...)
	if page.Left == nil && strings.Contains(page.Body, `id="sign-in"`) {
		page = a.SignIn(a, a.someone, page)
	}
	if page.Left == nil {
		page = a.someone.Submit(page, "allow", nil)
	}
	if page.Left == nil {
		a.Fatalf("not signed in: %d\n%s", page.Status, page.Body)
	}
	code = page.Left.Query().Get("code")
	a.issued(code)
	return code
}

// An answer of an endpoint that speaks JSON.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

func (a *attack) do(method, path, authorization, contentType, body string) answer {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.Issuer+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.Fatal(err)
	}
	x := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	json.Unmarshal(text, &x.body) // nil if it is no JSON
	return x
}

const formType = "application/x-www-form-urlencoded"

func basic(c harness.Application) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	return r.Header.Get("Authorization")
}

// as sends a form with the credentials of an application.
func (a *attack) as(c harness.Application, path string, fields ...string) answer {
	a.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		q.Set(fields[i], fields[i+1])
	}
	authorization := ""
	if c.Secret != "" {
		authorization = basic(c)
	} else {
		q.Set("client_id", c.ID)
	}
	x := a.do("POST", path, authorization, formType, q.Encode())
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		token, _ := x.body[name].(string)
		a.issued(token)
		if name == "access_token" && token != "" {
			a.mu.Lock()
			a.access = append(a.access, token)
			a.mu.Unlock()
		}
	}
	return x
}

func (a *attack) exchange(c harness.Application, code string, more ...string) answer {
	a.Helper()
	return a.as(c, "/oauth/token", append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", callback}, more...)...)
}

func (a *attack) refresh(c harness.Application, token string, more ...string) answer {
	a.Helper()
	return a.as(c, "/oauth/token", append([]string{"grant_type", "refresh_token", "refresh_token", token}, more...)...)
}

// grant is somebody who is signed in to the application.
func (a *attack) grant(change ...string) (access, refresh string) {
	a.Helper()
	return a.tokens(a.exchange(a.app, a.signIn(change...)))
}

func (a *attack) tokens(x answer) (access, refresh string) {
	a.Helper()
	a.want("issuing tokens", x, 200, "")
	access, _ = x.body["access_token"].(string)
	refresh, _ = x.body["refresh_token"].(string)
	return access, refresh
}

// want wants a status and an error code, and headers as they must be.
func (a *attack) want(what string, x answer, status int, code string) {
	a.Helper()
	got, _ := x.body["error"].(string)
	if x.status != status || got != code {
		a.Errorf("%s: %d %s, want %d %s", what, x.status, x.text, status, code)
	}
	if x.status >= 300 || x.body["access_token"] != nil {
		if !strings.Contains(x.header.Get("Cache-Control"), "no-store") {
			a.Errorf("%s: HD04: Cache-Control is %q", what, x.header.Get("Cache-Control"))
		}
	}
	if x.status == 401 && x.header.Get("WWW-Authenticate") == "" {
		a.Errorf("%s: 401 without a challenge", what)
	}
	description, _ := x.body["error_description"].(string)
	for _, c := range description {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			a.Errorf("%s: I5: the description is %q", what, description)
		}
	}
}

func (a *attack) userInfo(token string) answer {
	a.Helper()
	return a.do("GET", "/oauth/userinfo", "Bearer "+token, "", "")
}

// alive and dead say what has become of a token.
func (a *attack) alive(what, token string) {
	a.Helper()
	a.want(what+": the token is alive", a.userInfo(token), 200, "")
}

func (a *attack) dead(what, token string) {
	a.Helper()
	a.want(what+": the token is dead", a.userInfo(token), 401, "invalid_token")
}

func (a *attack) active(c harness.Application, token string) bool {
	a.Helper()
	x := a.as(c, "/oauth/token_info", "token", token)
	active, _ := x.body["active"].(bool)
	if x.status != 200 || !active && x.text != "{\"active\":false}\n" {
		a.Errorf("RS08: introspection says %d %s", x.status, x.text)
	}
	return active
}

// ownFigures are what every line of the log has; a code of six digits may occur in them.
var ownFigures = regexp.MustCompile(`"(time|took|request_id)":("[^"]*"|\d+)`)

// invariants are what must hold after every attack.
func (a *attack) invariants() {
	a.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cutOff()
	log := ownFigures.ReplaceAllString(a.Logs.String(), "")
	for _, secret := range a.secrets {
		if strings.Contains(log, secret) {
			at := strings.Index(log, secret)
			a.Errorf("I4: the log holds %.12s...: %s", secret, log[strings.LastIndex(log[:at], "\n")+1:at])
		}
	}
	if strings.Contains(log, `"msg":"panic"`) {
		a.Errorf("I6: there was a panic:\n%s", log)
	}
	set := a.do("GET", "/.well-known/jwks.json", "", "", "")
	if keys, _ := set.body["keys"].([]any); len(keys) < 3 {
		a.Errorf("I9: the keys are %s", set.text)
	}
}

// cutOff bans the user for a moment: nothing that was issued may outlive that (I2),
// nor revive (I8), whatever an attack has done to it.
func (a *attack) cutOff() {
	a.Helper()
	for _, action := range []string{"ban", "unban"} {
		if x, err := a.Try("POST", "/v1/users/"+a.User+"/"+action, nil); err != nil || x.Status != 200 && x.Status != 404 {
			a.Errorf("%s: %d %v", action, x.Status, err)
		}
		for _, token := range a.access {
			if x := a.userInfo(token); x.status != 401 && x.status != 403 { // 403: a client's own
				if of := a.userInfo(token).body["sub"]; of == a.User {
					a.Errorf("I2, I8: after a %s a token answers %d", action, x.status)
				}
			}
		}
	}
}

var verifier = oauth2.GenerateVerifier()

func challenge() string { return oauth2.S256ChallengeFromVerifier(verifier) }

// sections are the attacks of each section of the catalogue.
var sections = []map[string]func(*attack){redirectURI, authorization, exchangeAndPKCE, refreshTokens, clientAuthentication, scopeAndConsent, tokensAndKeys, resources, logoutAttacks, adminAPI, robust, lifecycle, signingIn, proxied, secondFactors, onPages, leaks, scripts}

func TestAttacks(t *testing.T) {
	for _, section := range sections {
		for id, attack := range section {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				a := newAttack(t, filepath.Join(t.TempDir(), "signet.db"))
				attack(a)
				a.invariants()
			})
		}
	}
}

// What a database is told, and what it decides, is tried on the other one too.
func TestAttacksOnPostgreSQL(t *testing.T) {
	for _, section := range []map[string]func(*attack){adminAPI, robust, lifecycle} {
		for _, id := range []string{"AD06", "AD07", "AD15", "IN01", "LC01", "LC03", "LC05"} {
			if attack := section[id]; attack != nil {
				t.Run(id, func(t *testing.T) {
					t.Parallel()
					a := newAttack(t, pgtest.URL(t))
					attack(a)
					a.invariants()
				})
			}
		}
	}
}
