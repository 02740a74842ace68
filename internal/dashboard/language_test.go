package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Operators read the dashboard in their language: as chosen in the browser, or else as
// the browser is set to.
func TestTheDashboardSpeaksLanguages(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	r := b.request(http.MethodGet, "/dashboard", "", nil)
	r.Header.Set("Accept-Language", "es-MX, es;q=0.9, en;q=0.8")
	b.do(r).wants(t, 200, `<html lang="es" dir="ltr"`, "Respuestas con tokens", "Inicios de sesión: ")

	form := url.Values{"back": {"/dashboard/scopes"}, "language": {"de"}}
	p := b.do(b.request(http.MethodPost, "/look", "application/x-www-form-urlencoded", strings.NewReader(form.Encode())))
	if p.location != "/dashboard/scopes" {
		t.Fatalf("/look leads to %q: %d", p.location, p.status)
	}
	at := "/dashboard/scopes"
	b.get(at).wants(t, 200, `<html lang="de"`, "Eingebaute Scopes", "Geheime Schlüssel")
	b.post(at, at, "name", "a b").wants(t, 422, "Das hat nicht die richtige Form. (name must be ")
	b.post("/dashboard/signing-keys", "/dashboard/signing-keys/replace", "confirm", "ersetzen").wants(t, 422, "Geben Sie replace ein. Es wurde nichts geändert.")
	b.get("/dashboard/users/user_nobody").wants(t, 404, "Hier ist nichts")
	b.get("/dashboard?done=saved").wants(t, 200, "Gespeichert.")
	b.get("/oauth/authorize?client_id=nobody")
	b.get("/dashboard"+b.get("/dashboard/refusals").find(t, `href="/dashboard(/refusals/[^"]+)"`)).
		wants(t, 200, "Anwendung ist bekannt", `<ul class="advice" lang="en" dir="ltr">`)
}
