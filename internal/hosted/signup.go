package hosted

import (
	"context"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// Why somebody may not sign up.
var (
	ErrSignUpClosed = errors.New("nobody may sign up")
	ErrDomain       = errors.New("addresses of this domain may not sign up")
)

// SignUps makes accounts for those who prove an address.
type SignUps interface {
	// MaySignUp decides whether the owner of an address may make an account, or with
	// "" whether anybody may. It fails with ErrSignUpClosed or ErrDomain.
	MaySignUp(ctx context.Context, address string) error
	// Prepare is the user that will be. It fails as MaySignUp does, with a *Mistake
	// or with account.ErrBusy.
	Prepare(ctx context.Context, address string, n Newcomer) (store.User, error)
	// SignUp makes the user, who has proved the address. It fails with a *Mistake if
	// another one has come first.
	SignUp(ctx context.Context, u store.User, proof store.EmailProof) error
}

// askAddress asks for the address to make an account with.
func (h *Hosted) askAddress(w http.ResponseWriter, r *http.Request, query oauth.Form, status int, page ui.AskAddress) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	if err := h.signUps.MaySignUp(r.Context(), ""); err != nil {
		_, err = tried(err)
		return answer{}, err
	}
	if h.proofs == nil {
		return answer{}, errNoMail
	}
	if _, signedIn, err := h.sessions.Current(r); err != nil || signedIn && !x.pending.Again {
		return x.onward(), err
	}
	f, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	page.Application, page.Upstreams, page.Continue, page.CSRF = f.application, h.offered(), x.sealed, f.csrf
	return f.answer(status, page), nil
}

// sendSignUpCode sends a code to an address, or a word to the owner of an account
// that has it already. The page is the same.
func (h *Hosted) sendSignUpCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	address := form.Get("address")
	if err = h.signUps.MaySignUp(r.Context(), address); err == nil {
		err = h.proofs.Ask(r.Context(), h.caller(w, r, form), store.PurposeSignUp, address)
	}
	t, err := tried(err)
	switch {
	case err != nil:
		return answer{}, err
	case t.Failure == ui.NotAnEmail || t.Failure == ui.WrongDomain:
		return h.askAddress(w, r, form, t.status, ui.AskAddress{Address: address, Trial: t.Trial})
	}
	return h.joinPage(w, r, x, t, ui.Join{Address: address})
}

// showSignUpLink asks for what is missing of somebody who has proved an address by
// following the link. It takes nothing yet.
func (h *Hosted) showSignUpLink(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	challenge, err := h.proofs.Look(r.Context(), store.PurposeSignUp, query.Get("ticket"))
	t, err := tried(err)
	if err != nil {
		return answer{}, err
	}
	return h.joinPage(w, r, signInRequest{}, t, ui.Join{Address: challenge.Address, Ticket: query.Get("ticket")})
}

// join makes the account. Everything else is looked at before the code or the link
// is taken, so that a mistake does not cost another mail.
func (h *Hosted) join(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	n := Newcomer{FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Password: form.Get("password")}
	page := ui.Join{Address: form.Get("address"), FirstName: n.FirstName, LastName: n.LastName, Ticket: form.Get("ticket"), Trial: ui.Trial{Code: form.Get("code")}}
	if page.Ticket != "" {
		challenge, err := h.proofs.Look(r.Context(), store.PurposeSignUp, page.Ticket)
		if err != nil {
			_, err = tried(err)
			return answer{}, err
		}
		page.Address = challenge.Address
	}
	user, err := h.signUpUser(w, r, form, page, n)
	var mistake *Mistake
	if errors.As(err, &mistake) {
		page.Field, page.Problem = mistake.Field, mistake.Problem
		return h.joinPage(w, r, x, trial{status: http.StatusUnprocessableEntity}, page)
	}
	t, err := tried(err)
	switch {
	case err != nil:
		return answer{}, err
	case t.Failed():
		return h.joinPage(w, r, x, t, page)
	}
	return h.enter(w, r, x, user.ID, "pwd")
}

// signUpUser makes the user of a form.
func (h *Hosted) signUpUser(w http.ResponseWriter, r *http.Request, form oauth.Form, page ui.Join, n Newcomer) (store.User, error) {
	if err := h.proofs.Admit(h.caller(w, r, form)); err != nil {
		return store.User{}, err
	}
	user, err := h.signUps.Prepare(r.Context(), page.Address, n)
	if err != nil {
		return store.User{}, err
	}
	proof := store.ProvedByCode
	if page.Ticket != "" {
		proof = store.ProvedByLink
		_, err = h.proofs.Follow(r.Context(), store.PurposeSignUp, page.Ticket)
	} else {
		_, err = h.proofs.Answer(r.Context(), h.caller(w, r, form), store.PurposeSignUp, page.Address, page.Trial.Code)
	}
	if err != nil {
		return store.User{}, err
	}
	return user, h.signUps.SignUp(r.Context(), user, proof)
}

func (h *Hosted) joinPage(w http.ResponseWriter, r *http.Request, x signInRequest, t trial, page ui.Join) (answer, error) {
	f, err := h.frame(w, r, x)
	if err != nil {
		return answer{}, err
	}
	t.Code = page.Trial.Code
	page.Trial, page.Continue, page.CSRF = t.Trial, x.sealed, f.csrf
	return t.answer(f, page), nil
}
