package hosted

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
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

func (h *Hosted) showSignIn(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	current, signedIn, err := h.sessions.Current(r)
	page := ui.SignIn{Identifier: x.pending.LoginHint}
	switch {
	case err != nil:
		return answer{}, err
	case signedIn && !x.pending.Again: // in another tab, or the user went back
		return x.onward(), nil
	case signedIn && page.Identifier == "":
		page.Identifier, page.Again = person(current.User).Identifier, true
	}
	return h.signInPage(w, r, x, http.StatusOK, page)
}

func (h *Hosted) signIn(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	x, err := h.signInRequest(r, form)
	if err != nil {
		return answer{}, err
	}
	sessionID, err := h.authenticate(w, r, form.Get("identifier"), form.Get("password"))
	page := ui.SignIn{Identifier: form.Get("identifier")}
	switch {
	case errors.Is(err, account.ErrWrongCredentials):
		page.Failure = ui.WrongCredentials
		return h.signInPage(w, r, x, http.StatusUnprocessableEntity, page)
	case errors.Is(err, account.ErrBusy):
		page.Failure = ui.TooBusy
		a, err := h.signInPage(w, r, x, http.StatusServiceUnavailable, page)
		a.retryAfter = busySeconds
		return a, err
	case err != nil:
		return answer{}, err
	}
	if x.sealed != "" {
		x.pending.SignedIn, x.pending.Again = sessionID, false
		x.sealed = h.sessions.SealContinuation(h.sessions.Browser(w, r), x.pending)
	}
	return x.onward(), nil
}

// authenticate signs the browser in under a new session, or fails with account.ErrWrongCredentials
// or account.ErrBusy.
func (h *Hosted) authenticate(w http.ResponseWriter, r *http.Request, identifier, password string) (sessionID string, err error) {
	if len(password) > maxPassword {
		return "", account.ErrWrongCredentials
	}
	user, err := h.accounts.Authenticate(r.Context(), identifier, password)
	if err != nil {
		return "", err
	}
	sessionID, err = h.sessions.Begin(w, r, user.ID)
	if errors.Is(err, store.ErrNotFound) { // banned or deleted a moment ago
		return "", account.ErrWrongCredentials
	}
	return sessionID, err
}

// A signInRequest is a sign-in with or without an application that waits for it.
type signInRequest struct {
	sealed  string // "" without
	pending session.Continuation
}

// signInRequest reads the continuation, which may be missing but not be wrong.
func (h *Hosted) signInRequest(r *http.Request, form oauth.Form) (signInRequest, error) {
	x := signInRequest{sealed: form.Get("continue")}
	if x.sealed == "" {
		return x, nil
	}
	var err error
	x.pending, err = h.sessions.OpenContinuation(r, x.sealed)
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

func (h *Hosted) signInPage(w http.ResponseWriter, r *http.Request, x signInRequest, status int, page ui.SignIn) (answer, error) {
	a := answer{status: status}
	if x.sealed != "" {
		page.Continue = x.sealed
	}
	if x.pending.ClientID != "" {
		client, err := h.client(r, x.pending.ClientID)
		if err != nil {
			return answer{}, err
		}
		page.Application = client.Name
		a.formTargets = []string{ui.FormTarget(x.pending.RedirectURI)}
	}
	page.CSRF = h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound)
	a.page = page
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
