package hosted

import (
	"net/http"
	"strings"
	"testing"
)

// asked is a browser in which ada is signed in and asked to agree.
func asked(t *testing.T) (s *server, b *browser, sealed, token string) {
	t.Helper()
	s = newServer(t)
	b = s.browser(t)
	b.signIn("ada")
	sealed = b.begin()
	return s, b, sealed, b.csrf("/consent?continue=" + sealed)
}

func TestConsentShowsWhatIsAskedFor(t *testing.T) {
	_, b, sealed, _ := asked(t)
	page := b.get("/consent?continue=" + sealed)
	for _, want := range []string{"Engine c1", ">ada<", "See your profile", ">example.com<", "https://app.example.com/cb"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if strings.Contains(page.body, "e-mail") {
		t.Error("the page shows a scope that was not asked for")
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://app.example.com;") {
		t.Errorf("policy %q does not let the form end at the application", policy)
	}
}

func TestConsentNeedsASession(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	sealed := b.begin()
	b.want(b.get("/consent?continue="+sealed), http.StatusSeeOther, "/sign-in")
	b.want(b.post("/consent", encode("continue", sealed, "decision", "allow")), http.StatusSeeOther, "/sign-in")
}

func TestAllow(t *testing.T) {
	s, b, sealed, token := asked(t)
	got := b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "allow"))
	b.want(got, http.StatusSeeOther, "/oauth/authorize")
	b.follow(got)
	if s.arrived == nil || s.arrived.AgreedBy != "user_ada" || s.arrived.Denied {
		t.Errorf("arrived with %+v, want agreed to by user_ada", s.arrived)
	}
	if got := s.agreed(t, "user_ada", "c1"); got != "profile" {
		t.Errorf("agreed to %q, want profile", got)
	}
}

func TestDeny(t *testing.T) {
	s, b, sealed, token := asked(t)
	got := b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "deny"))
	b.want(got, http.StatusSeeOther, "/oauth/authorize")
	b.follow(got)
	if s.arrived == nil || !s.arrived.Denied || s.arrived.AgreedBy != "" {
		t.Errorf("arrived with %+v, want denied", s.arrived)
	}
	if got := s.agreed(t, "user_ada", "c1"); got != "" {
		t.Errorf("agreed to %q, want nothing", got)
	}
}

func TestTheLastDecisionCounts(t *testing.T) {
	s, b, sealed, token := asked(t)
	for _, decision := range []string{"deny", "allow", "deny"} {
		got := b.post("/consent", encode("continue", sealed, "csrf", token, "decision", decision))
		b.follow(got)
		if denied := decision == "deny"; s.arrived.Denied != denied || (s.arrived.AgreedBy == "") != denied {
			t.Errorf("after %s arrived with %+v", decision, s.arrived)
		}
		_, sealed, _ = strings.Cut(got.Header.Get("Location"), "continue=")
	}
}

func TestConsentTakesNothingElseFromTheForm(t *testing.T) {
	s, b, sealed, token := asked(t)
	b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "allow",
		"scope", "profile email", "scopes", "email", "client_id", "c2", "user", "user_bob", "user_id", "user_bob", "AgreedBy", "user_bob"))
	for _, tt := range []struct{ user, client, want string }{
		{"user_ada", "c1", "profile"},
		{"user_ada", "c2", ""},
		{"user_bob", "c1", ""},
	} {
		if got := s.agreed(t, tt.user, tt.client); got != tt.want {
			t.Errorf("%s agreed to %q for %s, want %q", tt.user, got, tt.client, tt.want)
		}
	}
}

func TestDecisionsThatAreRefused(t *testing.T) {
	s, b, sealed, token := asked(t)
	other := s.browser(t)
	other.signIn("ada")
	foreign := other.begin()
	tests := []struct {
		name    string
		form    string
		headers []string
		status  int
		code    string // "" for the page anew
	}{
		{"no token", encode("continue", sealed, "decision", "allow"), nil, 403, "stale_form"},
		{"cross-site", encode("continue", sealed, "csrf", token, "decision", "allow"), []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross_origin"},
		{"another browser's continuation", encode("continue", foreign, "csrf", token, "decision", "allow"), nil, 400, "invalid_continuation"},
		{"no continuation", encode("csrf", token, "decision", "allow"), nil, 400, "invalid_continuation"},
		{"no decision", encode("continue", sealed, "csrf", token), nil, 400, "invalid_form"},
		{"strange decision", encode("continue", sealed, "csrf", token, "decision", "Allow"), nil, 400, "invalid_form"},
		{"two decisions", encode("continue", sealed, "csrf", token, "decision", "deny", "decision", "allow"), nil, 400, "invalid_form"},
		{"another browser's token", encode("continue", sealed, "csrf", other.csrf("/consent?continue="+foreign), "decision", "allow"), nil, 303, ""},
		{"the token of the sign-in form", encode("continue", sealed, "csrf", s.browser(t).csrf("/sign-in"), "decision", "allow"), nil, 303, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := b.post("/consent", tt.form, tt.headers...)
			if tt.code == "" {
				b.want(got, tt.status, "/consent")
			} else {
				b.wantCode(got, tt.status, tt.code)
			}
			if agreed := s.agreed(t, "user_ada", "c1"); agreed != "" {
				t.Errorf("agreed to %q all the same", agreed)
			}
		})
	}
}

func TestASwitchedUserIsAskedAnew(t *testing.T) {
	s, b, sealed, token := asked(t)
	b.signIn("bob") // in another tab, while the page shows ada
	got := b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "allow"))
	b.want(got, http.StatusSeeOther, "/consent")
	if page := b.follow(got); !strings.Contains(page.body, ">bob<") {
		t.Errorf("the page does not name bob\n%s", page.body)
	}
	for _, user := range []string{"user_ada", "user_bob"} {
		if got := s.agreed(t, user, "c1"); got != "" {
			t.Errorf("%s agreed to %q", user, got)
		}
	}
}

func TestConsentForAClientThatIsGone(t *testing.T) {
	s, b, sealed, token := asked(t)
	if err := s.db.DeleteClient(t.Context(), "oa_c1"); err != nil {
		t.Fatal(err)
	}
	b.wantCode(b.get("/consent?continue="+sealed), http.StatusBadRequest, "unknown_application")
	b.wantCode(b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "allow")), http.StatusBadRequest, "unknown_application")
}

func TestABannedUserIsSignedOut(t *testing.T) {
	s, b, sealed, token := asked(t)
	if err := s.db.SetBanned(t.Context(), "user_ada", true, s.now); err != nil {
		t.Fatal(err)
	}
	b.want(b.post("/consent", encode("continue", sealed, "csrf", token, "decision", "allow")), http.StatusSeeOther, "/sign-in")
	got := b.post("/sign-in", encode("csrf", b.csrf("/sign-in"), "identifier", "ada", "password", password))
	if got.StatusCode != http.StatusUnprocessableEntity { // as if the ban came between password and session
		t.Errorf("a banned user got %d, want 422", got.StatusCode)
	}
}
