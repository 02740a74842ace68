package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/store"
)

// ProofsOf reads them for users, in two round trips for all.
func (a *Admin) ProofsOf(ctx context.Context, users ...store.User) (map[string]store.Proofs, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	factors, err := a.factors.OfAll(ctx, ids...)
	if err != nil {
		return nil, err
	}
	passkeys, err := a.passkeys.PasskeysOf(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("finding passkeys: %w", err)
	}
	all := make(map[string]store.Proofs, len(ids))
	for _, id := range ids {
		all[id] = store.Proofs{SecondFactor: factors[id], Passkeys: passkeys[id]}
	}
	return all, nil
}

// VerifyCode takes a code of a user's authenticator app or a backup code. It fails
// with account.ErrWrongFactor, ErrTooManyCodes or ErrNoFactor.
func (a *Admin) VerifyCode(ctx context.Context, userID, code string) (account.CodeKind, error) {
	if _, err := a.User(ctx, userID); err != nil {
		return "", err
	}
	return a.factors.Verify(ctx, userID, code)
}

// RemoveFactors takes the secret of a user's authenticator app, the backup codes or
// both away. A user who has none stays as it is.
func (a *Admin) RemoveFactors(ctx context.Context, userID string, secret, codes bool) error {
	if _, err := a.User(ctx, userID); err != nil {
		return err
	}
	err := a.factors.Remove(ctx, userID, secret, codes)
	if errors.Is(err, account.ErrNoFactor) {
		return nil
	}
	return err
}

// RemovePasskey takes a passkey of a user away.
func (a *Admin) RemovePasskey(ctx context.Context, userID, id string) error {
	if !isID("user_", userID) || !isID("idn_", id) {
		return fmt.Errorf("removing a passkey: %w", store.ErrNotFound)
	}
	return a.passkeys.RemovePasskey(ctx, userID, id, a.now())
}

// factorChange is what an operator says of a second factor, as it is kept; nil if
// nothing is said.
func (a *Admin) factorChange(userID string, secret *string, codes []string) (*store.FactorChange, error) {
	if secret == nil && len(codes) == 0 {
		return nil, nil
	}
	change, err := a.factors.Change(userID, secret, codes)
	var problem account.FactorProblem
	if !errors.As(err, &problem) {
		return &change, err
	}
	p := Problem{Field: "backup_codes", Kind: Malformed, Text: sentence(problem)}
	switch problem {
	case account.SecretMalformed:
		p.Field = "totp_secret"
	case account.BackupCodesTooMany:
		p.Kind = TooMany
	}
	return nil, problems{p}.err()
}
