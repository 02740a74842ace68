package hosted

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
)

// enrol gives ada a second factor, a minute ago.
func (s *server) enrol(t *testing.T) (secret string, backup []string) {
	t.Helper()
	setup, err := s.factors.Begin("user_ada", "auth.example.com", "ada")
	if err == nil {
		backup, err = s.factors.Confirm(t.Context(), "user_ada", setup.Sealed, s.code(t, setup.Secret))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Minute)
	return setup.Secret, backup
}

func (s *server) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, s.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// sessionsOf are the live sessions of a user.
func (s *server) sessionsOf(t *testing.T, user string) []store.Session {
	t.Helper()
	all, _, err := s.db.SessionsOf(t.Context(), user, s.now, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// half gives the password and gets half a sign-in.
func (b *browser) half(sealed string) {
	b.t.Helper()
	path := "/sign-in"
	if sealed != "" {
		path += "?" + encode("continue", sealed)
	}
	a := b.post("/sign-in", encode("csrf", b.csrf(path), "identifier", "ada", "password", password, "continue", sealed))
	b.want(a, http.StatusSeeOther, secondFactorPath)
}

func (b *browser) giveCode(sealed, code string) response {
	b.t.Helper()
	return b.post(secondFactorPath, encode("csrf", b.csrf(secondFactorPath), "continue", sealed, "code", code))
}

func TestAPasswordIsHalfASignIn(t *testing.T) {
	s := newServer(t)
	secret, backup := s.enrol(t)
	b := s.browser(t)
	sealed := b.begin()
	b.half(sealed)
	if live := s.sessionsOf(t, "user_ada"); len(live) != 0 {
		t.Fatalf("a password alone began %+v", live)
	}
	for _, path := range []string{"/consent", "/select-account"} { // nobody is signed in
		b.want(b.get(path+"?"+encode("continue", sealed)), http.StatusSeeOther, "/sign-in")
	}
	for name, code := range map[string]string{"empty": "", "wrong": "000000", "of nothing": "abcde-fghij"} {
		a := b.giveCode(sealed, code)
		b.want(a, http.StatusUnprocessableEntity, "")
		if !strings.Contains(a.body, `id="problem"`) || len(s.sessionsOf(t, "user_ada")) != 0 {
			t.Errorf("a code that is %s: %s", name, a.body)
		}
	}
	b.wantCode(b.post(secondFactorPath, encode("code", s.code(t, secret), "csrf", b.csrf("/sign-in"))), http.StatusForbidden, "stale_form")
	a := b.giveCode(sealed, s.code(t, secret))
	b.want(a, http.StatusSeeOther, "/oauth/authorize")
	b.follow(a)
	live := s.sessionsOf(t, "user_ada")
	if len(live) != 1 || !slices.Equal(live[0].Methods, []string{"pwd", "otp", "mfa"}) || !live[0].SignedInAt.Equal(s.now) || s.arrived.SignedIn != live[0].ID {
		t.Errorf("signed in: %+v, arrived %+v", live, s.arrived)
	}
	b.want(b.get(secondFactorPath), http.StatusSeeOther, "/sign-in") // the half is gone

	// The same code signs nobody in again; a backup code does, once.
	other := s.browser(t)
	other.half("")
	other.want(other.giveCode("", s.code(t, secret)), http.StatusUnprocessableEntity, "")
	other.want(other.giveCode("", backup[0]), http.StatusSeeOther, "/")
	third := s.browser(t)
	third.half("")
	third.want(third.giveCode("", backup[0]), http.StatusUnprocessableEntity, "")
}

func TestHalfASignInEnds(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *server) error{
		"time": func(_ *testing.T, s *server) error { s.now = s.now.Add(10 * time.Minute); return nil },
		"being cut off": func(t *testing.T, s *server) error {
			_, err := s.db.CutOffUser(t.Context(), "user_ada", s.now)
			return err
		},
		"deletion":         func(t *testing.T, s *server) error { return s.db.DeleteUser(t.Context(), "user_ada") },
		"a lock":           func(t *testing.T, s *server) error { return s.db.SetLocked(t.Context(), "user_ada", true, s.now) },
		"a ban":            func(t *testing.T, s *server) error { return s.db.SetBanned(t.Context(), "user_ada", true, s.now) },
		"no second factor": func(t *testing.T, s *server) error { return s.factors.Remove(t.Context(), "user_ada", true, true) },
		"another password": func(t *testing.T, s *server) error {
			u, err := s.db.UserByID(t.Context(), "user_ada")
			if err != nil {
				return err
			}
			was := u.UpdatedAt
			u.UpdatedAt, u.PasswordUpdatedAt = s.now.Add(time.Second), s.now.Add(time.Second)
			return s.db.UpdateUser(t.Context(), u, was, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			secret, _ := s.enrol(t)
			b := s.browser(t)
			b.half("")
			csrf := b.csrf(secondFactorPath)
			if err := end(t, s); err != nil {
				t.Fatal(err)
			}
			b.want(b.post(secondFactorPath, encode("csrf", csrf, "code", s.code(t, secret))), http.StatusSeeOther, "/sign-in")
			if live := s.sessionsOf(t, "user_ada"); len(live) != 0 {
				t.Errorf("signed in all the same: %+v", live)
			}
			if name != "time" { // what was cut off leaves no half behind
				b.want(b.get(secondFactorPath), http.StatusSeeOther, "/sign-in")
			}
		})
	}
}

func TestHalfASignInIsOneBrowsers(t *testing.T) {
	s := newServer(t)
	secret, _ := s.enrol(t)
	b, other := s.browser(t), s.browser(t)
	b.half("")
	csrf := b.csrf(secondFactorPath)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	other.get("/sign-in")
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "signet_half" {
			other.client.Jar.SetCookies(u, []*http.Cookie{c})
		}
	}
	other.want(other.post(secondFactorPath, encode("csrf", csrf, "code", s.code(t, secret))), http.StatusSeeOther, "/sign-in")
	if live := s.sessionsOf(t, "user_ada"); len(live) != 0 {
		t.Errorf("signed in: %+v", live)
	}
}

func TestTooManyCodes(t *testing.T) {
	s := newServer(t)
	secret, _ := s.enrol(t)
	b := s.browser(t)
	b.half("")
	for range store.FreeTries {
		b.want(b.giveCode("", "000000"), http.StatusUnprocessableEntity, "")
	}
	a := b.giveCode("", s.code(t, secret))
	b.want(a, http.StatusTooManyRequests, "")
	if a.Header.Get("Retry-After") == "" || len(s.sessionsOf(t, "user_ada")) != 0 {
		t.Errorf("%v", a.Header)
	}
	s.now = s.now.Add(time.Minute)
	b.want(b.giveCode("", s.code(t, secret)), http.StatusSeeOther, "/")
}

func TestASignInTokenIsHalfASignIn(t *testing.T) {
	s := newServer(t)
	secret, backup := s.enrol(t)
	path := s.signInToken(t, "sit_1", "user_ada")
	b := s.browser(t)
	redeem := func(b *browser) response {
		return b.post("/sign-in/token", encode("ticket", "in.sit_1", "csrf", b.csrf(path)))
	}
	other := s.browser(t)
	b.want(redeem(b), http.StatusSeeOther, secondFactorPath)
	other.want(redeem(other), http.StatusSeeOther, secondFactorPath)
	if live := s.sessionsOf(t, "user_ada"); len(live) != 0 {
		t.Fatalf("a token alone began %+v", live)
	}
	b.want(b.giveCode("", s.code(t, secret)), http.StatusSeeOther, "/")
	if live := s.sessionsOf(t, "user_ada"); len(live) != 1 || !slices.Equal(live[0].Methods, []string{"otp", "mfa"}) {
		t.Errorf("signed in: %+v", live)
	}
	other.want(other.giveCode("", backup[0]), http.StatusSeeOther, "/sign-in") // the token was taken
	if live := s.sessionsOf(t, "user_ada"); len(live) != 1 {
		t.Errorf("the token signed in twice: %+v", live)
	}
}

func TestTheSessionIsNewAfterEveryFactor(t *testing.T) {
	s := newServer(t)
	secret, _ := s.enrol(t)
	b := s.browser(t)
	b.half("")
	b.want(b.giveCode("", s.code(t, secret)), http.StatusSeeOther, "/")
	first := s.sessionsOf(t, "user_ada")[0]

	// Signing in once more ends it at the end, not half way.
	s.now = s.now.Add(time.Minute)
	sealed := s.again(t, b)
	b.half(sealed)
	if live := s.sessionsOf(t, "user_ada"); len(live) != 1 || live[0].ID != first.ID {
		t.Errorf("half way: %+v", live)
	}
	b.want(b.giveCode(sealed, s.code(t, secret)), http.StatusSeeOther, "/oauth/authorize")
	live := s.sessionsOf(t, "user_ada")
	if len(live) != 1 || live[0].ID == first.ID || live[0].Cookie == first.Cookie {
		t.Errorf("at the end: %+v", live)
	}
}

// again is a continuation that asks for a fresh sign-in.
func (s *server) again(t *testing.T, b *browser) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return s.sessions.SealContinuation(s.sessions.Browser(nil, r), session.Continuation{ClientID: "c1", StartedAt: s.now, Again: true})
}
