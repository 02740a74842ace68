package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

func (h *Hosted) showForgot(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	f, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	return f.answer(http.StatusOK, ui.Forgot{Identifier: x.pending.LoginHint, Continue: x.sealed, CSRF: f.csrf}), nil
}

// sendResetCode sends a code to choose a new password with. The page is the same
// whether there is such an account or not.
func (h *Hosted) sendResetCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	identifier := form.Get("identifier")
	t, err := tried(h.proofs.Ask(r.Context(), h.caller(w, r, form), store.PurposeReset, identifier))
	if err != nil {
		return answer{}, err
	}
	return h.newPasswordPage(w, r, x, t, ui.NewPassword{Identifier: identifier})
}

// showResetLink asks whoever has followed the link for another password. It takes
// nothing yet.
func (h *Hosted) showResetLink(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	challenge, _, err := h.look(r, store.PurposeReset, query.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	page := ui.NewPassword{Identifier: challenge.Address, Ticket: query.Get("ticket")}
	return h.newPasswordPage(w, r, signInRequest{}, trial{status: http.StatusOK}, page)
}

// resetPassword changes the password, signs out all browsers and signs this one in.
// The password is looked at before the code or the link is taken, so that a mistake
// does not cost another mail.
func (h *Hosted) resetPassword(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	page := ui.NewPassword{Identifier: form.Get("identifier"), Ticket: form.Get("ticket"), Trial: ui.Trial{Code: form.Get("code")}}
	if page.Ticket != "" {
		challenge, _, err := h.look(r, store.PurposeReset, page.Ticket)
		if err != nil {
			return answer{}, err
		}
		page.Identifier = challenge.Address
	}
	digest, err := h.proofs.CheckReset(r.Context(), h.caller(w, r, form), page.Identifier, form.Get("password"))
	if page.Problem, err = passwordProblem(err); page.Problem != ui.NoProblem {
		return h.newPasswordPage(w, r, x, trial{status: http.StatusUnprocessableEntity}, page)
	}
	user := store.User{}
	if err == nil {
		user, err = h.reset(w, r, form, page, digest)
	}
	t, err := tried(err)
	switch {
	case err != nil:
		return answer{}, err
	case t.Failed():
		return h.newPasswordPage(w, r, x, t, page)
	}
	return h.enter(w, r, x, user.ID, "pwd")
}

// reset takes the code or the link and changes the password.
func (h *Hosted) reset(w http.ResponseWriter, r *http.Request, form oauth.Form, page ui.NewPassword, digest string) (store.User, error) {
	caller := h.caller(w, r, form)
	var challenge store.Challenge
	var err error
	if page.Ticket != "" {
		challenge, err = h.proofs.Follow(r.Context(), store.PurposeReset, page.Ticket)
	} else {
		challenge, err = h.proofs.Answer(r.Context(), caller, store.PurposeReset, page.Identifier, page.Trial.Code)
	}
	if err != nil {
		return store.User{}, err
	}
	return h.proofs.Reset(r.Context(), challenge, digest, caller.Language)
}

func (h *Hosted) newPasswordPage(w http.ResponseWriter, r *http.Request, x signInRequest, t trial, page ui.NewPassword) (answer, error) {
	f, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	t.Code = page.Trial.Code
	page.Trial, page.Continue, page.CSRF = t.Trial, x.sealed, f.csrf
	return t.answer(f, page), nil
}
