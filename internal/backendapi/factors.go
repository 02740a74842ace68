package backendapi

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// A passkeyObject is a WebAuthn credential of a user.
type passkeyObject struct {
	ID           string             `json:"id"`
	Object       string             `json:"object"`
	Name         string             `json:"name"`
	LastUsedAt   int64              `json:"last_used_at"` // never null in Clerk's schema: when it was made, until it is used
	Verification verificationObject `json:"verification"`
	CreatedAt    int64              `json:"created_at"`
	UpdatedAt    int64              `json:"updated_at"`
}

func newPasskeyObject(k store.Passkey) passkeyObject {
	return passkeyObject{
		ID: k.ID, Object: "passkey", Name: k.Name,
		LastUsedAt:   later(k.CreatedAt, k.LastUsedAt).UnixMilli(),
		Verification: verificationObject{Object: "verification_passkey", Status: "verified", Strategy: "passkey"},
		CreatedAt:    k.CreatedAt.UnixMilli(), UpdatedAt: k.CreatedAt.UnixMilli(),
	}
}

// userObjects are users with what they prove themselves by.
func (a *API) userObjects(r *http.Request, users ...store.User) ([]userObject, error) {
	proofs, err := a.admin.ProofsOf(r.Context(), users...)
	if err != nil {
		return nil, err
	}
	list := make([]userObject, len(users))
	for i, u := range users {
		list[i] = newUserObject(u, proofs[u.ID])
	}
	return list, nil
}

// answersUser answers r with a user, or with why there is none.
func (a *API) answersUser(r *http.Request) func(store.User, error) (any, error) {
	return func(u store.User, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		objects, err := a.userObjects(r, u)
		if err != nil {
			return nil, err
		}
		noted := []*int64{millisOrNull(u.LastSignInAt), millisOrNull(u.LastActiveAt)}
		for i := range objects[0].Passkeys {
			noted = append(noted, &objects[0].Passkeys[i].LastUsedAt)
		}
		return tagged{objects[0], admin.UserVersion(u), noted}, nil
	}
}

// A codeVerification says what a code was of.
type codeVerification struct {
	Verified bool             `json:"verified"`
	CodeType account.CodeKind `json:"code_type"`
}

// verifyCode serves POST /v1/users/{id}/verify_totp. A code is of no use afterwards.
func (a *API) verifyCode(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	code := f.textOrEmpty("code")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case code == "":
		return nil, refuse("form_param_missing", "code", "code must be included.")
	}
	kind, err := a.admin.VerifyCode(r.Context(), r.PathValue("id"), code)
	switch {
	case errors.Is(err, account.ErrNoFactor):
		return nil, refuse("no_second_factors_set", "", "The user has neither an authenticator app nor backup codes.")
	case errors.Is(err, account.ErrTooManyCodes):
		return nil, refuse("too_many_requests", "code", "Too many codes of this user were wrong; try again later.")
	case errors.Is(err, account.ErrWrongFactor):
		return nil, refuse("form_code_incorrect", "code", "The code is not one of the user, or has been used.")
	case err != nil:
		return nil, err
	}
	return codeVerification{true, kind}, nil
}

// A factorsRemoved names whose second factors are gone.
type factorsRemoved struct {
	UserID string `json:"user_id"`
}

// deleteMFA serves DELETE /v1/users/{id}/mfa.
func (a *API) deleteMFA(r *http.Request) (any, error) { return a.removeFactors(r, true, true) }

// deleteTOTP serves DELETE /v1/users/{id}/totp.
func (a *API) deleteTOTP(r *http.Request) (any, error) { return a.removeFactors(r, true, false) }

// deleteBackupCodes serves DELETE /v1/users/{id}/backup_code.
func (a *API) deleteBackupCodes(r *http.Request) (any, error) { return a.removeFactors(r, false, true) }

func (a *API) removeFactors(r *http.Request, secret, codes bool) (any, error) {
	id := r.PathValue("id")
	if err := a.admin.RemoveFactors(r.Context(), id, secret, codes); err != nil {
		return nil, err
	}
	return factorsRemoved{id}, nil
}

// deletePasskey serves DELETE /v1/users/{id}/passkeys/{passkey}.
func (a *API) deletePasskey(r *http.Request) (any, error) {
	id := r.PathValue("passkey")
	if err := a.admin.RemovePasskey(r.Context(), r.PathValue("id"), id); err != nil {
		return nil, err
	}
	return deletedObject{Object: "passkey", ID: id, Deleted: true}, nil
}
