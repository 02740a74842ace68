package backendapi

import (
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// createUser serves POST /v1/users.
func (a *API) createUser(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	n := readNewUser(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	u, err := a.admin.CreateUser(r.Context(), n)
	if err != nil {
		return nil, err
	}
	return newUserObject(u), nil
}

func readNewUser(f *fields) admin.NewUser {
	n := admin.NewUser{
		EmailAddresses:     f.texts("email_address"),
		Username:           f.textOrEmpty("username"),
		Password:           f.textOrEmpty("password"),
		PasswordDigest:     f.textOrEmpty("password_digest"),
		PasswordHasher:     f.textOrEmpty("password_hasher"),
		SkipPasswordChecks: f.isSet("skip_password_checks"),
		FirstName:          f.textOrEmpty("first_name"),
		LastName:           f.textOrEmpty("last_name"),
		Locale:             f.textOrEmpty("locale"),
		ExternalID:         f.textOrEmpty("external_id"),
		PublicMetadata:     f.object("public_metadata"),
		PrivateMetadata:    f.object("private_metadata"),
		UnsafeMetadata:     f.object("unsafe_metadata"),
		CreatedAt:          f.time("created_at"),
		Banned:             f.isSet("banned"),
	}
	f.emailStatuses(len(n.EmailAddresses))
	// Nothing of what these would skip is required here.
	for _, name := range []string{"skip_password_requirement", "skip_legal_checks", "skip_user_requirement", "skip_restriction_checks"} {
		f.flag(name)
	}
	f.notOffered("phone_number", "phone_number_identification_status", "web3_wallet", "totp_secret", "backup_codes",
		"legal_accepted_at", "delete_self_enabled", "create_organization_enabled", "create_organizations_limit",
		"bypass_client_trust", "locked")
	f.refuseUnknown()
	return n
}

// time reads an RFC 3339 time, zero if it is not given.
func (f *fields) time(name string) time.Time {
	s := f.textOrEmpty(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		f.problems = append(f.problems, problem{"form_param_invalid_time", name, name + " must be a time as in RFC 3339."})
	}
	return t
}

// emailStatuses reads the statuses beside the addresses. Addresses that an
// operator enters are verified; reserving one is not offered.
func (f *fields) emailStatuses(addresses int) {
	const name = "email_address_identification_status"
	statuses := f.texts(name)
	if len(statuses) != 0 && len(statuses) != addresses {
		f.problems = append(f.problems, problem{"form_param_array_length_mismatch", name, name + " must be as long as email_address."})
	}
	for _, s := range statuses {
		if s != "verified" {
			f.problems = append(f.problems, problem{"form_param_value_invalid", name, name + " must be verified."})
			return
		}
	}
}

// getUser serves GET /v1/users/{id}.
func (a *API) getUser(r *http.Request) (any, error) {
	u, err := a.admin.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return newUserObject(u), nil
}

var userOrders = map[string]store.UserOrder{
	"created_at":      store.UsersByCreation,
	"updated_at":      store.UsersByUpdate,
	"first_name":      store.UsersByFirstName,
	"last_name":       store.UsersByLastName,
	"username":        store.UsersByUsername,
	"last_sign_in_at": store.UsersByLastSignIn,
}

// listUsers serves GET /v1/users, newest first by default. The answer is an array;
// GET /v1/users/count has the number.
func (a *API) listUsers(r *http.Request) (any, error) {
	q, err := readUserQuery(r)
	if err != nil {
		return nil, err
	}
	users, err := a.admin.Users(r.Context(), q)
	if err != nil {
		return nil, err
	}
	list := make([]userObject, len(users))
	for i, u := range users {
		list[i] = newUserObject(u)
	}
	return list, nil
}

// A totalCount has its object member because the JavaScript SDK looks for it.
type totalCount struct {
	Object     string `json:"object"`
	TotalCount int    `json:"total_count"`
}

// countUsers serves GET /v1/users/count, with the filters of the list.
func (a *API) countUsers(r *http.Request) (any, error) {
	q, err := readUserQuery(r)
	if err != nil {
		return nil, err
	}
	n, err := a.admin.CountUsers(r.Context(), q)
	if err != nil {
		return nil, err
	}
	return totalCount{Object: "total_count", TotalCount: n}, nil
}

func readUserQuery(r *http.Request) (store.UserQuery, error) {
	p, err := parametersOf(r)
	if err != nil {
		return store.UserQuery{}, err
	}
	q := store.UserQuery{
		IDs:         p.included("user_id"),
		Usernames:   p.texts("username"),
		ExternalIDs: p.included("external_id"),
		Query:       p.text("query"),
	}
	for _, address := range p.texts("email_address") {
		q.EmailAddresses = append(q.EmailAddresses, account.CanonicalEmail(address))
	}
	q.Limit, q.Offset = p.page()
	q.OrderBy, q.Descending = order(p, userOrders, store.UsersByCreation)
	p.notOffered("phone_number", "web3_wallet", "organization_id", "email_address_query", "phone_number_query",
		"username_query", "name_query", "banned", "last_active_at_before", "last_active_at_after", "last_active_at_since",
		"created_at_before", "created_at_after", "last_sign_in_at_before", "last_sign_in_at_after",
		"provider", "provider_user_id", "starting_after")
	return q, p.err()
}

// deleteUser serves DELETE /v1/users/{id}.
func (a *API) deleteUser(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.admin.DeleteUser(r.Context(), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "user", ID: id, Deleted: true}, nil
}

// banUser serves POST /v1/users/{id}/ban.
func (a *API) banUser(r *http.Request) (any, error) { return a.setBanned(r, true) }

// unbanUser serves POST /v1/users/{id}/unban.
func (a *API) unbanUser(r *http.Request) (any, error) { return a.setBanned(r, false) }

func (a *API) setBanned(r *http.Request, banned bool) (any, error) {
	u, err := a.admin.SetBanned(r.Context(), r.PathValue("id"), banned)
	if err != nil {
		return nil, err
	}
	return newUserObject(u), nil
}
