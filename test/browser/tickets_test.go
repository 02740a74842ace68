package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestInvitationToAccount(t *testing.T) {
	w := newWorld(t)
	invitation := w.api(t, "/v1/invitations", map[string]any{"email_address": "grace@example.com", "redirect_url": w.client.URL + "/welcome?invited=yes"})
	run(t, w.tab, chromedp.Navigate(invitation["url"].(string)), fill("#first_name", "Grace"), fill("#password", "correcthorse"), click("#sign-up"))
	if q := answer(t, w.tab); q.Get("invited") != "yes" {
		t.Errorf("the client got %v", q)
	}
	// Signed in already: the client gets its answer after the consent alone.
	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")), see("#allow"), click("#allow"))
	if q := answer(t, w.tab); q.Get("code") == "" {
		t.Errorf("the client got %v", q)
	}
	run(t, w.tab, chromedp.Navigate(invitation["url"].(string)))
	if text := read(t, w.tab, "h1"); text != "This invitation is over" {
		t.Errorf("the second time the page says %q", text)
	}
}

func TestLinkThatSignsIn(t *testing.T) {
	w := newWorld(t)
	user := w.api(t, "/v1/users", map[string]any{"email_address": []string{"grace@example.com"}})
	link := w.api(t, "/v1/sign_in_tokens", map[string]any{"user_id": user["id"]})["url"].(string)
	run(t, w.tab, chromedp.Navigate(link))
	if text := read(t, w.tab, ".account"); !strings.Contains(text, "grace@example.com") {
		t.Errorf("the page does not say whose account it opens: %q", text)
	}
	run(t, w.tab, click("#sign-in"), see("#sign-out"))
	if text := read(t, w.tab, "h1"); text != "You are signed in" {
		t.Errorf("after the link the page says %q", text)
	}
	run(t, w.tab, chromedp.Navigate(link))
	if text := read(t, w.tab, "h1"); text != "This link does not work any more" {
		t.Errorf("the second time the page says %q", text)
	}
}
