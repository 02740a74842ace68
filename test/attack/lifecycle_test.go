package attack

import (
	"strings"

	"github.com/signet-auth/signet/test/harness"
)

// agreed reports whether the user is not asked again, by the code that comes back.
func (a *attack) agreed() bool {
	a.Helper()
	page := a.visit()
	return page.Left != nil && page.Left.Query().Get("code") != ""
}

// ended wants nothing of what was issued to be of use any more.
func (a *attack) ended(what, code, access, refresh string) {
	a.Helper()
	a.dead(what, access)
	if x := a.refresh(a.app, refresh); x.status != 400 && x.status != 401 {
		a.Errorf("%s: the refresh token answers %d %s", what, x.status, x.text)
	}
	if x := a.exchange(a.app, code); x.status != 400 && x.status != 401 {
		a.Errorf("%s: the code answers %d %s", what, x.status, x.text)
	}
	if a.agreed() {
		a.Errorf("%s: the browser gets a code", what)
	}
}

// issue gives everything that can be issued: tokens, and a code that nobody used.
func (a *attack) issue() (code, access, refresh string) {
	a.Helper()
	access, refresh = a.grant()
	return a.signIn(), access, refresh
}

var lifecycle = map[string]func(*attack){
	"LC01": func(a *attack) {
		code, access, refresh := a.issue()
		a.API(a, "POST", "/v1/users/"+a.User+"/ban", nil)
		a.ended("banned", code, access, refresh)
		a.API(a, "POST", "/v1/users/"+a.User+"/unban", nil)
		a.ended("unbanned", code, access, refresh)
		a.someone = harness.NewPerson(a, a.Issuer)
		a.Clock.Advance(1)
		code, access, refresh = a.issue()
		a.API(a, "DELETE", "/v1/users/"+a.User, nil)
		a.ended("deleted", code, access, refresh)
	},
	"LC02": func(a *attack) {
		for _, state := range []struct{ on, off, member string }{{"ban", "unban", "banned"}, {"lock", "unlock", "locked"}} {
			a.API(a, "POST", "/v1/users/"+a.User+"/"+state.on, nil)
			made := a.API(a, "POST", "/v1/sign_in_tokens", map[string]any{"user_id": a.User})
			ticket, _ := made["token"].(string)
			a.issued(ticket)
			a.API(a, "PATCH", "/v1/users/"+a.User, map[string]any{"password": harness.Password})
			someone := harness.NewPerson(a, a.Issuer)
			page, err := someone.TrySignIn(harness.Email)
			if err != nil || !strings.Contains(page.Body, `id="sign-in"`) {
				a.Errorf("%s, and signed in by a password: %d %v", state.member, page.Status, err)
			}
			if url, _ := made["url"].(string); url != "" {
				if page := someone.Visit(url); strings.Contains(page.Body, `id="sign-in-token"`) {
					someone.Submit(page, "sign-in-token", nil)
				}
			}
			if page := someone.Visit(a.Issuer + "/"); strings.Contains(page.Body, `id="sign-out"`) {
				a.Errorf("%s, and signed in by a link", state.member)
			}
			if u := a.admin("GET", "/v1/users/"+a.User, ""); u.body[state.member] != true {
				a.Errorf("the user is not %s any more", state.member)
			}
			a.API(a, "POST", "/v1/users/"+a.User+"/"+state.off, nil)
			a.Clock.Advance(1)
		}
	},
	"LC03": func(a *attack) {
		code, access, refresh := a.issue()
		connections := "/v1/users/" + a.User + "/connections"
		if x := a.admin("GET", connections, ""); !strings.Contains(x.text, a.app.ID) {
			a.Errorf("the connection is not there: %s", x.text)
		}
		a.API(a, "DELETE", a.application(""), nil)
		a.dead("its application is deleted", access)
		a.want("refreshed", a.refresh(a.app, refresh), 401, "invalid_client")
		a.want("exchanged", a.exchange(a.app, code), 401, "invalid_client")
		a.page("asking for another code", a.visit())
		if x := a.admin("GET", connections, ""); strings.Contains(x.text, a.app.ID) {
			a.Errorf("the connection is still there: %s", x.text)
		}
		again := a.CreateApplication(a, map[string]any{"name": "App", "callback_url": callback})
		a.issued(again.Secret)
		if again.ID == a.app.ID || again.Application == a.app.Application {
			a.Error("an id is given twice")
		}
		a.dead("another application of that name", access)
	},
	"LC04": func(a *attack) {
		// What was issued before keeps its scopes until it expires; the next refresh does
		// not have them.
		_, refresh := a.grant("scope", "profile email")
		code := a.signIn("scope", "profile email")
		a.API(a, "PATCH", a.application(""), map[string]any{"scopes": "openid profile offline_access"})
		_, later := a.tokens(a.exchange(a.app, code))
		for what, token := range map[string]string{"a refresh token": refresh, "that of a code": later} {
			x := a.refresh(a.app, token)
			access, _ := x.body["access_token"].(string)
			if scope, _ := x.body["scope"].(string); x.status != 200 || strings.Contains(scope, "email") || a.userInfo(access).body["email"] != nil {
				a.Errorf("%s: %d %s", what, x.status, x.text)
			}
		}
		a.sent("asking for it again", a.visit("scope", "email"), "invalid_scope")
	},
	"LC05": func(a *attack) {
		code, access, refresh := a.issue()
		if x := a.admin("DELETE", "/v1/users/"+a.User+"/connections/"+a.app.Application, ""); x.status != 200 {
			a.Errorf("withdrawing: %d %s", x.status, x.text)
		}
		a.ended("withdrawn", code, access, refresh)
		if page := a.visit(); !strings.Contains(page.Body, `id="allow"`) {
			a.Errorf("the user is not asked again: %d", page.Status)
		}
	},
	"LC07": func(a *attack) {
		code, access, refresh := a.issue()
		before := a.userInfo(access).body["sub"]
		a.API(a, "DELETE", "/v1/users/"+a.User, nil)
		id := a.CreateUser(a, map[string]any{"email_address": []string{harness.Email}, "username": "ada_byron"})
		if before != a.User || id == a.User {
			a.Errorf("sub was %v, and the next user is %s", before, id)
		}
		a.ended("the next user with this address", code, access, refresh)
		a.User = id
		a.someone = harness.NewPerson(a, a.Issuer)
		a.Clock.Advance(1)
		access, _ = a.grant()
		if sub := a.userInfo(access).body["sub"]; sub != id {
			a.Errorf("sub is %v, want %s", sub, id)
		}
	},
	"LC08": func(a *attack) {
		access, refresh := a.grant("scope", "openid email profile")
		a.API(a, "PATCH", "/v1/users/"+a.User, map[string]any{"username": "countess"})
		a.API(a, "PUT", "/v1/users/"+a.User+"/email_address", map[string]any{"email_address": "countess@example.com"})
		a.alive("after the change", access)
		access, _ = a.tokens(a.refresh(a.app, refresh))
		if x := a.userInfo(access); x.body["sub"] != a.User || x.body["email"] != "countess@example.com" || x.body["preferred_username"] != "countess" {
			a.Errorf("user info says %s", x.text)
		}
	},
}
