package store

import (
	"context"
	"time"
)

// Operators keeps which users run the instance.
type Operators interface {
	// IsOperator reports whether the user is an operator who may act: it exists and
	// is neither banned nor locked.
	IsOperator(ctx context.Context, userID string) (bool, error)

	// ListOperators returns all operators, the oldest first.
	ListOperators(ctx context.Context) ([]Operator, error)

	// AddOperator makes a user an operator; one that is stays as it is. ErrNotFound
	// if the user does not exist.
	AddOperator(ctx context.Context, userID string, now time.Time) error

	// RemoveOperator ends that a user is an operator. ErrConflict if no other one
	// could act then, ErrNotFound if it is none. Of two concurrent calls for the
	// last two operators one succeeds.
	RemoveOperator(ctx context.Context, userID string) error
}

// An Operator is a user who runs the instance.
type Operator struct {
	User    User
	AddedAt time.Time
}

// OperatorLinks keeps the links by which people become operators.
type OperatorLinks interface {
	// CreateOperatorLink saves a link. A first one is refused with ErrConflict if
	// there has been an operator.
	CreateOperatorLink(ctx context.Context, l OperatorLink) error

	// OperatorLink finds a link that works at now, or ErrNotFound.
	OperatorLink(ctx context.Context, secret Hash, now time.Time) (OperatorLink, error)

	// RedeemOperatorLink makes u an operator and forgets the link, and first makes
	// the user if create says so: all or nothing. Of any number of concurrent calls
	// with one link exactly one succeeds, and of all with first links one ever; the
	// others return ErrNotFound, as for a link that has expired and a user who is
	// missing, banned or locked. An *ExistsError as CreateUser.
	RedeemOperatorLink(ctx context.Context, secret Hash, u User, create bool, now time.Time) error

	// DeleteExpiredOperatorLinks removes at most limit links that expired before the
	// given time and returns how many.
	DeleteExpiredOperatorLinks(ctx context.Context, before time.Time, limit int) (int, error)
}

// An OperatorLink makes somebody an operator once.
type OperatorLink struct {
	Secret    Hash
	First     bool // works only until there is an operator
	CreatedAt time.Time
	ExpiresAt time.Time
}
