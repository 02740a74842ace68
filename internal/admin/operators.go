package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Operators keeps who runs the instance, and the links by which they become so.
type Operators interface {
	store.Operators
	store.OperatorLinks
}

// How long the links of operators work.
const (
	FirstLinkLifetime  = 24 * time.Hour
	InvitationLifetime = time.Hour
)

// ErrLastOperator means that nobody could use the dashboard any more.
var ErrLastOperator = errors.New("the last operator cannot be removed")

// IsOperator reports whether a user may use the dashboard now.
func (a *Admin) IsOperator(ctx context.Context, userID string) (bool, error) {
	return a.operators.IsOperator(ctx, userID)
}

// Operators lists the operators, the oldest first.
func (a *Admin) Operators(ctx context.Context) ([]store.Operator, error) {
	return a.operators.ListOperators(ctx)
}

// AddOperator makes a user an operator.
func (a *Admin) AddOperator(ctx context.Context, userID string) error {
	if !isID("user_", userID) {
		return fmt.Errorf("adding an operator: %w", store.ErrNotFound)
	}
	return a.operators.AddOperator(ctx, userID, a.now())
}

// RemoveOperator ends that a user is an operator, at once in every browser.
// ErrLastOperator if no other one could act then.
func (a *Admin) RemoveOperator(ctx context.Context, userID string) error {
	if !isID("user_", userID) {
		return fmt.Errorf("removing an operator: %w", store.ErrNotFound)
	}
	err := a.operators.RemoveOperator(ctx, userID)
	if errors.Is(err, store.ErrConflict) {
		return ErrLastOperator
	}
	return err
}

// FirstOperatorLink makes the secret of a link by which the first operator is made,
// or "" if there has been one.
func (a *Admin) FirstOperatorLink(ctx context.Context) (string, error) {
	secret, err := a.operatorLink(ctx, true, FirstLinkLifetime)
	if errors.Is(err, store.ErrConflict) {
		return "", nil
	}
	return secret, err
}

// InviteOperator makes the secret of a link by which somebody becomes an operator.
func (a *Admin) InviteOperator(ctx context.Context) (string, error) {
	return a.operatorLink(ctx, false, InvitationLifetime)
}

func (a *Admin) operatorLink(ctx context.Context, first bool, lifetime time.Duration) (string, error) {
	secret, err := a.text(43) // 256 bits
	if err != nil {
		return "", err
	}
	now := a.now().Truncate(time.Millisecond)
	l := store.OperatorLink{Secret: oauth.HashSecret(secret), First: first, CreatedAt: now, ExpiresAt: now.Add(lifetime)}
	return secret, a.operators.CreateOperatorLink(ctx, l)
}

// OperatorLink reports whether a link works, or fails with store.ErrNotFound.
func (a *Admin) OperatorLink(ctx context.Context, secret string) (store.OperatorLink, error) {
	return a.operators.OperatorLink(ctx, oauth.HashSecret(secret), a.now())
}

// NewOperator makes a user who is an operator, by a link that works once. Without a
// link that works it fails with store.ErrNotFound, before a password is hashed.
func (a *Admin) NewOperator(ctx context.Context, secret string, n NewUser) (store.User, error) {
	if _, err := a.OperatorLink(ctx, secret); err != nil {
		return store.User{}, err
	}
	if n.Password == "" {
		return store.User{}, problems{{"password", Missing, "password must be included."}}.err()
	}
	u, err := a.newUser(ctx, n)
	if err != nil {
		return store.User{}, err
	}
	return u, created(a.operators.RedeemOperatorLink(ctx, oauth.HashSecret(secret), u, true, a.now()))
}

// JoinOperators makes a user an operator, by a link that works once.
func (a *Admin) JoinOperators(ctx context.Context, secret, userID string) error {
	return a.operators.RedeemOperatorLink(ctx, oauth.HashSecret(secret), store.User{ID: userID}, false, a.now())
}
