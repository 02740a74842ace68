package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// mailRoutes registers what needs mail. Without it the pages say so.
func (h *Hosted) mailRoutes(mux *http.ServeMux) {
	type handler = func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error)
	needsMail := func(serve handler) handler {
		if h.proofs == nil {
			return func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error) { return answer{}, errNoMail }
		}
		return serve
	}
	for path, serve := range map[string]handler{
		"POST /sign-in/send-code": h.sendSignInCode, "POST /sign-in/code": h.signInByCode, "POST /sign-in/link": h.signInByLink,
		"POST /sign-up/send-code": h.sendSignUpCode, "POST /sign-up/join": h.join,
		"POST /forgot-password": h.sendResetCode, "POST /reset-password": h.resetPassword,
		"POST /verify-address": h.sendVerifyCode, "POST /verify-address/code": h.verifyByCode, "POST /verify-address/link": h.verifyByLink,
	} {
		mux.Handle(path, h.form(needsMail(serve)))
	}
	for path, serve := range map[string]handler{
		"GET " + account.SignInLinkPath: h.showSignInLink, "GET " + account.SignUpLinkPath: h.showSignUpLink,
		"GET " + account.ResetLinkPath: h.showResetLink, "GET " + account.VerifyLinkPath: h.showVerifyLink,
		"GET /forgot-password": h.showForgot, "GET /verify-address": h.showVerify,
		// Where forms lead, for a browser that comes back without what was typed.
		"GET /sign-in/send-code": startAt("/sign-in"), "GET /sign-in/code": startAt("/sign-in"),
		"GET /sign-up/send-code": startAt("/sign-up"), "GET /sign-up/join": startAt("/sign-up"),
		"GET /reset-password": startAt("/forgot-password"), "GET /verify-address/code": startAt("/verify-address"),
	} {
		mux.Handle(path, h.page(needsMail(serve)))
	}
}

// startAt goes back to where something begins.
func startAt(path string) func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error) {
	return func(_ http.ResponseWriter, _ *http.Request, query oauth.Form) (answer, error) {
		return seeWith(path, query.Get("continue")), nil
	}
}

// sendSignInCode sends a code to whoever has said who they are. The page is the same
// whether there is such an account or not.
func (h *Hosted) sendSignInCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	identifier := form.Get("identifier")
	err = h.proofs.Ask(r.Context(), h.caller(w, r, form), store.PurposeSignIn, identifier)
	return h.codePage(w, r, x, ui.EnterCode{Identifier: identifier}, err)
}

// signInByCode signs in whoever has read the code.
func (h *Hosted) signInByCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	identifier, code := form.Get("identifier"), form.Get("code")
	challenge, err := h.proofs.Answer(r.Context(), h.caller(w, r, form), store.PurposeSignIn, identifier, code)
	if err == nil {
		var user store.User
		if user, err = h.proofs.Owner(r.Context(), challenge); err == nil {
			return h.enter(w, r, x, user.ID, "otp")
		}
	}
	return h.codePage(w, r, x, ui.EnterCode{Identifier: identifier, Trial: ui.Trial{Code: code}}, err)
}

func (h *Hosted) codePage(w http.ResponseWriter, r *http.Request, x signInRequest, page ui.EnterCode, refused error) (answer, error) {
	t, err := tried(refused)
	if err != nil {
		return answer{}, err
	}
	f, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	t.Code = page.Trial.Code
	page.Trial, page.Continue, page.CSRF = t.Trial, x.sealed, f.csrf
	return t.answer(f, page), nil
}

// showSignInLink asks before a link signs anybody in: mail programs look at links
// ahead of their readers, and who follows one should see whose account it opens.
func (h *Hosted) showSignInLink(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	_, user, err := h.look(r, store.PurposeSignIn, query.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, page: ui.FollowLink{
		User: person(user), Ticket: query.Get("ticket"), CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound),
	}}, nil
}

// look finds what a link is about, and leaves it.
func (h *Hosted) look(r *http.Request, purpose store.Purpose, ticket string) (store.Challenge, store.User, error) {
	challenge, err := h.proofs.Look(r.Context(), purpose, ticket)
	if err != nil {
		_, err = tried(err)
		return store.Challenge{}, store.User{}, err
	}
	user, err := h.proofs.Owner(r.Context(), challenge)
	if err != nil {
		return store.Challenge{}, store.User{}, ended(err)
	}
	return challenge, user, nil
}

// ended is the refusal of a link whose user has changed meanwhile.
func ended(err error) error {
	if t, _ := tried(err); t.Failure == ui.WrongCode {
		return errTicket
	}
	return err
}

func (h *Hosted) signInByLink(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	challenge, err := h.proofs.Follow(r.Context(), store.PurposeSignIn, form.Get("ticket"))
	if err != nil {
		_, err = tried(err)
		return answer{}, err
	}
	user, err := h.proofs.Owner(r.Context(), challenge)
	if err != nil {
		return answer{}, ended(err)
	}
	return h.enter(w, r, signInRequest{}, user.ID)
}
