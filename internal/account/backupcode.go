package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
)

const (
	backupCodes      = 10
	maxBackupCodes   = 20
	backupCodeLength = 10                                 // characters of 32: 50 bits
	backupAlphabet   = "abcdefghijkmnpqrstuvwxyz23456789" // without those that look alike
)

// NewBackupCodes makes backup codes in place of those there are. Nothing can show
// them later. ErrNoFactor if the user has no authenticator app.
func (s *SecondFactors) NewBackupCodes(ctx context.Context, userID string) ([]string, error) {
	f, err := s.Of(ctx, userID)
	switch {
	case err != nil:
		return nil, err
	case !f.Enabled():
		return nil, ErrNoFactor
	}
	shown, kept := s.newBackupCodes(userID)
	return shown, s.kept.ChangeFactors(ctx, userID, store.FactorChange{BackupCodes: kept}, s.now())
}

func (s *SecondFactors) newBackupCodes(userID string) (shown, kept []string) {
	for range backupCodes {
		code := newBackupCode()
		shown = append(shown, code[:backupCodeLength/2]+"-"+code[backupCodeLength/2:])
		kept = append(kept, s.keepBackupCode(userID, code))
	}
	return shown, kept
}

func newBackupCode() string {
	code := make([]byte, backupCodeLength)
	rand.Read(code) // never fails: it ends the program instead
	for i, b := range code {
		code[i] = backupAlphabet[b%byte(len(backupAlphabet))]
	}
	return string(code)
}

// keptByUs begins the digests of ours. What follows is a tag under the root key: codes
// of others may be short, and a database alone should not let anybody try them.
const keptByUs = "tag:"

// keepBackupCode is the digest of a code.
func (s *SecondFactors) keepBackupCode(userID, code string) string {
	message := backupMessage(userID, code)
	tagged := s.codes.Tag(message)
	id, tag := tagged[:len(keyring.KeyID{})], tagged[len(keyring.KeyID{})+len(message):]
	return keptByUs + base64.RawURLEncoding.EncodeToString(append(id[:len(id):len(id)], tag...))
}

func backupMessage(userID, code string) []byte {
	return []byte(userID + "\x00" + strings.ToLower(compact(code)))
}

// isBackupCode compares a code with a digest of ours, under the key that made it.
func (s *SecondFactors) isBackupCode(userID, kept, code string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(kept, keptByUs))
	if err != nil || len(raw) < len(keyring.KeyID{}) {
		return false
	}
	id, tag := raw[:len(keyring.KeyID{})], raw[len(keyring.KeyID{}):]
	tagged := append(id[:len(id):len(id)], backupMessage(userID, code)...)
	_, err = s.codes.Open(append(tagged, tag...))
	return err == nil
}

// useBackupCode looks for the digest that a code has, and takes it.
func (s *SecondFactors) useBackupCode(ctx context.Context, f store.SecondFactor, code string, now time.Time) error {
	if !isCodeText(code) {
		return ErrWrongFactor
	}
	for _, kept := range f.BackupCodes {
		matches := false
		if strings.HasPrefix(kept, keptByUs) {
			matches = s.isBackupCode(f.UserID, kept, code)
		} else {
			var err error
			if matches, err = s.accounts.Matches(ctx, kept, strings.TrimSpace(code)); err != nil {
				return err
			}
		}
		if matches {
			return s.kept.UseBackupCode(ctx, f.UserID, kept, now)
		}
	}
	return ErrWrongFactor
}

// isCodeText reports whether a text can be a backup code.
func isCodeText(code string) bool {
	if n := len(compact(code)); n < 6 || len(code) > 72 {
		return false
	}
	return strings.IndexFunc(code, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// importBackupCode keeps a code that was made elsewhere, or its bcrypt digest.
func (s *SecondFactors) importBackupCode(userID, code string) (string, error) {
	if strings.HasPrefix(code, "$2") {
		kept, err := ImportDigest("bcrypt", code)
		if err != nil {
			return "", errors.Join(BackupCodeMalformed, fmt.Errorf("reading a digest: %w", err))
		}
		return kept, nil
	}
	if !isCodeText(code) {
		return "", BackupCodeMalformed
	}
	return s.keepBackupCode(userID, code), nil
}
