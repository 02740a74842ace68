package hosted

import (
	"context"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// Tickets opens the secrets of links; what is no ticket fails.
type Tickets interface {
	OpenSignIn(ticket string) (id string, err error)
	OpenInvitation(ticket string) (id string, err error)
}

// Invitations admits those who were invited.
type Invitations interface {
	// Invitation finds an invitation, or fails with store.ErrNotFound.
	Invitation(ctx context.Context, id string) (store.Invitation, error)
	// Join makes the user who was invited. It fails with a *Mistake, with
	// account.ErrBusy, or with store.ErrNotFound if the invitation is over.
	Join(ctx context.Context, id string, n Newcomer) (store.User, error)
}

// A Newcomer is what somebody says about themselves.
type Newcomer struct{ FirstName, LastName, Password string }

// A Mistake is what a newcomer has to say otherwise.
type Mistake struct {
	Field   string // "password", "first_name", "last_name" or another one
	Problem ui.Problem
}

// Error implements error.
func (e *Mistake) Error() string { return e.Field + ": " + string(e.Problem) }

// showSignInToken asks before it signs anybody in: mail programs look at links
// ahead of their readers, and who follows one should see whose account it opens.
func (h *Hosted) showSignInToken(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	u, _, err := h.ticketUser(r, query.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, page: ui.SignInToken{
		User:   person(u),
		Ticket: query.Get("ticket"),
		CSRF:   h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound),
	}}, nil
}

// ticketUser finds whom a pending sign-in token lets in, and its id.
func (h *Hosted) ticketUser(r *http.Request, ticket string) (u store.User, id string, err error) {
	id, err = h.tickets.OpenSignIn(ticket)
	if err != nil {
		return u, "", errTicket
	}
	t, err := h.signInTokens.SignInToken(r.Context(), id, h.now())
	if err == nil && t.Status == store.TicketPending {
		u, err = h.users.UserByID(r.Context(), t.UserID)
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.Status != store.TicketPending || u.Banned) {
		return u, "", errTicket
	}
	return u, id, err
}

func (h *Hosted) redeemSignInToken(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	u, id, err := h.ticketUser(r, form.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	a, err := h.proved(w, r, signInRequest{}, proof{userID: u.ID, ticket: id})
	if errors.Is(err, errGone) {
		return answer{}, errTicket
	}
	return a, err
}

func (h *Hosted) showSignUp(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	if !query.Has("ticket") {
		return h.askAddress(w, r, query, http.StatusOK, ui.AskAddress{})
	}
	i, err := h.invitation(r, query.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	return h.signUpPage(w, r, i, http.StatusOK, ui.SignUp{Ticket: query.Get("ticket")}), nil
}

// signUp makes the user. A link that is opened twice makes one.
func (h *Hosted) signUp(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	i, err := h.invitation(r, form.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	n := Newcomer{FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Password: form.Get("password")}
	page := ui.SignUp{Ticket: form.Get("ticket"), FirstName: n.FirstName, LastName: n.LastName}
	if len(n.Password) > maxPassword {
		page.Field, page.Problem = "password", ui.PasswordTooLong
		return h.signUpPage(w, r, i, http.StatusUnprocessableEntity, page), nil
	}
	u, err := h.invitations.Join(r.Context(), i.ID, n)
	var mistake *Mistake
	switch {
	case errors.As(err, &mistake):
		page.Field, page.Problem = mistake.Field, mistake.Problem
		return h.signUpPage(w, r, i, http.StatusUnprocessableEntity, page), nil
	case errors.Is(err, account.ErrBusy):
		page.Busy = true
		a := h.signUpPage(w, r, i, http.StatusServiceUnavailable, page)
		a.retryAfter = busySeconds
		return a, nil
	case errors.Is(err, store.ErrNotFound):
		return answer{}, errInvitation
	case err != nil:
		return answer{}, err
	}
	if _, err := h.begin(w, r, u.ID, "pwd"); err != nil {
		return answer{}, err
	}
	if i.RedirectURL != "" {
		return see(i.RedirectURL), nil
	}
	return see("/"), nil
}

// invitation finds the pending invitation that a ticket is of.
func (h *Hosted) invitation(r *http.Request, ticket string) (store.Invitation, error) {
	id, err := h.tickets.OpenInvitation(ticket)
	if err != nil {
		return store.Invitation{}, errInvitation
	}
	i, err := h.invitations.Invitation(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.Status != store.TicketPending {
		return store.Invitation{}, errInvitation
	}
	return i, err
}

func (h *Hosted) signUpPage(w http.ResponseWriter, r *http.Request, i store.Invitation, status int, page ui.SignUp) answer {
	page.Address = i.Address
	page.CSRF = h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound)
	return answer{status: status, page: page, formTargets: []string{ui.FormTarget(i.RedirectURL)}}
}
