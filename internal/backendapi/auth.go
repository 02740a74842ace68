package backendapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A door says whose keys open an operation.
type door int

const (
	forOperators door = iota
	forBoth           // operators, and machines for what is theirs
	forMachines
)

// doors are those of the operations that are not for operators alone, without their
// version.
var doors = map[string]door{
	"POST /m2m_tokens":             forMachines,
	"GET /m2m_tokens":              forBoth,
	"HEAD /m2m_tokens":             forBoth,
	"POST /m2m_tokens/verify":      forBoth,
	"POST /m2m_tokens/{id}/revoke": forBoth,
}

// machineKey is how the secret keys of machines begin.
const machineKey = "ak_"

// authenticate finds the key that the request carries, and the machine whose it is,
// nil for a secret key of the instance. Both are found by their hash, so that no
// comparison of ours takes longer for a better guess.
func (a *API) authenticate(r *http.Request) (store.APIKey, *store.Machine, error) {
	key, err := bearer(r)
	if err != nil {
		return store.APIKey{}, nil, err
	}
	opens := doors[r.Method+" "+strings.TrimPrefix(r.Pattern, "/v1")]
	if opens == forMachines || opens == forBoth && strings.HasPrefix(key, machineKey) {
		return a.authenticateMachine(r, key)
	}
	found, err := a.authenticateOperator(r, key)
	return found, nil, err
}

// bearer reads the key in the Authorization header.
func bearer(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", refuse("authorization_header_format_invalid", "", "The Authorization header must be given once, as Bearer and a secret key.")
	}
	scheme, key, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || key == "" || strings.ContainsAny(key, " \t,") {
		return "", refuse("authorization_header_format_invalid", "", "The Authorization header must be Bearer and a secret key.")
	}
	return key, nil
}

// authenticateMachine finds the machine whose secret key this is.
func (a *API) authenticateMachine(r *http.Request, key string) (store.APIKey, *store.Machine, error) {
	if !strings.HasPrefix(key, machineKey) {
		return store.APIKey{}, nil, refuse("machine_secret_key_invalid", "", "This takes the secret key of a machine, which begins with ak_.")
	}
	m, err := a.admin.MachineOfKey(r.Context(), key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.APIKey{}, nil, refuse("machine_secret_key_invalid", "", "The key in the Authorization header is not that of a machine of this instance, or has been rotated.")
	case err != nil:
		return store.APIKey{}, nil, err
	}
	return store.APIKey{ID: m.ID, Name: m.Name, Secret: oauth.HashSecret(key)}, &m, nil
}

// actor is who does what is asked with a key. A machine is a client.
func actor(key store.APIKey, machine *store.Machine) store.Actor {
	if machine != nil {
		return store.Actor{Kind: store.ByClient, ID: machine.ID, Name: machine.Name}
	}
	return store.Actor{Kind: store.BySecretKey, ID: key.ID, Name: key.Name}
}

// authenticateOperator finds the secret key of this instance.
func (a *API) authenticateOperator(r *http.Request, key string) (store.APIKey, error) {
	if !strings.HasPrefix(key, "sk_") {
		return store.APIKey{}, refuse("clerk_key_invalid", "", "The key in the Authorization header is not a secret key: it does not begin with sk_.")
	}
	found, err := a.keys.APIKey(r.Context(), oauth.HashSecret(key))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !found.Live(a.now()):
		return store.APIKey{}, refuse("clerk_key_invalid", "", "The secret key in the Authorization header is not one of this instance, or has expired.")
	case err != nil:
		return store.APIKey{}, fmt.Errorf("finding the secret key: %w", err)
	}
	a.uses.Note(found.Secret)
	return found, nil
}

// versions of Clerk's API. What is served here is the same in all of them but for the metadata of a user.
var versions = []string{"2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10", "2026-05-12"}

// versionOf finds the version asked for, in the header or in the query but not in
// both. Without one the newest is meant.
func versionOf(r *http.Request) (string, error) {
	query, err := queryOf(r)
	if err != nil {
		return "", err
	}
	asked := append(slices.Clone(r.Header.Values("Clerk-API-Version")), query["__clerk_api_version"]...)
	switch {
	case len(asked) == 0:
		return versions[len(versions)-1], nil
	case len(asked) > 1:
		return "", refuse("api_version_invalid", "", "The API version must be given once, in the header Clerk-API-Version or in the query parameter __clerk_api_version.")
	case !slices.Contains(versions, asked[0]):
		return "", refuse("api_version_invalid", "", "The API version must be one of "+strings.Join(versions, ", ")+".")
	}
	return asked[0], nil
}
