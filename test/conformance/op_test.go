package conformance

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/test/harness"
)

// Where the clients of the tests are. Nothing listens there.
const (
	callback   = "https://rp.example/cb"
	loggedOut  = "https://rp.example/bye"
	allScopes  = "openid profile email offline_access"
	aState     = "af0ifjsldkj"
	aNonce     = "n-0S6_WzA2Mj"
	otherScope = "email profile openid"
)

// An op is a provider under test, with a user and two clients.
type op struct {
	*testing.T
	issuer  string
	http    *http.Client
	clients [2]*oauth2.Config
	oidc    *oidc.Provider
	mode    string // response_mode, if not the default
	user    string

	mu  sync.Mutex
	now time.Time
}

func (o *op) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *op) advance(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func newOP(t *testing.T, mode string) *op {
	t.Helper()
	o := &op{T: t, mode: mode, now: time.Now()} // go-oidc has a clock of its own
	var handler http.Handler
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	o.issuer = "https://" + site.Listener.Addr().String()
	dir := t.TempDir()
	s, err := server.New(t.Context(), config.Config{
		Listen: site.Listener.Addr().String(), Issuer: o.issuer, DataDir: dir,
		Database: filepath.Join(dir, "signet.db"), SecretKey: harness.SecretKey,
	}, server.Options{Now: o.clock, Log: slog.New(slog.DiscardHandler)})
	o.must(err)
	t.Cleanup(func() { o.must(s.Close()) })
	handler = s.Handler()
	site.StartTLS()
	t.Cleanup(site.Close)
	pool := x509.NewCertPool()
	pool.AddCert(site.Certificate())
	o.http = site.Client()
	o.furnish(s.Admin())
	return o
}

func (o *op) furnish(a *admin.Admin) {
	o.Helper()
	user, err := a.CreateUser(o.Context(), admin.NewUser{
		EmailAddresses: []string{harness.Email}, Password: harness.Password, FirstName: "Ada", LastName: "Byron", Username: "ada_byron",
	})
	o.must(err)
	o.user = user.ID
	provider, err := oidc.NewProvider(o.context(), o.issuer)
	o.must(err)
	o.oidc = provider
	for i, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		app, err := a.CreateApplication(o.Context(), admin.ApplicationFields{
			Name: new("RP"), RedirectURIs: []string{callback}, Scopes: new(allScopes), PostLogoutURIs: []string{loggedOut},
		})
		o.must(err)
		endpoint := provider.Endpoint()
		endpoint.AuthStyle = style
		o.clients[i] = &oauth2.Config{
			ClientID: app.ID, ClientSecret: app.Secret, RedirectURL: callback, Endpoint: endpoint, Scopes: strings.Fields(allScopes),
		}
	}
}

func (o *op) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// context makes go-oidc and x/oauth2 use the client that trusts the certificate.
func (o *op) context() context.Context { return oidc.ClientContext(o.Context(), o.http) }

func (o *op) person() *harness.Person { return harness.NewPersonOver(o, o.issuer, o.http.Transport) }

// request is an authorization request with parameters changed; "" removes one.
func (o *op) request(change ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {o.clients[0].ClientID}, "redirect_uri": {callback},
		"scope": {"openid"}, "state": {aState}, "nonce": {aNonce},
	}
	if o.mode != "" {
		q.Set("response_mode", o.mode)
	}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return o.issuer + "/oauth/authorize?" + q.Encode()
}

// step is what the person is shown.
func shows(page harness.Page) string {
	for _, id := range []string{"go-on", "allow", "sign-in", "error-code"} {
		if strings.Contains(page.Body, `id="`+id+`"`) {
			return id
		}
	}
	return ""
}

// finish goes through the pages until the browser leaves, and gives the parameters
// of the answer and which pages there were.
func (o *op) finish(someone *harness.Person, page harness.Page) (answer url.Values, pages []string) {
	o.Helper()
	for range 6 {
		if page.Left != nil {
			return o.delivered(page), pages
		}
		pages = append(pages, shows(page))
		switch shows(page) {
		case "sign-in":
			page = someone.Submit(page, "sign-in", map[string]string{"identifier": harness.Email, "password": harness.Password})
		case "allow", "go-on":
			page = someone.Submit(page, shows(page), nil)
		default:
			o.Fatalf("status %d, after %v:\n%s", page.Status, pages, page.Body)
		}
	}
	o.Fatalf("the pages go round in circles: %v", pages)
	return nil, nil
}

// delivered gives the parameters of an answer, and checks that they came as was
// asked for and nowhere else.
func (o *op) delivered(page harness.Page) url.Values {
	o.Helper()
	base := *page.Left
	base.RawQuery = ""
	if base.String() != callback && base.String() != loggedOut {
		o.Errorf("the browser went to %s", page.Left)
	}
	answer := page.Left.Query()
	if o.mode == "form_post" && base.String() == callback {
		if len(answer) > 0 {
			o.Errorf("form_post: there is something in the query: %v", answer)
		}
		answer = page.Posted
	}
	for name := range answer {
		for _, c := range answer.Get(name) {
			if name == "error_description" && (c < ' ' || c > '~' || c == '"' || c == '\\') {
				o.Errorf("error_description %q has characters that RFC 6749 does not admit", answer.Get(name))
			}
		}
	}
	if base.String() == callback && answer.Get("iss") != o.issuer {
		o.Errorf("iss is %q, want %q", answer.Get("iss"), o.issuer)
	}
	return answer
}

// code is finish for a request that must succeed.
func (o *op) code(someone *harness.Person, change ...string) (string, []string) {
	o.Helper()
	answer, pages := o.finish(someone, someone.Visit(o.request(change...)))
	if answer.Get("code") == "" || answer.Get("error") != "" || answer.Get("state") != aState {
		o.Fatalf("the answer is %v, want a code and the state", answer)
	}
	return answer.Get("code"), pages
}

// refused is finish for a request that must fail.
func (o *op) refused(someone *harness.Person, page harness.Page, codes ...string) {
	o.Helper()
	answer, _ := o.finish(someone, page)
	if answer.Has("code") || !contains(codes, answer.Get("error")) || answer.Get("state") != aState {
		o.Errorf("the answer is %v, want one of %v with the state", answer, codes)
	}
}

func contains(all []string, s string) bool {
	for _, x := range all {
		if x == s {
			return true
		}
	}
	return false
}

// tokens exchanges a code and checks the ID token as go-oidc does.
func (o *op) tokens(code string, options ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken, map[string]any) {
	o.Helper()
	token, err := o.clients[0].Exchange(o.context(), code, options...)
	o.must(err)
	id, claims := o.idToken(token)
	return token, id, claims
}

func (o *op) idToken(token *oauth2.Token) (*oidc.IDToken, map[string]any) {
	o.Helper()
	raw, _ := token.Extra("id_token").(string)
	verifier := o.oidc.Verifier(&oidc.Config{ClientID: o.clients[0].ClientID, Now: o.clock})
	id, err := verifier.Verify(o.context(), raw)
	o.must(err)
	var claims map[string]any
	o.must(id.Claims(&claims))
	if id.Subject != o.user {
		o.Errorf("sub is %q, want %q", id.Subject, o.user)
	}
	return id, claims
}

// signIn is a first request of somebody who then is signed in and has agreed.
func (o *op) signIn(change ...string) (*harness.Person, *oidc.IDToken, map[string]any) {
	o.Helper()
	someone := o.person()
	code, _ := o.code(someone, change...)
	_, id, claims := o.tokens(code)
	return someone, id, claims
}

// userInfo asks and wants success.
func (o *op) userInfo(method, bearer, body string) map[string]any {
	o.Helper()
	request, err := http.NewRequestWithContext(o.Context(), method, o.issuer+"/oauth/userinfo", strings.NewReader(body))
	o.must(err)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := o.http.Do(request)
	o.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	o.must(err)
	var claims map[string]any
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
		o.Fatalf("user info: %d %s %s", response.StatusCode, response.Header.Get("Content-Type"), text)
	}
	o.must(json.Unmarshal(text, &claims))
	if claims["sub"] != o.user {
		o.Errorf("user info is about %v, want %s", claims["sub"], o.user)
	}
	return claims
}
