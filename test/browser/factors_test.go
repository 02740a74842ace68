package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// authenticator gives the browser one that verifies its user, as a phone does, and
// keeps what it makes.
func (w *world) authenticator(t *testing.T) webauthn.AuthenticatorID {
	t.Helper()
	if _, err := chromedp.Call(w.tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	made, err := chromedp.Call(w.tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return made.AuthenticatorID
}

// present says whether somebody touches the authenticator as soon as it asks.
func (w *world) present(t *testing.T, id webauthn.AuthenticatorID, so bool) {
	t.Helper()
	_, err := chromedp.Call(w.tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: id, Enabled: so})
	if err != nil {
		t.Fatal(err)
	}
}

// password signs in without an application, by password alone.
func (w *world) password(t *testing.T) {
	t.Helper()
	run(t, w.tab, chromedp.Navigate(w.issuer+"/sign-in"), signIn(password), see("#account"))
}

func (w *world) signOut(t *testing.T) {
	t.Helper()
	run(t, w.tab, chromedp.Navigate(w.issuer+"/sign-out"), see("#sign-out"), click("#sign-out"), chromedp.WaitNotPresent(chromedp.CSS("#sign-out")))
}

func TestPasskey(t *testing.T) {
	w := newWorldAt(t, "localhost")
	id := w.authenticator(t)
	w.present(t, id, false) // the sign-in page asks at once
	w.password(t)
	w.present(t, id, true)
	run(t, w.tab, click("#account"), see("h1"), chromedp.Navigate(w.issuer+"/account/security"),
		see("#add-passkey"), click("#add-passkey"), see("#make-passkey"), fill("#name", "My phone"), click("#make-passkey"), see("#notice"))
	if text := read(t, w.tab, "#content"); !strings.Contains(text, "My phone") {
		t.Errorf("the passkey is not listed:\n%s", text)
	}

	// The button: nobody touches the authenticator before it is pressed.
	w.present(t, id, false)
	w.signOut(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#use-passkey"))
	w.present(t, id, true)
	run(t, w.tab, click("#use-passkey"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("state") != "state-1" || q.Get("code") == "" {
		t.Errorf("by the button the client got %v", q)
	}

	// Conditional UI: the passkey is offered where the identifier is typed, and chosen
	// there, which this browser does by itself.
	w.signOut(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-2")))
	if q := answer(t, w.tab); q.Get("state") != "state-2" || q.Get("code") == "" {
		t.Errorf("by what was offered the client got %v", q)
	}
}

// A browser whose authenticator says no, or that has none, leaves the password.
func TestPasskeyThatFails(t *testing.T) {
	w := newWorldAt(t, "localhost")
	id := w.authenticator(t)
	if _, err := chromedp.Call(w.tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: false}); err != nil {
		t.Fatal(err)
	}
	run(t, w.tab, chromedp.Navigate(w.issuer+"/sign-in"), see("#use-passkey"), click("#use-passkey"), see("#passkey-problem"),
		signIn(password), see("#account"))
}

func TestSecondFactor(t *testing.T) {
	w := newWorld(t)
	w.password(t)
	run(t, w.tab, chromedp.Navigate(w.issuer+"/account/security"), see("#set-up"), click("#set-up"), see("#qr"))
	secret := strings.ReplaceAll(read(t, w.tab, "#secret"), " ", "")
	code := func(after time.Duration) string {
		code, err := totp.GenerateCode(secret, time.Now().Add(after))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	run(t, w.tab, fill("#code", code(-30*time.Second)), click("#confirm"), see("#codes"))
	backup := read(t, w.tab, "#codes li:first-child code")
	w.signOut(t)
	link := w.config.AuthCodeURL("state-1")
	run(t, w.tab, chromedp.Navigate(link), signIn(password), see("#verify"), fill("#code", "000000"), click("#verify"), see("#problem"),
		fill("#code", code(30*time.Second)), click("#verify"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("by a code the client got %v", q)
	}
	w.signOut(t)
	run(t, w.tab, chromedp.Navigate(link), signIn(password), see("#verify"), fill("#code", backup), click("#verify"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("by a backup code the client got %v", q)
	}
}
