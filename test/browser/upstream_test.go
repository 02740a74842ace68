package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/upstream"
)

// withAnother is a Signet whose users may sign in with another one, in one browser. Both
// know Ada, who has a password of her own at each.
func withAnother(t *testing.T) (w, other *world) {
	t.Helper()
	other = serve(t, "localhost", func(*config.Config) {})
	settings := upstream.Settings{ID: "other", Kind: upstream.OpenID, Name: "Elsewhere", Issuer: other.issuer}
	w = serve(t, "127.0.0.1", func(c *config.Config) {
		made := other.api(t, "/v1/oauth_applications", map[string]any{
			"name": "The first Signet", "callback_url": c.Issuer + "/sign-in/with/other/callback", "scopes": "openid profile email",
		})
		settings.ClientID, settings.ClientSecret = made["client_id"].(string), made["client_secret"].(string)
		c.Upstreams = []upstream.Settings{settings}
	})
	w.tab = chromium(t)
	return w, other
}

// Somebody who has an account elsewhere alone gets one here with two clicks.
func TestSignUpWithAnotherProvider(t *testing.T) {
	w, other := withAnother(t)
	other.api(t, "/v1/users", map[string]any{"email_address": []string{"grace@example.com"}, "password": newPassword, "first_name": "Grace", "last_name": "Hopper"})
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#with-other"), click("#with-other"),
		see("#identifier"), fill("#identifier", "grace@example.com"), click("#sign-in"), enter(newPassword),
		see("#allow"), click("#allow"), see("#first_name"))
	if name := evaluate[string](t, w.tab, `document.querySelector("#first_name").value`); name != "Grace" {
		t.Errorf("the form has the name %q", name)
	}
	run(t, w.tab, click("#sign-up"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("state") != "state-1" || q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}

	// Signed in there and agreed: the next time one click is enough.
	run(t, w.tab, chromedp.Navigate(w.issuer+"/sign-out"), see("#sign-out"), click("#sign-out"), gone("#sign-out"),
		chromedp.Navigate(w.config.AuthCodeURL("state-2")), see("#with-other"), click("#with-other"))
	if q := answer(t, w.tab); q.Get("state") != "state-2" || q.Get("code") == "" {
		t.Errorf("the second time the client got %v", q)
	}
}

// Who has an account here too connects them by signing in to both, and lets go of it.
func TestConnectAnotherProvider(t *testing.T) {
	w, _ := withAnother(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#with-other"), click("#with-other"),
		see("#identifier"), signIn(password), see("#allow"), click("#allow"), see("a#sign-in"), click("a#sign-in"))
	run(t, w.tab, signIn(password), see("#connect"), click("#connect"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("state") != "state-1" || q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}
	run(t, w.tab, chromedp.Navigate(w.issuer+"/account/security"), see("#give-up-other"), click("#give-up-other"), see("#do"), click("#do"), see("#notice"))
	if page := read(t, w.tab, "main"); strings.Contains(page, "Elsewhere ("+address) {
		t.Errorf("the account is still connected:\n%s", page)
	}
	run(t, w.tab, see(`[href="/account/connect/other"]`))
}
