package store

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Devices keeps the devices that wait for their users (RFC 8628), for minutes.
type Devices interface {
	// CreateDeviceRequest saves a request. ErrConflict if its user code is taken.
	CreateDeviceRequest(ctx context.Context, d DeviceRequest) error

	// DeviceRequest finds the request that shows a user code and has not expired
	// by now, or ErrNotFound.
	DeviceRequest(ctx context.Context, userCode string, now time.Time) (DeviceRequest, error)

	// DecideDeviceRequest saves what the user has decided: d.Status, and whose
	// grant it is. Of any number of concurrent calls for one user code exactly one
	// succeeds; the others return ErrConflict, or ErrNotFound if there is none.
	DecideDeviceRequest(ctx context.Context, d DeviceRequest) error

	// PollDeviceRequest finds a client's request by its device code and notes that
	// it was asked for. TooSoon is true for a pending one asked for before its
	// interval was over, which then grows by five seconds (RFC 8628 §3.5).
	// ErrNotFound if there is none.
	PollDeviceRequest(ctx context.Context, deviceCode Hash, clientID string, now time.Time) (d DeviceRequest, tooSoon bool, err error)

	// DeleteExpiredDeviceRequests removes at most limit requests that expired
	// before the given time and returns how many it removed.
	DeleteExpiredDeviceRequests(ctx context.Context, before time.Time, limit int) (int, error)
}

// A DeviceRequest is a device that waits for its user.
type DeviceRequest struct {
	DeviceCode   Hash
	UserCode     string // without the hyphen
	ClientID     string
	Scopes       oauth.Scopes
	Nonce        string
	Resources    []string
	Status       DeviceStatus
	GrantID      oauth.GrantID // what approving it buys; the rest likewise
	UserID       string
	SessionID    string
	AuthTime     time.Time
	Methods      []string // how the user signed in, see Session
	AuthorizedAt time.Time

	OrganizationID string // that the user chose, or ""

	Interval  time.Duration
	ExpiresAt time.Time
}

// A DeviceStatus is what became of a request.
type DeviceStatus string

// The statuses.
const (
	DevicePending  DeviceStatus = "pending"
	DeviceApproved DeviceStatus = "approved"
	DeviceDenied   DeviceStatus = "denied"
)

// ClientTokens knows which access tokens without a grant still hold.
type ClientTokens interface {
	// ClientTokenLive reports whether a token that a client or a machine got for
	// itself holds: the client exists, neither it nor the instance was cut off since,
	// and the token was not revoked. Left are its scopes, without those that were
	// taken back from a machine since.
	ClientTokenLive(ctx context.Context, t oauth.AccessToken) (left oauth.Scopes, live bool, err error)

	// RevokeClientToken ends a token for good. Revoking again changes nothing.
	RevokeClientToken(ctx context.Context, id oauth.TokenID, expiresAt time.Time) error

	// DeleteExpiredTokens forgets at most limit revoked tokens that would have
	// expired before the given time, and returns how many.
	DeleteExpiredTokens(ctx context.Context, before time.Time, limit int) (int, error)
}
