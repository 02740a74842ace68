package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"golang.org/x/oauth2"
)

func awaitPromise(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

// The answer comes as a form that submits itself, which the policy of the page has
// to let through.
func TestFormPost(t *testing.T) {
	w := newWorld(t)
	link := w.config.AuthCodeURL("state-1", oauth2.SetAuthURLParam("response_mode", "form_post"))
	run(t, w.tab, chromedp.Navigate(link), signIn(password), see("#allow"), click("#allow"))
	q := answer(t, w.tab)
	if q.Get("posted") != "true" || q.Get("state") != "state-1" || q.Get("iss") != w.issuer {
		t.Errorf("the client got %v", q)
	}
	if _, err := w.config.Exchange(t.Context(), q.Get("code")); err != nil {
		t.Error(err)
	}
}

// A public client that runs in the browser, on another origin.
func TestSinglePageApplication(t *testing.T) {
	w := newWorld(t)
	app := w.api(t, "/v1/oauth_applications", map[string]any{"name": "Board", "callback_url": w.client.URL + "/callback", "public": true, "scopes": "openid profile"})
	w.config.ClientID = app["client_id"].(string)
	verifier := oauth2.GenerateVerifier()
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier))), signIn(password), see("#allow"), click("#allow"))
	code := answer(t, w.tab).Get("code")
	script := fmt.Sprintf(`(async () => {
		const metadata = await (await fetch('%[1]s/.well-known/openid-configuration')).json()
		const keys = await (await fetch(metadata.jwks_uri)).json()
		const ask = body => fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: '%[2]s', ...body }) }).then(r => r.json())
		const tokens = await ask({ grant_type: 'authorization_code', code: '%[3]s', redirect_uri: '%[4]s/callback', code_verifier: '%[5]s' })
		const info = await (await fetch(metadata.userinfo_endpoint, { headers: { Authorization: 'Bearer ' + tokens.access_token } })).json()
		const fresh = await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
		const revoked = await fetch(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: '%[2]s', token: fresh.refresh_token }) })
		let authorize = 'read'
		try { await fetch(metadata.authorization_endpoint) } catch { authorize = 'blocked' }
		return JSON.stringify({ keys: keys.keys.length, name: info.given_name, id: !!fresh.id_token, revoked: revoked.status, authorize })
	})()`, w.issuer, w.config.ClientID, code, w.client.URL, verifier)
	told, err := chromedp.Run(w.tab, chromedp.Evaluate[string](script, awaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"keys":3,"name":"Ada","id":true,"revoked":200,"authorize":"blocked"}`
	if told != want {
		t.Errorf("the script got %s, want %s", told, want)
	}
}

func TestConnectingADevice(t *testing.T) {
	w := newWorld(t)
	app := w.api(t, "/v1/oauth_applications", map[string]any{"name": "Television", "public": true, "device_authorization_grant_enabled": true})
	response, err := http.PostForm(w.issuer+"/oauth/device_authorization", url.Values{"client_id": {app["client_id"].(string)}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var device struct {
		UserCode string `json:"user_code"`
		URI      string `json:"verification_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&device); err != nil {
		t.Fatal(err)
	}
	run(t, w.tab, chromedp.Navigate(device.URI), signIn(password), see("#user_code"),
		fill("#user_code", "BCDF-BCDF"), click("#continue"), see("#problem"),
		fill("#user_code", strings.ToLower(device.UserCode)), click("#continue"), see("#allow"))
	if shown := read(t, w.tab, "#code"); shown != device.UserCode {
		t.Errorf("the page shows %s, the device %s", shown, device.UserCode)
	}
	run(t, w.tab, click("#allow"))
	if done := read(t, w.tab, "#device-done"); done != "Device connected" {
		t.Errorf("the page says %q", done)
	}
}

func TestSigningInOnceMoreAndOut(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), signIn(password), see("#allow"), click("#allow"), see("#answer"),
		chromedp.Navigate(w.config.AuthCodeURL("state-2", oauth2.SetAuthURLParam("prompt", "login"))), see("#again"), enter(password))
	if q := answer(t, w.tab); q.Get("state") != "state-2" || q.Get("code") == "" {
		t.Errorf("after signing in once more the client got %v", q)
	}
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-3", oauth2.SetAuthURLParam("prompt", "select_account"))), click("#continue"))
	if q := answer(t, w.tab); q.Get("state") != "state-3" || q.Get("code") == "" {
		t.Errorf("after choosing the client got %v", q)
	}
	run(t, w.tab, chromedp.Navigate(w.issuer+"/oauth/logout"), click("#sign-out"), see("#signed-out"),
		chromedp.Navigate(w.config.AuthCodeURL("state-4")), see("#identifier"))
}
