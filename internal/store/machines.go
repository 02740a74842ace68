package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Machines keeps the programs that speak for themselves.
type Machines interface {
	// CreateMachine saves a machine that may call the given others. ErrNotFound if
	// one of them does not exist; then nothing is saved.
	CreateMachine(ctx context.Context, m Machine, scopes ...string) error

	// Machine finds a machine, or ErrNotFound.
	Machine(ctx context.Context, id string) (Machine, error)

	// MachineByKey finds the machine whose secret key has this hash, or had it
	// before and may still use it at now; or ErrNotFound.
	MachineByKey(ctx context.Context, key Hash, now time.Time) (Machine, error)

	// ListMachines returns one page of the machines that match, and how many match
	// in all.
	ListMachines(ctx context.Context, q MachineQuery) ([]Machine, int, error)

	// ChangeMachine changes what c names and returns the machine as it is then.
	// ErrNotFound if there is none.
	ChangeMachine(ctx context.Context, id string, c MachineChange, now time.Time) (Machine, error)

	// RotateMachineKey gives the machine m.ID the key of m, if its key is still was.
	// Of any number of concurrent calls with one was exactly one succeeds; the others
	// return ErrConflict, or ErrNotFound if there is no such machine.
	RotateMachineKey(ctx context.Context, m Machine, was Hash) error

	// DeleteMachine removes a machine, its scopes in both directions, and its API
	// keys. Every token of it is dead at its next use. ErrNotFound if there is none.
	DeleteMachine(ctx context.Context, id string) error
}

// MachineScopes keeps which machines may call which.
type MachineScopes interface {
	// AddMachineScope lets a machine call another. ErrConflict if it may already,
	// ErrNotFound if there is no such machine, ErrTooMany if it may call as many as
	// most. Of any number of concurrent calls only so many succeed.
	AddMachineScope(ctx context.Context, s MachineScope, most int) error

	// RemoveMachineScope takes that back: no token that was made before is good at
	// the other machine any more. ErrNotFound if it was not there.
	RemoveMachineScope(ctx context.Context, from, to string) error

	// ScopedMachines returns the machines that each of the given ones may call, by
	// name.
	ScopedMachines(ctx context.Context, ids ...string) (map[string][]Machine, error)

	// MachineScopes returns which machines a machine may call and since when, and the
	// time up to which everything that was issued on the instance is dead. ErrNotFound
	// if there is no such machine.
	MachineScopes(ctx context.Context, id string) (scopes []MachineScope, notBefore time.Time, err error)
}

// A Machine is a program that speaks for itself.
type Machine struct {
	ID         string // mch_...
	Name       string
	DefaultTTL time.Duration // of its tokens
	Key        Hash          // of its secret key
	SealedKey  []byte        // the key itself, sealed under the root key
	OldKey     oauth.OldSecret
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// A MachineChange is what may change about a machine. Nil leaves as it is.
type MachineChange struct {
	Name       *string
	DefaultTTL *time.Duration
}

// A MachineScope lets one machine call another.
type MachineScope struct {
	From, To  string
	CreatedAt time.Time
}

// A MachineQuery selects and orders machines.
type MachineQuery struct {
	Query         string // part of the name in any case, or the whole id; "" matches all
	OrderBy       MachineOrder
	Descending    bool
	Limit, Offset int
}

// A MachineOrder is a column to order machines by; ties fall back to the id.
type MachineOrder int

// The orders.
const (
	MachinesByCreation MachineOrder = iota
	MachinesByName
)

// M2MTokens keeps the opaque tokens that machines have. What is presented is
// derived from the id and the root key, so that nothing here opens anything.
type M2MTokens interface {
	// CreateM2MToken saves a token. ErrNotFound if its machine does not exist.
	CreateM2MToken(ctx context.Context, t M2MToken) error

	// PooledM2MToken returns the token of the same machine with the same claims and
	// scopes that lives until the given time at least and longest of all, or saves t
	// and returns that. Of any number of concurrent calls that find none, one saves
	// its own and all return it. ErrNotFound if there is no such machine.
	PooledM2MToken(ctx context.Context, t M2MToken, until time.Time) (M2MToken, error)

	// M2MToken finds a token, revoked, expired or not. Its scopes are those it was
	// made with that were not taken back since. ErrNotFound if there is none, its
	// machine is gone, or the instance was cut off since it was made.
	M2MToken(ctx context.Context, id M2MTokenID) (M2MToken, error)

	// ListM2MTokens returns one page of a machine's tokens, newest first, and how
	// many match at now in all. ErrNotFound if there is no such machine.
	ListM2MTokens(ctx context.Context, q M2MTokenQuery, now time.Time) ([]M2MToken, int, error)

	// RevokeM2MToken ends a token of a machine, of any if machine is "", and returns
	// it as it is then. The first time stays, with its reason. ErrNotFound if there
	// is none.
	RevokeM2MToken(ctx context.Context, id M2MTokenID, machine string, reason *string, now time.Time) (M2MToken, error)

	// DeleteExpiredM2MTokens removes at most limit tokens that expired before the
	// given time, and what is noted of their use, and returns how many.
	DeleteExpiredM2MTokens(ctx context.Context, before time.Time, limit int) (int, error)
}

// An M2MTokenID names a token of a machine and is of no use to whoever sees it. It
// begins with the time, as oauth.GrantID does.
type M2MTokenID [16]byte

// String gives the id as Clerk's SDKs know it.
func (id M2MTokenID) String() string { return "mt_" + hex.EncodeToString(id[:]) }

// Use is what the use of the token is noted under.
func (id M2MTokenID) Use() Hash { return oauth.HashSecret("use of " + id.String()) }

// An M2MToken is an opaque token by which one machine proves itself to others.
type M2MToken struct {
	ID        M2MTokenID
	MachineID string
	Claims    json.RawMessage // nil for none; equal claims are equal bytes
	Scopes    []string        // the machines it is for, in order
	Revocation
	ExpiresAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// A Revocation says when something was revoked and why. The zero value says that it
// was not.
type Revocation struct {
	RevokedAt     time.Time
	RevokedReason *string // nil if nobody said
}

// Revoked reports whether it was revoked.
func (r Revocation) Revoked() bool { return !r.RevokedAt.IsZero() }

// Live reports whether the token opens anything at now.
func (t M2MToken) Live(now time.Time) bool { return !t.Revoked() && now.Before(t.ExpiresAt) }

// An M2MTokenQuery selects tokens of one machine.
type M2MTokenQuery struct {
	MachineID     string
	Revoked       bool // include those that were revoked
	Expired       bool // include those that have expired
	Limit, Offset int
}

// ScopesLeft are the scopes of a token of a machine that the machine still has, and
// had when the token was issued: the time of a JWT tells whole seconds.
func ScopesLeft(scopes []string, issuedAt time.Time, has []MachineScope) []string {
	issued := issuedAt.Add(time.Second)
	return slices.DeleteFunc(slices.Clone(scopes), func(id string) bool {
		return !slices.ContainsFunc(has, func(s MachineScope) bool { return s.To == id && s.CreatedAt.Before(issued) })
	})
}
