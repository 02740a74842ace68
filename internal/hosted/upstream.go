package hosted

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
	"github.com/signet-auth/signet/internal/upstream"
)

// Joining makes accounts for those who come from another provider.
type Joining interface {
	// JoinFrom makes a user with an address that a provider vouches for, who signs in
	// by x. It fails as SignUps.Prepare and SignUps.SignUp do.
	JoinFrom(ctx context.Context, x store.Identity, n Newcomer) (store.User, error)
}

// upstreamRoutes registers what is between this server and other providers.
func (h *Hosted) upstreamRoutes(mux *http.ServeMux) {
	const with = "/sign-in/with/{provider}"
	mux.Handle("GET "+with, h.page(h.leave))
	mux.Handle("GET "+with+"/callback", h.page(h.comeBack))
	mux.Handle("GET "+with+"/connect", h.page(h.showConnect))
	mux.Handle("POST "+with+"/connect", h.form(h.connect))
	mux.Handle("POST "+with+"/join", h.form(h.joinFrom))
	mux.Handle("GET "+with+"/join", h.page(func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error) {
		return see("/sign-up"), nil // the form was refused or sent long ago
	}))
	mux.Handle("GET /account/connect/{provider}", h.own(fresh, h.leaveToConnect))
	mux.Handle("GET /account/identities/{id}/remove", h.own(fresh, h.askGiveUpIdentity))
	mux.Handle("POST /account/identities/{id}/remove", h.ownForm(fresh, ui.AccountSecurity, h.giveUpIdentity))
}

// offered are the providers that people may choose.
func (h *Hosted) offered() []ui.Upstream {
	all := make([]ui.Upstream, len(h.upstreams))
	for i, p := range h.upstreams {
		all[i] = ui.Upstream{ID: p.ID, Name: p.Name}
	}
	return all
}

// leave sends the browser to a provider.
func (h *Hosted) leave(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	x, err := h.signInRequest(r, query)
	if err != nil {
		return answer{}, err
	}
	return h.send(w, r, session.Away{
		Continue: x.sealed,
		Attempt:  upstream.Attempt{Again: x.pending.Again, LoginHint: x.pending.LoginHint},
	})
}

// leaveToConnect is leave for somebody who is signed in and wants to sign in there too.
func (h *Hosted) leaveToConnect(v visit) (answer, error) {
	return h.send(v.w, v.r, session.Away{UserID: v.User.ID})
}

func (h *Hosted) send(w http.ResponseWriter, r *http.Request, away session.Away) (answer, error) {
	p := h.upstreams.Find(r.PathValue("provider"))
	if p == nil {
		return answer{}, errNotYours
	}
	away.Provider = p.ID
	away.Attempt.State, away.Attempt.Nonce, away.Attempt.Verifier = rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	away.Attempt.StartedAt = h.now()
	location, err := p.Authorize(r.Context(), away.Attempt)
	if err != nil {
		return h.notFrom(r, p, away, err)
	}
	if err := h.sessions.KeepAway(w, r, away); err != nil {
		return h.notFrom(r, p, away, err)
	}
	return see(location), nil
}

// notFrom tells that a provider did not say who somebody is.
func (h *Hosted) notFrom(r *http.Request, p *upstream.Provider, away session.Away, err error) (answer, error) {
	page := ui.UpstreamFailed{Name: p.Name, Continue: away.Continue, Account: away.UserID != ""}
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, errTaken):
		page.Trouble, status = ui.UpstreamTaken, http.StatusConflict
	case errors.Is(err, errCancelled):
		page.Trouble = ui.UpstreamCancelled
	case errors.Is(err, upstream.ErrUnreachable):
		page.Trouble, status = ui.UpstreamUnreachable, http.StatusBadGateway
	case errors.Is(err, upstream.ErrRefused), errors.Is(err, errGone), errors.Is(err, session.ErrTooLong):
		page.Trouble = ui.UpstreamRefused
	default:
		return answer{}, err
	}
	h.log.InfoContext(r.Context(), "nobody signed in by a provider", "provider", p.ID, "why", err)
	return answer{status: status, page: page}, nil
}

var (
	errCancelled = errors.New("the user or the provider has cancelled")
	errTaken     = errors.New("the account there is connected to another one here, or another account there to this one")
)

// comeBack takes the answer of a provider. It is good once, in the browser that was
// sent, from the provider that it was sent to (threats SE01 and SE19, RFC 9700 §4.4).
func (h *Hosted) comeBack(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	p := h.upstreams.Find(r.PathValue("provider"))
	if p == nil {
		return answer{}, errNotYours
	}
	away, ok := h.sessions.Away(r, query.Get("state"))
	if !ok || away.Provider != p.ID {
		return answer{}, errContinuation
	}
	h.sessions.DropAway(w, away.Attempt.State)
	if code := query.Get("error"); code != "" || query.Get("code") == "" {
		return h.notFrom(r, p, away, errCancelled)
	}
	identity, err := p.Identify(r.Context(), query.Get("code"), query.Get("iss"), away.Attempt)
	if err != nil {
		return h.notFrom(r, p, away, err)
	}
	return h.arrived(w, r, p, away, identity)
}

// arrived goes on with an identity as the rules say.
func (h *Hosted) arrived(w http.ResponseWriter, r *http.Request, p *upstream.Provider, away session.Away, identity upstream.Identity) (answer, error) {
	known, kept, err := h.known(r.Context(), away, identity)
	if err != nil {
		return answer{}, err
	}
	x, err := h.waiting(r, away.Continue)
	if err != nil {
		return answer{}, err
	}
	sealed := h.sessions.SealArrival(h.sessions.Browser(w, r), identity)
	switch step := upstream.Next(identity, known); step {
	case upstream.SignIn:
		return h.enterFrom(w, r, p, x, identity, kept)
	case upstream.Connected:
		return done(ui.AccountSecurity, ui.NoticeIdentityAdded)
	case upstream.Taken:
		return h.notFrom(r, p, away, errTaken)
	case upstream.Connect:
		return see(connectPath(p, sealed, away.Continue)), nil
	case upstream.Join:
		return h.joinFromPage(w, r, p, x, http.StatusOK, ui.JoinFrom{
			FirstName: identity.FirstName, LastName: identity.LastName, Address: identity.Address, Arrival: sealed,
		})
	default:
		return h.ownAccountFirst(w, r, p, away, identity, sealed, step), nil
	}
}

// known gathers what the rules ask about an identity.
func (h *Hosted) known(ctx context.Context, away session.Away, identity upstream.Identity) (k upstream.Known, kept store.Identity, err error) {
	k.Visitor = away.UserID
	kept, err = h.identities.IdentityBySubject(ctx, identity.Provider, identity.Issuer, identity.Subject)
	switch {
	case err == nil:
		k.Owner = kept.UserID
		return k, kept, nil
	case !errors.Is(err, store.ErrNotFound):
		return k, kept, err
	}
	if identity.Address == "" || !identity.Verified {
		return k, kept, nil
	}
	owner, err := h.users.UserByIdentifier(ctx, identity.Address)
	switch {
	case err == nil:
		k.AddressTaken, k.AddressProved = true, hasProved(owner, identity.Address)
	case !errors.Is(err, store.ErrNotFound):
		return k, kept, err
	}
	k.MayJoin = h.signUps.MaySignUp(ctx, identity.Address) == nil
	return k, kept, nil
}

// hasProved reports whether a user has proved an address.
func hasProved(u store.User, address string) bool {
	return slices.ContainsFunc(u.Emails, func(e store.Email) bool {
		return e.Verified && account.CanonicalEmail(e.Address) == account.CanonicalEmail(address)
	})
}

// enterFrom signs in whom an identity belongs to, as far as one factor does.
func (h *Hosted) enterFrom(w http.ResponseWriter, r *http.Request, p *upstream.Provider, x signInRequest, identity upstream.Identity, kept store.Identity) (answer, error) {
	if err := h.identities.UseIdentity(r.Context(), kept.ID, identity.Address, h.now()); err != nil {
		return answer{}, err
	}
	return h.provedBy(w, r, p, x, kept.UserID)
}

// provedBy goes on with a user whom a provider has proved. No value of RFC 8176 says
// that somebody else has looked.
func (h *Hosted) provedBy(w http.ResponseWriter, r *http.Request, p *upstream.Provider, x signInRequest, userID string) (answer, error) {
	a, err := h.proved(w, r, x, proof{userID: userID})
	if errors.Is(err, errGone) {
		return h.notFrom(r, p, session.Away{Continue: x.sealed}, err)
	}
	return a, err
}

// ownAccountFirst asks the person to get into an account here by other means. Then the
// page follows that asks whether to connect it.
func (h *Hosted) ownAccountFirst(w http.ResponseWriter, r *http.Request, p *upstream.Provider, away session.Away, identity upstream.Identity, sealed string, step upstream.Step) answer {
	why := map[upstream.Step]ui.AccountFirstReason{
		upstream.OwnAccount: ui.ThereIsAnAccount, upstream.UnprovedAccount: ui.ThereIsAnUnprovedAccount,
		upstream.NoAccount: ui.ThereIsNoAccount, upstream.NoAddress: ui.ThereIsNoAddress,
	}
	back := session.Continuation{Return: connectPath(p, sealed, away.Continue), StartedAt: h.now()}
	if step == upstream.OwnAccount {
		back.LoginHint = identity.Address
	}
	return answer{status: http.StatusOK, page: ui.AccountFirst{
		Name: p.Name, Address: identity.Address, Reason: why[step],
		SignUp:   step == upstream.NoAddress && h.proofs != nil && h.signUps.MaySignUp(r.Context(), "") == nil,
		Continue: h.sessions.SealContinuation(h.sessions.Browser(w, r), back),
	}}
}

func connectPath(p *upstream.Provider, arrival, continuation string) string {
	query := url.Values{"arrival": {arrival}}
	if continuation != "" {
		query.Set("continue", continuation)
	}
	return "/sign-in/with/" + p.ID + "/connect?" + query.Encode()
}

func (h *Hosted) joinFromPage(w http.ResponseWriter, r *http.Request, p *upstream.Provider, x signInRequest, status int, page ui.JoinFrom) (answer, error) {
	f, err := h.frame(w, r, x)
	page.ID, page.Name, page.Continue, page.CSRF = p.ID, p.Name, x.sealed, f.csrf
	return f.answer(status, page), err
}

// joinFrom makes an account with the address that the provider vouches for.
func (h *Hosted) joinFrom(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	x, err := h.signInForm(r, form)
	if err != nil {
		return answer{}, err
	}
	p := h.upstreams.Find(r.PathValue("provider"))
	if p == nil {
		return answer{}, errNotYours
	}
	identity, ok := h.sessions.OpenArrival(r, form.Get("arrival"))
	if !ok || identity.Provider != p.ID || identity.Address == "" || !identity.Verified {
		return answer{}, errContinuation
	}
	kept, err := h.identity(identity, "")
	if err != nil {
		return answer{}, err
	}
	n := Newcomer{FirstName: form.Get("first_name"), LastName: form.Get("last_name")}
	user, err := h.joining.JoinFrom(r.Context(), kept, n)
	var mistake *Mistake
	switch {
	case errors.As(err, &mistake):
		return h.joinFromPage(w, r, p, x, http.StatusUnprocessableEntity, ui.JoinFrom{
			FirstName: n.FirstName, LastName: n.LastName, Address: identity.Address, Field: mistake.Field, Problem: mistake.Problem,
			Arrival: form.Get("arrival"),
		})
	case errors.Is(err, ErrSignUpClosed), errors.Is(err, ErrDomain):
		return answer{}, errSignUpClosed
	case err != nil:
		return answer{}, err
	}
	return h.provedBy(w, r, p, x, user.ID)
}
