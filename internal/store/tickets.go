package store

import (
	"context"
	"encoding/json"
	"time"
)

// SignInTokens keeps what signs a user in once.
type SignInTokens interface {
	// CreateSignInToken saves a token. ErrNotFound if its user does not exist.
	CreateSignInToken(ctx context.Context, t SignInToken) error

	// SignInToken finds a token that has not expired by now, or ErrNotFound.
	SignInToken(ctx context.Context, id string, now time.Time) (SignInToken, error)

	// RedeemSignInToken begins s, for the token's user whatever s.UserID says, and
	// notes that the token was accepted: both or neither. Of any number of
	// concurrent calls exactly one succeeds; the others return ErrConflict, as for
	// a token that was revoked. ErrNotFound if there is none, it has expired, or
	// its user is gone or banned.
	RedeemSignInToken(ctx context.Context, id string, s Session) error

	// RevokeSignInToken ends a pending token. ErrConflict if it was accepted or
	// revoked before, ErrNotFound if there is none or it has expired.
	RevokeSignInToken(ctx context.Context, id string, now time.Time) error

	// DeleteExpiredSignInTokens removes at most limit tokens that expired before
	// the given time and returns how many.
	DeleteExpiredSignInTokens(ctx context.Context, before time.Time, limit int) (int, error)
}

// A SignInToken lets one user in once.
type SignInToken struct {
	ID        string // sit_...
	UserID    string
	Status    TicketStatus
	ExpiresAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// A TicketStatus is what became of a sign-in token or an invitation.
type TicketStatus string

// The statuses.
const (
	TicketPending  TicketStatus = "pending"
	TicketAccepted TicketStatus = "accepted"
	TicketRevoked  TicketStatus = "revoked"
	TicketExpired  TicketStatus = "expired" // of invitations; never kept, but told by the time
)

// Invitations keeps who was asked to join.
type Invitations interface {
	// CreateInvitations saves invitations, all or none. Unless one is Beside there
	// must be neither a user with its address nor a pending invitation to it: an
	// *ExistsError with the field "email_address" or "invitation". Of any number of
	// concurrent calls for one address at most one succeeds then.
	CreateInvitations(ctx context.Context, all ...Invitation) error

	// Invitation finds an invitation as it stands at now, or ErrNotFound.
	Invitation(ctx context.Context, id string, now time.Time) (Invitation, error)

	// ListInvitations returns one page of the invitations that match at now, and
	// how many match in all.
	ListInvitations(ctx context.Context, q InvitationQuery, now time.Time) ([]Invitation, int, error)

	// RevokeInvitation ends a pending invitation. ErrConflict if it is not pending
	// any more, ErrNotFound if there is none.
	RevokeInvitation(ctx context.Context, id string, now time.Time) error

	// AcceptInvitation makes the user who was invited and notes that the invitation
	// was accepted: both or neither. Of any number of concurrent calls exactly one
	// succeeds; the others return ErrConflict, as for an invitation that was
	// revoked or has expired. ErrNotFound if there is none, and an *ExistsError as
	// CreateUser.
	AcceptInvitation(ctx context.Context, id string, u User, now time.Time) error
}

// An Invitation asks somebody to join.
type Invitation struct {
	ID             string // inv_...
	Address        string
	PublicMetadata json.RawMessage // of the user to be
	RedirectURL    string          // where the browser goes on to, or ""
	Beside         bool            // made whatever there is already; not kept
	Status         TicketStatus
	ExpiresAt      time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// An InvitationQuery selects and orders invitations.
type InvitationQuery struct {
	Statuses      []TicketStatus // nil matches all
	Query         string         // part of the address or the whole id
	OrderBy       InvitationOrder
	Descending    bool
	Limit, Offset int
}

// An InvitationOrder is a column to order invitations by; ties fall back to the id.
type InvitationOrder int

// The orders.
const (
	InvitationsByCreation InvitationOrder = iota
	InvitationsByAddress
	InvitationsByExpiry
)
