package store

import (
	"context"
	"time"
)

// SecondFactors keeps what users prove themselves with beside a password: a secret
// for time-based codes (RFC 6238) and backup codes. Whatever an operator can see of it
// moves the user's UpdatedAt.
type SecondFactors interface {
	// SecondFactorsOf reads the second factors of users in one round trip. A user
	// who never had any is not among them; nobody is no error.
	SecondFactorsOf(ctx context.Context, userIDs ...string) (map[string]SecondFactor, error)

	// EnrolTOTP keeps a first secret, with the step of the code that confirmed it and
	// with backup codes in place of those there are. Of any number of concurrent calls
	// exactly one succeeds; the others return ErrConflict, as for a user who has a
	// secret. ErrNotFound if the user is gone.
	EnrolTOTP(ctx context.Context, userID string, f FactorChange, now time.Time) error

	// ChangeFactors keeps what f names, whatever there was. A secret that is new
	// makes every code of the old one useless. ErrNotFound if the user is gone.
	ChangeFactors(ctx context.Context, userID string, f FactorChange, now time.Time) error

	// ForgetDevices has every device asked for the second factor again that was
	// remembered until now. That somebody never had a second factor is no error.
	ForgetDevices(ctx context.Context, userID string, now time.Time) error

	// TakeTry counts a code that somebody is about to try, before it is looked at, and
	// tells how long the one after it has to wait if no success comes between:
	// FactorDelay. Of any number of concurrent calls no more succeed than that
	// admits; the others return ErrConflict, and nothing is counted. ErrNotFound if
	// the user never had a second factor.
	TakeTry(ctx context.Context, userID string, now time.Time) error

	// UseTOTP takes the step of a code that was right, under the secret that f was
	// read with, and forgets the tries. Of any number of concurrent calls for one step
	// exactly one succeeds; the others return ErrConflict, as for an earlier step and
	// for a secret that is not the user's any more.
	UseTOTP(ctx context.Context, f SecondFactor, step int64) error

	// UseBackupCode takes a backup code, as it is kept, and forgets the tries. Of any
	// number of concurrent calls exactly one succeeds; the others return ErrConflict.
	UseBackupCode(ctx context.Context, userID, code string, now time.Time) error
}

// FreeTries is how many wrong codes cost no wait.
const FreeTries = 5

// FactorDelay is how long nobody may try another code after so many without a
// success: nothing for the first few, then a minute, doubling up to about four hours.
// Three codes are right at any time, so who knows a password needs centuries to guess
// one, and who forgot nothing is not kept out for long.
func FactorDelay(tries int) time.Duration {
	if tries < FreeTries {
		return 0
	}
	return time.Minute << min(tries-FreeTries, 8)
}

// A SecondFactor is what a user has beside a password.
type SecondFactor struct {
	UserID       string
	TOTP         []byte // the secret, sealed; empty if the user has none
	LastStep     int64  // of the last code that was used
	BackupCodes  []string
	BlockedUntil time.Time // no code may be tried before
	EnabledAt    time.Time // when the user last got a secret
	DisabledAt   time.Time // when the user last lost it
	ForgottenAt  time.Time // when the user last had all devices forgotten
}

// Enabled reports whether a password alone does not sign the user in. Backup codes
// alone ask for nothing: they would run out.
func (f SecondFactor) Enabled() bool { return len(f.TOTP) > 0 }

// A FactorChange is what becomes of a second factor. Nil leaves what there is; what
// is empty and not nil takes it away.
type FactorChange struct {
	TOTP        []byte // sealed
	LastStep    int64  // of the code that confirmed it
	BackupCodes []string
}

// Passkeys keeps the WebAuthn credentials of users. Every change but a use moves the
// user's UpdatedAt.
type Passkeys interface {
	// AddPasskey keeps a passkey. Of any number of concurrent calls for one credential
	// exactly one succeeds; the others return ErrConflict. ErrNotFound if the user is
	// gone or has MaxPasskeys.
	AddPasskey(ctx context.Context, p Passkey) error

	// PasskeyByCredential finds a passkey by the id that the authenticator knows it
	// by, or ErrNotFound.
	PasskeyByCredential(ctx context.Context, credentialID []byte) (Passkey, error)

	// PasskeysOf reads the passkeys of users, oldest first, in one round trip.
	PasskeysOf(ctx context.Context, userIDs ...string) (map[string][]Passkey, error)

	// UsePasskey notes that a passkey has signed. Of any number of concurrent calls
	// for one challenge exactly one succeeds; the others return ErrConflict, as for a
	// challenge that was made before the last one used, and for a signature count that
	// did not grow although there is one (WebAuthn §6.1.1: it may be a copy).
	UsePasskey(ctx context.Context, id string, u PasskeyUse) error

	// RenamePasskey names a passkey of this user. ErrNotFound if the user has none
	// with this id.
	RenamePasskey(ctx context.Context, userID, id, name string, now time.Time) error

	// RemovePasskey removes a passkey of this user, which signs in no more.
	// ErrNotFound if the user has none with this id.
	RemovePasskey(ctx context.Context, userID, id string, now time.Time) error

	// GiveUpPasskey is RemovePasskey for a user who has a password, another passkey
	// or an Identity; otherwise ErrConflict, and nothing is removed. Of any number of
	// concurrent calls none removes the last way to sign in.
	GiveUpPasskey(ctx context.Context, userID, id string, now time.Time) error
}

// Proofs are what a user proves things with beside a password.
type Proofs struct {
	SecondFactor
	Passkeys []Passkey // oldest first
}

// MaxPasskeys is how many passkeys a user may have.
const MaxPasskeys = 50

// A Passkey is a WebAuthn credential of a user.
type Passkey struct {
	ID             string // idn_...
	UserID         string
	Handle         []byte // what the authenticator knows the user by: random, the same for all of a user's
	CredentialID   []byte
	PublicKey      []byte // COSE
	AAGUID         []byte // the model of the authenticator
	Name           string // as the user calls it
	Transports     []string
	SignCount      uint32
	BackupEligible bool // may be copied to the user's other devices
	BackedUp       bool
	CreatedAt      time.Time
	LastUsedAt     time.Time
}

// A PasskeyUse is what is noted when a passkey has signed.
type PasskeyUse struct {
	SignCount    uint32
	BackedUp     bool
	ChallengedAt time.Time // when the challenge that it signed was made
	At           time.Time
}
