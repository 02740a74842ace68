package hosted

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
)

// A proof is whom somebody has shown to be, and how.
type proof struct {
	userID  string
	methods []string // RFC 8176 §2; nil if no value fits
	ticket  string   // id of the sign-in token that shows it, which is taken with the session; or ""
	// remember says that this device need not be asked for a second factor for some time.
	remember bool
}

// multi reports whether the proof is of several factors.
func (p proof) multi() bool { return slices.Contains(p.methods, "mfa") }

// errGone means that the user who has proved it may not sign in any more: banned,
// locked or deleted a moment ago, or the sign-in token was taken.
var errGone = errors.New("the user may not sign in")

// proved decides what comes after a proof, whatever it is by: a password, a code, a
// link, a passkey. It is the only place that does, so that nothing signs in a user
// with a second factor by one alone: such a user gets half a sign-in, which is no
// session (threats AZ22, AZ23). It fails with errGone.
func (h *Hosted) proved(w http.ResponseWriter, r *http.Request, x signInRequest, p proof) (answer, error) {
	lacks, err := h.lacksFactor(r, x, p)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return answer{}, fmt.Errorf("%w: %w", errGone, err)
	case err != nil:
		return answer{}, err
	case lacks:
		h.sessions.KeepHalf(w, r, session.Half{UserID: p.userID, Methods: p.methods, Ticket: p.ticket})
		return seeWith(secondFactorPath, x.sealed), nil
	}
	return h.signedIn(w, r, x, p)
}

// signedIn begins a session for a user who has proved all there is, under a new id
// (threat SE03), and sends the browser on.
func (h *Hosted) signedIn(w http.ResponseWriter, r *http.Request, x signInRequest, p proof) (answer, error) {
	sessionID, err := h.beginBy(w, r, p)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		return answer{}, fmt.Errorf("%w: %w", errGone, err)
	case err != nil:
		return answer{}, err
	}
	if x.sealed != "" {
		x.pending.SignedIn, x.pending.Again = sessionID, false
		x.sealed = h.sessions.SealContinuation(h.sessions.Browser(w, r), x.pending)
	}
	return x.onward(), nil
}

// beginBy begins the session. Whoever came by a sign-in token may not be the user, so
// the device is known as one of the user's only if a second factor was given too.
func (h *Hosted) beginBy(w http.ResponseWriter, r *http.Request, p proof) (sessionID string, err error) {
	if p.ticket == "" {
		sessionID, err = h.sessions.BeginWith(w, r, p.userID, p.methods...)
	} else {
		sessionID, err = h.sessions.BeginBy(w, r, func(ctx context.Context, begun store.Session) error {
			begun.Methods = p.methods
			return h.signInTokens.RedeemSignInToken(ctx, p.ticket, begun)
		})
	}
	if err == nil && (p.ticket == "" || p.remember) {
		h.sessions.Remember(w, r, p.userID, p.remember)
	}
	return sessionID, err
}

// lacksFactor reports whether the user has a second factor that has yet to be given.
func (h *Hosted) lacksFactor(r *http.Request, x signInRequest, p proof) (bool, error) {
	factor, err := h.factors.Of(r.Context(), p.userID)
	if err != nil || !factor.Enabled() || p.multi() {
		return false, err
	}
	remembered, err := h.isRemembered(r, x, p.userID, factor)
	return !remembered, err
}

// isRemembered reports whether the device need not be asked for a second factor: the
// user gave it there not long ago, wanted that to be remembered, and since then nothing
// has changed that it went with. Whoever is to sign in again, for a client or for what
// only a fresh sign-in may do, gives everything again.
func (h *Hosted) isRemembered(r *http.Request, x signInRequest, userID string, factor store.SecondFactor) (bool, error) {
	at := h.sessions.Proved(r, userID)
	if at.IsZero() || asksAnew(x.pending) || h.now().Sub(at) >= h.rememberDevices {
		return false, nil
	}
	u, err := h.users.UserByID(r.Context(), userID)
	if err != nil {
		return false, err
	}
	instance, err := h.instances.Instance(r.Context())
	if err != nil {
		return false, err
	}
	for _, since := range []time.Time{u.NotBefore, u.PasswordUpdatedAt, factor.EnabledAt, factor.ForgottenAt, instance.NotBefore} {
		if !at.After(since) {
			return false, nil
		}
	}
	return true, nil
}

// asksAnew reports whether whoever signs in is to prove everything, known or not: the
// user was signed in already, or the client says so (prompt=login and max_age, OpenID
// Connect Core §3.1.2.1): signing out before is no way around it.
func asksAnew(c session.Continuation) bool {
	params, err := url.ParseQuery(c.Params)
	return c.Again || err != nil || params.Get("max_age") != "" || slices.Contains(strings.Fields(params.Get("prompt")), "login")
}
