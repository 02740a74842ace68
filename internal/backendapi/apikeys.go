package backendapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// apiKeyRoutes are served with and without a version: @clerk/backend names none.
func (a *API) apiKeyRoutes() routes {
	all := routes{}
	for _, version := range []string{"/v1", ""} {
		all[version+"/api_keys"] = map[string]method{http.MethodPost: a.createAPIKey, http.MethodGet: a.listAPIKeys}
		all[version+"/api_keys/{id}"] = map[string]method{http.MethodGet: a.getAPIKey, http.MethodPatch: a.updateAPIKey, http.MethodDelete: a.deleteAPIKey}
		all[version+"/api_keys/{id}/secret"] = map[string]method{http.MethodGet: a.getAPIKeySecret}
		all[version+"/api_keys/{id}/revoke"] = map[string]method{http.MethodPost: a.revokeAPIKey}
		all[version+"/api_keys/verify"] = map[string]method{http.MethodPost: a.verifyAPIKey}
	}
	return all
}

// An apiKeyObject is an API key of a user, a machine or an organization as Clerk's SDKs read it.
type apiKeyObject struct {
	Object           string          `json:"object"`
	ID               string          `json:"id"`
	Type             string          `json:"type"`
	Subject          string          `json:"subject"`
	Name             string          `json:"name"`
	Description      *string         `json:"description"`
	Claims           json.RawMessage `json:"claims"`
	Scopes           []string        `json:"scopes"`
	Secret           string          `json:"secret,omitempty"`
	Revoked          bool            `json:"revoked"`
	RevocationReason *string         `json:"revocation_reason"`
	Expired          bool            `json:"expired"`
	Expiration       *int64          `json:"expiration"`
	CreatedBy        *string         `json:"created_by"`
	LastUsedAt       *int64          `json:"last_used_at"` // to the minute
	CreatedAt        int64           `json:"created_at"`
	UpdatedAt        int64           `json:"updated_at"`
}

const apiKeyType = "api_key"

func (a *API) apiKeyObject(k admin.SubjectKey) apiKeyObject { return newAPIKeyObject(k, a.now()) }

func newAPIKeyObject(k admin.SubjectKey, now time.Time) apiKeyObject {
	return apiKeyObject{
		Object: "api_key", ID: k.ID.String(), Type: apiKeyType, Subject: k.Subject, Name: k.Name, Description: k.Description,
		Claims: k.Claims, Scopes: append([]string{}, k.Scopes...), Secret: k.Secret, Revoked: k.Revoked() || k.Withdrawn,
		RevocationReason: k.RevokedReason, Expired: k.Expired(now), Expiration: millisOrNull(k.ExpiresAt), CreatedBy: k.CreatedBy,
		LastUsedAt: millisOrNull(k.LastUsedAt), CreatedAt: k.CreatedAt.UnixMilli(), UpdatedAt: k.UpdatedAt.UnixMilli(),
	}
}

// apiKeyAnswer is what admin said about one key, as an answer.
func (a *API) apiKeyAnswer(k admin.SubjectKey, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return a.apiKeyObject(k), nil
}

// apiKeyFields reads what may be decided about a key at any time.
func apiKeyFields(f *fields) admin.SubjectKeyFields {
	return admin.SubjectKeyFields{
		Subject: f.text("subject"), Description: f.text("description"), Claims: f.object("claims"), Scopes: f.texts("scopes"),
		Lifetime: f.seconds("seconds_until_expiration"),
	}
}

// createAPIKey serves POST /v1/api_keys.
func (a *API) createAPIKey(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	asked := apiKeyFields(f)
	asked.Name, asked.CreatedBy = f.textOrEmpty("name"), f.text("created_by")
	if kind := f.text("type"); kind != nil && *kind != apiKeyType {
		f.problems = append(f.problems, problem{code: "form_param_value_invalid", param: "type", long: "type must be api_key."})
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	k, err := a.admin.CreateSubjectKey(r.Context(), asked)
	if errors.Is(err, store.ErrNotFound) {
		return nil, refuse("resource_not_found", "subject", "There is no user, machine or organization with the id in subject.")
	}
	return a.apiKeyAnswer(k, err)
}

// listAPIKeys serves GET /v1/api_keys: the keys of a subject, newest first.
func (a *API) listAPIKeys(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.SubjectKeyQuery{Subject: p.text("subject"), Query: p.text("query"), IncludeInvalid: value(p.flag("include_invalid"))}
	if kind := p.text("type"); kind != "" && kind != apiKeyType {
		p.invalid("type", "type must be api_key.")
	}
	q.Limit, q.Offset = p.pageOf(maxMachineLimit)
	if q.Subject == "" {
		p.problems = append(p.problems, problem{code: "missing_query_parameter", param: "subject", long: "subject must be included."})
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	keys, total, err := a.admin.SubjectKeys(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, k := range keys {
		list.Data = append(list.Data, a.apiKeyObject(k))
	}
	return list, nil
}

// getAPIKey serves GET /v1/api_keys/{id}.
func (a *API) getAPIKey(r *http.Request) (any, error) {
	return a.apiKeyAnswer(a.admin.SubjectKey(r.Context(), r.PathValue("id")))
}

// updateAPIKey serves PATCH /v1/api_keys/{id}.
func (a *API) updateAPIKey(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	asked := apiKeyFields(f)
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return a.apiKeyAnswer(a.admin.UpdateSubjectKey(r.Context(), r.PathValue("id"), asked))
}

// deleteAPIKey serves DELETE /v1/api_keys/{id}.
func (a *API) deleteAPIKey(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.admin.DeleteSubjectKey(r.Context(), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "api_key", ID: id, Deleted: true}, nil
}

// An apiKeySecret is what the holder of a key presents.
type apiKeySecret struct {
	Secret string `json:"secret"`
}

// getAPIKeySecret serves GET /v1/api_keys/{id}/secret.
func (a *API) getAPIKeySecret(r *http.Request) (any, error) {
	secret, err := a.admin.SubjectKeySecret(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return apiKeySecret{secret}, nil
}

// revokeAPIKey serves POST /v1/api_keys/{id}/revoke.
func (a *API) revokeAPIKey(r *http.Request) (any, error) {
	reason, err := revocationReason(r)
	if err != nil {
		return nil, err
	}
	return a.apiKeyAnswer(a.admin.RevokeSubjectKey(r.Context(), r.PathValue("id"), reason))
}

// verifyAPIKey serves POST /v1/api_keys/verify. A key that opens nothing, whatever
// the reason, is not found.
func (a *API) verifyAPIKey(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	secret := f.textOrEmpty("secret")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case secret == "":
		return nil, refuse("malformed_request_parameters", "secret", "secret is missing.")
	}
	k, err := a.admin.VerifySubjectKey(r.Context(), secret)
	if errors.Is(err, store.ErrNotFound) {
		return nil, refuse("resource_not_found", "", "There is no such API key that is live.")
	}
	return a.apiKeyAnswer(k, err)
}
