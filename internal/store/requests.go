package store

import (
	"context"
	"time"
)

// Requests keeps the answers to requests that may be sent again, under a key of
// the sender's, for a day.
type Requests interface {
	// ClaimRequest begins a request, unless one was begun under its id before and
	// is kept still. Of any number of concurrent calls with one id exactly one
	// claims it; the others get what is kept. One that was begun and neither
	// finished nor released by the end of its lease can be claimed once more, by
	// the same request.
	ClaimRequest(ctx context.Context, c Claim, now time.Time) (kept KeptRequest, claimed bool, err error)

	// FinishRequest keeps the answer to a claimed request. ErrConflict if it is no
	// longer claimed by c, as after its lease.
	FinishRequest(ctx context.Context, c Claim, answer []byte) error

	// ReleaseRequest forgets a claimed request that was not finished, so that it can
	// be sent again at once. Releasing what is no longer claimed by c changes
	// nothing.
	ReleaseRequest(ctx context.Context, c Claim) error

	// DeleteExpiredRequests forgets at most limit requests that expired before the
	// given time and returns how many.
	DeleteExpiredRequests(ctx context.Context, before time.Time, limit int) (int, error)
}

// A Claim begins a request.
type Claim struct {
	ID         Hash     // of who sends it and the key it is sent under
	Request    Hash     // of all that makes it this request
	By         [16]byte // random, to tell this claim from a later one
	LeaseUntil time.Time
	ExpiresAt  time.Time
}

// A KeptRequest is one that was begun before.
type KeptRequest struct {
	Request  Hash
	Answered bool   // or else it is still under way
	Answer   []byte // sealed
}
