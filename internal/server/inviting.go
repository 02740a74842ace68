package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/hosted"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// inviting lets the pages ask package admin, which stands beside them, for what an
// operator has prepared.
type inviting struct {
	*admin.Admin
	accounts *account.Accounts
}

// Join implements hosted.Invitations.
func (x inviting) Join(ctx context.Context, id string, n hosted.Newcomer) (store.User, error) {
	if n.Password == "" {
		return store.User{}, &hosted.Mistake{Field: "password", Problem: ui.PasswordMissing}
	}
	if err := x.checkPassword(ctx, n.Password); err != nil {
		return store.User{}, err
	}
	u, err := x.AcceptInvitation(ctx, id, admin.NewUser{FirstName: n.FirstName, LastName: n.LastName, Password: n.Password})
	var wrong *admin.Error
	switch {
	case errors.As(err, &wrong):
		return store.User{}, mistake(wrong.Problems[0])
	case errors.Is(err, admin.ErrAccepted), errors.Is(err, admin.ErrRevoked), errors.Is(err, admin.ErrExpired):
		return store.User{}, fmt.Errorf("%w: %v", store.ErrNotFound, err)
	}
	return u, err
}

// MaySignUp implements hosted.SignUps.
func (x inviting) MaySignUp(ctx context.Context, address string) error {
	return signUpError(x.Admin.MaySignUp(ctx, address))
}

// Prepare implements hosted.SignUps.
func (x inviting) Prepare(ctx context.Context, address string, n hosted.Newcomer) (store.User, error) {
	if n.Password == "" {
		return store.User{}, &hosted.Mistake{Field: "password", Problem: ui.PasswordMissing}
	}
	if err := x.checkPassword(ctx, n.Password, address); err != nil {
		return store.User{}, err
	}
	u, err := x.PrepareSignUp(ctx, address, admin.NewUser{FirstName: n.FirstName, LastName: n.LastName, Password: n.Password})
	return u, signUpError(err)
}

// SignUp implements hosted.SignUps.
func (x inviting) SignUp(ctx context.Context, u store.User, proof store.EmailProof) error {
	return signUpError(x.Admin.SignUp(ctx, u, proof))
}

// JoinFrom implements hosted.Joining.
func (x inviting) JoinFrom(ctx context.Context, id store.Identity, n hosted.Newcomer) (store.User, error) {
	u, err := x.PrepareSignUp(ctx, id.Address, admin.NewUser{FirstName: n.FirstName, LastName: n.LastName})
	if err != nil {
		return store.User{}, signUpError(err)
	}
	id.UserID, u.Identity = u.ID, &id
	return u, x.SignUp(ctx, u, store.ProvedByProvider)
}

// checkPassword asks whoever may be asked whether a password is known to others.
func (x inviting) checkPassword(ctx context.Context, password string, identifiers ...string) error {
	err := x.accounts.CheckNew(ctx, password, identifiers...)
	if errors.Is(err, account.PasswordCommon) {
		return &hosted.Mistake{Field: "password", Problem: ui.PasswordCommon}
	}
	return nil // the rest is package admin's to say
}

// signUpError is what the pages are told.
func signUpError(err error) error {
	var wrong *admin.Error
	switch {
	case errors.As(err, &wrong):
		return mistake(wrong.Problems[0])
	case errors.Is(err, admin.ErrSignUpClosed):
		return hosted.ErrSignUpClosed
	case errors.Is(err, admin.ErrDomainExcluded):
		return hosted.ErrDomain
	}
	return err
}

// mistake says to a newcomer what an operator would read of a field.
func mistake(p admin.Problem) *hosted.Mistake {
	problems := map[admin.Kind]ui.Problem{
		admin.PasswordTooShort:     ui.PasswordTooShort,
		admin.PasswordTooLong:      ui.PasswordTooLong,
		admin.PasswordIsIdentifier: ui.PasswordIsIdentifier,
		admin.PasswordCommon:       ui.PasswordCommon,
	}
	known, ok := problems[p.Kind]
	switch {
	case p.Kind == admin.Taken:
		return &hosted.Mistake{Problem: ui.AddressTaken}
	case p.Field == "first_name" || p.Field == "last_name":
		return &hosted.Mistake{Field: p.Field, Problem: ui.NameTooLong}
	case ok:
		return &hosted.Mistake{Field: p.Field, Problem: known}
	case p.Field == "password":
		return &hosted.Mistake{Field: p.Field, Problem: ui.PasswordOdd}
	}
	return &hosted.Mistake{Field: p.Field, Problem: ui.OtherProblem}
}
