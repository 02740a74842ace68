package provider

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/ui"
)

// A reply is where the browser goes: to a page of ours, or to the client with
// parameters.
type reply struct {
	page string // path and query; if "", the rest counts

	target oauth.RedirectTarget
	mode   oauth.ResponseMode
	params []string // name, value, name, value; those without a value are left out
}

// answerBrowser is the one place that answers an authorization request: with a
// redirect or a form, or with a page where there is nobody to answer to (RFC 6749
// §4.1.2.1).
func (p *Provider) answerBrowser(serve func(http.ResponseWriter, *http.Request) (reply, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		r = noted(r)
		answer, err := serve(w, r)
		if err != nil {
			refused := p.refusal(r, err)
			var redirect *oauth.RedirectError
			if !errors.As(err, &redirect) {
				p.errorPage(w, r, refused, nil)
				return
			}
			answer = reply{target: redirect.Target, mode: redirect.Mode, params: []string{
				"error", string(refused.Code),
				"error_description", refused.Description,
				"error_uri", refused.URI,
				"state", redirect.State,
				"iss", p.issuer,
			}}
			if redirect.Hold {
				p.errorPage(w, r, refused, &answer)
				return
			}
		}
		switch {
		case answer.page != "":
			seeOther(w, answer.page)
		case answer.mode == oauth.ModeFormPost:
			p.formPost(w, r, answer)
		default:
			seeOther(w, answer.target.With(answer.params...))
		}
	})
}

// seeOther writes the location as it is: http.Redirect would clean up what has to
// stay byte for byte. 303, so that no browser sends a form along (RFC 9700 §4.12).
func seeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// formPost answers with a page that submits itself (OAuth 2.0 Form Post Response
// Mode §2).
func (p *Provider) formPost(w http.ResponseWriter, r *http.Request, answer reply) {
	page := ui.FormPost{Action: answer.target.URI()}
	for i := 0; i+1 < len(answer.params); i += 2 {
		if answer.params[i+1] != "" {
			page.Fields = append(page.Fields, ui.Field{Name: answer.params[i], Value: answer.params[i+1]})
		}
	}
	ui.FormPostHeaders(w, answer.target.URI())
	v := p.view(r)
	v.Back = "" // it goes on by itself
	if err := page.Render(w, v); err != nil {
		p.log.ErrorContext(r.Context(), "rendering the form", "err", err)
	}
}

// errorPage shows a refusal to the user. If held is not nil, it was meant for a
// client that nobody vouches for: the user may send it there.
func (p *Provider) errorPage(w http.ResponseWriter, r *http.Request, refused *oauth.Error, held *reply) {
	page := ui.Error{
		Trouble:   ui.TroubleRequest,
		Detail:    refused.Description,
		Code:      string(refused.Code),
		RequestID: reqid.From(r.Context()),
	}
	if held != nil && held.mode != oauth.ModeFormPost {
		page.Back, page.BackTo = held.target.With(held.params...), held.target.URI()
	}
	if refused.Description == errContinuation.Description { // that is for users, not for developers
		page.Trouble, page.Detail = ui.TroubleContinuation, ""
	}
	ui.Headers(w)
	writeStatus(w, status(refused))
	if err := page.Render(w, p.view(r)); err != nil {
		p.log.ErrorContext(r.Context(), "rendering the error page", "err", err)
	}
}

// view is how the pages look in the browser that sent r: in the language that the
// request asks for, if it is one of ours.
func (p *Provider) view(r *http.Request) ui.View {
	query := r.URL.Query()
	locales := query.Get("ui_locales")
	if pending, err := p.sessions.OpenContinuation(r, query.Get("continue")); err == nil {
		locales = pending.UILocales
	}
	v := ui.NewView(locales, ui.ParseLook(p.sessions.Look(r)), r.Header.Get("Accept-Language"))
	if r.Method == http.MethodGet {
		v.Back = r.URL.RequestURI()
	}
	if instance, err := p.instances.Instance(r.Context()); err == nil { // else in Signet's own
		v.Brand = ui.Brand(instance.Settings.Brand)
	}
	return v
}
