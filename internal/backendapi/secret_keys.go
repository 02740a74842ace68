package backendapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// Clerk has no public API for what follows; paths and objects are ours.

func (a *API) secretKeyRoutes() routes {
	return routes{
		"/v1/secret_keys":      {http.MethodPost: a.createSecretKey, http.MethodGet: a.listSecretKeys},
		"/v1/secret_keys/{id}": {http.MethodDelete: a.revokeSecretKey},
		"/v1/whoami":           {http.MethodGet: a.whoAmI},
	}
}

// A secretKeyObject is a key of this API.
type secretKeyObject struct {
	Object     string `json:"object"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	Prefix     string `json:"prefix"` // its first characters
	Value      string `json:"secret_key,omitempty"`
	Expired    bool   `json:"expired"`
	ExpiresAt  *int64 `json:"expires_at"`
	LastUsedAt *int64 `json:"last_used_at"` // to the minute
	CreatedAt  int64  `json:"created_at"`
}

func (a *API) secretKeyObject(k admin.SecretKey) secretKeyObject {
	return newSecretKeyObject(k, a.now())
}

func newSecretKeyObject(k admin.SecretKey, now time.Time) secretKeyObject {
	return secretKeyObject{
		Object: "secret_key", ID: k.ID, Name: k.Name, Prefix: k.Prefix, Value: k.Value, Expired: !k.Live(now),
		ExpiresAt: millisOrNull(k.ExpiresAt), LastUsedAt: millisOrNull(k.LastUsedAt), CreatedAt: k.CreatedAt.UnixMilli(),
	}
}

// createSecretKey serves POST /v1/secret_keys.
func (a *API) createSecretKey(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	name, lifetime := f.textOrEmpty("name"), f.seconds("expires_in_seconds")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	if lifetime != nil && *lifetime == 0 {
		return nil, refuse("form_param_value_invalid", "expires_in_seconds", "expires_in_seconds must be at least 1; leave it out for a key that does not expire.")
	}
	k, err := a.admin.CreateSecretKey(r.Context(), name, value(lifetime), a.development())
	if err != nil {
		return nil, err
	}
	return a.secretKeyObject(k), nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// development reports whether this is no instance for real users: no https.
func (a *API) development() bool { return strings.HasPrefix(a.issuer, "http://") }

// listSecretKeys serves GET /v1/secret_keys, oldest first.
func (a *API) listSecretKeys(r *http.Request) (any, error) {
	keys, err := a.admin.SecretKeys(r.Context())
	if err != nil {
		return nil, err
	}
	list := page{Data: []any{}, TotalCount: len(keys)}
	for _, k := range keys {
		list.Data = append(list.Data, a.secretKeyObject(k))
	}
	return list, nil
}

// revokeSecretKey serves DELETE /v1/secret_keys/{id}.
func (a *API) revokeSecretKey(r *http.Request) (any, error) {
	id := r.PathValue("id")
	err := a.admin.RevokeSecretKey(r.Context(), id)
	switch {
	case errors.Is(err, admin.ErrLastKey):
		return nil, refuse("conflict", "", "This is the last key that opens the Backend API; create another one first.")
	case err != nil:
		return nil, err
	}
	return deletedObject{Object: "secret_key", ID: id, Deleted: true}, nil
}

// A whoami says who asks, and whom.
type whoami struct {
	Object      string          `json:"object"`
	SecretKey   secretKeyObject `json:"secret_key"`
	InstanceID  string          `json:"instance_id"`
	Issuer      string          `json:"issuer"`
	APIVersions []string        `json:"api_versions"`
}

// whoAmI serves GET /v1/whoami.
func (a *API) whoAmI(r *http.Request) (any, error) {
	k, err := a.admin.SecretKey(r.Context(), keyOf(r.Context()))
	if err != nil {
		return nil, err
	}
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	return whoami{Object: "whoami", SecretKey: a.secretKeyObject(k), InstanceID: i.ID, Issuer: a.issuer, APIVersions: versions}, nil
}

// keyContext carries the key that opened the door.
type keyContext struct{}

// machineContext carries the machine whose key that is.
type machineContext struct{}

// machineOf is the machine that asks, nil for an operator.
func machineOf(ctx context.Context) *store.Machine {
	m, _ := ctx.Value(machineContext{}).(*store.Machine)
	return m
}

func keyOf(ctx context.Context) store.APIKey {
	k, _ := ctx.Value(keyContext{}).(store.APIKey)
	return k
}
