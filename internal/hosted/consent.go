package hosted

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

func (h *Hosted) showConsent(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	sealed := query.Get("continue")
	pending, err := h.sessions.OpenContinuation(r, sealed)
	if err != nil {
		return answer{}, errContinuation
	}
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case !signedIn:
		return seeWith("/sign-in", sealed), nil
	}
	client, err := h.client(r, pending.ClientID)
	if err != nil {
		return answer{}, err
	}
	descriptions, err := h.descriptions(r)
	if err != nil {
		return answer{}, err
	}
	offer, err := h.offer(r, current.User.ID, client.ID, pending.Scopes)
	if err != nil {
		return answer{}, err
	}
	page := ui.Consent{
		Application: client.Name,
		Logo:        h.logo(client),
		Unverified:  client.DynamicallyRegistered,
		At:          registration.Host(client.ID),
		Custom:      descriptions,
		User:        person(current.User),
		Scopes:      pending.Scopes,
		RedirectURI: pending.RedirectURI,
		Continue:    sealed,
		CSRF:        h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID),
	}
	page.Organizations, page.Organization = offer.shown()
	return answer{status: http.StatusOK, formTargets: []string{ui.FormTarget(pending.RedirectURI)}, page: page}, nil
}

// decide takes the user's decision. Of the form only the decision counts, and the
// organization if there is a choice: who agrees to what is read from the session and
// the continuation.
func (h *Hosted) decide(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	sealed := form.Get("continue")
	pending, err := h.sessions.OpenContinuation(r, sealed)
	if err != nil {
		return answer{}, errContinuation
	}
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case !signedIn:
		return seeWith("/sign-in", sealed), nil
	case form.Get("csrf") == "":
		return answer{}, errStaleForm
	case !h.sessions.CheckCSRF(r, current.User.ID, form.Get("csrf")):
		return seeWith("/consent", sealed), nil // shown to somebody else: ask whoever is here now
	}
	switch form.Get("decision") {
	case "allow":
		pending.AgreedBy, pending.Denied = current.User.ID, false
		err := h.chooseOrganization(r, &pending, form.Get("organization_id"))
		switch {
		case errors.Is(err, errNoMember):
			return seeWith("/consent", sealed), nil // no longer, so there is another choice
		case err != nil:
			return answer{}, err
		}
		if err := h.agree(r, pending); err != nil {
			return answer{}, err
		}
	case "deny":
		pending.AgreedBy, pending.Organization, pending.Denied = "", "", true
	default:
		return answer{}, errBadForm
	}
	return seeWith(authorizePath, h.sessions.SealContinuation(h.sessions.Browser(w, r), pending)), nil
}

// logo is the picture of an application that was uploaded here. Others are on the
// sites of whoever wants to be trusted, and would tell them who looks.
func (h *Hosted) logo(c store.Client) string { return h.picture(c.ImageURL) }

// picture is the path of a picture that was uploaded here, or "".
func (h *Hosted) picture(address string) string {
	at, err := url.Parse(address)
	if err != nil || h.pictures == "" || !strings.HasPrefix(address, h.pictures) {
		return ""
	}
	return at.Path
}

// client finds the application that waits. One that is no longer admitted is gone
// for the user.
func (h *Hosted) client(r *http.Request, clientID string) (store.Client, error) {
	c, err := h.clients.Asking(r.Context(), clientID)
	var refused *oauth.Error
	if errors.Is(err, store.ErrNotFound) || errors.As(err, &refused) {
		return store.Client{}, errClientGone
	}
	return c, err
}

func (h *Hosted) agree(r *http.Request, c session.Continuation) error {
	err := h.clients.Admit(r.Context(), c.ClientID)
	var refused *oauth.Error
	switch {
	case errors.Is(err, store.ErrNotFound), errors.As(err, &refused):
		return errClientGone
	case err != nil:
		return err
	}
	err = h.connections.Agree(r.Context(), c.AgreedBy, c.ClientID, c.Scopes, h.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errClientGone
	case err != nil || c.Organization == "":
		return err
	}
	return h.connections.RememberOrganization(r.Context(), c.AgreedBy, c.ClientID, c.Organization)
}

func (h *Hosted) home(w http.ResponseWriter, r *http.Request, _ oauth.Form) (answer, error) {
	current, signedIn, err := h.sessions.Current(r)
	if err != nil {
		return answer{}, err
	}
	page := ui.Home{}
	if signedIn {
		user := person(current.User)
		page.User = &user
		page.CSRF = h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID)
	}
	return answer{status: http.StatusOK, page: page}, nil
}

// descriptions are what the operator says about custom scopes.
func (h *Hosted) descriptions(r *http.Request) (map[string]string, error) {
	instance, err := h.instances.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, x := range instance.Settings.CustomScopes {
		all[x.Name] = x.Description
	}
	return all, nil
}

// person is what pages call a user.
func person(u store.User) ui.Person {
	p := ui.Person{Name: strings.TrimSpace(u.FirstName + " " + u.LastName), Identifier: u.Username}
	if email, ok := u.PrimaryEmail(); ok {
		p.Identifier = email.Address
	}
	if p.Name == "" && p.Identifier == "" {
		p.Identifier = u.ID
	}
	return p
}
