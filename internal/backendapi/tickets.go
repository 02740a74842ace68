package backendapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// Tickets are the secrets behind the ids of sign-in tokens and invitations.
type Tickets interface {
	SignIn(id string) string
	Invitation(id string) string
}

// Where tickets are taken, below the issuer.
const (
	signInTokenPath = "/sign-in/token"
	invitationPath  = "/sign-up"
)

func (a *API) ticketRoutes() routes {
	return routes{
		"/v1/sign_in_tokens":             {http.MethodPost: a.createSignInToken},
		"/v1/sign_in_tokens/{id}/revoke": {http.MethodPost: a.revokeSignInToken},
		"/v1/invitations":                {http.MethodPost: a.createInvitation, http.MethodGet: a.listInvitations},
		"/v1/invitations/bulk":           {http.MethodPost: a.createInvitations},
		"/v1/invitations/{id}/revoke":    {http.MethodPost: a.revokeInvitation},
	}
}

// A signInTokenObject lets one user in once.
type signInTokenObject struct {
	Object    string `json:"object"`
	ID        string `json:"id"`
	Status    string `json:"status"`
	UserID    string `json:"user_id"`
	Token     string `json:"token,omitempty"` // while it is pending
	URL       string `json:"url,omitempty"`   // likewise
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
}

// newSignInTokenObject is a token without what lets anybody in.
func newSignInTokenObject(t store.SignInToken) signInTokenObject {
	return signInTokenObject{
		Object: "sign_in_token", ID: t.ID, Status: string(t.Status), UserID: t.UserID,
		CreatedAt: t.CreatedAt.UnixMilli(), UpdatedAt: t.UpdatedAt.UnixMilli(),
	}
}

func (a *API) signInTokenObject(t store.SignInToken) signInTokenObject {
	o := newSignInTokenObject(t)
	if t.Status == store.TicketPending {
		o.Token = a.tickets.SignIn(t.ID)
		o.URL = a.ticketURL(signInTokenPath, o.Token)
	}
	return o
}

func (a *API) ticketURL(path, ticket string) string {
	return a.issuer + path + "?" + url.Values{"ticket": {ticket}}.Encode()
}

// createSignInToken serves POST /v1/sign_in_tokens.
func (a *API) createSignInToken(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	userID, lifetime := f.textOrEmpty("user_id"), f.seconds("expires_in_seconds")
	f.notOffered("org_id")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case userID == "":
		return nil, refuse("form_param_missing", "user_id", "user_id must be included.")
	case lifetime == nil:
		lifetime = new(admin.DefaultSignInTokenLifetime)
	}
	t, err := a.admin.CreateSignInToken(r.Context(), userID, *lifetime)
	if err != nil {
		return nil, err
	}
	return a.signInTokenObject(t), nil
}

// revokeSignInToken serves POST /v1/sign_in_tokens/{id}/revoke.
func (a *API) revokeSignInToken(r *http.Request) (any, error) {
	t, err := a.admin.RevokeSignInToken(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, admin.ErrAccepted), errors.Is(err, admin.ErrRevoked):
		return nil, refuse("sign_in_token_cannot_be_revoked", "", "The sign-in token is not pending any more.")
	case err != nil:
		return nil, err
	}
	return a.signInTokenObject(t), nil
}

// An invitationObject asks somebody to join.
type invitationObject struct {
	Object         string          `json:"object"`
	ID             string          `json:"id"`
	EmailAddress   string          `json:"email_address"`
	PublicMetadata json.RawMessage `json:"public_metadata"`
	Revoked        bool            `json:"revoked"`
	Status         string          `json:"status"`
	URL            string          `json:"url,omitempty"` // while it is pending
	ExpiresAt      int64           `json:"expires_at"`
	CreatedAt      int64           `json:"created_at"`
	UpdatedAt      int64           `json:"updated_at"`
}

// newInvitationObject is an invitation without what lets anybody join.
func newInvitationObject(i store.Invitation) invitationObject {
	return invitationObject{
		Object: "invitation", ID: i.ID, EmailAddress: i.Address, PublicMetadata: orEmptyObject(i.PublicMetadata),
		Revoked: i.Status == store.TicketRevoked, Status: string(i.Status),
		ExpiresAt: i.ExpiresAt.UnixMilli(), CreatedAt: i.CreatedAt.UnixMilli(), UpdatedAt: i.UpdatedAt.UnixMilli(),
	}
}

func (a *API) invitationObject(i store.Invitation) invitationObject {
	o := newInvitationObject(i)
	if i.Status == store.TicketPending {
		o.URL = a.ticketURL(invitationPath, a.tickets.Invitation(i.ID))
	}
	return o
}

// readInvitation reads one invitation. Nothing is sent by e-mail here, so that
// notify changes nothing: the caller passes the url on.
func readInvitation(f *fields) admin.NewInvitation {
	n := admin.NewInvitation{
		EmailAddress:   f.textOrEmpty("email_address"),
		PublicMetadata: f.object("public_metadata"),
		RedirectURL:    f.textOrEmpty("redirect_url"),
		IgnoreExisting: f.isSet("ignore_existing"),
	}
	if days := f.integer("expires_in_days"); days != nil {
		if n.Days = *days; n.Days == 0 {
			n.Days = -1 // given, and not the default
		}
	}
	f.flag("notify")
	f.text("template_slug")
	f.refuseUnknown()
	return n
}

// createInvitation serves POST /v1/invitations.
func (a *API) createInvitation(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	n := readInvitation(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	made, err := a.admin.Invite(r.Context(), n)
	if err != nil {
		return nil, err
	}
	return a.invitationObject(made[0]), nil
}

// maxInvitations is how many one request may make.
const maxInvitations = 10

// createInvitations serves POST /v1/invitations/bulk: all of them or none.
func (a *API) createInvitations(r *http.Request) (any, error) {
	all, err := arrayOf(r)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, refuse("form_param_missing", "", "The request body must hold at least one invitation.")
	case len(all) > maxInvitations:
		return nil, refuse("form_param_array_size_exceeded", "", "The request body must hold at most 10 invitations.")
	}
	var wrong refusal
	invitations := make([]admin.NewInvitation, len(all))
	for i, f := range all {
		invitations[i] = readInvitation(f)
		wrong = append(wrong, f.problems...)
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	made, err := a.admin.Invite(r.Context(), invitations...)
	if err != nil {
		return nil, err
	}
	list := make([]invitationObject, len(made))
	for i, x := range made {
		list[i] = a.invitationObject(x)
	}
	return list, nil
}

var invitationOrders = map[string]store.InvitationOrder{
	"created_at":    store.InvitationsByCreation,
	"email_address": store.InvitationsByAddress,
	"expires_at":    store.InvitationsByExpiry,
}

// listInvitations serves GET /v1/invitations, newest first by default: an array,
// or a page if paginated=true.
func (a *API) listInvitations(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.InvitationQuery{Query: p.text("query")}
	for _, s := range p.texts("status") {
		switch status := store.TicketStatus(s); status {
		case store.TicketPending, store.TicketAccepted, store.TicketRevoked, store.TicketExpired:
			q.Statuses = append(q.Statuses, status)
		default:
			p.invalid("status", "status must be pending, accepted, revoked or expired.")
		}
	}
	paginated := p.flag("paginated")
	q.Limit, q.Offset = p.page()
	q.OrderBy, q.Descending = order(p, invitationOrders, store.InvitationsByCreation)
	if err := p.err(); err != nil {
		return nil, err
	}
	found, total, err := a.admin.Invitations(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, i := range found {
		list.Data = append(list.Data, a.invitationObject(i))
	}
	if paginated != nil && *paginated {
		return list, nil
	}
	return list.Data, nil
}

// revokeInvitation serves POST /v1/invitations/{id}/revoke.
func (a *API) revokeInvitation(r *http.Request) (any, error) {
	i, err := a.admin.RevokeInvitation(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, admin.ErrAccepted):
		return nil, refuse("invitation_already_accepted", "", "The invitation has been accepted.")
	case errors.Is(err, admin.ErrRevoked):
		return nil, refuse("invitation_already_revoked", "", "The invitation has been revoked.")
	case errors.Is(err, admin.ErrExpired):
		return nil, refuse("resource_not_found", "", "The invitation has expired.")
	case err != nil:
		return nil, err
	}
	return a.invitationObject(i), nil
}
