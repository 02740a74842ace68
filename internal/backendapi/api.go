package backendapi

import (
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/throttle"
)

// Uses notes that a secret was used.
type Uses interface{ Note(secret store.Hash) }

// Deps are what New needs; all of them are required.
type Deps struct {
	Issuer       string // without a trailing slash; the base of the URLs in objects
	Admin        *admin.Admin
	Keys         store.APIKeys
	Tokens       AccessTokens
	Grants       Grants
	Signing      SigningKeys
	Cases        *doctor.Book
	Documents    Documents
	ClientTokens store.ClientTokens
	Tickets      Tickets
	Requests     store.Requests
	Ring         *keyring.Ring // seals answers and cursors
	RateLimit    int           // requests of one secret key in ten seconds; 0 is no limit
	Uses         Uses
	Now          func() time.Time
	Log          *slog.Logger
}

// API serves the Backend API. It is safe for concurrent use.
type API struct {
	issuer       string
	admin        *admin.Admin
	keys         store.APIKeys
	tokens       AccessTokens
	grants       Grants
	signing      SigningKeys
	cases        *doctor.Book
	documents    Documents
	clientTokens store.ClientTokens
	tickets      Tickets
	requests     store.Requests
	answers      *keyring.Sealer // of requests that may be sent again
	cursors      *keyring.Sealer
	pace         *throttle.Pace // nil for none
	uses         Uses
	decoders     chan struct{} // as many as may decode a picture at once
	now          func() time.Time
	log          *slog.Logger
}

// New makes an API.
func New(d Deps) *API {
	a := &API{
		issuer: d.Issuer, admin: d.Admin, keys: d.Keys, tokens: d.Tokens, grants: d.Grants, signing: d.Signing,
		cases: d.Cases, documents: d.Documents, clientTokens: d.ClientTokens, tickets: d.Tickets, requests: d.Requests,
		answers: d.Ring.Sealer("backend api answers"), cursors: d.Ring.Sealer("backend api cursors"),
		uses: d.Uses, decoders: make(chan struct{}, decoders), now: d.Now, log: d.Log,
	}
	if d.RateLimit > 0 {
		a.pace = throttle.NewPace(6*d.RateLimit, d.RateLimit)
	}
	return a
}

// A method answers the requests of one method on one path: with an object to
// encode, or with an error for answerError.
type method func(*http.Request) (any, error)

// routes are the methods of each path.
type routes map[string]map[string]method

// Routes adds the Backend API to mux: everything below /v1/, known or not, so
// that even a misspelt path gets an answer that SDKs understand.
func (a *API) Routes(mux *http.ServeMux) {
	for path, methods := range a.routes() {
		mux.Handle(path, a.call(methods))
	}
	mux.Handle("GET "+descriptionPath, a.serveDescription())
	mux.Handle("GET "+referencePath, a.serveReference())
	for _, unversioned := range []string{"/m2m_tokens/", "/api_keys/"} {
		mux.Handle(unversioned, a.call(nil))
	}
	mux.Handle("/v1/", a.call(nil))
	mux.Handle("/v1", a.call(nil))
}

// routes are all of them, family by family.
func (a *API) routes() routes {
	all := routes{}
	for _, family := range []routes{
		a.applicationRoutes(),
		a.instanceRoutes(),
		a.userRoutes(),
		a.emailRoutes(),
		a.sessionRoutes(),
		a.connectionRoutes(),
		a.ticketRoutes(),
		a.secretKeyRoutes(),
		a.organizationRoutes(),
		a.machineRoutes(),
		a.m2mTokenRoutes(),
		a.apiKeyRoutes(),
		a.eventRoutes(),
		a.webhookRoutes(),
	} {
		maps.Copy(all, family)
	}
	return all
}

func (a *API) applicationRoutes() routes {
	return routes{
		"/v1/oauth_applications":                      {http.MethodPost: a.createApplication, http.MethodGet: a.listApplications},
		"/v1/oauth_applications/{id}":                 {http.MethodGet: a.getApplication, http.MethodPatch: a.updateApplication, http.MethodDelete: a.deleteApplication},
		"/v1/oauth_applications/{id}/rotate_secret":   {http.MethodPost: a.rotateSecret},
		"/v1/oauth_applications/{id}/logo":            {http.MethodPut: a.setLogo},
		"/v1/oauth_applications/{id}/revoke_token":    {http.MethodPost: a.revokeToken},
		"/v1/oauth_applications/access_tokens/verify": {http.MethodPost: a.verifyAccessToken},
		"/oauth_applications/access_tokens/verify":    {http.MethodPost: a.verifyAccessToken}, // @clerk/backend names no version
		"/v1/oauth_client_documents":                  {http.MethodPost: a.allowDocument},
		"/v1/oauth_refusals":                          {http.MethodGet: a.listRefusals},
		"/v1/oauth_refusals/{id}":                     {http.MethodGet: a.getRefusal},
	}
}

const jwksPath = "/v1/jwks"

func (a *API) instanceRoutes() routes {
	return routes{
		"/v1/instance": {http.MethodGet: a.getInstance, http.MethodPatch: a.updateInstance},
		"/v1/instance/oauth_application_settings": {http.MethodGet: a.getSettings, http.MethodPatch: a.updateSettings},
		"/v1/instance/organization_settings":      {http.MethodGet: a.getOrganizationSettings, http.MethodPatch: a.updateOrganizationSettings},
		jwksPath:                                  {http.MethodGet: a.getJWKS},
		"/v1/oauth_scopes":                        {http.MethodGet: a.listScopes, http.MethodPost: a.createScope},
		"/v1/oauth_scopes/{name...}":              {http.MethodPatch: a.updateScope, http.MethodDelete: a.deleteScope},
	}
}

func (a *API) userRoutes() routes {
	return routes{
		"/v1/users":                         {http.MethodPost: a.createUser, http.MethodGet: a.listUsers},
		"/v1/users/count":                   {http.MethodGet: a.countUsers},
		"/v1/users/{id}":                    {http.MethodGet: a.getUser, http.MethodPatch: a.updateUser, http.MethodDelete: a.deleteUser},
		"/v1/users/{id}/metadata":           {http.MethodPatch: a.mergeMetadata, http.MethodPut: a.replaceMetadata},
		"/v1/users/{id}/verify_password":    {http.MethodPost: a.verifyPassword},
		"/v1/users/{id}/verify_totp":        {http.MethodPost: a.verifyCode},
		"/v1/users/{id}/mfa":                {http.MethodDelete: a.deleteMFA},
		"/v1/users/{id}/totp":               {http.MethodDelete: a.deleteTOTP},
		"/v1/users/{id}/backup_code":        {http.MethodDelete: a.deleteBackupCodes},
		"/v1/users/{id}/passkeys/{passkey}": {http.MethodDelete: a.deletePasskey},
		"/v1/users/{id}/remove_password":    {http.MethodPost: a.removePassword},
		"/v1/users/{id}/ban":                {http.MethodPost: a.banUser},
		"/v1/users/{id}/unban":              {http.MethodPost: a.unbanUser},
		"/v1/users/{id}/lock":               {http.MethodPost: a.lockUser},
		"/v1/users/{id}/unlock":             {http.MethodPost: a.unlockUser},
		"/v1/users/{id}/email_address":      {http.MethodPut: a.replaceEmails},
		"/v1/users/{id}/profile_image":      {http.MethodPost: a.setProfileImage, http.MethodDelete: a.deleteProfileImage},

		"/v1/users/{id}/password/set_compromised":   {http.MethodPost: a.setCompromised},
		"/v1/users/{id}/password/unset_compromised": {http.MethodPost: a.unsetCompromised},
		"/v1/users/ban":   {http.MethodPost: a.banUsers},
		"/v1/users/unban": {http.MethodPost: a.unbanUsers},
	}
}

func (a *API) emailRoutes() routes {
	return routes{
		"/v1/email_addresses":      {http.MethodPost: a.createEmail},
		"/v1/email_addresses/{id}": {http.MethodGet: a.getEmail, http.MethodPatch: a.updateEmail, http.MethodDelete: a.deleteEmail},
	}
}

func (a *API) sessionRoutes() routes {
	return routes{
		"/v1/sessions":             {http.MethodGet: a.listSessions},
		"/v1/sessions/{id}":        {http.MethodGet: a.getSession},
		"/v1/sessions/{id}/revoke": {http.MethodPost: a.revokeSession},
	}
}
