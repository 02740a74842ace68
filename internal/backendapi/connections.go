package backendapi

import (
	"context"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// Clerk has no public API for what users have agreed to; paths and objects are
// ours.
func (a *API) connectionRoutes() routes {
	return routes{
		"/v1/users/{id}/connections":                       {http.MethodGet: a.listUserConnections},
		"/v1/users/{id}/connections/{application_id}":      {http.MethodDelete: a.deleteConnection},
		"/v1/users/{id}/connections/withdraw":              {http.MethodPost: a.withdrawUserConnections},
		"/v1/oauth_applications/{id}/connections":          {http.MethodGet: a.listApplicationConnections},
		"/v1/oauth_applications/{id}/connections/withdraw": {http.MethodPost: a.withdrawApplicationConnections},
		"/v1/users/{id}/revoke_all":                        {http.MethodPost: a.revokeUser},
		"/v1/oauth_applications/{id}/revoke_all":           {http.MethodPost: a.revokeApplication},
		"/v1/instance/revoke_all":                          {http.MethodPost: a.revokeInstance},
	}
}

// A connectionObject is what a user has agreed to for an application.
type connectionObject struct {
	Object          string            `json:"object"`
	UserID          string            `json:"user_id"`
	ApplicationID   string            `json:"application_id"`
	ApplicationName string            `json:"application_name"`
	ClientID        string            `json:"client_id"`
	Scopes          []string          `json:"scopes"`
	CreatedAt       int64             `json:"created_at"`
	AgreedAt        int64             `json:"agreed_at"`
	LastUsedAt      int64             `json:"last_used_at"` // the beginning of the day, UTC
	Then            *appearanceObject `json:"application_at_agreement"`
}

// An appearanceObject is what the user saw of the application.
type appearanceObject struct {
	Name     string  `json:"name"`
	URI      *string `json:"client_uri"`
	ImageURL *string `json:"client_image_url"`
}

func newConnectionObject(x store.Agreement) connectionObject {
	o := connectionObject{
		Object: "connection", UserID: x.UserID, ApplicationID: x.ApplicationID, ApplicationName: x.Name, ClientID: x.ClientID,
		Scopes:    append([]string{}, x.Scopes...),
		CreatedAt: x.CreatedAt.UnixMilli(), AgreedAt: x.AgreedAt.UnixMilli(), LastUsedAt: x.LastUsedAt.UnixMilli(),
	}
	if x.Then != (store.Appearance{}) {
		o.Then = &appearanceObject{x.Then.Name, orNull(x.Then.URI), orNull(x.Then.ImageURL)}
	}
	return o
}

// listUserConnections serves GET /v1/users/{id}/connections.
func (a *API) listUserConnections(r *http.Request) (any, error) {
	return a.listConnections(r, a.admin.UserConnections, func(x store.Agreement) string { return x.ApplicationID })
}

// listApplicationConnections serves GET /v1/oauth_applications/{id}/connections.
func (a *API) listApplicationConnections(r *http.Request) (any, error) {
	return a.listConnections(r, a.admin.ApplicationConnections, func(x store.Agreement) string { return x.UserID })
}

// listConnections answers with one page, newest agreement first. It reads one more
// than it shows, to know whether there is another page.
func (a *API) listConnections(
	r *http.Request,
	read func(context.Context, string, *store.AgreementPlace, int) ([]store.Agreement, error),
	other func(store.Agreement) string,
) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	limit := p.integer("limit", defaultLimit, 1, maxLimit)
	var after *store.AgreementPlace
	if place := (store.AgreementPlace{}); a.cursor(p, r, &place) {
		after = &place
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	found, err := read(r.Context(), r.PathValue("id"), after, limit+1)
	if err != nil {
		return nil, err
	}
	list := cursorPage{Data: []any{}, HasMore: len(found) > limit}
	if list.HasMore {
		found = found[:limit]
		last := found[limit-1]
		if list.NextCursor, err = a.sealCursor(r, store.AgreementPlace{AgreedAt: last.AgreedAt, OtherID: other(last)}); err != nil {
			return nil, err
		}
	}
	for _, x := range found {
		list.Data = append(list.Data, newConnectionObject(x))
	}
	return list, nil
}

// deleteConnection serves DELETE /v1/users/{id}/connections/{application_id}.
func (a *API) deleteConnection(r *http.Request) (any, error) {
	id := r.PathValue("application_id")
	if err := a.admin.WithdrawConnection(r.Context(), r.PathValue("id"), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "connection", ID: id, Deleted: true}, nil
}

// A withdrawalObject says how many connections were withdrawn.
type withdrawalObject struct {
	Object    string `json:"object"`
	Withdrawn int    `json:"withdrawn"`
}

// withdrawUserConnections serves POST /v1/users/{id}/connections/withdraw: those to
// application_ids, or without them all.
func (a *API) withdrawUserConnections(r *http.Request) (any, error) {
	return a.withdraw(r, "application_ids", a.admin.WithdrawUserConnections)
}

// withdrawApplicationConnections serves POST
// /v1/oauth_applications/{id}/connections/withdraw: those to user_ids, or without
// them all.
func (a *API) withdrawApplicationConnections(r *http.Request) (any, error) {
	return a.withdraw(r, "user_ids", a.admin.WithdrawApplicationConnections)
}

// withdraw reads whose connections to withdraw. An empty list is a mistake: whoever
// has nobody to name must not be taken to mean everybody.
func (a *API) withdraw(r *http.Request, name string, do func(context.Context, string, []string) (int, error)) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	ids := f.texts(name)
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case ids != nil && len(ids) == 0:
		return nil, refuse("form_param_nil", name, name+" must not be empty; leave it out for all.")
	case len(ids) > maxBulk:
		return nil, refuse("form_param_array_size_exceeded", name, name+" must have at most 50 elements.")
	}
	n, err := do(r.Context(), r.PathValue("id"), ids)
	if err != nil {
		return nil, err
	}
	return withdrawalObject{Object: "connection_withdrawal", Withdrawn: n}, nil
}

// A revocationObject says up to when everything is dead.
type revocationObject struct {
	Object    string `json:"object"`
	ID        string `json:"id"` // of what it was issued to or for
	NotBefore int64  `json:"not_before"`
}

// revokeApplication serves POST /v1/oauth_applications/{id}/revoke_all.
func (a *API) revokeApplication(r *http.Request) (any, error) {
	return a.revokeAll(r, r.PathValue("id"), func(before time.Time) (time.Time, error) {
		return a.admin.RevokeApplication(r.Context(), r.PathValue("id"), before)
	})
}

// revokeUser serves POST /v1/users/{id}/revoke_all.
func (a *API) revokeUser(r *http.Request) (any, error) {
	return a.revokeAll(r, r.PathValue("id"), func(before time.Time) (time.Time, error) {
		return a.admin.RevokeUser(r.Context(), r.PathValue("id"), before)
	})
}

// revokeInstance serves POST /v1/instance/revoke_all.
func (a *API) revokeInstance(r *http.Request) (any, error) {
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	return a.revokeAll(r, i.ID, func(before time.Time) (time.Time, error) {
		return a.admin.RevokeInstance(r.Context(), before)
	})
}

func (a *API) revokeAll(r *http.Request, id string, revoke func(time.Time) (time.Time, error)) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	before := time.Time{}
	if n := as[int64](f, "before", "a time in milliseconds since 1970"); n != nil {
		before = time.UnixMilli(*n)
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	until, err := revoke(before)
	if err != nil {
		return nil, err
	}
	return revocationObject{Object: "revocation", ID: id, NotBefore: until.UnixMilli()}, nil
}
