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
	mux.Handle("GET "+account.AddLinkPath, h.own(anytime, needsMail(h.showAddLink)))
	mux.Handle("POST "+account.AddLinkPath, h.ownForm(fresh, ui.AccountProfile, needsMail(h.addByLink)))
}

// sendAddCode sends a code to an address, or a word to whoever has an account with it.
// The page is the same.
func (h *Hosted) sendAddCode(v visit) (answer, error) {
	address := v.form.Get("identifier")
	if slices.ContainsFunc(v.User.Emails, func(e store.Email) bool { return account.CanonicalEmail(e.Address) == account.CanonicalEmail(address) }) {
		return done(ui.AccountProfile, ui.NoticeSaved)
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

// showAddLink asks before a link adds an address to the account of whoever asked for it,
// and nobody else: who is signed in as another user is told that the link does not work.
func (h *Hosted) showAddLink(v visit) (answer, error) {
	challenge, user, err := h.look(v.r, store.PurposeAdd, v.form.Get("ticket"))
	switch {
	case err != nil:
		return answer{}, err
	case challenge.UserID != v.User.ID:
		return answer{}, errTicket
	}
	return answer{status: http.StatusOK, page: ui.FollowLink{
		User: person(user), Address: challenge.Address, Adds: true, Ticket: v.form.Get("ticket"), CSRF: v.csrf,
	}}, nil
}

func (h *Hosted) addByLink(v visit) (answer, error) {
	ticket := v.form.Get("ticket")
	challenge, _, err := h.look(v.r, store.PurposeAdd, ticket)
	switch {
	case err != nil:
		return answer{}, err
	case challenge.UserID != v.User.ID:
		return answer{}, errTicket
	}
	if _, err := h.proofs.Follow(v.r.Context(), store.PurposeAdd, ticket); err != nil {
		_, err = tried(err)
		return answer{}, err
	}
	return h.added(v, challenge.Address, store.ProvedByLink)
}

// added adds an address, and tells the user at the one that was there before.
func (h *Hosted) added(v visit, address string, proof store.EmailProof) (answer, error) {
	err := h.self.AddEmail(v.r.Context(), v.User.ID, address, proof)
	if err == nil {
		h.tell(v, mail.AddressAdded)
	}
	return h.changedProfile(v, err)
}
