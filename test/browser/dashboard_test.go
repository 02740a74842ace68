package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAnOperatorRunsEverything goes the way of somebody who has just started Signet:
// from the first link to an application that works, a secret that is replaced, a user
// who is banned and a request that was refused.
func TestAnOperatorRunsEverything(t *testing.T) {
	w := newWorld(t)
	run(t, w.tab, chromedp.Navigate(w.operatorLink), see("#set-up"),
		fill("#email_address", "grace@example.com"), fill("#first_name", "Grace"), fill("#password", "nanoseconds in a wire"), click("#set-up"), see("#totals"))

	run(t, w.tab, chromedp.Navigate(w.issuer+"/dashboard/applications/new"), see("#kind-web"), click("#kind-web"), click("#kind button"),
		see("#new-application"), fill("#name", "Difference Shop"), fill("#redirect_uris", "https://shop.example/callback"), click("#new-application button"))
	secret := read(t, w.tab, "#secret code")

	run(t, w.tab, click("nav.tabs a[href$='/playground']"), see("#allow"), click("#allow button"), see("#start"), click("#start button"),
		see("button#allow"), click("button#allow"), see("#exchange"), fill("#secret", secret), click("#exchange button"), see("#again"))
	if page := read(t, w.tab, "main"); !strings.Contains(page, "200 OK") || !strings.Contains(page, "grace@example.com") {
		t.Errorf("the playground shows\n%s", page)
	}

	run(t, w.tab, click("nav.tabs a[href$='/credentials']"), see("#rotate"), click("#rotate button"), see("#secret code"))
	if again := read(t, w.tab, "#secret code"); again == secret || len(again) != len(secret) {
		t.Errorf("the new secret is %q, the old one was %q", again, secret)
	}

	run(t, w.tab, chromedp.Navigate(w.issuer+"/dashboard/users?query=ada"), click("#users td a"), click("nav.tabs a[href$='/access']"),
		see("#state"), click("#state form[action$='/ban'] button"), see("#done"))
	if heading := read(t, w.tab, "h1"); !strings.Contains(heading, "Banned") {
		t.Errorf("the user is %q", heading)
	}

	answer, err := http.Get(w.issuer + "/oauth/authorize?response_type=code&state=12345678&redirect_uri=https%3A%2F%2Fshop.example%2F&client_id=" + w.config.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	run(t, w.tab, click("nav.sections a[href$='/refusals']"), click("#refusals td a"), see("#way .failed"))
	if failed := read(t, w.tab, "#way .failed"); !strings.Contains(failed, "Address is registered") {
		t.Errorf("it failed at %q", failed)
	}
	if advice := read(t, w.tab, "#mend"); !strings.Contains(advice, "Register") {
		t.Errorf("the advice is %q", advice)
	}
}
