package store

import (
	"context"
	"time"
)

// MaxTries is how many answers to a challenge are looked at.
const MaxTries = 5

// Challenges keeps what somebody has to answer who says that they read the mail
// of an address.
type Challenges interface {
	// PutChallenge keeps c instead of any other with its id, and queues the letter
	// that tells the answer, if there is one: both or neither. ErrConflict if the
	// other was sent after the given time; ErrUnavailable if too many letters wait.
	PutChallenge(ctx context.Context, c Challenge, l *Letter, sentBy time.Time) error

	// AnswerChallenge takes the challenge with this id if code is its code. Each
	// call counts, and calls after the first MaxTries are not looked at: of any
	// number of concurrent ones with the right code at most one succeeds. ErrNotFound
	// otherwise, whatever was wrong.
	AnswerChallenge(ctx context.Context, id, code Hash, now time.Time) (Challenge, error)

	// ChallengeByLink finds a challenge that waits for its answer, or ErrNotFound.
	ChallengeByLink(ctx context.Context, link Hash, now time.Time) (Challenge, error)

	// FollowChallenge takes a challenge. Of any number of concurrent calls, and of
	// those to AnswerChallenge, one succeeds; the others return ErrNotFound.
	FollowChallenge(ctx context.Context, link Hash, now time.Time) (Challenge, error)

	// DeleteExpiredChallenges removes at most limit challenges that expired before
	// the given time and returns how many.
	DeleteExpiredChallenges(ctx context.Context, before time.Time, limit int) (int, error)
}

// A Challenge is answered with a code, in the browser that asked for it, or by
// following a link.
type Challenge struct {
	ID        Hash // of the purpose, the address and the browser
	Purpose   Purpose
	Address   string // as its owner wrote it
	UserID    string // whose the address is; "" if nobody's yet
	Code      Hash   // of a code for this challenge
	Link      Hash   // of the secret in the link
	SentAt    time.Time
	ExpiresAt time.Time
}

// A Purpose is what an answered challenge lets somebody do.
type Purpose string

// The purposes.
const (
	PurposeSignIn Purpose = "sign_in"
	PurposeSignUp Purpose = "sign_up"
	PurposeReset  Purpose = "reset"  // the password
	PurposeVerify Purpose = "verify" // that an address is the user's
	PurposeAdd    Purpose = "add"    // an address to those of the user
)

// MaxLetters bounds how many letters wait, give or take those that are put at the same
// moment.
const MaxLetters = 6_000

// An Outbox keeps letters until they are sent.
type Outbox interface {
	// PutLetter queues a letter. ErrUnavailable if MaxLetters wait.
	PutLetter(ctx context.Context, l Letter) error

	// ClaimLetters gives at most limit letters that are due, those that wait for the
	// longest first, and makes them due again at the given time. One letter is given
	// to one of any number of concurrent calls. Letters that have expired are given
	// to nobody.
	ClaimLetters(ctx context.Context, now, again time.Time, limit int) ([]Letter, error)

	// PostponeLetter makes a letter due at another time. It does not fail for one
	// that is gone.
	PostponeLetter(ctx context.Context, id string, due time.Time) error

	// DeleteLetter removes a letter. It does not fail for one that is gone.
	DeleteLetter(ctx context.Context, id string) error

	// DeleteExpiredLetters removes at most limit letters that expired before the
	// given time and returns how many.
	DeleteExpiredLetters(ctx context.Context, before time.Time, limit int) (int, error)
}

// A Letter is mail that waits.
type Letter struct {
	ID        string // ltr_...
	Sealed    []byte // whom it is for and what it says
	Claims    int    // how often it was given to be sent
	DueAt     time.Time
	ExpiresAt time.Time // then it is of no use any more
}

// Attempts counts what may be done only so often, for all nodes.
type Attempts interface {
	// CountAttempt counts one more under a key, and returns how many there are with
	// it, and when they are forgotten: a window after the first of them. Each of any
	// number of concurrent calls gets another number.
	CountAttempt(ctx context.Context, key Hash, now time.Time, window time.Duration) (n int, until time.Time, err error)

	// TakeBackAttempt uncounts one. It does not fail if there is none.
	TakeBackAttempt(ctx context.Context, key Hash) error

	// DeleteOldAttempts removes at most limit counts that ended before the given
	// time and returns how many.
	DeleteOldAttempts(ctx context.Context, before time.Time, limit int) (int, error)
}
