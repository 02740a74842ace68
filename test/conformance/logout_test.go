package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// logoutModules are those of the RP-Initiated Logout profile.
var logoutModules = map[string]func(*op){
	"oidcc-rp-initiated-logout-discovery-endpoint-verification": func(o *op) {
		if endpoint := o.json("/.well-known/openid-configuration")["end_session_endpoint"]; endpoint != o.issuer+"/oauth/logout" {
			o.Errorf("end_session_endpoint is %v", endpoint)
		}
	},
	"oidcc-rp-initiated-logout": func(o *op) {
		state := strings.Repeat("s", 128)
		x := signedIn(o)
		page := x.logout("id_token_hint", x.hint, "post_logout_redirect_uri", loggedOut, "state", state)
		if page.Left == nil || page.Left.Query().Get("state") != state || !strings.HasPrefix(page.Left.String(), loggedOut+"?") {
			o.Fatalf("the browser is at %v with status %d", page.Left, page.Status)
		}
		x.isOut()
	},
	"oidcc-rp-initiated-logout-no-state": func(o *op) {
		x := signedIn(o)
		page := x.logout("id_token_hint", x.hint, "post_logout_redirect_uri", loggedOut)
		if page.Left == nil || page.Left.String() != loggedOut {
			o.Fatalf("the browser is at %v with status %d", page.Left, page.Status)
		}
		x.isOut()
	},
	"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": func(o *op) {
		x := signedIn(o)
		o.errorPage(x.logout("id_token_hint", x.hint, "post_logout_redirect_uri", loggedOut+"/other"))
	},
	"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": func(o *op) {
		x := signedIn(o)
		o.errorPage(x.logout("id_token_hint", x.hint, "post_logout_redirect_uri", loggedOut+"?x=1"))
	},
	"oidcc-rp-initiated-logout-modified-id-token-hint": func(o *op) {
		x := signedIn(o)
		parts := strings.Split(x.hint, ".")
		x.isAsked(x.logout("id_token_hint", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."+parts[1]+".", "post_logout_redirect_uri", loggedOut))
	},
	"oidcc-rp-initiated-logout-bad-id-token-hint": func(o *op) {
		x := signedIn(o)
		other := signedIn(newOP(o.T, o.mode))
		x.isAsked(x.logout("id_token_hint", other.hint, "post_logout_redirect_uri", loggedOut))
	},
	"oidcc-rp-initiated-logout-no-id-token-hint": func(o *op) {
		x := signedIn(o)
		x.isAsked(x.logout("client_id", o.clients[0].ClientID, "post_logout_redirect_uri", loggedOut))
	},
	"oidcc-rp-initiated-logout-no-params":  func(o *op) { x := signedIn(o); x.isAsked(x.logout()) },
	"oidcc-rp-initiated-logout-only-state": func(o *op) { x := signedIn(o); x.isAsked(x.logout("state", "s")) },
	"oidcc-rp-initiated-logout-no-post-logout-redirect-uri": func(o *op) {
		x := signedIn(o)
		page := x.logout("id_token_hint", x.hint)
		if page.Left != nil || !strings.Contains(page.Body, `id="signed-out"`) {
			o.Errorf("status %d, left for %v, want the page that says so", page.Status, page.Left)
		}
		x.isOut()
	},
}

func TestRPInitiatedLogout(t *testing.T) { run(t, "", logoutModules) }

// A session is somebody who is signed in, and an ID token of theirs.
type session struct {
	*op
	person *harness.Person
	hint   string
}

func signedIn(o *op) session {
	o.Helper()
	someone := o.person()
	code, _ := o.code(someone)
	token, _, _ := o.tokens(code)
	hint, _ := token.Extra("id_token").(string)
	return session{o, someone, hint}
}

func (s session) logout(params ...string) harness.Page {
	s.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return s.person.Visit(s.issuer + "/oauth/logout?" + q.Encode())
}

// isAsked checks that the person is asked first, and signs out by saying so.
func (s session) isAsked(page harness.Page) {
	s.Helper()
	if page.Left != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, `id="sign-out"`) {
		s.Fatalf("status %d, left for %v, want the question", page.Status, page.Left)
	}
	if after := s.person.Submit(page, "sign-out", nil); after.Left != nil || !strings.Contains(after.Body, `id="signed-out"`) {
		s.Errorf("status %d, left for %v, want the page that says so", after.Status, after.Left)
	}
	s.isOut()
}

func (s session) isOut() {
	s.Helper()
	s.refused(s.person, s.person.Visit(s.request("prompt", "none")), "login_required")
}
