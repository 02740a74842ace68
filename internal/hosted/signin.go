package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/ui"
)

// authorizePath is where a pending authorization request goes on.
const authorizePath = "/oauth/authorize"

// maxPassword bounds what is hashed, in bytes.
const maxPassword = 1 << 10

// busySeconds is when a browser may try again if too many sign in.
const busySeconds = "5"

// signInBound is what the token of the sign-in form is bound to beside the
// browser: nobody, so that it outlives a session that ends meanwhile.
const signInBound = ""

// showSignIn asks who somebody is or, if that is known and has to be proved once
// more, for the password at once.
func (h *Hosted) showSignIn(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case signedIn && !x.pending.Again: // in another tab, or the user went back
		return x.onward(), nil
	case signedIn && x.pending.LoginHint == "":
		return h.passwordPage(w, r, x, ui.Password{Identifier: person(current.User).Identifier, Again: true}, nil)
	}
	return h.identifierPage(w, r, x, x.pending.LoginHint, false)
}

// signIn takes an identifier and asks for the password, whether there is such an
// account or not, or takes both.
func (h *Hosted) signIn(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	identifier, password := form.Get("identifier"), form.Get("password")
	switch {
	case !form.Has("password") && identifier == "":
		return h.identifierPage(w, r, x, "", false)
	case !form.Has("password"):
		return h.passwordPage(w, r, x, ui.Password{Identifier: identifier}, nil)
	}
	err = account.ErrWrongCredentials
	if len(password) <= maxPassword {
		user, refused := h.accounts.SignIn(r.Context(), h.caller(w, r, form), identifier, password)
		if err = refused; err == nil {
			return h.enter(w, r, x, user.ID, "pwd")
		}
	}
	return h.passwordPage(w, r, x, ui.Password{Identifier: identifier}, err)
}

// A signInRequest is a sign-in with or without an application that waits for it.
type signInRequest struct {
	sealed  string // "" without
	pending session.Continuation
}

// signInForm is signInRequest for a form, whose token has to be right.
func (h *Hosted) signInForm(r *http.Request, form oauth.Form) (signInRequest, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return signInRequest{}, errStaleForm
	}
	return h.signInRequest(r, form)
}

// signInRequest reads the continuation, which may be missing but not be wrong.
func (h *Hosted) signInRequest(r *http.Request, form oauth.Form) (signInRequest, error) {
	return h.waiting(r, form.Get("continue"))
}

// waiting is signInRequest for a continuation that has been kept elsewhere.
func (h *Hosted) waiting(r *http.Request, sealed string) (signInRequest, error) {
	x := signInRequest{sealed: sealed}
	if sealed == "" {
		return x, nil
	}
	var err error
	x.pending, err = h.sessions.OpenContinuation(r, sealed)
	if err != nil {
		return signInRequest{}, errContinuation
	}
	return x, nil
}

// onward is where the browser goes once somebody is signed in.
func (x signInRequest) onward() answer {
	switch {
	case x.sealed == "":
		return see("/")
	case x.pending.Return != "":
		return see(x.pending.Return)
	}
	return seeWith(authorizePath, x.sealed)
}

func (h *Hosted) identifierPage(w http.ResponseWriter, r *http.Request, x signInRequest, identifier string, refused bool) (answer, error) {
	frame, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	signUp := h.proofs != nil && h.signUps.MaySignUp(r.Context(), "") == nil
	page := ui.SignIn{Application: frame.application, Identifier: identifier, SignUp: signUp, Refused: refused, Upstreams: h.offered(), Continue: x.sealed, CSRF: frame.csrf}
	if page.Passkey, err = h.passkeyForm(w, r, x); err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	if refused {
		status = http.StatusUnprocessableEntity
	}
	a := frame.answer(status, page)
	a.scripts = page.Passkey != nil
	return a, nil
}

// passwordPage asks for a password, and tells why the last one did not do.
func (h *Hosted) passwordPage(w http.ResponseWriter, r *http.Request, x signInRequest, page ui.Password, refused error) (answer, error) {
	t, err := tried(refused)
	if err != nil {
		return answer{}, err
	}
	frame, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	page.Trial, page.Codes, page.Upstreams = t.Trial, h.proofs != nil, h.offered()
	page.Application, page.Continue, page.CSRF = frame.application, x.sealed, frame.csrf
	if page.Passkey, err = h.passkeyForm(w, r, x); err != nil {
		return answer{}, err
	}
	a := t.answer(frame, page)
	a.scripts = page.Passkey != nil
	return a, nil
}

func (h *Hosted) signOut(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case signedIn && !h.sessions.CheckCSRF(r, current.User.ID, form.Get("csrf")):
		return answer{}, errStaleForm
	case signedIn:
		if err := h.sessions.End(w, r); err != nil {
			return answer{}, err
		}
	}
	x, err := h.signInRequest(r, form)
	if err != nil || x.sealed == "" { // signed out all the same
		return see("/signed-out"), nil
	}
	return seeWith("/sign-in", x.sealed), nil
}
