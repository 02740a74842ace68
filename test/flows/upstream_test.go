package flows

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/upstream"
	"github.com/signet-auth/signet/test/harness"
)

// An elsewhere is another provider: an OpenID Connect issuer, and GitHub. Whoever it
// sends back, it sends with a code for what the test decides.
type elsewhere struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	mu     sync.Mutex
	down   bool
	bought map[string]answerElsewhere // by code
}

type answerElsewhere struct {
	challenge string
	idToken   string
	github    map[string]any
	addresses []map[string]any
}

func newElsewhere(t testing.TB) *elsewhere {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{key: key, bought: map[string]answerElsewhere{}}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(body)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{
			"issuer": e.URL, "authorization_endpoint": e.URL + "/authorize", "token_endpoint": e.URL + "/token", "jwks_uri": e.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "authorization_response_iss_parameter_supported": true,
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { e.token(w, r, reply) })
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) { e.token(w, r, reply) })
	mux.HandleFunc("GET /api/v3/user", func(w http.ResponseWriter, r *http.Request) {
		reply(w, e.of(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")).github)
	})
	mux.HandleFunc("GET /api/v3/user/emails", func(w http.ResponseWriter, r *http.Request) {
		reply(w, e.of(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")).addresses)
	})
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		down := e.down
		e.mu.Unlock()
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) of(code string) answerElsewhere {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bought[code]
}

func (e *elsewhere) setDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// token sells what was prepared for a code, to whoever knows the verifier and the
// secret. The access token is the code.
func (e *elsewhere) token(w http.ResponseWriter, r *http.Request, reply func(http.ResponseWriter, any)) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	sold := e.of(r.FormValue("code"))
	hash := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if id != "signet" || secret != "a secret of ours" || sold.challenge != base64.RawURLEncoding.EncodeToString(hash[:]) {
		w.WriteHeader(http.StatusBadRequest)
		reply(w, map[string]any{"error": "invalid_grant"})
		return
	}
	reply(w, map[string]any{"access_token": r.FormValue("code"), "token_type": "Bearer", "id_token": sold.idToken})
}

// sign makes an ID token.
func (e *elsewhere) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: e.key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// others are a Signet whose users may sign in elsewhere.
type others struct {
	*world
	*elsewhere
	codes int
}

func onBothWithOthers(t *testing.T, test func(*testing.T, *others)) {
	e := newElsewhere(t)
	settings := func(kind upstream.Kind, id string) upstream.Settings {
		return upstream.Settings{ID: id, Kind: kind, Name: strings.ToUpper(id), Issuer: e.URL, ClientID: "signet", ClientSecret: "a secret of ours"}
	}
	onBothWith(t, func(c *config.Config) {
		c.Upstreams = []upstream.Settings{settings(upstream.OpenID, "uni"), settings(upstream.OpenID, "other"), settings(upstream.GitHub, "github")}
	}, func(t *testing.T, w *world) {
		e.setDown(false)
		if a, err := w.Try("PATCH", "/v1/instance", map[string]any{"signet": map[string]any{"sign_up": "open"}}); err != nil || a.Status != http.StatusNoContent {
			t.Fatal(a.Status, err)
		}
		test(t, &others{world: w, elsewhere: e})
	})
}

// answer has the provider answer a browser that was sent there, and gives the URL that
// it is sent back with.
func (o *others) answer(t testing.TB, sent *url.URL, change func(claims map[string]any)) string {
	t.Helper()
	q := sent.Query()
	now := o.Clock.Time().Unix()
	claims := map[string]any{
		"iss": o.elsewhere.URL, "aud": "signet", "sub": "1", "nonce": q.Get("nonce"), "iat": now, "exp": now + 300,
		"email": "grace@elsewhere.example", "email_verified": true, "given_name": "Grace", "family_name": "Hopper",
	}
	change(claims)
	o.codes++
	code := fmt.Sprintf("code%d", o.codes)
	o.mu.Lock()
	o.bought[code] = answerElsewhere{challenge: q.Get("code_challenge"), idToken: o.sign(t, claims)}
	o.mu.Unlock()
	return q.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {o.elsewhere.URL}}.Encode()
}

// sent presses the button of a provider, and gives where the browser was sent.
func (o *others) sent(t testing.TB, someone *harness.Person, path string) *url.URL {
	t.Helper()
	page := someone.Visit(o.Issuer + path)
	if page.Left == nil || !strings.HasPrefix(page.Left.String(), o.elsewhere.URL+"/") {
		t.Fatalf("%s: %d, sent to %v\n%s", path, page.Status, page.Left, page.Body)
	}
	return page.Left
}

// as goes to a provider and comes back as the subject with an address.
func (o *others) as(t testing.TB, someone *harness.Person, path, subject, address string, verified bool) harness.Page {
	t.Helper()
	return someone.Visit(o.answer(t, o.sent(t, someone, path), func(claims map[string]any) {
		claims["sub"], claims["email"], claims["email_verified"] = subject, address, verified
	}))
}

func TestSignInWithOthers(t *testing.T) {
	onBothWithOthers(t, func(t *testing.T, o *others) {
		// Somebody new makes an account, on the way to an application.
		client := o.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		someone := harness.NewPerson(t, o.Issuer)
		page := someone.Visit(o.OAuth2(client).AuthCodeURL("af0ifjsldkj"))
		wantPage(t, page, "with-uni")
		page = o.as(t, someone, hrefOf(t, page.Body, "with-uni"), "grace", "grace@elsewhere.example", true)
		wantPage(t, page, "first_name")
		wantFormTo(t, page, "https://client.example")
		page = someone.Submit(page, "sign-up", map[string]string{"first_name": "Grace"})
		wantPage(t, page, "allow")
		if page = someone.Submit(page, "allow", nil); page.Left == nil || page.Left.Query().Get("code") == "" {
			t.Fatalf("sent to %v\n%s", page.Left, page.Body)
		}

		// She comes back in another browser, and is who she was.
		again := harness.NewPerson(t, o.Issuer)
		wantPage(t, o.as(t, again, "/sign-in/with/uni", "grace", "new@elsewhere.example", true), "account")
		page = again.Visit(o.Issuer + "/account/security")
		if !strings.Contains(page.Body, "new@elsewhere.example") {
			t.Errorf("the page does not name the identity:\n%s", page.Body)
		}
		page = again.Submit(someoneAsks(t, again, page, "give-up-uni", o.Issuer), "do", nil)
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("the last way in was given up: %d", page.Status)
		}

		// Ada has an account: her address alone does not open it, nor one that she has
		// typed elsewhere.
		for _, verified := range []bool{true, false} {
			eve := harness.NewPerson(t, o.Issuer)
			wantPage(t, o.as(t, eve, "/sign-in/with/uni", "eve", harness.Email, verified), "sign-in")
			wantPage(t, eve.Visit(o.Issuer+"/account"), "identifier")
		}
		ada := harness.NewPerson(t, o.Issuer)
		page = ada.Visit(o.OAuth2(client).AuthCodeURL("af0ifjsldkj"))
		page = o.as(t, ada, hrefOf(t, page.Body, "with-uni"), "ada", harness.Email, true)
		page = ada.Visit(o.Issuer + hrefOf(t, page.Body, "sign-in"))
		page = ada.Submit(page, "sign-in", map[string]string{"identifier": harness.Email, "password": harness.Password})
		wantPage(t, page, "connect")
		wantFormTo(t, page, "https://client.example")
		wantPage(t, ada.Submit(page, "connect", nil), "allow") // and the application goes on
		o.wrote(t, "An account elsewhere was connected")
		if file := ada.Visit(o.Issuer + "/account/export"); !strings.Contains(file.Body, `"subject": "ada"`) {
			t.Errorf("the export lacks the identity:\n%s", file.Body)
		}
		again = harness.NewPerson(t, o.Issuer)
		wantPage(t, o.as(t, again, "/sign-in/with/uni", "ada", "", false), "account")

		// From the account pages: what is another user's stays so.
		page = o.as(t, ada, "/account/connect/other", "ada", "whoever@elsewhere.example", false)
		wantPage(t, page, "connect")
		wantPage(t, ada.Submit(page, "connect", nil), "notice")
		o.wrote(t, "An account elsewhere was connected")
		bob := o.stranger(t)
		if page := o.as(t, bob, "/account/connect/uni", "grace", "", false); page.Status != http.StatusConflict {
			t.Errorf("another user's identity: %d\n%s", page.Status, page.Body)
		}
		page = ada.Submit(someoneAsks(t, ada, ada.Visit(o.Issuer+"/account/security"), "give-up-other", o.Issuer), "do", nil)
		wantPage(t, page, "notice")
		o.wrote(t, "An account elsewhere was disconnected")
	})
}

// wantFormTo checks that the form of a page may lead on to a place: Chromium applies
// form-action to redirects too.
func wantFormTo(t testing.TB, page harness.Page, origin string) {
	t.Helper()
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+origin) {
		t.Errorf("the form may not lead to %s: %s", origin, policy)
	}
}

// someoneAsks follows the link with an id.
func someoneAsks(t testing.TB, someone *harness.Person, page harness.Page, id, issuer string) harness.Page {
	t.Helper()
	asked := someone.Visit(issuer + hrefOf(t, page.Body, id))
	wantPage(t, asked, "do")
	return asked
}

// hrefOf finds where the link with an id leads.
func hrefOf(t testing.TB, body, id string) string {
	t.Helper()
	_, after, ok := strings.Cut(body, `id="`+id+`" href="`)
	href, _, found := strings.Cut(after, `"`)
	if !ok || !found {
		t.Fatalf("there is no link #%s:\n%s", id, body)
	}
	return strings.ReplaceAll(href, "&amp;", "&")
}

// Who has a second factor is asked for it, and who is banned does not get in.
func TestOthersAreOneFactor(t *testing.T) {
	onBothWithOthers(t, func(t *testing.T, o *others) {
		ada := o.signedIn(t)
		wantPage(t, ada.Submit(o.as(t, ada, "/account/connect/uni", "ada", "", false), "connect", nil), "notice")
		o.wrote(t, "An account elsewhere was connected")
		o.turnOn(t, ada)
		again := harness.NewPerson(t, o.Issuer)
		wantPage(t, o.as(t, again, "/sign-in/with/uni", "ada", "", false), "code")
		wantPage(t, again.Visit(o.Issuer+"/account"), "identifier")
		o.API(t, "DELETE", "/v1/users/"+o.User+"/mfa", nil)
		o.API(t, "POST", "/v1/users/"+o.User+"/ban", nil)
		page := o.as(t, again, "/sign-in/with/uni", "ada", "", false)
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("somebody banned: %d\n%s", page.Status, page.Body)
		}
		wantPage(t, again.Visit(o.Issuer+"/account"), "identifier")
	})
}

// An answer is good for the browser that was sent, from the provider that it was sent
// to, once, and only if all of it is what was asked for.
func TestNobodyComesBackForAnother(t *testing.T) {
	onBothWithOthers(t, func(t *testing.T, o *others) {
		same := func(map[string]any) {}
		for what, change := range map[string]func(map[string]any){
			"another nonce":    func(c map[string]any) { c["nonce"] = "other" },
			"no nonce":         func(c map[string]any) { delete(c, "nonce") },
			"another audience": func(c map[string]any) { c["aud"] = "somebody" },
			"another issuer":   func(c map[string]any) { c["iss"] = "https://evil.example" },
			"expired":          func(c map[string]any) { c["exp"] = o.Clock.Time().Unix() - 1 },
			"no subject":       func(c map[string]any) { c["sub"] = "" },
			"a long subject":   func(c map[string]any) { c["sub"] = strings.Repeat("x", 256) },
		} {
			someone := harness.NewPerson(t, o.Issuer)
			page := someone.Visit(o.answer(t, o.sent(t, someone, "/sign-in/with/uni"), change))
			if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, `id="problem"`) {
				t.Errorf("%s: %d\n%s", what, page.Status, page.Body)
			}
		}
		someone, eve := harness.NewPerson(t, o.Issuer), harness.NewPerson(t, o.Issuer)
		back := o.answer(t, o.sent(t, someone, "/sign-in/with/uni"), same)
		o.sent(t, eve, "/sign-in/with/uni")
		without := func(name, value string) string {
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set(name, value)
			u.RawQuery = q.Encode()
			return u.String()
		}
		for what, page := range map[string]harness.Page{
			"in another browser":       eve.Visit(back),
			"at another provider":      someone.Visit(strings.Replace(back, "/with/uni/", "/with/other/", 1)),
			"with a state of no one":   someone.Visit(without("state", "AAAA")),
			"at a provider of no one":  someone.Visit(strings.Replace(back, "/with/uni/", "/with/nobody/", 1)),
			"with two states":          someone.Visit(back + "&state=x"),
			"a connection of no one's": someone.Visit(o.Issuer + "/sign-in/with/uni/connect?arrival=AAAA"),
		} {
			if page.Status < 400 || page.Status >= 500 {
				t.Errorf("%s: %d\n%s", what, page.Status, page.Body)
			}
		}
		wantPage(t, someone.Visit(back), "first_name") // none of that has used it up
		if page := someone.Visit(back); page.Status != http.StatusBadRequest {
			t.Errorf("a second time: %d", page.Status)
		}
		for what, x := range map[string][2]string{"the issuer of another": {"iss", "https://evil.example"}, "no issuer": {"iss", ""}, "a code of no one": {"code", "none"}, "no code": {"code", ""}} {
			back = o.answer(t, o.sent(t, someone, "/sign-in/with/uni"), same)
			if page := someone.Visit(without(x[0], x[1])); page.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d\n%s", what, page.Status, page.Body)
			}
		}
		back = o.answer(t, o.sent(t, someone, "/sign-in/with/uni"), same)
		page := someone.Visit(without("error", "<script>alert(1)</script>"))
		if page.Status != http.StatusUnprocessableEntity || strings.Contains(page.Body, "alert(1)") || strings.Contains(o.Logs.String(), "alert(1)") {
			t.Errorf("an error with markup: %d\n%s", page.Status, page.Body)
		}
		back = o.answer(t, o.sent(t, someone, "/sign-in/with/uni"), same)
		o.Clock.Add(16 * time.Minute)
		if page := someone.Visit(back); page.Status != http.StatusBadRequest {
			t.Errorf("too late: %d", page.Status)
		}
		if strings.Contains(o.Logs.String(), "a secret of ours") || strings.Contains(o.Logs.String(), "code1") {
			t.Error("the log has a secret")
		}
	})
}

// A provider that is down keeps nobody from signing in otherwise, and is asked again.
func TestAnotherProviderIsDown(t *testing.T) {
	onBothWithOthers(t, func(t *testing.T, o *others) {
		o.setDown(true)
		someone := harness.NewPerson(t, o.Issuer)
		page := someone.Visit(o.Issuer + "/sign-in/with/uni")
		if page.Status != http.StatusBadGateway || !strings.Contains(page.Body, "UNI cannot be reached") {
			t.Errorf("%d\n%s", page.Status, page.Body)
		}
		wantPage(t, o.SignIn(t, someone, someone.Visit(o.Issuer+"/sign-in")), "account")
		o.setDown(false)
		sent := o.sent(t, someone, "/account/connect/uni")
		o.setDown(true)
		if page := someone.Visit(o.answer(t, sent, func(map[string]any) {})); page.Status != http.StatusBadGateway {
			t.Errorf("coming back: %d\n%s", page.Status, page.Body)
		}
	})
}

func TestSignInWithGitHub(t *testing.T) {
	onBothWithOthers(t, func(t *testing.T, o *others) {
		as := func(someone *harness.Person, user map[string]any, addresses ...map[string]any) harness.Page {
			t.Helper()
			sent := o.sent(t, someone, "/sign-in/with/github")
			q := sent.Query()
			o.codes++
			code := fmt.Sprintf("hub%d", o.codes)
			o.mu.Lock()
			o.bought[code] = answerElsewhere{challenge: q.Get("code_challenge"), github: user, addresses: addresses}
			o.mu.Unlock()
			return someone.Visit(q.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode())
		}
		first := map[string]any{"email": "other@elsewhere.example", "primary": false, "verified": true}
		primary := map[string]any{"email": "linus@elsewhere.example", "primary": true, "verified": true}
		user := map[string]any{"id": 42, "login": "linus", "name": "Linus Example"}
		someone := harness.NewPerson(t, o.Issuer)
		page := as(someone, user, first, primary)
		wantPage(t, page, "first_name")
		if !strings.Contains(page.Body, "linus@elsewhere.example") || !strings.Contains(page.Body, `value="Linus"`) {
			t.Errorf("the page is of somebody else:\n%s", page.Body)
		}
		wantPage(t, someone.Submit(page, "sign-up", nil), "account")
		user["login"] = "renamed"
		wantPage(t, as(harness.NewPerson(t, o.Issuer), user), "account")
		for _, x := range map[string]struct{ user, address map[string]any }{
			"no number":         {map[string]any{"login": "linus"}, primary},
			"an error":          {map[string]any{"message": "Bad credentials"}, primary},
			"another, unproved": {map[string]any{"id": 43}, map[string]any{"email": harness.Email, "primary": true, "verified": false}},
		} {
			eve := harness.NewPerson(t, o.Issuer)
			as(eve, x.user, x.address)
			wantPage(t, eve.Visit(o.Issuer+"/account"), "identifier")
		}
	})
}
