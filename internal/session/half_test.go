package session

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHalf(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	want := Half{UserID: "user_1", Methods: []string{"pwd"}, Ticket: "sit_1", StartedAt: start.Local()}
	x.KeepHalf(w, httptest.NewRequest("POST", "/", nil), want)
	r := carry(w)
	if got, ok := x.Half(r); !ok || cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)) != "" {
		t.Errorf("the half is %+v, %v", got, ok)
	}
	if _, ok, err := x.Current(r); ok || err != nil {
		t.Errorf("half a sign-in is a session: %v", err)
	}
	if len(x.shelf.live) != 0 {
		t.Error("a session was kept")
	}
	value := ""
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-signet_half" {
			value = c.Value
			if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 600 {
				t.Errorf("the cookie is %+v", c)
			}
		}
	}
	other := httptest.NewRequest("GET", "/", nil)
	other.AddCookie(&http.Cookie{Name: "__Host-signet_half", Value: value})
	if _, ok := x.Half(other); ok {
		t.Error("it opens in a browser without an id")
	}
	first := httptest.NewRecorder()
	x.Browser(first, httptest.NewRequest("GET", "/", nil))
	other = carry(first)
	other.AddCookie(&http.Cookie{Name: "__Host-signet_half", Value: value})
	if _, ok := x.Half(other); ok {
		t.Error("it opens in another browser")
	}
	for _, odd := range []string{"", "A", "%", value[:len(value)-8] + "AAAAAAAA"} {
		other := carry(first)
		other.AddCookie(&http.Cookie{Name: "__Host-signet_half", Value: odd})
		if _, ok := x.Half(other); ok {
			t.Errorf("%q opens", odd)
		}
	}
	x.now = start.Add(halfLifetime)
	if _, ok := x.Half(r); ok {
		t.Error("it opens after ten minutes")
	}
	dropped := httptest.NewRecorder()
	x.DropHalf(dropped)
	if c := dropped.Result().Cookies(); len(c) != 1 || c[0].Name != "__Host-signet_half" || c[0].MaxAge >= 0 {
		t.Errorf("dropping it sets %+v", c)
	}
}
