package backendapi

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// maxBulk is how many users one request may ban or unban.
const maxBulk = 50

// metadataVersion is the first version of the API in which a user's metadata has a
// path of its own alone.
const metadataVersion = "2026-05-12"

// updateUser serves PATCH /v1/users/{id}.
func (a *API) updateUser(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := admin.UserFields{
		Password:           notEmpty(f.text("password")),
		PasswordDigest:     notEmpty(f.text("password_digest")),
		PasswordHasher:     notEmpty(f.text("password_hasher")),
		SkipPasswordChecks: f.isSet("skip_password_checks"),
		SignOutOthers:      f.isSet("sign_out_of_other_sessions"),
		FirstName:          f.text("first_name"),
		LastName:           f.text("last_name"),
		TOTPSecret:         notEmpty(f.text("totp_secret")),
		BackupCodes:        f.texts("backup_codes"),
		Locale:             f.text("locale"),
		ExternalID:         f.text("external_id"),
		PrimaryEmailID:     notEmpty(f.text("primary_email_address_id")),
		CreatedAt:          f.time("created_at"),
		UserOptions:        readUserOptions(f),
		Username:           f.text("username"),
	}
	if raw, given := f.members["username"]; given && string(raw) == "null" {
		fields.Username = new("") // null removes it
	}
	version, err := versionOf(r)
	if err != nil {
		return nil, err
	}
	if version < metadataVersion {
		fields.PublicMetadata = f.object("public_metadata")
		fields.PrivateMetadata = f.object("private_metadata")
		fields.UnsafeMetadata = f.object("unsafe_metadata")
	}
	for _, name := range []string{"notify_primary_email_address_changed", "skip_legal_checks"} {
		f.flag(name)
	}
	f.notOffered("primary_phone_number_id", "primary_web3_wallet_id", "profile_image_id")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return a.answersUser(r)(a.provided(r).UpdateUser(r.Context(), r.PathValue("id"), fields))
}

func notEmpty(s *string) *string {
	if s != nil && *s == "" {
		return nil
	}
	return s
}

// mergeMetadata serves PATCH /v1/users/{id}/metadata: what is given is laid over
// what there is, and null removes a member.
func (a *API) mergeMetadata(r *http.Request) (any, error) { return a.setMetadata(r, true) }

// replaceMetadata serves PUT /v1/users/{id}/metadata.
func (a *API) replaceMetadata(r *http.Request) (any, error) { return a.setMetadata(r, false) }

func (a *API) setMetadata(r *http.Request, merge bool) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	fields := admin.UserFields{
		PublicMetadata: f.object("public_metadata"), PrivateMetadata: f.object("private_metadata"),
		UnsafeMetadata: f.object("unsafe_metadata"), MergeMetadata: merge,
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return a.answersUser(r)(a.provided(r).UpdateUser(r.Context(), r.PathValue("id"), fields))
}

// verifyPassword serves POST /v1/users/{id}/verify_password.
func (a *API) verifyPassword(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	password := f.textOrEmpty("password")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case password == "":
		return nil, refuse("form_param_missing", "password", "password must be included.")
	}
	matches, err := a.admin.VerifyPassword(r.Context(), r.PathValue("id"), password)
	switch {
	case errors.Is(err, admin.ErrNoPassword):
		return nil, refuse("no_password_set", "", "The user has no password.")
	case err != nil:
		return nil, err
	case !matches:
		return nil, refuse("incorrect_password", "password", "The password is not that of the user.")
	}
	return map[string]bool{"verified": true}, nil
}

// removePassword serves POST /v1/users/{id}/remove_password.
func (a *API) removePassword(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	signOut := f.isSet("sign_out_of_other_sessions")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return a.answersUser(r)(a.admin.RemovePassword(r.Context(), r.PathValue("id"), signOut))
}

// setCompromised serves POST /v1/users/{id}/password/set_compromised.
func (a *API) setCompromised(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	signOut := f.isSet("revoke_all_sessions")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return a.answerPassword(r)(a.admin.SetCompromised(r.Context(), r.PathValue("id"), true, signOut))
}

// unsetCompromised serves POST /v1/users/{id}/password/unset_compromised.
func (a *API) unsetCompromised(r *http.Request) (any, error) {
	return a.answerPassword(r)(a.admin.SetCompromised(r.Context(), r.PathValue("id"), false, false))
}

func (a *API) answerPassword(r *http.Request) func(store.User, error) (any, error) {
	return func(u store.User, err error) (any, error) {
		if errors.Is(err, admin.ErrNoPassword) {
			return nil, refuse("no_password_set", "", "The user has no password.")
		}
		return a.answersUser(r)(u, err)
	}
}

// banUsers serves POST /v1/users/ban.
func (a *API) banUsers(r *http.Request) (any, error) { return a.setAllBanned(r, true) }

// unbanUsers serves POST /v1/users/unban.
func (a *API) unbanUsers(r *http.Request) (any, error) { return a.setAllBanned(r, false) }

// setAllBanned finds every user before it touches the first.
func (a *API) setAllBanned(r *http.Request, banned bool) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	ids := f.texts("user_ids")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case len(ids) == 0:
		return nil, refuse("form_param_missing", "user_ids", "user_ids must name at least one user.")
	case len(ids) > maxBulk:
		return nil, refuse("form_param_array_size_exceeded", "user_ids", "user_ids must name at most 50 users.")
	}
	for _, id := range ids {
		if _, err := a.admin.User(r.Context(), id); err != nil {
			return nil, err
		}
	}
	var users []store.User
	for _, id := range ids {
		u, err := a.admin.SetBanned(r.Context(), id, banned)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return a.userObjects(r, users...)
}
