package flows

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/signet-auth/signet/test/harness"
)

// post sends a form with the credentials of an application and gives the answer.
func (w *world) post(t testing.TB, path string, c harness.Application, fields url.Values) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequest("POST", w.Issuer+path, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.Secret != "" {
		request.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	} else {
		fields.Set("client_id", c.ID)
		request.Body = io.NopCloser(strings.NewReader(fields.Encode()))
		request.ContentLength = int64(len(fields.Encode()))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("%d %q: %v", response.StatusCode, body, err)
		}
	}
	return response.StatusCode, members
}

// change changes an application over the Backend API.
func (w *world) change(t testing.TB, c harness.Application, fields map[string]any) {
	t.Helper()
	w.API(t, "PATCH", "/v1/oauth_applications/"+c.Application, fields)
}

func (w *world) introspect(t testing.TB, c harness.Application, token string) map[string]any {
	t.Helper()
	status, info := w.post(t, "/oauth/token_info", c, url.Values{"token": {token}})
	if status != http.StatusOK {
		t.Fatalf("introspection answers %d %v", status, info)
	}
	return info
}

func TestClientActsOnItsOwnBehalf(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.API(t, "POST", "/v1/oauth_scopes", map[string]any{"name": "jobs:run", "description": "Run jobs"})
		c := w.CreateApplication(t, map[string]any{"name": "a", "scopes": "profile jobs:run", "signet": map[string]any{"client_credentials_grant_enabled": true}})
		own := clientcredentials.Config{ClientID: c.ID, ClientSecret: c.Secret, TokenURL: w.Issuer + "/oauth/token"}
		for _, format := range []string{"opaque", "jwt"} {
			w.change(t, c, map[string]any{"signet": map[string]any{"access_token_format": format}})
			token, err := own.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if token.RefreshToken != "" || token.Extra("scope") != "jobs:run" || strings.HasPrefix(token.AccessToken, "oat_") != (format == "opaque") {
				t.Errorf("RT16, %s: got %+v", format, token)
			}
			if info := w.introspect(t, c, token.AccessToken); info["active"] != true || info["sub"] != c.ID || info["scope"] != "jobs:run" {
				t.Errorf("%s: introspection says %v", format, info)
			}
			verified := w.API(t, "POST", "/v1/oauth_applications/access_tokens/verify", map[string]any{"access_token": token.AccessToken})
			if verified["subject"] != c.ID || verified["client_id"] != c.ID {
				t.Errorf("%s: verification says %v", format, verified)
			}
			if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != http.StatusForbidden {
				t.Errorf("SC12, %s: user info answers %d, want 403", format, status)
			}
			if format == "jwt" {
				continue
			}
			if status, _ := w.post(t, "/oauth/token/revoke", c, url.Values{"token": {token.AccessToken}}); status != http.StatusOK {
				t.Errorf("revoking answers %d", status)
			}
			if info := w.introspect(t, c, token.AccessToken); len(info) != 1 || info["active"] != false {
				t.Errorf("revoked: introspection says %v", info)
			}
		}
	})
}

func TestIntrospectionAndRevocation(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		stranger := w.CreateApplication(t, map[string]any{"name": "b", "callback_url": "https://b.example/cb"})
		for name, presented := range map[string]string{"access": token.AccessToken, "refresh": token.RefreshToken} {
			if info := w.introspect(t, c, presented); info["active"] != true || info["sub"] != w.User || info["client_id"] != c.ID || info["scope"] != "profile email" {
				t.Errorf("%s token: %v", name, info)
			}
			for why, x := range map[string]map[string]any{
				"RS06 a stranger's": w.introspect(t, stranger, presented),
				"RS13 truncated":    w.introspect(t, c, presented[:len(presented)-1]),
				"RS08 unknown":      w.introspect(t, c, "oat_x"),
			} {
				if len(x) != 1 || x["active"] != false {
					t.Errorf("%s, %s: %v, want exactly active false", name, why, x)
				}
			}
			if status, _ := w.post(t, "/oauth/token/revoke", stranger, url.Values{"token": {presented}}); status != http.StatusOK {
				t.Errorf("RS10: a stranger who revokes gets %d, want 200", status)
			}
		}
		w.userInfo(t, token.AccessToken) // RS10: untouched
		if status, _ := w.post(t, "/oauth/token/revoke", c, url.Values{"token": {"whatever"}, "token_type_hint": {"refresh_token"}}); status != http.StatusOK {
			t.Errorf("RS11: an unknown token: %d, want 200", status)
		}
		if status, _ := w.post(t, "/oauth/token_info", harness.Application{ID: c.ID, Secret: "wrong"}, url.Values{"token": {token.AccessToken}}); status != http.StatusUnauthorized {
			t.Errorf("RS07: with the wrong secret: %d, want 401", status)
		}
		if status, _ := w.post(t, "/oauth/token/revoke", c, url.Values{"token": {token.RefreshToken}}); status != http.StatusOK {
			t.Errorf("revoking: %d", status)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != http.StatusUnauthorized {
			t.Errorf("RS12: after the refresh token was revoked user info answers %d", status)
		}
		if info := w.introspect(t, c, token.RefreshToken); info["active"] != false {
			t.Errorf("revoked: %v", info)
		}
	})
}

func TestRevocationReachesJWTsWhereSignetIsAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"oauth_jwt_access_tokens": true})
		c, token := w.grant(t)
		if strings.Count(token.AccessToken, ".") != 2 {
			t.Fatalf("got %q, want a JWT", token.AccessToken)
		}
		keys := oidc.NewRemoteKeySet(t.Context(), w.Issuer+"/.well-known/jwks.json")
		payload, err := keys.VerifySignature(t.Context(), token.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims["iss"] != w.Issuer || claims["sub"] != w.User || claims["client_id"] != c.ID || claims["scope"] != "profile email" || claims["aud"] != nil {
			t.Errorf("claims are %v", claims)
		}
		w.userInfo(t, token.AccessToken)
		if status, body := w.post(t, "/oauth/token/revoke", c, url.Values{"token": {token.AccessToken}}); status != 400 || body["error"] != "unsupported_token_type" {
			t.Errorf("revoking a JWT: %d %v", status, body)
		}
		if answer, err := w.Try("POST", "/v1/oauth_applications/"+c.Application+"/revoke_token", map[string]any{"token": token.AccessToken}); err != nil || answer.Status != 400 || !strings.Contains(answer.Body, `"code":"unsupported_token_type"`) {
			t.Errorf("an operator revokes a JWT: %d %s, %v", answer.Status, answer.Body, err)
		}
		if status, _ := w.post(t, "/oauth/token/revoke", c, url.Values{"token": {token.RefreshToken}}); status != 200 {
			t.Errorf("revoking the refresh token: %d", status)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("RS09: user info answers %d to a revoked JWT", status)
		}
		if info := w.introspect(t, c, token.AccessToken); info["active"] != false {
			t.Errorf("RS09: introspection says %v", info)
		}
		answer, err := w.Try("POST", "/v1/oauth_applications/access_tokens/verify", map[string]any{"access_token": token.AccessToken})
		if err != nil || answer.Status != 404 {
			t.Errorf("RS09: verification answers %d, %v", answer.Status, err)
		}
	})
}

func TestStickyRefresh(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		w.change(t, c, map[string]any{"signet": map[string]any{"refresh_token_policy": "sticky"}})
		for range 3 {
			w.Clock.Add(time.Hour)
			answer, err := w.refresh(c, token.RefreshToken, "")
			if err != nil || field(t, answer, "refresh_token") != token.RefreshToken {
				t.Fatalf("%v, %s, want the same refresh token", err, answer)
			}
			w.userInfo(t, field(t, answer, "access_token"))
		}
	})
}

func TestResourceIndicators(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const api, files = "https://api.example", "https://files.example"
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		config := w.OAuth2(c)
		link := config.AuthCodeURL("af0ifjsldkj") + "&resource=" + url.QueryEscape(api) + "&resource=" + url.QueryEscape(files)
		code := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), link).Query().Get("code")
		token, err := config.Exchange(t.Context(), code, oauth2.SetAuthURLParam("resource", api))
		if err != nil {
			t.Fatal(err)
		}
		if info := w.introspect(t, c, token.AccessToken); len(info["aud"].([]any)) != 1 || info["aud"].([]any)[0] != api {
			t.Errorf("narrowed: %v", info)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("SC09: user info answers %d to a token for another server", status)
		}
		status, body := w.post(t, "/oauth/token", c, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}, "resource": {"https://other.example"}})
		if status != 400 || body["error"] != "invalid_target" {
			t.Errorf("RT12: %d %v", status, body)
		}
		status, body = w.post(t, "/oauth/token", c, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}})
		if status != 200 {
			t.Fatalf("%d %v", status, body)
		}
		if info := w.introspect(t, c, body["access_token"].(string)); len(info["aud"].([]any)) != 2 {
			t.Errorf("not narrowed: %v", info)
		}
	})
}

func TestDevice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "Television", "public": true, "device_authorization_grant_enabled": true, "scopes": "openid profile"})
		config := &oauth2.Config{ClientID: c.ID, Endpoint: oauth2.Endpoint{
			DeviceAuthURL: w.Issuer + "/oauth/device_authorization", TokenURL: w.Issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams,
		}}
		begin := func() *oauth2.DeviceAuthResponse {
			t.Helper()
			d, err := config.DeviceAuth(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		poll := func(d *oauth2.DeviceAuthResponse) (int, map[string]any) {
			t.Helper()
			return w.post(t, "/oauth/token", c, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d.DeviceCode}})
		}
		d := begin()
		if d.VerificationURIComplete != w.Issuer+"/device?user_code="+d.UserCode || d.Interval != 5 {
			t.Errorf("got %+v", d)
		}
		if _, body := poll(d); body["error"] != "authorization_pending" {
			t.Errorf("at once: %v", body)
		}
		if _, body := poll(d); body["error"] != "slow_down" {
			t.Errorf("too soon: %v", body)
		}
		someone := harness.NewPerson(t, w.Issuer)
		asked := w.SignIn(t, someone, someone.Visit(d.VerificationURIComplete))
		if !strings.Contains(asked.Body, d.UserCode) || !strings.Contains(asked.Body, "Television") {
			t.Fatalf("the page does not show the code:\n%s", asked.Body)
		}
		if done := someone.Submit(asked, "allow", nil); done.Status != 200 || !strings.Contains(done.Body, "Device connected") {
			t.Fatalf("allowed: %d\n%s", done.Status, done.Body)
		}
		w.Clock.Add(time.Minute)
		status, body := poll(d)
		if status != 200 || body["id_token"] == nil {
			t.Fatalf("approved: %d %v", status, body)
		}
		w.userInfo(t, body["access_token"].(string))
		if _, again := poll(d); again["error"] != "invalid_grant" {
			t.Errorf("the code bought twice: %v", again)
		}
		if again := someone.Submit(asked, "allow", nil); again.Status != http.StatusConflict {
			t.Errorf("decided twice: %d", again.Status)
		}

		typed := begin()
		page := someone.Submit(someone.Visit(w.Issuer+"/device"), "continue", map[string]string{"user_code": strings.ToLower(strings.ReplaceAll(typed.UserCode, "-", " "))})
		if page = someone.Submit(page, "deny", nil); !strings.Contains(page.Body, "not connected") {
			t.Errorf("denied: %d\n%s", page.Status, page.Body)
		}
		if _, body := poll(typed); body["error"] != "access_denied" {
			t.Errorf("denied: %v", body)
		}
		if page := someone.Submit(someone.Visit(w.Issuer+"/device"), "continue", map[string]string{"user_code": "BCDF-BCDF"}); page.Status != 422 {
			t.Errorf("a code that no device shows: %d", page.Status)
		}
		for range 40 {
			page = someone.Visit(w.Issuer + "/device?user_code=BCDF-BCDG")
		}
		if page.Status != http.StatusTooManyRequests {
			t.Errorf("forty guesses: %d, want 429", page.Status)
		}

		late := begin()
		w.Clock.Add(11 * time.Minute)
		if _, body := poll(late); body["error"] != "expired_token" {
			t.Errorf("after ten minutes: %v", body)
		}
		if status, _ := w.post(t, "/oauth/token", w.CreateApplication(t, map[string]any{"name": "b", "public": true}), url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {late.DeviceCode},
		}); status != 400 {
			t.Errorf("another client's code: %d", status)
		}
	})
}

// The rules of custom scopes that are taken away (Clerk's).
func TestCustomScopes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		scope := map[string]any{"name": "files:read", "description": "Read your files", "advertised": true}
		w.API(t, "POST", "/v1/oauth_scopes", scope)
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb", "scopes": "profile files:read"})
		config := w.OAuth2(c)
		someone := harness.NewPerson(t, w.Issuer)
		consent := w.SignIn(t, someone, someone.Visit(config.AuthCodeURL("af0ifjsldkj")))
		if !strings.Contains(consent.Body, "Read your files") {
			t.Errorf("the consent page lacks the description:\n%s", consent.Body)
		}
		code := someone.Submit(consent, "allow", nil).Left.Query().Get("code")
		token, err := config.Exchange(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		unused := someone.Visit(config.AuthCodeURL("af0ifjsldkj")).Left.Query().Get("code")
		if status, m := w.Get(t, "/.well-known/openid-configuration", ""); status != 200 || !strings.Contains(strings.Join(texts(m["scopes_supported"]), " "), "files:read") {
			t.Errorf("not advertised: %v", m["scopes_supported"])
		}
		w.API(t, "DELETE", "/v1/oauth_scopes/files:read", nil)
		if left := someone.Visit(config.AuthCodeURL("af0ifjsldkj") + "&scope=files:read").Left; left == nil || left.Query().Get("error") == "" {
			t.Errorf("a request with the deleted scope leads to %v", left)
		}
		if info := w.introspect(t, c, token.AccessToken); info["scope"] != "profile files:read" {
			t.Errorf("an issued token lost its scope: %v", info)
		}
		if _, err := config.Exchange(context.Background(), unused); err != nil {
			t.Errorf("an unused code cannot be exchanged: %v", err)
		}
		if _, err := w.refresh(c, token.RefreshToken, ""); err == nil || !strings.Contains(err.Error(), "invalid_scope") {
			t.Errorf("a refresh with the deleted scope: %v, want invalid_scope", err)
		}
		w.API(t, "POST", "/v1/oauth_scopes", scope)
		w.change(t, c, map[string]any{"scopes": "profile files:read"})
		w.Clock.Add(time.Second)
		answer, err := w.refresh(c, token.RefreshToken, "")
		if err != nil || field(t, answer, "scope") != "profile files:read" {
			t.Errorf("after the scope is back: %s, %v", answer, err)
		}
	})
}

func texts(list any) (all []string) {
	items, _ := list.([]any)
	for _, item := range items {
		text, _ := item.(string)
		all = append(all, text)
	}
	return all
}

func TestOperatorRevokesAToken(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		other := w.CreateApplication(t, map[string]any{"name": "b"})
		for _, x := range []struct {
			application string
			want        int
		}{{other.Application, 404}, {c.Application, 204}} {
			answer, err := w.Try("POST", "/v1/oauth_applications/"+x.application+"/revoke_token", map[string]any{"token": token.AccessToken})
			if err != nil || answer.Status != x.want {
				t.Errorf("%s: %d %s, %v, want %d", x.application, answer.Status, answer.Body, err, x.want)
			}
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("revoked: user info answers %d", status)
		}
	})
}
