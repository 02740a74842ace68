package backendapi

import (
	"context"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// createApplication serves POST /v1/oauth_applications. Fields it does not know
// are left alone, since SDKs newer than this server send them.
func (a *API) createApplication(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := readApplication(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	app, err := a.admin.CreateApplication(r.Context(), fields)
	return a.answerApplication(r.Context(), app, err)
}

// updateApplication serves PATCH /v1/oauth_applications/{id}. The answer holds a
// secret only when the application has become confidential with it.
func (a *API) updateApplication(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := readApplication(f)
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	app, err := a.provided(r).UpdateApplication(r.Context(), r.PathValue("id"), fields)
	return a.answerApplication(r.Context(), app, err)
}

func readApplication(f *fields) admin.ApplicationFields {
	given := admin.ApplicationFields{
		Name:          f.text("name"),
		RedirectURIs:  f.texts("redirect_uris"),
		CallbackURL:   f.text("callback_url"),
		Scopes:        f.text("scopes"),
		ConsentScreen: f.flag("consent_screen_enabled"),
		RequirePKCE:   f.flag("pkce_required"),
		Public:        f.flag("public"),
		DeviceGrant:   f.flag("device_authorization_grant_enabled"),
	}
	f.section("signet", func(own *fields) {
		given.IDTokenAlgorithm = own.text("id_token_signed_response_alg")
		given.TokenFormat = own.text("access_token_format")
		given.RefreshPolicy = own.text("refresh_token_policy")
		given.ClientCredentials = own.flag("client_credentials_grant_enabled")
		given.Resources = own.texts("resources")
		given.PostLogoutURIs = own.texts("post_logout_redirect_uris")
		for _, lifetime := range admin.LifetimeNames() {
			if d := own.seconds(lifetime); d != nil {
				given.Lifetimes = append(given.Lifetimes, admin.Lifetime{Name: lifetime, Value: *d})
			}
		}
	})
	return given
}

// getApplication serves GET /v1/oauth_applications/{id}.
func (a *API) getApplication(r *http.Request) (any, error) {
	app, err := a.admin.Application(r.Context(), r.PathValue("id"))
	return a.answerApplication(r.Context(), app, err)
}

// rotateSecret serves POST /v1/oauth_applications/{id}/rotate_secret. The body is
// ours: overlap_seconds is how long the secret before works too.
func (a *API) rotateSecret(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	overlap := f.seconds("overlap_seconds")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	app, err := a.admin.RotateSecret(r.Context(), r.PathValue("id"), value(overlap))
	return a.answerApplication(r.Context(), app, err)
}

// answerApplication is the object of app, unless err says otherwise.
func (a *API) answerApplication(ctx context.Context, app admin.Application, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	instance, err := a.admin.Instance(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.applicationObject(ctx, app, instance.ID)
	if err != nil {
		return nil, err
	}
	t := tagged{object: o, version: app.Version()}
	for _, s := range o.Signet.ClientSecrets {
		t.noted = append(t.noted, s.LastUsedAt)
	}
	return t, nil
}

var applicationOrders = map[string]store.ClientOrder{
	"created_at": store.ClientsByCreation,
	"name":       store.ClientsByName,
}

// listApplications serves GET /v1/oauth_applications, newest first by default.
func (a *API) listApplications(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.ClientQuery{
		NameQuery:             p.text("name_query"),
		DynamicallyRegistered: p.flag("dynamically_registered"),
	}
	q.Limit, q.Offset = p.page()
	q.OrderBy, q.Descending = order(p, applicationOrders, store.ClientsByCreation)
	if err := p.err(); err != nil {
		return nil, err
	}
	apps, total, err := a.admin.Applications(r.Context(), q)
	if err != nil {
		return nil, err
	}
	instance, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, app := range apps {
		o, err := a.applicationObject(r.Context(), app, instance.ID)
		if err != nil {
			return nil, err
		}
		list.Data = append(list.Data, o)
	}
	return list, nil
}

// deleteApplication serves DELETE /v1/oauth_applications/{id}.
func (a *API) deleteApplication(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.provided(r).DeleteApplication(r.Context(), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "oauth_application", ID: id, Deleted: true}, nil
}
