package hosted

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/segmentio/ksuid"

	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
	"github.com/signet-auth/signet/internal/upstream"
)

// An arrival is a user who is signed in freshly and has come from a provider.
type arrival struct {
	visit
	provider *upstream.Provider
	identity upstream.Identity
}

// arrival opens what the browser carries. next leads to where the user signs in first.
func (h *Hosted) arrival(w http.ResponseWriter, r *http.Request, form oauth.Form) (a arrival, next answer, err error) {
	if a.provider = h.upstreams.Find(r.PathValue("provider")); a.provider == nil {
		return a, answer{}, errNotYours
	}
	var ok bool
	if a.identity, ok = h.sessions.OpenArrival(r, form.Get("arrival")); !ok || a.identity.Provider != a.provider.ID {
		return a, answer{}, errContinuation
	}
	a.visit, next, err = h.visit(w, r, form, fresh, connectPath(a.provider, form.Get("arrival"), form.Get("continue")))
	return a, next, err
}

// showConnect asks whoever is signed in whether to connect an account elsewhere.
func (h *Hosted) showConnect(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	a, next, err := h.arrival(w, r, query)
	if err != nil || next.location != "" {
		return next, err
	}
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	f, err := h.frame(w, r, x)
	return f.answer(http.StatusOK, ui.Connect{
		ID: a.provider.ID, Name: a.provider.Name, User: person(a.User),
		There:   cmp.Or(a.identity.Address, a.identity.FirstName+" "+a.identity.LastName),
		Arrival: query.Get("arrival"), Continue: x.sealed, CSRF: a.csrf,
	}), err
}

// connect connects it.
func (h *Hosted) connect(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	a, next, err := h.arrival(w, r, form)
	switch {
	case err != nil || next.location != "":
		return next, err
	case !h.sessions.CheckCSRF(r, a.User.ID, form.Get("csrf")):
		return answer{}, errStaleForm
	}
	x, err := h.signInRequest(r, form)
	if err != nil {
		return answer{}, err
	}
	kept, err := h.identity(a.identity, a.User.ID)
	if err != nil {
		return answer{}, err
	}
	err = h.identities.AddIdentity(a.r.Context(), kept)
	if errors.Is(err, store.ErrConflict) {
		return h.notFrom(r, a.provider, session.Away{Continue: x.sealed, UserID: a.User.ID}, errTaken)
	}
	if err != nil {
		return answer{}, err
	}
	h.tell(a.visit, mail.IdentityAdded)
	if x.sealed == "" {
		return done(ui.AccountSecurity, ui.NoticeIdentityAdded)
	}
	x.pending.SignedIn, x.pending.Again = a.Session.ID, false
	x.sealed = h.sessions.SealContinuation(h.sessions.Browser(w, r), x.pending)
	return x.onward(), nil
}

// identity is what is kept of x for a user.
func (h *Hosted) identity(x upstream.Identity, userID string) (store.Identity, error) {
	now := h.now()
	id, err := ksuid.NewRandomWithTime(now)
	return store.Identity{
		ID: "eac_" + id.String(), UserID: userID, Provider: x.Provider, Issuer: x.Issuer, Subject: x.Subject, Address: x.Address,
		CreatedAt: now, LastUsedAt: now,
	}, err
}

func (h *Hosted) askGiveUpIdentity(v visit) (answer, error) {
	all, err := h.identities.IdentitiesOf(v.r.Context(), v.User.ID)
	if err != nil {
		return answer{}, err
	}
	for _, x := range all {
		if x.ID == v.r.PathValue("id") {
			return v.ask(ui.AccountSecurity, ui.AskIdentityAway, h.providerName(x)), nil
		}
	}
	return answer{}, errNotYours
}

// ownIdentities are the accounts elsewhere that sign the visitor in.
func (h *Hosted) ownIdentities(v visit) ([]ui.Identity, error) {
	kept, err := h.identities.IdentitiesOf(v.r.Context(), v.User.ID)
	all := make([]ui.Identity, len(kept))
	for i, x := range kept {
		all[i] = ui.Identity{ID: x.ID, Provider: x.Provider, Name: h.providerName(x), Address: x.Address, CreatedAt: x.CreatedAt, LastUsed: x.LastUsedAt}
	}
	return all, err
}

// providerName is what a provider is called, or its id once it is not set up any more.
func (h *Hosted) providerName(x store.Identity) string {
	if p := h.upstreams.Find(x.Provider); p != nil {
		return p.Name
	}
	return x.Provider
}

// giveUpIdentity leaves the last way in alone: who lost it could not come back.
func (h *Hosted) giveUpIdentity(v visit) (answer, error) {
	err := h.identities.GiveUpIdentity(v.r.Context(), v.User.ID, v.r.PathValue("id"), h.now())
	switch {
	case errors.Is(err, store.ErrConflict):
		return h.mistakenSecurity(v, &Mistake{Problem: ui.LastWayIn})
	case errors.Is(err, store.ErrNotFound):
		return answer{}, errNotYours
	case err != nil:
		return answer{}, err
	}
	h.tell(v, mail.IdentityRemoved)
	return done(ui.AccountSecurity, ui.NoticeIdentityRemoved)
}
