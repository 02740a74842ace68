package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/hosted"
	"github.com/signet-auth/signet/internal/store"
)

// inviting lets the pages ask package admin, which stands beside them, for what an
// operator has prepared.
type inviting struct{ *admin.Admin }

// Join implements hosted.Invitations.
func (x inviting) Join(ctx context.Context, id string, n hosted.Newcomer) (store.User, error) {
	if n.Password == "" {
		return store.User{}, &hosted.Mistake{Field: "password", Text: "Please choose a password."}
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
	switch {
	case p.Kind == admin.Taken:
		return &hosted.Mistake{Text: "There is an account with this e-mail address already. Please sign in instead."}
	case p.Field == "first_name" || p.Field == "last_name":
		return &hosted.Mistake{Field: p.Field, Text: "A name must be at most 256 characters long, on one line."}
	}
	return &hosted.Mistake{Field: p.Field, Text: p.Text}
}
