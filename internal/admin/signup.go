package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/store"
)

// Why somebody may not make an account.
var (
	ErrSignUpClosed   = errors.New("accounts are not made by signing up here")
	ErrDomainExcluded = errors.New("addresses of this domain may not sign up here")
)

// MaySignUp decides whether the owner of an address may make an account without an
// invitation; "" asks whether anybody may. It fails with ErrSignUpClosed or
// ErrDomainExcluded.
func (a *Admin) MaySignUp(ctx context.Context, address string) error {
	s, err := a.Settings(ctx)
	switch {
	case err != nil:
		return err
	case s.SignUp.Policy != store.SignUpOpen:
		return ErrSignUpClosed
	case address == "" || len(s.SignUp.Domains) == 0:
		return nil
	}
	_, domain, _ := strings.Cut(account.CanonicalEmail(address), "@")
	if !slices.Contains(s.SignUp.Domains, domain) {
		return ErrDomainExcluded
	}
	return nil
}

// PrepareSignUp is the user who will be made when the owner of an address has proved
// it, with the password hashed. It fails as MaySignUp does, and as CreateUser for
// anything but values that other users have.
func (a *Admin) PrepareSignUp(ctx context.Context, address string, n NewUser) (store.User, error) {
	if err := a.MaySignUp(ctx, address); err != nil {
		return store.User{}, err
	}
	n.EmailAddresses = []string{address}
	return a.newUser(ctx, n)
}

// SignUp makes a user that PrepareSignUp gave, who has proved the address. A value
// that another user has is an *Error of kind Taken.
func (a *Admin) SignUp(ctx context.Context, u store.User, proof store.EmailProof) error {
	for i := range u.Emails {
		u.Emails[i].Proof = proof
	}
	return created(a.users.CreateUser(store.WithActor(ctx, store.Actor{Kind: store.ByUser, ID: u.ID}), u))
}
