package backendapi

import (
	"errors"
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
	return a.answersUser(r)(a.admin.CreateUser(r.Context(), n))
}

func readNewUser(f *fields) admin.NewUser {
	n := admin.NewUser{
		EmailAddresses:     f.texts("email_address"),
		Username:           f.textOrEmpty("username"),
		Password:           f.textOrEmpty("password"),
		PasswordDigest:     f.textOrEmpty("password_digest"),
		PasswordHasher:     f.textOrEmpty("password_hasher"),
		SkipPasswordChecks: f.isSet("skip_password_checks"),
		TOTPSecret:         notEmpty(f.text("totp_secret")),
		BackupCodes:        f.texts("backup_codes"),
		FirstName:          f.textOrEmpty("first_name"),
		LastName:           f.textOrEmpty("last_name"),
		Locale:             f.textOrEmpty("locale"),
		ExternalID:         f.textOrEmpty("external_id"),
		PublicMetadata:     f.object("public_metadata"),
		PrivateMetadata:    f.object("private_metadata"),
		UnsafeMetadata:     f.object("unsafe_metadata"),
		CreatedAt:          f.time("created_at"),
		Banned:             f.isSet("banned"),
		Locked:             f.isSet("locked"),
		UserOptions:        readUserOptions(f),
	}
	n.EmailStatuses = f.emailStatuses(len(n.EmailAddresses))
	// Nothing of what these would skip is required here.
	for _, name := range []string{"skip_password_requirement", "skip_legal_checks", "skip_user_requirement", "skip_restriction_checks"} {
		f.flag(name)
	}
	f.notOffered("phone_number", "phone_number_identification_status", "web3_wallet")
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
		f.problems = append(f.problems, problem{code: "form_param_invalid_time", param: name, long: name + " must be a time as in RFC 3339."})
	}
	return t
}

// readUserOptions reads what few users have.
func readUserOptions(f *fields) admin.UserOptions {
	o := admin.UserOptions{
		DeletesSelf:          f.flag("delete_self_enabled"),
		CreatesOrganizations: f.flag("create_organization_enabled"),
		OrganizationsLimit:   f.integer("create_organizations_limit"),
		BypassesClientTrust:  f.flag("bypass_client_trust"),
	}
	if t := f.time("legal_accepted_at"); !t.IsZero() {
		o.LegalAcceptedAt = &t
	}
	return o
}

// emailStatuses reads the statuses beside the addresses.
func (f *fields) emailStatuses(addresses int) []admin.EmailStatus {
	const name = "email_address_identification_status"
	statuses := f.texts(name)
	if len(statuses) != 0 && len(statuses) != addresses {
		f.problems = append(f.problems, problem{code: "form_param_array_length_mismatch", param: name, long: name + " must be as long as email_address."})
	}
	all := make([]admin.EmailStatus, len(statuses))
	for i, s := range statuses {
		all[i] = admin.EmailStatus(s)
	}
	return all
}

// getUser serves GET /v1/users/{id}.
func (a *API) getUser(r *http.Request) (any, error) {
	return a.answersUser(r)(a.admin.User(r.Context(), r.PathValue("id")))
}

var userOrders = map[string]store.UserOrder{
	"created_at":      store.UsersByCreation,
	"updated_at":      store.UsersByUpdate,
	"first_name":      store.UsersByFirstName,
	"last_name":       store.UsersByLastName,
	"username":        store.UsersByUsername,
	"last_sign_in_at": store.UsersByLastSignIn,
	"last_active_at":  store.UsersByLastActive,
	"email_address":   store.UsersByEmail,
}

// listUsers serves GET /v1/users, newest first by default. The answer is an array;
// GET /v1/users/count has the number.
func (a *API) listUsers(r *http.Request) (any, error) {
	q, err := readUserQuery(r)
	if err != nil {
		return nil, err
	}
	users, err := a.admin.Users(r.Context(), q)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, refuse("form_param_value_invalid", "starting_after", "starting_after must be the id of a user.")
	case err != nil:
		return nil, err
	}
	return a.userObjects(r, users...)
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
		Usernames:     p.texts("username"),
		Query:         p.text("query"),
		AddressQuery:  p.text("email_address_query"),
		UsernameQuery: p.text("username_query"),
		NameQuery:     p.text("name_query"),
		Banned:        p.flag("banned"),
		Created:       p.period("created_at_after", "created_at_before"),
		LastActive:    p.period("last_active_at_after", "last_active_at_before"),
		LastSignedIn:  p.period("last_sign_in_at_after", "last_sign_in_at_before"),
		After:         p.text("starting_after"),
	}
	q.IDs, q.ExceptIDs = p.selected("user_id")
	q.ExternalIDs, q.ExceptExternalIDs = p.selected("external_id")
	q.Organizations, q.ExceptOrganizations = p.selected("organization_id")
	if since := p.moment("last_active_at_since"); !since.IsZero() {
		q.LastActive.After = later(q.LastActive.After, since.Add(-time.Millisecond)) // this moment included
	}
	for _, address := range p.texts("email_address") {
		q.EmailAddresses = append(q.EmailAddresses, account.CanonicalEmail(address))
	}
	q.Limit, q.Offset = p.page()
	q.OrderBy, q.Descending = order(p, userOrders, store.UsersByCreation)
	if q.After != "" && (q.OrderBy != store.UsersByCreation || q.Offset != 0) {
		p.invalid("starting_after", "starting_after goes with the order by created_at and without an offset only.")
	}
	p.notOffered("phone_number", "web3_wallet", "phone_number_query", "provider", "provider_user_id")
	return q, p.err()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// deleteUser serves DELETE /v1/users/{id}.
func (a *API) deleteUser(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := a.provided(r).DeleteUser(r.Context(), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "user", ID: id, Deleted: true}, nil
}

// banUser serves POST /v1/users/{id}/ban.
func (a *API) banUser(r *http.Request) (any, error) { return a.setBanned(r, true) }

// unbanUser serves POST /v1/users/{id}/unban.
func (a *API) unbanUser(r *http.Request) (any, error) { return a.setBanned(r, false) }

// lockUser serves POST /v1/users/{id}/lock.
func (a *API) lockUser(r *http.Request) (any, error) {
	return a.answersUser(r)(a.admin.SetLocked(r.Context(), r.PathValue("id"), true))
}

// unlockUser serves POST /v1/users/{id}/unlock.
func (a *API) unlockUser(r *http.Request) (any, error) {
	return a.answersUser(r)(a.admin.SetLocked(r.Context(), r.PathValue("id"), false))
}

func (a *API) setBanned(r *http.Request, banned bool) (any, error) {
	return a.answersUser(r)(a.admin.SetBanned(r.Context(), r.PathValue("id"), banned))
}
