package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
)

// The answers about codes that are not a fault.
var (
	// ErrWrongFactor means that a code is not the user's, has been used or is over.
	ErrWrongFactor = errors.New("wrong code")
	// ErrTooManyCodes means that the code was not looked at: too many were wrong.
	ErrTooManyCodes = errors.New("too many wrong codes")
	// ErrNoFactor means that the user has nothing that a code could be of.
	ErrNoFactor = errors.New("the user has no second factor")
	// ErrHasFactor means that the user has a second factor already.
	ErrHasFactor = errors.New("the user has a second factor")
	// ErrSetup refuses a setup that was made for another user or too long ago.
	ErrSetup = errors.New("the setup is forged, expired or another user's")
)

// A CodeKind is what a code was of.
type CodeKind string

// The kinds, as the Backend API names them.
const (
	TOTPCode   CodeKind = "totp"
	BackupCode CodeKind = "backup_code"
)

// SecondFactors sets second factors up and checks codes. It is safe for concurrent
// use.
type SecondFactors struct {
	kept     store.SecondFactors
	accounts *Accounts
	secrets  *keyring.Sealer
	setups   *keyring.Sealer
	codes    *keyring.Authenticator
	now      func() time.Time
}

// NewSecondFactors makes SecondFactors that hashes in the queue of accounts.
func NewSecondFactors(kept store.SecondFactors, accounts *Accounts, ring *keyring.Ring, now func() time.Time) *SecondFactors {
	return &SecondFactors{
		kept: kept, accounts: accounts, now: now,
		secrets: ring.Sealer("totp"), setups: ring.Sealer("totp setup"), codes: ring.Authenticator("backup code"),
	}
}

// Of reads what a user has beside a password.
func (s *SecondFactors) Of(ctx context.Context, userID string) (store.SecondFactor, error) {
	found, err := s.OfAll(ctx, userID)
	return found[userID], err
}

// OfAll reads what users have, in one round trip.
func (s *SecondFactors) OfAll(ctx context.Context, userIDs ...string) (map[string]store.SecondFactor, error) {
	found, err := s.kept.SecondFactorsOf(ctx, userIDs...)
	if err != nil {
		return nil, fmt.Errorf("finding second factors: %w", err)
	}
	return found, nil
}

// Verify takes a code of the user, of the authenticator app or a backup code, so
// that it is of no use any more. It fails with ErrWrongFactor, ErrTooManyCodes or
// ErrNoFactor. A code counts as tried before it is looked at.
func (s *SecondFactors) Verify(ctx context.Context, userID, code string) (CodeKind, error) {
	f, err := s.Of(ctx, userID)
	switch {
	case err != nil:
		return "", err
	case !f.Enabled() && len(f.BackupCodes) == 0:
		return "", ErrNoFactor
	}
	now := s.now()
	switch err := s.kept.TakeTry(ctx, userID, now); {
	case errors.Is(err, store.ErrConflict):
		return "", ErrTooManyCodes
	case errors.Is(err, store.ErrNotFound): // gone meanwhile
		return "", ErrNoFactor
	case err != nil:
		return "", err
	}
	kind := BackupCode
	if f.Enabled() && looksLikeTOTP(code) {
		kind, err = TOTPCode, s.useTOTP(ctx, f, code, now)
	} else {
		err = s.useBackupCode(ctx, f, code, now)
	}
	if errors.Is(err, store.ErrConflict) { // somebody was faster with it
		err = ErrWrongFactor
	}
	return kind, err
}

// compact is a code without what people put between its characters.
func compact(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
			return -1
		}
		return r
	}, code)
}

// Change is what an operator may set at will: a secret in base32 and backup codes, in
// the clear or as bcrypt digests. Nil leaves what there is. It fails with a
// FactorProblem.
func (s *SecondFactors) Change(userID string, secret *string, codes []string) (store.FactorChange, error) {
	var c store.FactorChange
	if secret != nil {
		raw, err := parseSecret(*secret)
		if err != nil {
			return c, err
		}
		c.TOTP = s.seal(userID, raw)
	}
	if codes != nil {
		c.BackupCodes = []string{}
	}
	if len(codes) > maxBackupCodes {
		return c, BackupCodesTooMany
	}
	for _, code := range codes {
		kept, err := s.importBackupCode(userID, code)
		if err != nil {
			return c, err
		}
		c.BackupCodes = append(c.BackupCodes, kept)
	}
	return c, nil
}

// ForgetDevices has the second factor of a user asked for again on every device.
func (s *SecondFactors) ForgetDevices(ctx context.Context, userID string) error {
	if err := s.kept.ForgetDevices(ctx, userID, s.now()); err != nil {
		return fmt.Errorf("forgetting remembered devices: %w", err)
	}
	return nil
}

// Remove takes away the secret, the backup codes or both. Nothing to take is
// ErrNoFactor.
func (s *SecondFactors) Remove(ctx context.Context, userID string, secret, codes bool) error {
	f, err := s.Of(ctx, userID)
	if err != nil {
		return err
	}
	var c store.FactorChange
	if secret && f.Enabled() {
		c.TOTP = []byte{}
	}
	if codes && len(f.BackupCodes) > 0 {
		c.BackupCodes = []string{}
	}
	if c.TOTP == nil && c.BackupCodes == nil {
		return ErrNoFactor
	}
	return s.kept.ChangeFactors(ctx, userID, c, s.now())
}

// A FactorProblem says why something cannot be a second factor.
type FactorProblem string

// The problems.
const (
	SecretMalformed     FactorProblem = "totp_secret must be base32 of 10 to 64 bytes"
	BackupCodeMalformed FactorProblem = "backup_codes must be texts of 6 to 72 printable characters, or bcrypt digests"
	BackupCodesTooMany  FactorProblem = "backup_codes must be at most 20"
)

// Error implements error.
func (p FactorProblem) Error() string { return string(p) }
