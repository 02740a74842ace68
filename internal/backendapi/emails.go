package backendapi

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// createEmail serves POST /v1/email_addresses.
func (a *API) createEmail(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	userID, address := f.textOrEmpty("user_id"), f.textOrEmpty("email_address")
	change := readEmailChange(f)
	switch {
	case f.err() != nil:
		return nil, f.err()
	case userID == "":
		return nil, refuse("form_param_missing", "user_id", "user_id must be included.")
	case address == "":
		return nil, refuse("form_param_missing", "email_address", "email_address must be included.")
	}
	return answerEmail(a.admin.AddEmail(r.Context(), userID, address, change))
}

func readEmailChange(f *fields) admin.EmailChange {
	c := admin.EmailChange{Verified: f.flag("verified"), Primary: f.flag("primary")}
	f.flag("notify_primary_email_address_changed")
	f.refuseUnknown()
	return c
}

func answerEmail(e store.Email, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return newEmailObject(e), nil
}

// replaceEmails serves PUT /v1/users/{id}/email_address: one address instead of all.
func (a *API) replaceEmails(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	address, status := f.textOrEmpty("email_address"), f.textOrEmpty("identification_status")
	f.flag("notify_primary_email_address_changed")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case address == "":
		return nil, refuse("form_param_missing", "email_address", "email_address must be included.")
	}
	e, err := a.admin.ReplaceEmails(r.Context(), r.PathValue("id"), address, admin.EmailStatus(cmp.Or(status, "verified")))
	return answerEmail(e, renamed(err, "email_address_identification_status", "identification_status"))
}

// renamed gives the problems of a field the name that it has in this request.
func renamed(err error, field, name string) error {
	var mistake *admin.Error
	if errors.As(err, &mistake) {
		for i, p := range mistake.Problems {
			if p.Field == field {
				mistake.Problems[i].Field = name
			}
		}
	}
	return err
}

// getEmail serves GET /v1/email_addresses/{id}.
func (a *API) getEmail(r *http.Request) (any, error) {
	e, _, err := a.admin.Email(r.Context(), r.PathValue("id"))
	return answerEmail(e, err)
}

// updateEmail serves PATCH /v1/email_addresses/{id}.
func (a *API) updateEmail(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	change := readEmailChange(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerEmail(a.admin.UpdateEmail(r.Context(), r.PathValue("id"), change))
}

// deleteEmail serves DELETE /v1/email_addresses/{id}.
func (a *API) deleteEmail(r *http.Request) (any, error) {
	id := r.PathValue("id")
	err := a.admin.DeleteEmail(r.Context(), id)
	switch {
	case errors.Is(err, admin.ErrLastEmail):
		return nil, refuse("last_required_identification_deletion_failed", "", "The user would have neither an e-mail address nor a user name.")
	case err != nil:
		return nil, err
	}
	return deletedObject{Object: "email_address", ID: id, Deleted: true}, nil
}
