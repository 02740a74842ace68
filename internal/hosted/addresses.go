package hosted

import (
	"net/http"
	"slices"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// addressRoutes registers how an address is added. Nothing is kept of one that is not
// proved, so that nobody can keep an address from its owner.
func (h *Hosted) addressRoutes(mux *http.ServeMux) {
	needsMail := func(serve func(visit) (answer, error)) func(visit) (answer, error) {
		if h.proofs == nil {
			return func(visit) (answer, error) { return answer{}, errNoMail }
		}
		return serve
	}
	mux.Handle("POST /account/addresses", h.ownForm(fresh, ui.AccountProfile, needsMail(h.sendAddCode)))
	mux.Handle("POST /account/addresses/confirm", h.ownForm(fresh, ui.AccountProfile, needsMail(h.addByCode)))
	mux.Handle("GET "+account.AddLinkPath, h.own(fresh, needsMail(h.showAddLink)))
	mux.Handle("POST "+account.AddLinkPath, h.ownForm(fresh, ui.AccountProfile, needsMail(h.addByLink)))
}

// sendAddCode sends a code to an address, or a word to whoever has an account with it.
// The page is the same.
func (h *Hosted) sendAddCode(v visit) (answer, error) {
	address := v.form.Get("identifier")
	if slices.ContainsFunc(v.User.Emails, func(e store.Email) bool { return account.CanonicalEmail(e.Address) == account.CanonicalEmail(address) }) {
		return see(ui.AccountProfile), nil // which lists it
	}
	err := h.proofs.AskToAdd(v.r.Context(), h.caller(v.w, v.r, v.form), v.User.ID, address)
	t, err := tried(err)
	switch {
	case err != nil:
		return answer{}, err
	case t.Failure == ui.NotAnEmail:
		return h.profilePage(v, t.status, ui.Told{Problem: ui.AddressOdd, Field: "identifier"}, v.User.FirstName, v.User.LastName), nil
	}
	return v.addCodePage(t, ui.EnterCode{Identifier: address}), nil
}

func (v visit) addCodePage(t trial, page ui.EnterCode) answer {
	t.Code = page.Trial.Code
	page.Address, page.Adds, page.Trial, page.CSRF = true, true, t.Trial, v.csrf
	return t.answer(frame{}, page)
}

func (h *Hosted) addByCode(v visit) (answer, error) {
	address, code := v.form.Get("identifier"), v.form.Get("code")
	challenge, err := h.proofs.Answer(v.r.Context(), h.caller(v.w, v.r, v.form), store.PurposeAdd, address, code)
	if err == nil && challenge.UserID != v.User.ID { // asked for by somebody else in this browser
		err = account.ErrWrongCode
	}
	if err == nil {
		return h.added(v, challenge.Address, store.ProvedByCode)
	}
	t, err := tried(err)
	if err != nil {
		return answer{}, err
	}
	return v.addCodePage(t, ui.EnterCode{Identifier: address, Trial: ui.Trial{Code: code}}), nil
}

// linked is what a link is about that adds an address to the account of whoever asked
// for it, and of nobody else: who is signed in as another user is told that it does not
// work. It is left as it is.
func (h *Hosted) linked(v visit) (address string, err error) {
	challenge, _, err := h.look(v.r, store.PurposeAdd, v.form.Get("ticket"))
	if err == nil && challenge.UserID != v.User.ID {
		err = errTicket
	}
	return challenge.Address, err
}

// showAddLink asks before the address is added.
func (h *Hosted) showAddLink(v visit) (answer, error) {
	address, err := h.linked(v)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, page: ui.FollowLink{
		User: person(v.User), Address: address, Adds: true, Ticket: v.form.Get("ticket"), CSRF: v.csrf,
	}}, nil
}

func (h *Hosted) addByLink(v visit) (answer, error) {
	address, err := h.linked(v)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.proofs.Follow(v.r.Context(), store.PurposeAdd, v.form.Get("ticket")); err != nil {
		_, err = tried(err)
		return answer{}, err
	}
	return h.added(v, address, store.ProvedByLink)
}

// added adds an address, and tells the user at the one that was there before.
func (h *Hosted) added(v visit, address string, proof store.EmailProof) (answer, error) {
	err := h.self.AddEmail(v.r.Context(), v.User.ID, address, proof)
	if err == nil {
		h.tell(v, mail.AddressAdded)
	}
	return h.changedProfile(v, err)
}
