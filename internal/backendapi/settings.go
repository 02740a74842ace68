package backendapi

import (
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// oauthSettings are the settings of the provider as Clerk has them.
type oauthSettings struct {
	Object              string   `json:"object"`
	DynamicRegistration bool     `json:"dynamic_oauth_client_registration"`
	DefaultScopes       []string `json:"default_scopes"` // null for those built in
	JWTAccessTokens     bool     `json:"oauth_jwt_access_tokens"`
	Advertised          bool     `json:"client_id_metadata_documents_advertised"`
	OnlyPreRegistered   bool     `json:"client_id_metadata_documents_only_allow_pre_registered_clients"`
	BlockImplicit       bool     `json:"client_id_metadata_documents_block_implicitly_allowed_clients"`
}

func settingsObject(s store.Settings) oauthSettings {
	return oauthSettings{
		Object:              "oauth_application_settings",
		DynamicRegistration: s.DynamicRegistration,
		DefaultScopes:       s.DefaultScopes,
		JWTAccessTokens:     s.JWTAccessTokens,
		Advertised:          s.MetadataDocuments.Advertised,
		OnlyPreRegistered:   s.MetadataDocuments.OnlyPreRegistered,
		BlockImplicit:       s.MetadataDocuments.BlockImplicit,
	}
}

// getSettings serves GET /v1/instance/oauth_application_settings.
func (a *API) getSettings(r *http.Request) (any, error) {
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	return tagged{object: settingsObject(i.Settings), version: admin.SettingsVersion(i)}, nil
}

// updateSettings serves PATCH /v1/instance/oauth_application_settings. Null leaves
// a field as it is, but for default_scopes, which null or [] resets.
func (a *API) updateSettings(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	registration, jwt := f.flag("dynamic_oauth_client_registration"), f.flag("oauth_jwt_access_tokens")
	advertised := f.flag("client_id_metadata_documents_advertised")
	only := f.flag("client_id_metadata_documents_only_allow_pre_registered_clients")
	block := f.flag("client_id_metadata_documents_block_implicitly_allowed_clients")
	_, scopesGiven := f.members["default_scopes"]
	scopes := f.texts("default_scopes")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	i, err := a.provided(r).ChangeInstance(r.Context(), func(s *store.Settings) {
		set(&s.DynamicRegistration, registration)
		set(&s.JWTAccessTokens, jwt)
		set(&s.MetadataDocuments.Advertised, advertised)
		set(&s.MetadataDocuments.OnlyPreRegistered, only)
		set(&s.MetadataDocuments.BlockImplicit, block)
		if scopesGiven {
			if s.DefaultScopes = scopes; len(scopes) == 0 {
				s.DefaultScopes = nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return tagged{object: settingsObject(i.Settings), version: admin.SettingsVersion(i)}, nil
}

func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

// A scopeObject is a custom scope. Clerk has no public API for them; the path and
// the object are ours.
type scopeObject struct {
	Object      string `json:"object"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Advertised  bool   `json:"advertised"`
}

func asScope(x store.CustomScope) scopeObject {
	return scopeObject{"oauth_scope", x.Name, x.Description, x.Advertised}
}

// listScopes serves GET /v1/oauth_scopes. Its ETag is that of the settings, which
// changing a scope can be bound to.
func (a *API) listScopes(r *http.Request) (any, error) {
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	scopes := i.Settings.CustomScopes
	list := page{Data: []any{}, TotalCount: len(scopes)}
	for _, x := range scopes {
		list.Data = append(list.Data, asScope(x))
	}
	return tagged{object: list, version: admin.SettingsVersion(i)}, nil
}

// createScope serves POST /v1/oauth_scopes.
func (a *API) createScope(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	x := store.CustomScope{Name: f.textOrEmpty("name"), Description: f.textOrEmpty("description"), Advertised: f.isSet("advertised")}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := a.admin.CreateScope(r.Context(), x); err != nil {
		return nil, err
	}
	return asScope(x), nil
}

// updateScope serves PATCH /v1/oauth_scopes/{name...}; names may hold slashes.
func (a *API) updateScope(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	description, advertised := f.text("description"), f.flag("advertised")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	x, err := a.provided(r).UpdateScope(r.Context(), r.PathValue("name"), description, advertised)
	if err != nil {
		return nil, err
	}
	return asScope(x), nil
}

// deleteScope serves DELETE /v1/oauth_scopes/{name...}.
func (a *API) deleteScope(r *http.Request) (any, error) {
	name := r.PathValue("name")
	if err := a.admin.DeleteScope(r.Context(), name); err != nil {
		return nil, err
	}
	return deletedObject{Object: "oauth_scope", ID: name, Deleted: true}, nil
}

// getJWKS serves GET /v1/jwks, which the SDKs ask for with the secret key.
func (a *API) getJWKS(r *http.Request) (any, error) { return a.signing.Published(r.Context()) }

// revokeToken serves POST /v1/oauth_applications/{id}/revoke_token: either token
// of a grant ends the grant.
func (a *API) revokeToken(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	presented := f.textOrEmpty("token")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case presented == "":
		return nil, refuse("form_param_missing", "token", "token must be included.")
	}
	app, err := a.admin.Application(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return nil, a.revoke(r, app, presented)
}

func (a *API) revoke(r *http.Request, app admin.Application, presented string) error {
	ctx, now := r.Context(), a.now()
	id := oauth.GrantID{}
	if refresh, err := a.tokens.OpenRefresh(presented); err == nil {
		id = refresh.GrantID
	} else {
		access, err := a.tokens.OpenAccess(ctx, presented)
		switch {
		case err != nil:
			return asNoToken(err)
		case isJWT(presented):
			return refuse("unsupported_token_type", "token", "JWT access tokens cannot be revoked; revoke the refresh token instead.")
		case access.ClientID == app.ID:
			return a.clientTokens.RevokeClientToken(ctx, access.ID, access.ExpiresAt)
		case access.ClientID != "":
			return asNoToken(oauth.ErrForgedAccessToken)
		}
		id = access.GrantID
	}
	return a.revokeGrant(r, id, app.ID, now)
}

func (a *API) revokeGrant(r *http.Request, id oauth.GrantID, clientID string, now time.Time) error {
	standing, err := a.grants.Grant(r.Context(), id, now)
	if err != nil || standing.ClientID != clientID {
		return asNoToken(orNotFound(err))
	}
	return a.grants.RevokeGrant(r.Context(), id, oauth.OperatorRevoked, now)
}

func orNotFound(err error) error {
	if err == nil {
		return store.ErrNotFound
	}
	return err
}
