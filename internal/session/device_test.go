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
	x.Remember(w, r, "user_1", false)
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
	x.Remember(second, known, "user_2", false)
	both := carry(second)
	if x.Device(both, "user_1") != id || x.Device(both, "user_2") != id {
		t.Error("the second user made another device of it")
	}
	for _, user := range []string{"user_3", "user_4", "user_5", "user_2", "user_6"} {
		next := httptest.NewRecorder()
		x.Remember(next, both, user, false)
		both = carry(next)
	}
	if x.Device(both, "user_1") != "" || x.Device(both, "user_2") != id {
		t.Error("not the latest five users are remembered")
	}
}

func TestProvedOnADevice(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	browser := httptest.NewRequest("POST", "/sign-in", nil)
	for i, step := range []struct {
		user   string
		proved bool
		want   map[string]bool
	}{
		{"user_1", false, map[string]bool{"user_1": false, "": false}},
		{"user_1", true, map[string]bool{"user_1": true, "user_2": false, "": false}},
		{"user_2", false, map[string]bool{"user_1": true, "user_2": false}},
		{"user_1", false, map[string]bool{"user_1": true}}, // spared the second factor
		{"user_3", false, nil},
		{"user_4", true, nil},
		{"user_5", false, nil},
		{"user_6", false, map[string]bool{"user_1": true, "user_2": false, "user_4": true}},
		{"user_7", false, map[string]bool{"user_1": false, "user_4": true}}, // the latest five
	} {
		w := httptest.NewRecorder()
		x.Remember(w, browser, step.user, step.proved)
		browser = carry(w)
		for user, want := range step.want {
			if got := x.Proved(browser, user); got.IsZero() == want || want && !got.Equal(x.now) {
				t.Errorf("step %d: %s proved at %v, want %v", i, user, got, want)
			}
		}
	}
}

func TestDeviceCannotBeMadeUp(t *testing.T) {
	x := newWorld(t, "https://id.example.com")
	w := httptest.NewRecorder()
	newWorld(t, "https://id.example.com").Remember(w, httptest.NewRequest("GET", "/", nil), "user_1", false)
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
