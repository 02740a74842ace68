package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/test/harness"
)

// An issue is everything that an application can have been issued for a user.
type issue struct {
	app           harness.Application
	code          string // not redeemed
	opaque        *oauth2.Token
	jwt           *oauth2.Token
	own           string // the application's own token
	someone       *harness.Person
	authorization string
}

// issue goes through one sign-in for each kind of token.
func (w *world) issue(t testing.TB) issue {
	t.Helper()
	x := issue{someone: harness.NewPerson(t, w.Issuer)}
	x.app = w.CreateApplication(t, map[string]any{
		"name": "a", "callback_url": "https://client.example/cb",
		"signet": map[string]any{"client_credentials_grant_enabled": true},
	})
	config := w.OAuth2(x.app)
	x.authorization = config.AuthCodeURL("af0ifjsldkj")
	x.opaque = w.exchange(t, config, w.SignInAndAllow(t, x.someone, x.authorization))
	w.change(t, x.app, map[string]any{"signet": map[string]any{"access_token_format": "jwt"}})
	x.jwt = w.exchange(t, config, x.someone.Visit(x.authorization).Left)
	x.code = x.someone.Visit(x.authorization).Left.Query().Get("code")
	_, answer := w.post(t, "/oauth/token", x.app, url.Values{"grant_type": {"client_credentials"}})
	x.own, _ = answer["access_token"].(string)
	if strings.Count(x.jwt.AccessToken, ".") != 2 || x.code == "" || x.own == "" {
		t.Fatalf("issued %+v", x)
	}
	return x
}

func (w *world) exchange(t testing.TB, config *oauth2.Config, left *url.URL) *oauth2.Token {
	t.Helper()
	if left == nil {
		t.Fatal("the browser was not sent back")
	}
	token, err := config.Exchange(context.Background(), left.Query().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// wantDead looks through every public door for something that is still good.
func (w *world) wantDead(t testing.TB, x issue, own bool) {
	t.Helper()
	for name, token := range map[string]*oauth2.Token{"opaque": x.opaque, "JWT": x.jwt} {
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != http.StatusUnauthorized {
			t.Errorf("%s: user info answers %d", name, status)
		}
		for kind, presented := range map[string]string{"access": token.AccessToken, "refresh": token.RefreshToken} {
			if info := w.introspect(t, x.app, presented); info["active"] != false {
				t.Errorf("%s: the %s token is active: %v", name, kind, info)
			}
		}
		answer, err := w.Try("POST", "/v1/oauth_applications/access_tokens/verify", map[string]any{"access_token": token.AccessToken})
		if err != nil || answer.Status != http.StatusNotFound {
			t.Errorf("%s: verification answers %d, %v", name, answer.Status, err)
		}
		if answer, err := w.refresh(x.app, token.RefreshToken, ""); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("%s: refreshing: %s, %v", name, answer, err)
		}
	}
	status, answer := w.post(t, "/oauth/token", x.app, url.Values{"grant_type": {"authorization_code"}, "code": {x.code}, "redirect_uri": {x.app.Callback}})
	if status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("the code: %d %v", status, answer)
	}
	if info := w.introspect(t, x.app, x.own); info["active"] != !own {
		t.Errorf("the application's own token: %v, want dead: %v", info, own)
	}
}

func TestWithdrawnConnectionsAreDeadAtEveryDoor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for name, withdraw := range map[string]func(harness.Application){
			"one": func(c harness.Application) {
				w.API(t, "DELETE", "/v1/users/"+w.User+"/connections/"+c.Application, nil)
			},
			"all of the user": func(harness.Application) {
				w.API(t, "POST", "/v1/users/"+w.User+"/connections/withdraw", nil)
			},
			"all of the application": func(c harness.Application) {
				w.API(t, "POST", "/v1/oauth_applications/"+c.Application+"/connections/withdraw", nil)
			},
			"the user's by name": func(c harness.Application) {
				w.API(t, "POST", "/v1/users/"+w.User+"/connections/withdraw", map[string]any{"application_ids": []string{c.Application}})
			},
		} {
			t.Run(name, func(t *testing.T) {
				x := w.issue(t)
				withdraw(x.app)
				w.wantDead(t, x, false)
				if page := x.someone.Visit(x.authorization); page.Left != nil {
					t.Error("the user is not asked anew")
				}
				w.Clock.Advance(10)
				again := w.exchange(t, w.OAuth2(x.app), x.someone.Submit(x.someone.Visit(x.authorization), "allow", nil).Left)
				w.userInfo(t, again.AccessToken)
				w.wantDead(t, x, false) // agreeing anew revives nothing
				w.Clock.Advance(10)
			})
		}
	})
}

func TestRevokingAllFromBeforeATime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		instance := w.API(t, "GET", "/v1/instance", nil)["id"].(string)
		for name, path := range map[string]func(harness.Application) (path, id string){
			"application": func(c harness.Application) (string, string) {
				return "/v1/oauth_applications/" + c.Application, c.Application
			},
			"user":     func(harness.Application) (string, string) { return "/v1/users/" + w.User, w.User },
			"instance": func(harness.Application) (string, string) { return "/v1/instance", instance },
		} {
			t.Run(name, func(t *testing.T) {
				w.Clock.Advance(10)
				early := w.Clock.Time()
				w.Clock.Advance(10)
				x := w.issue(t)
				at, id := path(x.app)
				w.API(t, "POST", at+"/revoke_all", map[string]any{"before": early.UnixMilli()})
				w.userInfo(t, x.opaque.AccessToken) // what came later is spared
				w.Clock.Advance(10)
				answer := w.API(t, "POST", at+"/revoke_all", map[string]any{"before": w.Clock.Time().Add(-5 * time.Second).UnixMilli()})
				if answer["id"] != id || answer["not_before"].(float64) < float64(w.Clock.Time().Add(-5*time.Second).UnixMilli()) {
					t.Errorf("answers %v", answer)
				}
				w.wantDead(t, x, name != "user")
				page := x.someone.Visit(x.authorization)
				if signedIn := page.Left != nil; signedIn != (name == "application") {
					t.Errorf("afterwards the browser is signed in: %v", signedIn)
				}
				if page.Left != nil { // and what users have agreed to stays
					w.userInfo(t, w.exchange(t, w.OAuth2(x.app), page.Left).AccessToken)
				}
				w.API(t, "POST", at+"/revoke_all", map[string]any{"before": early.UnixMilli()})
				w.wantDead(t, x, name != "user") // it never moves back
			})
		}
	})
}

// Of concurrent changes of one version exactly one is made.
func TestOneOfConcurrentConditionalChangesWins(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, _ := w.grant(t)
		for _, x := range [][3]string{
			{"PATCH", "/v1/oauth_applications/" + c.Application, `{"name":"b"}`},
			{"PATCH", "/v1/users/" + w.User, `{"first_name":"Augusta"}`},
			{"PATCH", "/v1/instance/oauth_application_settings", `{"oauth_jwt_access_tokens":true}`},
			{"DELETE", "/v1/users/" + w.User, ""},
			{"DELETE", "/v1/oauth_applications/" + c.Application, ""},
		} {
			method, path, change := x[0], x[1], x[2]
			tag := w.conditional(t, "GET", path, "", "").Header.Get("ETag")
			var won, lost atomic.Int32
			for _, err := range harness.Together(8, func() error {
				switch status := w.conditional(t, method, path, change, tag).StatusCode; status {
				case http.StatusOK:
					won.Add(1)
				case http.StatusPreconditionFailed, http.StatusNotFound:
					lost.Add(1)
				default:
					return fmt.Errorf("%s %s answers %d", method, path, status)
				}
				return nil
			}) {
				if err != nil {
					t.Error(err)
				}
			}
			if won.Load() != 1 || lost.Load() != 7 {
				t.Errorf("%s %s: %d made, %d refused, want 1 and 7", method, path, won.Load(), lost.Load())
			}
		}
	})
}

// conditional calls the Backend API with If-Match.
func (w *world) conditional(t testing.TB, method, path, body, tag string) *http.Response {
	t.Helper()
	request, err := http.NewRequest(method, w.Issuer+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+harness.SecretKey)
	request.Header.Set("Content-Type", "application/json")
	if tag != "" {
		request.Header.Set("If-Match", tag)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return &http.Response{Header: http.Header{}}
	}
	defer response.Body.Close()
	return response
}

// However often and at once a creation is sent under one key, it is done once.
func TestConcurrentCreationsUnderOneKey(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		before := w.applications(t)
		var mu sync.Mutex
		secrets := map[string]bool{}
		for _, err := range harness.Together(8, func() error {
			for {
				status, secret, err := w.createUnderKey("order 66")
				switch {
				case err != nil:
					return err
				case status == http.StatusConflict: // still under way
					continue
				case status != http.StatusOK:
					return fmt.Errorf("answers %d", status)
				}
				mu.Lock()
				defer mu.Unlock()
				secrets[secret] = true
				return nil
			}
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if n := w.applications(t) - before; n != 1 || len(secrets) != 1 || secrets[""] {
			t.Errorf("AD08: %d applications with %d secrets, want one", n, len(secrets))
		}
		for secret := range secrets {
			if strings.Contains(w.Logs.String(), secret) {
				t.Error("the secret is in the log")
			}
		}
	})
}

func (w *world) createUnderKey(key string) (status int, secret string, err error) {
	request, err := http.NewRequest("POST", w.Issuer+"/v1/oauth_applications", strings.NewReader(`{"name":"a"}`))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+harness.SecretKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	var app struct {
		Secret string `json:"client_secret"`
	}
	err = json.NewDecoder(response.Body).Decode(&app)
	return response.StatusCode, app.Secret, err
}
