package hosted

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// secondFactorPath is where half a sign-in goes on.
const secondFactorPath = "/sign-in/second-factor"

// Factors are what users prove themselves with beside a password.
type Factors interface {
	Of(ctx context.Context, userID string) (store.SecondFactor, error)
	// Verify takes a code, or fails with account.ErrWrongFactor, ErrTooManyCodes or
	// ErrNoFactor.
	Verify(ctx context.Context, userID, code string) (account.CodeKind, error)
	Begin(userID, issuer, label string) (account.Setup, error)
	Again(userID, issuer, label, sealed string) (account.Setup, error)
	Confirm(ctx context.Context, userID, sealed, code string) (backup []string, err error)
	NewBackupCodes(ctx context.Context, userID string) ([]string, error)
	Remove(ctx context.Context, userID string, secret, codes bool) error
	// ForgetDevices has the second factor asked for again on every device.
	ForgetDevices(ctx context.Context, userID string) error
}

// halfBound is what the token of the form is bound to beside the browser: a token of
// no other page is good here, and one of this page is for one user.
func halfBound(half session.Half) string { return "second factor of " + half.UserID }

func (h *Hosted) showSecondFactor(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	half, ok := h.sessions.Half(r)
	if !ok {
		return seeWith("/sign-in", x.sealed), nil
	}
	return h.secondFactorPage(w, r, x, half, http.StatusOK, ui.NoFailure)
}

// giveSecondFactor makes a session of half a sign-in. Whatever is not a right code
// leaves the half as it is (threat AZ23).
func (h *Hosted) giveSecondFactor(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, form)
	if err != nil {
		return answer{}, err
	}
	half, ok := h.sessions.Half(r)
	switch {
	case !ok:
		return seeWith("/sign-in", x.sealed), nil
	case !h.sessions.CheckCSRF(r, halfBound(half), form.Get("csrf")):
		return answer{}, errStaleForm
	}
	over, err := h.overtaken(r, half)
	if err != nil || over {
		h.sessions.DropHalf(w)
		return seeWith("/sign-in", x.sealed), err
	}
	_, err = h.factors.Verify(r.Context(), half.UserID, form.Get("code"))
	switch {
	case errors.Is(err, account.ErrWrongFactor):
		return h.secondFactorPage(w, r, x, half, http.StatusUnprocessableEntity, ui.WrongCredentials)
	case errors.Is(err, account.ErrTooManyCodes):
		return h.secondFactorPage(w, r, x, half, http.StatusTooManyRequests, ui.TooMany)
	case errors.Is(err, account.ErrBusy):
		return h.secondFactorPage(w, r, x, half, http.StatusServiceUnavailable, ui.TooBusy)
	case err != nil && !errors.Is(err, account.ErrNoFactor):
		return answer{}, err
	case err != nil: // it was turned off meanwhile; the first factor has to be given anew
		h.sessions.DropHalf(w)
		return seeWith("/sign-in", x.sealed), nil
	}
	h.sessions.DropHalf(w)
	methods := append(half.Methods[:len(half.Methods):len(half.Methods)], "otp", "mfa")
	a, err := h.signedIn(w, r, x, proof{
		userID: half.UserID, methods: methods, ticket: half.Ticket, remember: form.Get("remember") != "",
	})
	if errors.Is(err, errGone) {
		return seeWith("/sign-in", x.sealed), nil
	}
	return a, err
}

// overtaken reports whether what the first factor proved does not hold any more: the
// user was cut off since, or has another password.
func (h *Hosted) overtaken(r *http.Request, half session.Half) (bool, error) {
	u, err := h.users.UserByID(r.Context(), half.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	over := !u.NotBefore.Before(half.StartedAt) || u.PasswordUpdatedAt.After(half.StartedAt)
	return over, err
}

func (h *Hosted) secondFactorPage(w http.ResponseWriter, r *http.Request, x signInRequest, half session.Half, status int, failure ui.Failure) (answer, error) {
	page := ui.SecondFactor{
		Failure: failure, Continue: x.sealed, RememberDays: int(h.rememberDevices / (24 * time.Hour)),
		CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), halfBound(half)),
	}
	a := answer{status: status}
	if x.pending.ClientID != "" {
		client, err := h.client(r, x.pending.ClientID)
		if err != nil {
			return answer{}, err
		}
		page.Application = client.Name
		a.formTargets = []string{ui.FormTarget(x.pending.RedirectURI)}
	}
	switch failure {
	case ui.TooBusy:
		a.retryAfter = busySeconds
	case ui.TooMany:
		a.retryAfter = "60"
	}
	a.page = page
	return a, nil
}
