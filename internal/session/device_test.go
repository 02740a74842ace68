package session

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDevice(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/sign-in", nil)
	if got := x.Device(r, "user_1"); got != "" {
		t.Errorf("a new device is %q", got)
	}
	x.Remember(w, r, "user_1")
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-signet_device" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge <= 0 {
		t.Errorf("cookie %v", c)
	}
	known := carry(w)
	id := x.Device(known, "user_1")
	for user, want := range map[string]string{"user_1": id, "user_2": "", "": ""} {
		if got := x.Device(known, user); got != want || id == "" {
			t.Errorf("for %q the device is %q, want %q", user, got, want)
		}
	}
	second := httptest.NewRecorder()
	x.Remember(second, known, "user_2")
	both := carry(second)
	if x.Device(both, "user_1") != id || x.Device(both, "user_2") != id {
		t.Error("the second user made another device of it")
	}
	for _, user := range []string{"user_3", "user_4", "user_5", "user_2", "user_6"} {
		next := httptest.NewRecorder()
		x.Remember(next, both, user)
		both = carry(next)
	}
	if x.Device(both, "user_1") != "" || x.Device(both, "user_2") != id {
		t.Error("not the latest five users are remembered")
	}
}

func TestDeviceCannotBeMadeUp(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	newWorld(t, "https://id.example.com").Remember(w, httptest.NewRequest("GET", "/", nil), "user_1")
	foreign := w.Result().Cookies()[0].Value
	for _, value := range []string{"", "x", foreign, `{"d":"x","u":["user_1"]}`} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: x.deviceCookie, Value: value})
		if got := x.Device(r, "user_1"); got != "" {
			t.Errorf("the cookie %.40q makes the device %q", value, got)
		}
	}
}

func TestMarksTellBrowsersApart(t *testing.T) {
	a, b := Browser{"a"}, Browser{"b"}
	if a.Mark() == b.Mark() || a.Mark() != (Browser{"a"}).Mark() || a.Mark() == "a" {
		t.Errorf("marks %s and %s", a.Mark(), b.Mark())
	}
}
