package hosted

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

// view is what every page looks like in the browser that sent r, with the query or
// body that it sent: in the language that the application wants which the user is on
// the way to, if there is one.
func (h *Hosted) view(r *http.Request, form oauth.Form) ui.View {
	locales := ""
	if pending, err := h.sessions.OpenContinuation(r, form.Get("continue")); err == nil {
		locales = pending.UILocales
	}
	v := ui.NewView(locales, ui.ParseLook(h.sessions.Look(r)), r.Header.Get("Accept-Language"))
	v.Back = back(r, form)
	if instance, err := h.instances.Instance(r.Context()); err == nil { // else in Signet's own
		v.Brand = ui.Brand(instance.Settings.Brand)
	}
	return v
}

// back is where the page that answers r can be seen again. What a form had typed in
// it is not.
func back(r *http.Request, form oauth.Form) string {
	if r.URL.Path == lookPath {
		return "/" // it is no page
	}
	query := url.Values{}
	for _, name := range []string{"continue", "ticket", "user_code"} {
		if value := form.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
}

// lookPath is where languages and themes are chosen.
const lookPath = "/look"

// choose keeps the language or theme that somebody has chosen, and shows the page
// again. It needs no token: whoever made a browser do this would have changed its
// colours.
func (h *Hosted) choose(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	chosen := ui.ParseLook(h.sessions.Look(r)).With(form.Get("language"), form.Get("theme"))
	h.sessions.KeepLook(w, chosen.String())
	to, err := url.Parse(form.Get("back"))
	if err != nil || to.Scheme != "" || to.Host != "" || to.Opaque != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "//") {
		return see("/"), nil
	}
	query := to.Query()
	if form.Get("language") != "" {
		h.overrule(w, r, query)
	}
	return see((&url.URL{Path: to.Path, RawQuery: query.Encode()}).String()), nil
}

// overrule takes back what the application wanted to be spoken, as the user has said
// otherwise.
func (h *Hosted) overrule(w http.ResponseWriter, r *http.Request, query url.Values) {
	query.Del("ui_locales")
	if pending, err := h.sessions.OpenContinuation(r, query.Get("continue")); err == nil {
		pending.UILocales = ""
		query.Set("continue", h.sessions.SealContinuation(h.sessions.Browser(w, r), pending))
	}
}
