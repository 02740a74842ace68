package attack

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// leaks are the attacks by somebody who reads the log.
var leaks = map[string]func(*attack){
	"HD06": func(a *attack) {
		a.World = harness.NewWorld(a.T, a.TempDir()+"/leaks.db", func(c *config.Config) { c.AllowPrivateWebhooks = true })
		a.someone = harness.NewPerson(a, a.Issuer)
		a.app = a.CreateApplication(a, map[string]any{"name": "App", "callback_url": callback, "scopes": "openid profile email offline_access", "device_authorization_grant_enabled": true})
		a.issued(a.app.Secret, harness.SecretKey, harness.Password)
		for path, settings := range map[string]string{"/v1/instance": `{"signet":{"sign_up":"open"}}`, "/v1/instance/oauth_application_settings": `{"dynamic_oauth_client_registration":true}`} {
			if x := a.admin("PATCH", path, settings); x.status >= 300 {
				a.Fatal(x.text)
			}
		}
		sent := a.listen()
		a.members()
		a.lettersAndFactors()
		a.tokensOfAllKinds()
		a.thingsGoneWrong()
		for range 2 { // one that is taken, one that is refused
			headers := <-sent
			a.issued(headers.Get("Svix-Signature"), headers.Get("Webhook-Signature"))
		}
		a.keep(a.someone)
		if len(a.secrets) < 40 {
			a.Errorf("only %d secrets were made", len(a.secrets))
		}
		log := a.Logs.String()
		for _, sign := range []string{"Bearer ", "Basic ", "signet_session=", "csrf=", "password=", "client_secret=", "refresh_token="} {
			if strings.Contains(log, sign) {
				a.Errorf("the log has %q", sign)
			}
		}
		if strings.Count(log, "\n") < 50 {
			a.Errorf("the log is short:\n%s", log)
		}
	},
}

// listen makes a webhook that refuses every second message.
func (a *attack) listen() <-chan http.Header {
	a.Helper()
	sent := make(chan http.Header, 1000)
	var n atomic.Int64 // several messages may be under way
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent <- r.Header
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	a.Cleanup(at.Close)
	a.made("POST", "/v1/webhooks", secretKey, map[string]any{"url": at.URL + "/hook?key=hook-url-marker"})
	a.issued("hook-url-marker")
	return sent
}

// made calls the Backend API and notes every secret in the answer.
func (a *attack) made(method, path, authorization string, body map[string]any) map[string]any {
	a.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		a.Fatal(err)
	}
	x := a.do(method, path, authorization, "application/json", string(encoded))
	if x.status >= 300 {
		a.Fatalf("%s %s: %d %s", method, path, x.status, x.text)
	}
	for _, name := range []string{"client_secret", "secret", "secret_key", "token", "url", "access_token", "refresh_token", "registration_access_token", "device_code", "user_code"} {
		secret, _ := x.body[name].(string)
		if name != "url" || strings.HasPrefix(secret, a.Issuer) {
			a.issued(secret)
		}
	}
	return x.body
}

// members sign up, by letter, invitation and sign-in token, and recover.
func (a *attack) members() {
	a.Helper()
	const chosen = "tidal lantern meadow"
	a.issued(chosen)
	one := harness.NewPerson(a, a.Issuer)
	fields := map[string]string{"address": "one@example.com", "password": chosen}
	asked := one.Submit(one.Visit(a.Issuer+"/sign-up"), "sign-up", fields)
	m := a.Mail.Take(a, "one@example.com")
	a.issued(m.Code(), m.Link())
	one.Visit(m.Link())
	fields["code"] = m.Code()
	a.in("who has signed up", one.Submit(asked, "sign-up", fields))

	asked = one.Submit(one.Visit(a.Issuer+"/forgot-password"), "send-code", map[string]string{"identifier": "one@example.com"})
	m = a.Mail.Take(a, "one@example.com")
	a.issued(m.Code(), m.Link(), "harbour violet compass")
	a.in("who has recovered", one.Submit(asked, "change-password", map[string]string{"identifier": "one@example.com", "code": m.Code(), "password": "harbour violet compass"}))
	a.keep(one)

	invited, _ := a.made("POST", "/v1/invitations", secretKey, map[string]any{"email_address": "two@example.com"})["url"].(string)
	two := harness.NewPerson(a, a.Issuer)
	a.in("who was invited", two.Submit(two.Visit(invited), "sign-up", map[string]string{"password": chosen}))
	a.keep(two)
	link, _ := a.made("POST", "/v1/sign_in_tokens", secretKey, map[string]any{"user_id": a.User})["url"].(string)
	three := harness.NewPerson(a, a.Issuer)
	a.in("who has a link", three.Submit(three.Visit(link), "sign-in", nil))
	a.keep(three)
}

// lettersAndFactors signs in by a letter and by a second factor.
func (a *attack) lettersAndFactors() {
	a.Helper()
	page := a.someone.Submit(a.someone.Visit(a.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": harness.Email})
	page = a.someone.Submit(page, "send-code", nil)
	m := a.Mail.Take(a, harness.Email)
	a.issued(m.Code(), m.Link())
	a.in("by a letter", a.someone.Submit(page, "sign-in", map[string]string{"code": m.Code()}))
	a.keep(a.someone)
	a.issued(totpSecret, "abcde-fghij")
	a.made("PATCH", "/v1/users/"+a.User, secretKey, map[string]any{"totp_secret": totpSecret, "backup_codes": []string{"abcde-fghij"}})
	other := harness.NewPerson(a, a.Issuer)
	half := a.SignIn(a, other, other.Visit(a.link()))
	a.keep(other)
	a.issued(a.continuation(half))
	other.Submit(half, "verify", map[string]string{"code": "abcde-fghij"})
	a.keep(other)
	a.made("DELETE", "/v1/users/"+a.User+"/mfa", secretKey, nil)
}

// tokensOfAllKinds is every way to a token, and what is done with one.
func (a *attack) tokensOfAllKinds() {
	a.Helper()
	code := a.signIn("scope", "openid profile offline_access", "nonce", "nonce-marker", "code_challenge", challenge(), "code_challenge_method", "S256")
	a.issued("nonce-marker", verifier)
	a.tokens(a.exchange(a.app, code, "code_verifier", verifier))
	a.exchange(a.app, code, "code_verifier", verifier) // replayed
	access, refresh := a.tokens(a.exchange(a.app, a.signIn("scope", "openid offline_access")))
	a.refresh(a.app, refresh)
	a.active(a.app, access)
	a.as(a.app, "/oauth/token/revoke", "token", access)
	device := a.as(a.app, "/oauth/device_authorization", "scope", "profile")
	for _, name := range []string{"device_code", "user_code", "verification_uri_complete"} {
		secret, _ := device.body[name].(string)
		a.issued(secret)
	}
	link, _ := device.body["verification_uri_complete"].(string)
	if link == "" {
		a.Fatalf("no device code: %s", device.text)
	}
	a.someone.Visit(link)
	client := a.made("POST", "/oauth/register", "", map[string]any{"client_name": "C", "redirect_uris": []string{"https://c.example/cb"}})
	a.do("GET", "/oauth/register/"+client["client_id"].(string), "Bearer "+client["registration_access_token"].(string), "", "")
	api := a.made("POST", "/v1/machines", secretKey, map[string]any{"name": "API"})
	worker := a.made("POST", "/v1/machines", secretKey, map[string]any{"name": "Worker", "scoped_machines": []any{api["id"]}})
	token := a.made("POST", "/v1/m2m_tokens", "Bearer "+worker["secret_key"].(string), map[string]any{})["token"]
	a.made("POST", "/v1/m2m_tokens/verify", "Bearer "+api["secret_key"].(string), map[string]any{"token": token})
	a.as(harness.Application{ID: worker["id"].(string), Secret: worker["secret_key"].(string)}, "/oauth/token", "grant_type", "client_credentials")
	key := a.made("POST", "/v1/api_keys", secretKey, map[string]any{"name": "Key", "subject": a.User})["secret"]
	a.made("POST", "/v1/api_keys/verify", secretKey, map[string]any{"secret": key})
	a.made("POST", "/v1/secret_keys", secretKey, map[string]any{"name": "CI"})
	a.made("POST", a.application("/rotate_secret"), secretKey, nil)
}

// thingsGoneWrong puts secrets where they do not belong.
func (a *attack) thingsGoneWrong() {
	a.Helper()
	const marker = "misplaced-marker-0123456789"
	a.issued(marker)
	misplaced := url.Values{}
	for _, name := range []string{"code", "token", "access_token", "password", "client_secret", "ticket", "continue", "id_token_hint", "state", "csrf", "user_code"} {
		misplaced.Set(name, marker)
	}
	all, err := routes()
	if err != nil {
		a.Fatal(err)
	}
	for _, x := range all {
		path := placeholder.ReplaceAllString(strings.TrimSuffix(x.path, "{$}"), marker)
		for _, kind := range []string{formType, "application/json"} {
			a.do(x.method, path+"?"+misplaced.Encode(), "Bearer "+marker, kind, misplaced.Encode())
		}
	}
	for path := range a.operations() {
		a.do("POST", placeholder.ReplaceAllString(path, marker), secretKey, "application/json", `{"password":"`+marker+`","token":"`+marker+`"}`)
	}
	a.do("GET", "/"+marker+"/"+marker, "Basic "+marker, "", "")
	a.do("GET", "/v1/"+marker, "Bearer sk_test_"+marker, "", "")
	a.do("POST", "/v1/users", secretKey, "application/json", `{"password":"`+marker)
	for _, form := range []string{"/sign-in", "/sign-up", "/forgot-password"} {
		a.someone.Post(form, url.Values{"identifier": {marker}, "password": {marker}, "csrf": {marker}})
	}
	a.guess(harness.NewPersonAt(a, a.Issuer, "127.0.0.2"), harness.Email, marker)
}

// keep notes what a browser has kept.
func (a *attack) keep(p *harness.Person) {
	a.Helper()
	for _, c := range p.Cookies() {
		if len(c.Value) > 8 { // not the language
			a.issued(c.Value)
		}
	}
}
