package store

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Connections keeps what users have agreed to, one row per user and client.
type Connections interface {
	// Connection returns what the user has agreed to for the client. A pair that
	// never agreed, and one withdrawn since, has no scopes and no AgreedAt; a
	// withdrawn one keeps its NotBefore. It never returns ErrNotFound.
	Connection(ctx context.Context, userID, clientID string) (Connection, error)

	// Agree adds scopes to the connection, making it if it is new, and notes what
	// the client looks like. Of concurrent calls none is lost. ErrNotFound if the
	// user or the client does not exist.
	Agree(ctx context.Context, userID, clientID string, scopes oauth.Scopes, now time.Time) error

	// RememberOrganization notes which organization the user has chosen last for the
	// client, "" for none. It does not fail for a missing row.
	RememberOrganization(ctx context.Context, userID, clientID, organizationID string) error

	// Withdraw empties the connection and kills every grant and code authorized
	// for it at now or earlier. Until the user agrees again nothing lives on it, so
	// that a code made while it was withdrawn buys nothing. ErrNotFound if the user
	// never agreed.
	Withdraw(ctx context.Context, userID, clientID string, now time.Time) error

	// WithdrawSome withdraws at most limit of the connections of a user or, if
	// userID is "", of a client that were agreed to at now or earlier, and returns
	// how many; 0 means that none is left. What is agreed to later stays.
	WithdrawSome(ctx context.Context, userID, clientID string, now time.Time, limit int) (int, error)

	// Agreements returns one page of what is agreed to and not withdrawn, newest
	// first.
	Agreements(ctx context.Context, q AgreementQuery) ([]Agreement, error)

	// Touch records that the connection was used on the day of now (UTC). It
	// writes at most once a day and never fails for a missing row.
	Touch(ctx context.Context, userID, clientID string, now time.Time) error
}

// A Connection is what a user has agreed to for a client.
type Connection struct {
	UserID     string
	ClientID   string
	Scopes     oauth.Scopes
	CreatedAt  time.Time
	AgreedAt   time.Time
	LastUsedAt time.Time // to the day, UTC
	NotBefore  time.Time

	OrganizationID string // that the user chose last, or ""
}

// An AgreementQuery selects the connections of a user or of a client; the other
// one is "".
type AgreementQuery struct {
	UserID, ClientID string
	After            *AgreementPlace // nil for the first page
	Limit            int
}

// An AgreementPlace is where the connection that ended a page stands.
type AgreementPlace struct {
	AgreedAt time.Time
	OtherID  string // of the application in a list of a user's, else of the user
}

// An Agreement is a connection as people look at it.
type Agreement struct {
	Connection
	ApplicationID string     // oa_...
	Name          string     // of the application, today
	Then          Appearance // what it looked like when the user agreed last
}

// An Appearance is what users see of a client. It is empty for agreements from
// before it was kept.
type Appearance struct{ Name, URI, ImageURL string }
