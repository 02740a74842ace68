package store

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Grants keeps one row per completed authorization.
//
// A grant is live while it is neither revoked nor expired, its user exists and
// is not banned, its client and its connection exist, and it was authorized
// after the not-before times of the instance, the client, the user and the
// connection.
type Grants interface {
	// RedeemCode saves the grant bought with a code, under the id the code
	// carries. Of any number of concurrent calls with one id exactly one succeeds.
	// The others return ErrReplayed, and the grant is revoked for
	// oauth.CodeReplayed at g.RotatedAt (RFC 6749 §4.1.2). A grant that would not
	// be live is not saved: ErrDead.
	RedeemCode(ctx context.Context, g oauth.Grant) error

	// RotateRefreshToken moves a live grant from r.Generation to the next. Of any
	// number of concurrent calls with one generation exactly one writes. Each
	// returns the grant as it stands afterwards, with Rotated true for the one
	// that wrote. If r.Sticky, the generation stays and any number may write.
	// ErrNotFound if there is no such grant.
	RotateRefreshToken(ctx context.Context, r Rotation) (Standing, error)

	// Grant returns a grant as it stands, or ErrNotFound. Of the organization that the
	// user chose it tells while the user is a member; the zero one stands for none.
	Grant(ctx context.Context, id oauth.GrantID, now time.Time) (Standing, error)

	// GrantWithUser returns a grant as it stands and the user it is for, in one
	// round trip. ErrNotFound if either is missing.
	GrantWithUser(ctx context.Context, id oauth.GrantID, now time.Time) (Standing, User, error)

	// RevokeGrant ends a grant; every token under it is dead at its next use.
	// Revoking is monotone: a revoked grant keeps its first time and reason.
	// ErrNotFound if there is no such grant.
	RevokeGrant(ctx context.Context, id oauth.GrantID, why oauth.Reason, now time.Time) error

	// DeleteExpiredGrants looks at no more than limit grants whose ids follow
	// after, oldest first, and removes those that expired before the given time.
	// It returns how many it removed and the id to go on after, which is the zero
	// id when no grant old enough is left.
	DeleteExpiredGrants(ctx context.Context, before time.Time, after oauth.GrantID, limit int) (int, oauth.GrantID, error)
}

// A Rotation asks for the successor of a refresh token.
type Rotation struct {
	ID         oauth.GrantID
	ClientID   string // the grant of another client is left alone
	Generation uint32 // of the refresh token presented
	Now        time.Time
	ExpiresAt  time.Time // of the successor; the store caps it at the grant's EndsAt
	Sticky     bool      // the generation stays, and only the time moves
}

// A Standing is a grant at the time it was asked for.
type Standing struct {
	oauth.Grant
	Live    bool // see Grants
	Rotated bool // this call began the current generation
}
