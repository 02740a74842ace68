package sample

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// visitor drives the application against a server that grants whatever answer
// the test wants.
type visitor struct {
	t      *testing.T
	app    *httptest.Server
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	server := http.NewServeMux()
	server.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		id, _, basic := r.BasicAuth()
		if confidential := id == "web"; confidential != basic || !basic && r.FormValue("client_id") != "spa" {
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"t0ken","token_type":"bearer","expires_in":7200,"refresh_token":"t0ken-2","scope":"profile"}`)
	})
	server.HandleFunc("GET /oauth/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		io.WriteString(w, `{"sub":"user_1","name":"<b>Ada</b>","public_metadata":{"plan":"gold"},"picture":null}`)
	})
	issuer := httptest.NewServer(server)
	t.Cleanup(issuer.Close)

	app := httptest.NewUnstartedServer(nil)
	app.Config.Handler = New(Config{
		Issuer: issuer.URL, URL: "http://" + app.Listener.Addr().String(),
		ClientID: "web", ClientSecret: "s", PublicID: "spa", Scopes: []string{"profile"}, Log: slog.New(slog.DiscardHandler),
	})
	app.Start()
	t.Cleanup(app.Close)
	jar, _ := cookiejar.New(nil)
	return &visitor{t, app, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/oauth/authorize" {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// signIn begins and returns what the answer of the server has to repeat.
func (v *visitor) signIn(client string) url.Values {
	res, _ := v.read(v.client.Get(v.app.URL + "/sign-in?client=" + client))
	to, err := res.Location()
	if err != nil {
		v.t.Fatal(err)
	}
	if q := to.Query(); q.Get("code_challenge") == "" || q.Get("state") == "" {
		v.t.Errorf("no challenge or no state: %v", q)
	}
	return url.Values{"state": {to.Query().Get("state")}, "iss": {"http://" + to.Host}}
}

func (v *visitor) callback(q url.Values) (*http.Response, string) {
	return v.read(v.client.Get(v.app.URL + CallbackPath + "?" + q.Encode()))
}

func (v *visitor) read(res *http.Response, err error) (*http.Response, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if strings.Contains(string(body), "t0ken") {
		v.t.Errorf("the page shows a token: %s", body)
	}
	return res, string(body)
}

func TestBothClientsSignIn(t *testing.T) {
	for _, client := range []string{confidential, public} {
		t.Run(client, func(t *testing.T) {
			v := newVisitor(t)
			answer := v.signIn(client)
			answer.Set("code", "c")
			_, page := v.callback(answer)
			for _, want := range []string{"&lt;b&gt;Ada", "&#34;plan&#34;: &#34;gold&#34;", "<code>profile</code>", "2 hours", client} {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %s:\n%s", want, page)
				}
			}
			if _, page = v.read(v.client.Post(v.app.URL+"/refresh", "", nil)); !strings.Contains(page, "once") {
				t.Errorf("not refreshed:\n%s", page)
			}
			if _, page = v.read(v.client.Post(v.app.URL+"/sign-out", "", nil)); !strings.Contains(page, "Sign in with Signet") {
				t.Errorf("not signed out:\n%s", page)
			}
		})
	}
}

func TestCallbackRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(url.Values)
		status int
		code   string
	}{
		{"denied", func(q url.Values) { q.Set("error", "access_denied") }, 200, "access_denied"},
		{"another state", func(q url.Values) { q.Set("state", "x") }, 400, "state_mismatch"},
		{"no state", func(q url.Values) { q.Del("state") }, 400, "state_mismatch"},
		{"another server", func(q url.Values) { q.Set("iss", "https://evil.example") }, 400, "issuer_mismatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := newVisitor(t)
			answer := v.signIn(confidential)
			answer.Set("code", "c")
			tt.change(answer)
			res, page := v.callback(answer)
			if res.StatusCode != tt.status || !strings.Contains(page, `id="error-code">`+tt.code) {
				t.Errorf("got %d, want %d and %s:\n%s", res.StatusCode, tt.status, tt.code, page)
			}
		})
	}
}

func TestAnswersCountOnce(t *testing.T) {
	v := newVisitor(t)
	answer := v.signIn(public)
	answer.Set("code", "c")
	v.callback(answer)
	if res, _ := v.callback(answer); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the same answer again: %d", res.StatusCode)
	}
}

func TestLifetime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		2 * time.Hour:                   "2 hours",
		2*time.Hour - time.Second:       "1 hour 59 minutes",
		time.Minute + time.Second:       "1 minute 1 second",
		-time.Second:                    "no time: it has expired",
		59*time.Minute + 58*time.Second: "59 minutes 58 seconds",
	} {
		if got := lifetime(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
