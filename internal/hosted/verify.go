package hosted

import (
	"net/http"
	"slices"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// verifyPath is where users prove their addresses.
const verifyPath = "/verify-address"

// showVerify offers to prove the addresses of whoever is signed in.
func (h *Hosted) showVerify(w http.ResponseWriter, r *http.Request, _ oauth.Form) (answer, error) {
	current, next, err := h.verifying(w, r)
	if err != nil || next.location != "" {
		return next, err
	}
	return h.verifyPage(w, r, current, trial{status: http.StatusOK}), nil
}

// verifying is who is signed in. If nobody is, next leads to where somebody can.
func (h *Hosted) verifying(w http.ResponseWriter, r *http.Request) (current session.Current, next answer, err error) {
	current, signedIn, err := h.sessions.Current(r)
	if err == nil && !signedIn {
		next = seeWith("/sign-in", h.sessions.SealContinuation(h.sessions.Browser(w, r), session.Continuation{Return: verifyPath, StartedAt: h.now()}))
	}
	return current, next, err
}

func (h *Hosted) verifyPage(w http.ResponseWriter, r *http.Request, current session.Current, t trial) answer {
	page := ui.VerifyAddress{User: person(current.User), Trial: t.Trial, CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID)}
	for _, e := range current.User.Emails {
		if !e.Verified {
			page.Addresses = append(page.Addresses, e.Address)
		}
	}
	return t.answer(frame{}, page)
}

// sendVerifyCode sends a code to an address of the user.
func (h *Hosted) sendVerifyCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	current, next, err := h.verifyForm(w, r, form)
	if err != nil || next.location != "" {
		return next, err
	}
	address := form.Get("identifier")
	unproved := slices.ContainsFunc(current.User.Emails, func(e store.Email) bool { return e.Address == address && !e.Verified })
	if !unproved {
		return h.verifyPage(w, r, current, trial{status: http.StatusOK}), nil
	}
	err = h.proofs.Ask(r.Context(), h.caller(w, r, form), store.PurposeVerify, address)
	return h.verifyCodePage(w, r, current, ui.EnterCode{Identifier: address}, err)
}

func (h *Hosted) verifyForm(w http.ResponseWriter, r *http.Request, form oauth.Form) (session.Current, answer, error) {
	current, next, err := h.verifying(w, r)
	if err == nil && next.location == "" && !h.sessions.CheckCSRF(r, current.User.ID, form.Get("csrf")) {
		err = errStaleForm
	}
	return current, next, err
}

func (h *Hosted) verifyCodePage(w http.ResponseWriter, r *http.Request, current session.Current, page ui.EnterCode, refused error) (answer, error) {
	t, err := tried(refused)
	if err != nil {
		return answer{}, err
	}
	t.Code = page.Trial.Code
	page.Address, page.Trial, page.CSRF = true, t.Trial, h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID)
	return t.answer(frame{}, page), nil
}

// verifyByCode notes that an address is the user's.
func (h *Hosted) verifyByCode(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	current, next, err := h.verifyForm(w, r, form)
	if err != nil || next.location != "" {
		return next, err
	}
	address, code := form.Get("identifier"), form.Get("code")
	challenge, err := h.proofs.Answer(r.Context(), h.caller(w, r, form), store.PurposeVerify, address, code)
	if err == nil && challenge.UserID != current.User.ID { // asked for by somebody else in this browser
		err = account.ErrWrongCode
	}
	if err == nil {
		_, err = h.proofs.Verified(r.Context(), challenge, store.ProvedByCode)
	}
	if err == nil {
		return see(verifyPath), nil
	}
	return h.verifyCodePage(w, r, current, ui.EnterCode{Identifier: address, Trial: ui.Trial{Code: code}}, err)
}

// showVerifyLink asks before a link proves an address, and shows to whom.
func (h *Hosted) showVerifyLink(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	challenge, user, err := h.look(r, store.PurposeVerify, query.Get("ticket"))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, page: ui.FollowLink{
		User: person(user), Address: challenge.Address, Ticket: query.Get("ticket"),
		CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound),
	}}, nil
}

func (h *Hosted) verifyByLink(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	if !h.sessions.CheckCSRF(r, signInBound, form.Get("csrf")) {
		return answer{}, errStaleForm
	}
	challenge, err := h.proofs.Follow(r.Context(), store.PurposeVerify, form.Get("ticket"))
	if err != nil {
		_, err = tried(err)
		return answer{}, err
	}
	if _, err := h.proofs.Verified(r.Context(), challenge, store.ProvedByLink); err != nil {
		return answer{}, ended(err)
	}
	return see("/"), nil
}
