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

	// ListUsers returns one page of the users that match.
	ListUsers(ctx context.Context, q UserQuery) ([]User, error)

	// CountUsers counts the users that match, whatever the page.
	CountUsers(ctx context.Context, q UserQuery) (int, error)

	// UpdateUser saves u and its addresses, all or nothing, if u.UpdatedAt is not
	// was any more but the stored one still is. What other methods decide stays as
	// it is: whether the user is banned, its not-before time, its last sign-in. Of
	// any number of concurrent calls with one was exactly one succeeds; the others
	// return ErrConflict, or ErrNotFound if the user is gone. An *ExistsError names
	// a value that another user has.
	UpdateUser(ctx context.Context, u User, was time.Time) error

	// SetBanned bans or unbans a user. A ban ends every session and kills every
	// grant and code authorized at now or earlier; unbanning revives none.
	// ErrNotFound if there is none.
	SetBanned(ctx context.Context, id string, banned bool, now time.Time) error

	// DeleteUser removes a user with its addresses, sessions and connections.
	// Every grant, code and token of it is dead at its next use. ErrNotFound if
	// there is none.
	DeleteUser(ctx context.Context, id string) error
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
	NotBefore       time.Time
	LastSignInAt    time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// An Email is an e-mail address of a user. An address belongs to at most one user.
type Email struct {
	ID        string // idn_...
	Address   string // as entered
	Verified  bool
	CreatedAt time.Time
}

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
	IDs            []string
	EmailAddresses []string // whole addresses, without case
	Usernames      []string
	ExternalIDs    []string
	EmailIDs       []string
	Query          string // part of an address, a name, the user name or the id, in any case
	OrderBy        UserOrder
	Descending     bool
	Limit, Offset  int
}

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
)

// Sessions keeps the browsers that are signed in.
type Sessions interface {
	// CreateSession saves a session and notes the sign-in on the user.
	// ErrNotFound if the user does not exist or is banned.
	CreateSession(ctx context.Context, s Session) error

	// SessionWithUser finds the live session whose cookie has this hash, and its
	// user, in one round trip. ErrNotFound if there is none, it expired or ended,
	// or the user is banned or was cut off since the sign-in.
	SessionWithUser(ctx context.Context, cookie Hash, now time.Time) (Session, User, error)

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

	// EndSessionsOf ends every session of a user but the one with the given id.
	EndSessionsOf(ctx context.Context, userID, except string) error
}

// A Session is a browser in which a user is signed in.
type Session struct {
	ID         string // sess_...
	Cookie     Hash   // of the value that the browser holds
	UserID     string
	UserAgent  string
	Methods    []string // how the user signed in (RFC 8176 §2); nil if no value fits
	SignedInAt time.Time
	ExpiresAt  time.Time
}
