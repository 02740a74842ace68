package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/hosted"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// inviting lets the pages ask package admin, which stands beside them, for what an
// operator has prepared.
type inviting struct{ *admin.Admin }

// Join implements hosted.Invitations.
func (x inviting) Join(ctx context.Context, id string, n hosted.Newcomer) (store.User, error) {
	if n.Password == "" {
		return store.User{}, &hosted.Mistake{Field: "password", Problem: ui.PasswordMissing}
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

// mistake says to a newcomer what an operator would read of a field.
func mistake(p admin.Problem) *hosted.Mistake {
	problems := map[admin.Kind]ui.Problem{
		admin.PasswordTooShort:     ui.PasswordTooShort,
		admin.PasswordTooLong:      ui.PasswordTooLong,
		admin.PasswordIsIdentifier: ui.PasswordIsIdentifier,
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
