package session

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shelf keeps sessions in memory; fault, if set, is what every call returns.
type shelf struct {
	live    map[store.Hash]store.Session
	ended   []string
	touched []string
	active  time.Time
	fault   error

	extended int // how many times an end was moved
}

func (k *shelf) CreateSession(_ context.Context, s store.Session) error {
	if s.UserID == "user_banned" {
		return store.ErrNotFound
	}
	if k.fault == nil {
		k.live[s.Cookie] = s
	}
	return k.fault
}

func (k *shelf) SessionWithUser(_ context.Context, cookie store.Hash, now time.Time) (store.Session, store.User, error) {
	s, ok := k.live[cookie]
	switch {
	case k.fault != nil:
		return store.Session{}, store.User{}, k.fault
	case !ok || !now.Before(s.ExpiresAt):
		return store.Session{}, store.User{}, store.ErrNotFound
	}
	return s, store.User{ID: s.UserID, LastActiveAt: k.active}, nil
}

func (k *shelf) TouchUser(_ context.Context, id string, now time.Time) error {
	k.touched = append(k.touched, id+" "+now.Format(time.DateOnly))
	return k.fault
}

func (k *shelf) EndSession(_ context.Context, id string, _ time.Time) error {
	for cookie, s := range k.live {
		if s.ID == id {
			delete(k.live, cookie)
			k.ended = append(k.ended, id)
		}
	}
	return k.fault
}

func (k *shelf) ExtendSession(_ context.Context, id string, until, _ time.Time) error {
	for cookie, s := range k.live {
		if s.ID == id && s.ExpiresAt.Before(until) {
			s.ExpiresAt = until
			k.live[cookie] = s
			k.extended++
		}
	}
	return k.fault
}

func (k *shelf) DeleteExpiredSessions(context.Context, time.Time, int) (int, error) { return 0, nil }

// world is the sessions of one issuer, with a clock that stands still.
type world struct {
	*Sessions
	shelf *shelf
	now   time.Time
}

func newWorld(t testing.TB, issuer string) *world {
	t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{shelf: &shelf{live: make(map[store.Hash]store.Session)}, now: start}
	w.Sessions = New(w.shelf, keyring.Generate(), u, func() time.Time { return w.now })
	return w
}

// carry makes a request of the browser that got the answer.
func carry(w *httptest.ResponseRecorder) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
	return r
}

func TestCookies(t *testing.T) {
	tests := []struct{ issuer, session, browser string }{
		{
			"https://id.example.com",
			"__Host-signet_session=*; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
			"__Host-signet_browser=*; Path=/; HttpOnly; Secure; SameSite=Lax",
		},
		{
			"http://127.0.0.1:8080",
			"signet_session=*; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
			"signet_browser=*; Path=/; HttpOnly; SameSite=Lax",
		},
	}
	for _, tt := range tests {
		t.Run(tt.issuer, func(t *testing.T) {
			x := newWorld(t, tt.issuer)
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			if _, err := x.Begin(w, r, "user_1"); err != nil {
				t.Fatal(err)
			}
			x.Browser(w, r)
			var got []string
			for _, line := range w.Result().Header["Set-Cookie"] {
				name, rest, _ := strings.Cut(line, "=")
				value, attributes, _ := strings.Cut(rest, ";")
				if len(value) != 43 {
					t.Errorf("the value of %s has %d characters, want 43", name, len(value))
				}
				got = append(got, name+"=*;"+attributes)
			}
			if diff := cmp.Diff([]string{tt.session, tt.browser}, got); diff != "" {
				t.Errorf("cookies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBeginSignsIn(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/sign-in", nil)
	r.Header.Set("User-Agent", "Browser \xff"+strings.Repeat("é", 300))
	if _, err := x.Begin(w, r, "user_1"); err != nil {
		t.Fatal(err)
	}
	current, ok, err := x.Current(carry(w))
	if err != nil || !ok || current.User.ID != "user_1" {
		t.Fatalf("Current = %+v, %v, %v; want user_1", current, ok, err)
	}
	if !strings.HasPrefix(current.ID, "sess_") || len(current.ID) != len("sess_")+27 {
		t.Errorf("session id %q, want sess_ and a KSUID", current.ID)
	}
	if got := current.ExpiresAt.Sub(start); got != 3*24*time.Hour {
		t.Errorf("unused the session lasts %v, want 3 days", got)
	}
	if len(current.UserAgent) > maxUserAgent || strings.ToValidUTF8(current.UserAgent, "?") != current.UserAgent {
		t.Errorf("user agent kept as %q", current.UserAgent)
	}
	for cookie := range x.shelf.live {
		if value := w.Result().Cookies()[0].Value; cookie != oauth.HashSecret(value) {
			t.Error("what is kept is not the hash of the cookie")
		}
	}
	x.now = start.Add(idle)
	if _, ok, err := x.Current(carry(w)); ok || err != nil {
		t.Errorf("after 3 days Current = %v, %v; want nobody", ok, err)
	}
}

// A session lasts while it is used, but no longer than seven days, whatever the clock
// does (threat SE14).
func TestSessionsEnd(t *testing.T) {
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		used     []time.Duration // since the sign-in
		last     time.Duration   // until when it holds
		extended int
	}{
		"never used":                  {nil, 3 * day, 0},
		"used at once":                {[]time.Duration{time.Minute, 59 * time.Minute}, 3 * day, 0},
		"used after an hour":          {[]time.Duration{time.Hour, time.Hour + time.Minute}, 3*day + time.Hour, 1},
		"used each day":               {[]time.Duration{day, 2 * day, 3 * day, 4 * day, 5 * day, 6 * day}, 7 * day, 4},
		"used while the clock is off": {[]time.Duration{2 * day, -5 * day, day}, 5 * day, 1},
	} {
		t.Run(name, func(t *testing.T) {
			x := newWorld(t, "https://id.example.com")
			w := httptest.NewRecorder()
			if _, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
				t.Fatal(err)
			}
			live := func(after time.Duration) bool {
				x.now = start.Add(after)
				_, ok, err := x.Current(carry(w))
				if err != nil {
					t.Fatal(err)
				}
				return ok
			}
			for _, after := range tt.used {
				if !live(after) {
					t.Fatalf("it is over after %v", after)
				}
			}
			if x.shelf.extended != tt.extended {
				t.Errorf("it was written %d times, want %d", x.shelf.extended, tt.extended)
			}
			if live(tt.last) || !live(tt.last-time.Millisecond) {
				t.Errorf("it does not last %v", tt.last)
			}
		})
	}
}

func TestBeginEndsTheSessionBefore(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	first, second := httptest.NewRecorder(), httptest.NewRecorder()
	if _, err := x.Begin(first, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Begin(second, carry(first), "user_2"); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := x.Current(carry(first)); ok {
		t.Error("the session before is still live")
	}
	if current, ok, _ := x.Current(carry(second)); !ok || current.User.ID != "user_2" {
		t.Errorf("signed in: %v %q, want user_2", ok, current.User.ID)
	}
}

func TestBeginNeverTakesOverAnID(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	planted := strings.Repeat("A", 43)
	r := httptest.NewRequest("POST", "/", nil)
	r.AddCookie(&http.Cookie{Name: x.sessionCookie, Value: planted})
	w := httptest.NewRecorder()
	if _, err := x.Begin(w, r, "user_1"); err != nil {
		t.Fatal(err)
	}
	if got := w.Result().Cookies()[0].Value; got == planted {
		t.Error("the planted id was taken over")
	}
	if _, ok, _ := x.Current(r); ok {
		t.Error("the planted id is signed in")
	}
}

// A new id is no new sign-in: it keeps when that was, and the session before is over.
func TestRenew(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	if _, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
		t.Fatal(err)
	}
	before, _, err := x.Current(carry(w))
	if err != nil {
		t.Fatal(err)
	}
	x.now = start.Add(time.Hour)
	renewed := httptest.NewRecorder()
	id, err := x.Renew(renewed, carry(w), before, []string{"pwd", "otp", "mfa"})
	if err != nil || id == before.ID {
		t.Fatalf("renewed as %s, %v", id, err)
	}
	after, ok, err := x.Current(carry(renewed))
	if err != nil || !ok || after.ID != id || !after.SignedInAt.Equal(before.SignedInAt) || !after.ExpiresAt.Equal(x.now.Add(idle)) || len(after.Methods) != 3 {
		t.Errorf("afterwards %+v, %v, %v", after.Session, ok, err)
	}
	if _, ok, err := x.Current(carry(w)); ok || err != nil {
		t.Errorf("the session before lives: %v", err)
	}
}

func TestBeginReportsAUserWhoMayNot(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	_, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_banned")
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Begin = %v, want ErrNotFound", err)
	}
	if len(w.Result().Cookies()) != 0 {
		t.Error("a cookie was set all the same")
	}
}

func TestEnd(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	if _, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
		t.Fatal(err)
	}
	out := httptest.NewRecorder()
	if err := x.End(out, carry(w)); err != nil {
		t.Fatal(err)
	}
	if c := out.Result().Cookies()[0]; c.Name != x.sessionCookie || c.MaxAge >= 0 || c.Path != "/" || !c.Secure {
		t.Errorf("cookie %v, want it removed", c)
	}
	if _, ok, _ := x.Current(carry(w)); ok {
		t.Error("the session is still live")
	}
	if err := x.End(httptest.NewRecorder(), carry(w)); err != nil {
		t.Errorf("ending it twice: %v", err)
	}
}

func TestFaultsAreReported(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	if _, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
		t.Fatal(err)
	}
	x.shelf.fault = errors.New("disk on fire")
	if _, ok, err := x.Current(carry(w)); ok || !errors.Is(err, x.shelf.fault) {
		t.Errorf("Current = %v, %v; want the fault", ok, err)
	}
	if _, err := x.Begin(httptest.NewRecorder(), carry(w), "user_1"); !errors.Is(err, x.shelf.fault) {
		t.Errorf("Begin = %v, want the fault", err)
	}
	out := httptest.NewRecorder()
	if err := x.End(out, carry(w)); !errors.Is(err, x.shelf.fault) {
		t.Errorf("End = %v, want the fault", err)
	}
	if len(out.Result().Cookies()) != 0 {
		t.Error("End took the cookie away from a session that goes on")
	}
}

func TestMalformedSessionCookiesAreNobody(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	x.shelf.fault = errors.New("the store was asked")
	for _, value := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 42) + "B", strings.Repeat("A", 4000)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: x.sessionCookie, Value: value})
		if _, ok, err := x.Current(r); ok || err != nil {
			t.Errorf("Current with cookie %.50q = %v, %v; want nobody", value, ok, err)
		}
	}
}

func TestBrowserKeepsItsID(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: x.browserCookie, Value: "damaged"})
	b := x.Browser(w, r)
	if got := x.Browser(w, r); got != b {
		t.Error("two calls with one request gave two browsers")
	}
	if n := len(w.Result().Cookies()); n != 1 {
		t.Errorf("%d cookies set, want 1", n)
	}
	again := httptest.NewRecorder()
	if got := x.Browser(again, carry(w)); got != b {
		t.Error("the browser was not recognized")
	}
	if len(again.Result().Cookies()) != 0 {
		t.Error("a known browser got a new cookie")
	}
}

func TestCSRF(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w, other := httptest.NewRecorder(), httptest.NewRecorder()
	b := x.Browser(w, httptest.NewRequest("GET", "/", nil))
	x.Browser(other, httptest.NewRequest("GET", "/", nil))
	token := x.CSRFToken(b, "user_1")
	foreign := newWorld(t, "https://id.example.com").CSRFToken(b, "user_1")

	tests := []struct {
		name  string
		r     *http.Request
		bound string
		token string
		want  bool
	}{
		{"right", carry(w), "user_1", token, true},
		{"signed out", carry(w), "", x.CSRFToken(b, ""), true},
		{"another user", carry(w), "user_2", token, false},
		{"nobody", carry(w), "", token, false},
		{"another browser", carry(other), "user_1", token, false},
		{"no cookie", httptest.NewRequest("GET", "/", nil), "user_1", token, false},
		{"no cookie, empty id", httptest.NewRequest("GET", "/", nil), "user_1", x.CSRFToken(Browser{}, "user_1"), false},
		{"empty", carry(w), "user_1", "", false},
		{"cut", carry(w), "user_1", token[:len(token)-4], false},
		{"padded", carry(w), "user_1", token + "=", false},
		{"line break", carry(w), "user_1", token[:8] + "\n" + token[8:], false},
		{"another ring", carry(w), "user_1", foreign, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := x.CheckCSRF(tt.r, tt.bound, tt.token); got != tt.want {
				t.Errorf("CheckCSRF = %v, want %v", got, tt.want)
			}
		})
	}
	if strings.Contains(token, b.id) {
		t.Error("the token shows the id of the browser")
	}
}

var pending = Continuation{
	Params:      "client_id=c1&state=%3Cx%3E",
	ClientID:    "c1",
	RedirectURI: "https://app.example.com/callback",
	Scopes:      oauth.Scopes{"profile", "email"},
	StartedAt:   start,
}

func TestContinuation(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w, other := httptest.NewRecorder(), httptest.NewRecorder()
	b := x.Browser(w, httptest.NewRequest("GET", "/", nil))
	x.Browser(other, httptest.NewRequest("GET", "/", nil))
	sealed := x.SealContinuation(b, pending)
	tampered := []byte(sealed)
	tampered[40] ^= 1

	tests := []struct {
		name   string
		r      *http.Request
		sealed string
		after  time.Duration
		ok     bool
	}{
		{"right", carry(w), sealed, 0, true},
		{"just in time", carry(w), sealed, time.Hour - time.Millisecond, true},
		{"expired", carry(w), sealed, time.Hour, false},
		{"another browser", carry(other), sealed, 0, false},
		{"no browser", httptest.NewRequest("GET", "/", nil), sealed, 0, false},
		{"tampered", carry(w), string(tampered), 0, false},
		{"cut", carry(w), sealed[:len(sealed)-4], 0, false},
		{"longer", carry(w), sealed + "AAAA", 0, false},
		{"padded", carry(w), sealed + "=", 0, false},
		{"line break", carry(w), sealed[:8] + "\r\n" + sealed[8:], 0, false},
		{"empty", carry(w), "", 0, false},
		{"another ring", carry(w), newWorld(t, "https://id.example.com").SealContinuation(b, pending), 0, false},
		{"huge", carry(w), strings.Repeat("A", maxContinuation+1), 0, false},
		{"never started", carry(w), x.SealContinuation(b, Continuation{ClientID: "c1"}), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x.now = start.Add(tt.after)
			got, err := x.OpenContinuation(tt.r, tt.sealed)
			if !tt.ok {
				if !errors.Is(err, ErrContinuation) {
					t.Errorf("OpenContinuation = %+v, %v; want ErrContinuation", got, err)
				}
				return
			}
			if diff := cmp.Diff(pending, got); err != nil || diff != "" {
				t.Errorf("OpenContinuation: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func FuzzOpenContinuation(f *testing.F) {
	x := newWorld(f, "https://id.example.com")
	w := httptest.NewRecorder()
	b := x.Browser(w, httptest.NewRequest("GET", "/", nil))
	agreed := pending
	agreed.AgreedBy, agreed.Denied = "user_1", true
	valid := map[string]Continuation{
		x.SealContinuation(b, pending): pending,
		x.SealContinuation(b, agreed):  agreed,
	}
	for sealed := range valid {
		f.Add(sealed)
		f.Add(sealed + "=")
		f.Add(sealed[:20])
		f.Add("\n" + sealed)
	}
	f.Add("")
	f.Add(x.SealContinuation(Browser{}, pending))
	f.Add(strings.Repeat("A", 100))
	f.Fuzz(func(t *testing.T, sealed string) {
		got, err := x.OpenContinuation(carry(w), sealed)
		want, ok := valid[sealed]
		switch {
		case !ok && !errors.Is(err, ErrContinuation):
			t.Errorf("opened %q, which was never made: %+v, %v", sealed, got, err)
		case ok && (err != nil || !cmp.Equal(got, want)):
			t.Errorf("OpenContinuation = %+v, %v; want %+v", got, err, want)
		}
	})
}

func TestActivityIsNotedOnceADay(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	if _, err := x.Begin(w, httptest.NewRequest("POST", "/", nil), "user_1"); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	for _, tt := range []struct {
		active time.Time
		want   int
	}{{time.Time{}, 1}, {start.Truncate(24 * time.Hour), 1}, {start.Truncate(24*time.Hour).AddDate(0, 0, -1), 2}} {
		x.shelf.active = tt.active
		if _, ok, err := x.Current(r); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if got := len(x.shelf.touched); got != tt.want {
			t.Errorf("last active %v: noted %d times, want %d", tt.active, got, tt.want)
		}
	}
}
