// Package store says what Signet keeps and what each operation on it promises.
// It holds types, small interfaces and the errors that promises name; it knows
// no SQL and makes no decision about OAuth.
//
// One row is kept per grant, and tokens are derived from it. Read grants.go
// first. Package storetest executes the promises, races included, and package
// sqlstore keeps them on SQLite and PostgreSQL.
//
// Every method is safe for concurrent use, returns an error that wraps the one
// its comment names, and has made its change durable when it returns nil. Times
// are kept in milliseconds.
package store

import (
	"errors"

	"github.com/signet-auth/signet/internal/oauth"
)

// A Hash is the SHA-256 digest of a random secret.
type Hash = oauth.Hash

// The promises that can fail.
var (
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrReplayed means that the code has bought its grant before.
	ErrReplayed = errors.New("code already redeemed")
	// ErrDead means that the user, the client, the connection or the instance no
	// longer admits what was authorized.
	ErrDead = errors.New("authorization withdrawn")
	// ErrUnavailable means that the database cannot do it now: too much is waiting
	// for it, it cannot be reached, or it has no room. The caller may try again;
	// whether a change was made is not known unless the promise says so.
	ErrUnavailable = errors.New("the database is not available")
	// ErrConflict means that the row was changed since it was read.
	ErrConflict = errors.New("changed meanwhile")
	// ErrFull means that an organization has as many members as it may have.
	ErrFull = errors.New("there is no room for another member")
	// ErrLastAdmin means that an organization would be left without an admin.
	ErrLastAdmin = errors.New("an organization keeps one admin")
	// ErrTooMany means that there are as many as there may be.
	ErrTooMany = errors.New("too many")
)

// An ExistsError means that another row has the same unique value.
type ExistsError struct {
	Field string // "email_address", "username", "external_id", "slug"
}

// Error implements error.
func (e *ExistsError) Error() string { return e.Field + " is taken" }
