package store

import (
	"context"
	"encoding/json"
	"time"
)

// Users keeps the people who sign in.
type Users interface {
	// CreateUser saves a user and its addresses, all or nothing. An *ExistsError
	// names the first value that another user has; e-mail addresses and user
	// names are compared without case.
	CreateUser(ctx context.Context, u User) error

	// UserByID finds a user, or ErrNotFound.
	UserByID(ctx context.Context, id string) (User, error)

	// UserByIdentifier finds a user by an e-mail address or a user name, without
	// case, or ErrNotFound.
	UserByIdentifier(ctx context.Context, identifier string) (User, error)

	// ListUsers returns one page of the users that match, or ErrNotFound if there is
	// no user q.After.
	ListUsers(ctx context.Context, q UserQuery) ([]User, error)

	// CountUsers counts the users that match, whatever the page.
	CountUsers(ctx context.Context, q UserQuery) (int, error)

	// UpdateUser saves u and its addresses, all or nothing, if the stored UpdatedAt
	// still is was; u.UpdatedAt has to be another. If signOut is true every session
	// of the user ends with it. What other methods decide stays as it is: whether the
	// user is banned or locked, its not-before time, its last sign-in and activity. Of
	// any number of concurrent calls with one was exactly one succeeds; the others
	// return ErrConflict, or ErrNotFound if the user is gone. An *ExistsError names
	// a value that another user has.
	UpdateUser(ctx context.Context, u User, was time.Time, signOut bool) error

	// RenewDigest keeps another digest of the same password. ErrConflict if the digest
	// is not was any more, or the user is gone.
	RenewDigest(ctx context.Context, id, was, digest string) error

	// SetBanned bans or unbans a user. A ban ends every session and kills every
	// grant, code and API key from now or earlier; unbanning revives none.
	// ErrNotFound if there is none.
	SetBanned(ctx context.Context, id string, banned bool, now time.Time) error

	// SetLocked locks or unlocks a user. Who is locked cannot sign in; sessions and
	// grants stay. ErrNotFound if there is none.
	SetLocked(ctx context.Context, id string, locked bool, now time.Time) error

	// TouchUser records that the user was active on the day of now (UTC). It writes
	// at most once a day, never back, and does not fail for a missing row.
	TouchUser(ctx context.Context, id string, now time.Time) error

	// CutOffUser kills every grant, code and API key of a user from the given time
	// or earlier, ends the sessions begun by then, and returns the time up to which
	// all are dead now, which never moves back. ErrNotFound if there is none.
	CutOffUser(ctx context.Context, id string, at time.Time) (time.Time, error)

	// DeleteUser removes a user with its addresses, sessions, connections, API keys
	// and memberships, whether an organization is left without an admin or not.
	// Every grant, code and token of it is dead at its next use. ErrNotFound if
	// there is none.
	DeleteUser(ctx context.Context, id string) error

	// DeleteUserAt is DeleteUser if the stored UpdatedAt is was; otherwise
	// ErrConflict, and nothing is removed.
	DeleteUserAt(ctx context.Context, id string, was time.Time) error
}

// A User is a person who signs in. Empty strings mean "none".
type User struct {
	ID              string // user_...
	ExternalID      string
	Username        string
	FirstName       string
	LastName        string
	Locale          string
	ImageURL        string
	PasswordDigest  string // PHC string; "" if the user has no password
	PrimaryEmailID  string
	Emails          []Email // in the order they were added
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	UnsafeMetadata  json.RawMessage
	Banned          bool
	Locked          bool // cannot sign in
	NotBefore       time.Time
	LastSignInAt    time.Time
	LastActiveAt    time.Time // to the day, UTC
	CreatedAt       time.Time
	UpdatedAt       time.Time
	// Factors is what CreateUser and UpdateUser make of the second factor with the
	// rest, or nil; it is never read.
	Factors *FactorChange
	// Identity is what CreateUser keeps with the rest, or nil; it is never read. An
	// *ExistsError names identity if it is another user's.
	Identity *Identity
	UserOptions
}

// UserOptions are what few users have.
type UserOptions struct {
	LegalAcceptedAt      time.Time
	PasswordUpdatedAt    time.Time
	PasswordCompromised  bool // others know it: it signs nobody in until it is changed
	KeepsAccount         bool // may not delete the account, as the operator's own pages should know
	CreatesOrganizations bool
	OrganizationsLimit   *int
	BypassesClientTrust  bool // Clerk's; kept and returned
}

// An Email is an e-mail address of a user. An address belongs to at most one user.
type Email struct {
	ID        string // idn_...
	Address   string // as entered
	Verified  bool
	Reserved  bool // kept from others, and not proved to be the user's
	Proof     EmailProof
	CreatedAt time.Time
}

// An EmailProof is how a verified address came to be so.
type EmailProof string

// The proofs.
const (
	ProvedByOperator EmailProof = "" // who vouches for it
	ProvedByCode     EmailProof = "code"
	ProvedByLink     EmailProof = "link"
	ProvedByTicket   EmailProof = "ticket"   // an invitation that was sent there
	ProvedByProvider EmailProof = "provider" // that the user signs in with
)

// PrimaryEmail is the address that the user is known by; ok is false if it has
// none.
func (u User) PrimaryEmail() (e Email, ok bool) {
	for _, e := range u.Emails {
		if e.ID == u.PrimaryEmailID {
			return e, true
		}
	}
	return Email{}, false
}

// A UserQuery selects and orders users. Empty fields match everybody.
type UserQuery struct {
	IDs, ExceptIDs                 []string
	ExternalIDs, ExceptExternalIDs []string
	EmailAddresses                 []string // whole addresses, without case
	Usernames                      []string
	EmailIDs                       []string
	Organizations                  []string // ids of organizations of which one has the user as a member
	ExceptOrganizations            []string

	// Texts of one or two characters are parts at the beginning alone: of an address,
	// the user name, the first or the last name.
	Query         string // part of an address, a name, the user name or the id, in any case
	AddressQuery  string // part of an address; the others likewise
	UsernameQuery string
	NameQuery     string // part of the first and last name with a space between

	Banned       *bool
	Created      Period
	LastActive   Period
	LastSignedIn Period

	OrderBy       UserOrder
	Descending    bool
	After         string // only users that come after the one with this id; by creation only
	Limit, Offset int
}

// A Period is the time between two moments, neither included. Zero is no bound.
type Period struct{ After, Before time.Time }

// A UserOrder is a column to order users by; ties fall back to the id.
type UserOrder int

// The orders.
const (
	UsersByCreation UserOrder = iota
	UsersByUpdate
	UsersByFirstName
	UsersByLastName
	UsersByUsername
	UsersByLastSignIn
	UsersByLastActive
	UsersByEmail // the primary address
)

// Sessions keeps the browsers that are signed in.
type Sessions interface {
	// CreateSession saves a session and notes the sign-in and the activity on the user.
	// ErrNotFound if the user does not exist, is banned or locked.
	CreateSession(ctx context.Context, s Session) error

	// SessionWithUser finds the live session whose cookie has this hash, and its
	// user, in one round trip. ErrNotFound if there is none, it expired or ended,
	// or the user is banned or was cut off since the sign-in.
	SessionWithUser(ctx context.Context, cookie Hash, now time.Time) (Session, User, error)

	// ExtendSession moves the end of a live session to a later time. A session that is
	// over stays so, and an end is never moved back; neither is an error.
	ExtendSession(ctx context.Context, id string, until, now time.Time) error

	// EndSession ends a session at once. Ending one that is over is no error.
	EndSession(ctx context.Context, id string, now time.Time) error

	// DeleteExpiredSessions removes at most limit sessions that expired before
	// the given time and returns how many it removed.
	DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error)
}

// UserSessions is what an operator may know of sessions.
type UserSessions interface {
	// SessionByID finds a live session by its sess_ id, or ErrNotFound.
	SessionByID(ctx context.Context, id string, now time.Time) (Session, error)

	// SessionsOf returns one page of the live sessions of a user, newest first, and
	// how many there are.
	SessionsOf(ctx context.Context, userID string, now time.Time, limit, offset int) ([]Session, int, error)

	// EndSessionOf ends a session of this user at once. ErrNotFound if the user has
	// none with this id.
	EndSessionOf(ctx context.Context, userID, id string) error

	// EndOtherSessions ends every session of a user but the one with this id, and
	// counts them.
	EndOtherSessions(ctx context.Context, userID, id string) (int, error)
}

// A Session is a browser in which a user is signed in.
type Session struct {
	ID         string // sess_...
	Cookie     Hash   // of the value that the browser holds
	UserID     string
	UserAgent  string
	Methods    []string // how the user signed in (RFC 8176 §2); nil if no value fits
	SignedInAt time.Time
	ExpiresAt  time.Time // unless it is extended before
}
