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

// authenticate finds the secret key of this instance that the request carries. It
// is found by its hash, so that no comparison of ours takes longer for a better
// guess.
func (a *API) authenticate(r *http.Request) (store.APIKey, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return store.APIKey{}, refuse("authorization_header_format_invalid", "", "The Authorization header must be given once, as Bearer and a secret key.")
	}
	scheme, key, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || key == "" || strings.ContainsAny(key, " \t,") {
		return store.APIKey{}, refuse("authorization_header_format_invalid", "", "The Authorization header must be Bearer and a secret key.")
	}
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
