package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/hosted"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// self lets the pages of an account ask package admin, which stands beside them, for
// what users may do about themselves.
type self struct {
	*admin.Admin
	accounts *account.Accounts
}

// mistakenly turns what an operator would read into what the user is told.
func mistakenly(err error) error {
	var wrong *admin.Error
	if errors.As(err, &wrong) {
		return mistake(wrong.Problems[0])
	}
	return err
}

// Rename implements hosted.Self.
func (x self) Rename(ctx context.Context, userID, firstName, lastName string) error {
	_, err := x.UpdateUser(ctx, userID, admin.UserFields{FirstName: &firstName, LastName: &lastName})
	return mistakenly(err)
}

// SetPicture implements hosted.Self.
func (x self) SetPicture(ctx context.Context, userID string, file []byte) error {
	_, err := x.SetProfileImage(ctx, userID, file)
	var wrong *admin.Error
	if errors.As(err, &wrong) {
		return &hosted.Mistake{Field: "file", Problem: ui.PictureUnusable}
	}
	return err
}

// MakePrimary implements hosted.Self. The change reads the user it is for, so that an
// address of somebody else is none.
func (x self) MakePrimary(ctx context.Context, userID, emailID string) error {
	_, err := x.UpdateUser(ctx, userID, admin.UserFields{PrimaryEmailID: &emailID})
	var wrong *admin.Error
	if errors.As(err, &wrong) { // not the user's, or not verified
		return fmt.Errorf("making an address the primary one: %w", store.ErrNotFound)
	}
	return err
}

// AddEmail implements hosted.Self.
func (x self) AddEmail(ctx context.Context, userID, address string, proof store.EmailProof) error {
	verified := true
	_, err := x.Admin.AddEmail(ctx, userID, address, admin.EmailChange{Verified: &verified, Proof: proof})
	return mistakenly(err)
}

// RemoveEmail implements hosted.Self.
func (x self) RemoveEmail(ctx context.Context, userID, emailID string) error {
	u, err := x.User(ctx, userID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(u.Emails, func(e store.Email) bool { return e.ID == emailID }) {
		return fmt.Errorf("removing an address: %w", store.ErrNotFound)
	}
	err = x.DeleteEmail(ctx, emailID)
	if errors.Is(err, admin.ErrLastEmail) {
		return &hosted.Mistake{Problem: ui.LastIdentifier}
	}
	return err
}

// Matches implements hosted.Self.
func (x self) Matches(ctx context.Context, digest, password string) (bool, error) {
	return x.accounts.Matches(ctx, digest, password)
}

// SetPassword implements hosted.Self.
func (x self) SetPassword(ctx context.Context, userID, password string) error {
	if password == "" {
		return &hosted.Mistake{Field: "password", Problem: ui.PasswordMissing}
	}
	_, err := x.UpdateUser(ctx, userID, admin.UserFields{Password: &password, SignOutOthers: true})
	return mistakenly(err)
}

// Delete implements hosted.Self.
func (x self) Delete(ctx context.Context, userID string) error { return x.DeleteUser(ctx, userID) }
