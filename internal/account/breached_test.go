package account

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBreached(t *testing.T) {
	status, asked := http.StatusOK, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(status)
		io.WriteString(w, "0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n"+
			"1E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365\r\n"+ // password
			"E0ACDD2BDE4C1CDEF0DA4BF5AC3CA17C9A0:0\r\n")
	}))
	defer s.Close()
	b := NewBreached(s.URL + "/range/")
	if known, err := b.Has(t.Context(), "password"); !known || err != nil {
		t.Errorf("Has = %v, %v; want true", known, err)
	}
	if asked != "/range/5BAA6" {
		t.Errorf("asked for %s, which should be five digits", asked)
	}
	if known, err := b.Has(t.Context(), "a sentence that nobody else has"); known || err != nil {
		t.Errorf("Has = %v, %v; want false", known, err)
	}

	a := New(&people{})
	var log strings.Builder
	a.AskAbout(b, slog.New(slog.NewTextHandler(&log, nil)))
	if err := a.CheckNew(t.Context(), "a sentence that nobody else has", "ada"); err != nil {
		t.Error(err)
	}
	status = http.StatusServiceUnavailable
	if err := a.CheckNew(t.Context(), "a sentence that nobody else has", "ada"); err != nil || !strings.Contains(log.String(), "was not asked") {
		t.Errorf("CheckNew without an answer = %v; log:\n%s", err, log.String())
	}
	log.Reset()
	s.Close()
	if err := a.CheckNew(t.Context(), "a sentence that nobody else has", "ada"); err != nil || !strings.Contains(log.String(), "was not asked") || strings.Contains(log.String(), "/range/") {
		t.Errorf("CheckNew without a service = %v; log:\n%s", err, log.String())
	}
	if err := a.CheckNew(t.Context(), "short", "ada"); !errors.Is(err, PasswordTooShort) {
		t.Errorf("CheckNew = %v, want PasswordTooShort", err)
	}
}
