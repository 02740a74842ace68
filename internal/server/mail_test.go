package server

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/config"
)

// Without a mail server the start and the pages say what is missing, and nothing is
// offered that needs it.
func TestWithoutMail(t *testing.T) {
	s, log := newServer(t, configFor(t.TempDir()))
	if !strings.Contains(log.String(), "smtp_host is not set") {
		t.Errorf("the log does not say it:\n%s", log)
	}
	for path, want := range map[string]string{"/forgot-password": "no_mail", "/verify-address": "no_mail", "/sign-in/link?ticket=x": "no_mail", "/sign-up": "sign_up_closed"} {
		if w := get(t, s, path); w.Code < 400 || !strings.Contains(w.Body.String(), "<code>"+want+"</code>") {
			t.Errorf("%s: %d\n%s", path, w.Code, w.Body)
		}
	}
	if page := get(t, s, "/sign-in").Body.String(); strings.Contains(page, `href="/sign-up`) {
		t.Error("signing up is offered")
	}
}

func TestMailThatCannotBeSetUp(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"no sender":        func(c *config.Config) { c.SMTPHost, c.Issuer = "localhost", "http://[::1]:8080" },
		"a made-up policy": func(c *config.Config) { c.SMTPHost, c.SMTPTLS = "localhost", "perhaps" },
		"proxies":          func(c *config.Config) { c.TrustedProxies = "everybody" },
	} {
		cfg := configFor(t.TempDir())
		change(&cfg)
		if s, err := New(t.Context(), cfg, Options{}); err == nil {
			s.Close()
			t.Errorf("%s: the server was put together", name)
		}
	}
}
