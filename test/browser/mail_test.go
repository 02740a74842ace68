package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const newPassword = "tidal lantern meadow"

func TestSignUpToConsent(t *testing.T) {
	const newcomer = "grace@example.com"
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#identifier"), click("#sign-up"),
		see("#address"), fill("#address", newcomer), click("#sign-up"), see("#code"))
	code := w.mail.Take(t, newcomer).Code()
	run(t, w.tab, fill("#code", code), fill("#first_name", "Grace"), fill("#password", "password1"), click("#sign-up"), see("#problem"),
		fill("#password", newPassword), click("#sign-up"), see("#allow"))
	if page := read(t, w.tab, "main"); !strings.Contains(page, "Grace") {
		t.Errorf("the page is not for the newcomer:\n%s", page)
	}
	run(t, w.tab, click("#allow"))
	if q := answer(t, w.tab); q.Get("state") != "state-1" || q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}
}

func TestSignInByCode(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#identifier"), fill("#identifier", address), click("#sign-in"),
		see("#send-code"), click("#send-code"), see("#code"))
	code := w.mail.Take(t, address).Code()
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	run(t, w.tab, fill("#code", wrong), click("#sign-in"), see("#problem"), fill("#code", code[:3]+" "+code[3:]), click("#sign-in"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}
}

func TestSignInByLink(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#identifier"), fill("#identifier", address), click("#sign-in"),
		see("#send-code"), click("#send-code"), see("#code"))
	link := w.mail.Take(t, address).Link()
	elsewhere := chromium(t)
	run(t, elsewhere, chromedp.Navigate(link), see("#sign-in"), click("#sign-in"), see("#sign-out"))
	run(t, elsewhere, chromedp.Navigate(link))
	if code := read(t, elsewhere, "#error-code"); !strings.Contains(code, "invalid_ticket") {
		t.Errorf("the link once more: %q", code)
	}
}

func TestRecovery(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#identifier"), fill("#identifier", address), click("#sign-in"),
		see("#forgot-password"), click("#forgot-password"), see("#send-code"), fill("#identifier", address), click("#send-code"), see("#code"))
	code := w.mail.Take(t, address).Code()
	run(t, w.tab, fill("#code", code), fill("#password", newPassword), click("#change-password"), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}
	if m := w.mail.Take(t, address); !strings.Contains(m.Subject, "changed") {
		t.Errorf("the user was told %q", m.Subject)
	}
	run(t, w.tab, chromedp.Navigate(w.issuer+"/sign-out"), see("#sign-out"), click("#sign-out"), gone("#sign-out"), chromedp.Navigate(w.issuer+"/sign-in"),
		signIn(password), see("#problem"), enter(newPassword), see("#sign-out"))
}

// gone waits until an element is not on the page any more.
func gone(selector string) step { return chromedp.WaitNotPresent(chromedp.CSS(selector)) }

// refused types a password and waits for the next page, which tells of a problem.
func refused(password string) step {
	return chromedp.Steps(chromedp.SetAttributeValue(chromedp.CSS("body"), "data-before", "1"), enter(password), see("body:not([data-before]) #problem"))
}

func TestWrongPasswordTenTimes(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), signIn("wrong"), see("#problem"))
	for range 9 {
		run(t, w.tab, refused("wrong"))
	}
	if said := read(t, w.tab, "#problem"); !strings.Contains(said, "is wrong") {
		t.Errorf("the tenth time the page says %q", said)
	}
	run(t, w.tab, refused(password))
	if said := read(t, w.tab, "#problem"); !strings.Contains(said, "Too many attempts") {
		t.Errorf("the eleventh time the page says %q", said)
	}
}
