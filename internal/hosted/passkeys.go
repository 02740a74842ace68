package hosted

import (
	"context"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/passkey"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// Passkeys lets users prove themselves by a key instead of a password.
type Passkeys interface {
	Available() bool
	Challenge() (passkey.Challenge, error)
	// SignIn fails with passkey.ErrRefused or passkey.ErrExpired.
	SignIn(ctx context.Context, sealed, response string) (passkey.Proof, error)
	Registration(ctx context.Context, o passkey.Owner) (passkey.Challenge, error)
	Register(ctx context.Context, userID, sealed, response, name string) (store.Passkey, error)
}

// challengeBound is what the token of a form with a challenge is bound to: the
// challenge, which is good in the browser that it was made for alone.
func challengeBound(sealed string) string { return "passkey " + sealed }

// passkeyForm is what a page needs to let somebody in by a passkey, or nil if there
// are none here.
func (h *Hosted) passkeyForm(w http.ResponseWriter, r *http.Request, x signInRequest) (*ui.PasskeyForm, error) {
	if !h.passkeys.Available() {
		return nil, nil
	}
	c, err := h.passkeys.Challenge()
	if err != nil {
		return nil, err
	}
	return &ui.PasskeyForm{
		Options: c.Options, Challenge: c.Sealed, Continue: x.sealed,
		CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), challengeBound(c.Sealed)),
	}, nil
}

// signInByPasskey takes what an authenticator has signed.
func (h *Hosted) signInByPasskey(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	sealed := form.Get("challenge")
	if !h.sessions.CheckCSRF(r, challengeBound(sealed), form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	x, err := h.signInRequest(r, form)
	if err != nil {
		return answer{}, err
	}
	proved, err := h.passkeys.SignIn(r.Context(), sealed, form.Get("response"))
	var a answer
	if err == nil {
		a, err = h.proved(w, r, x, proof{userID: proved.UserID, methods: proved.Methods})
	}
	if errors.Is(err, passkey.ErrRefused) || errors.Is(err, passkey.ErrExpired) || errors.Is(err, errGone) {
		h.log.InfoContext(r.Context(), "passkey refused", "why", err)
		return h.identifierPage(w, r, x, "", true)
	}
	return a, err
}
