package backendapi

import (
	"log/slog"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// Deps are what New needs; all of them are required.
type Deps struct {
	Issuer string // without a trailing slash; the base of the URLs in objects
	Admin  *admin.Admin
	Keys   store.APIKeys
	Log    *slog.Logger
}

// API serves the Backend API. It is safe for concurrent use.
type API struct {
	issuer string
	admin  *admin.Admin
	keys   store.APIKeys
	log    *slog.Logger
}

// New makes an API.
func New(d Deps) *API {
	return &API{issuer: d.Issuer, admin: d.Admin, keys: d.Keys, log: d.Log}
}

// A method answers the requests of one method on one path: with an object to
// encode, or with an error for answerError.
type method func(*http.Request) (any, error)

// Routes adds the Backend API to mux: everything below /v1/, known or not, so
// that even a misspelt path gets an answer that SDKs understand.
func (a *API) Routes(mux *http.ServeMux) {
	for path, methods := range map[string]map[string]method{
		"/v1/oauth_applications": {
			http.MethodPost: a.createApplication,
			http.MethodGet:  a.listApplications,
		},
		"/v1/oauth_applications/{id}": {
			http.MethodGet:    a.getApplication,
			http.MethodPatch:  a.updateApplication,
			http.MethodDelete: a.deleteApplication,
		},
		"/v1/oauth_applications/{id}/rotate_secret": {http.MethodPost: a.rotateSecret},
		"/v1/users": {
			http.MethodPost: a.createUser,
			http.MethodGet:  a.listUsers,
		},
		"/v1/users/count": {http.MethodGet: a.countUsers},
		"/v1/users/{id}": {
			http.MethodGet:    a.getUser,
			http.MethodDelete: a.deleteUser,
		},
		"/v1/users/{id}/ban":   {http.MethodPost: a.banUser},
		"/v1/users/{id}/unban": {http.MethodPost: a.unbanUser},
	} {
		mux.Handle(path, a.call(methods))
	}
	mux.Handle("/v1/", a.call(nil))
	mux.Handle("/v1", a.call(nil))
}
