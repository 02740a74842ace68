package store

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Clients keeps the OAuth applications.
type Clients interface {
	// CreateClient saves a new client; c.Revision is ignored and starts at 1.
	CreateClient(ctx context.Context, c Client) error

	// ClientByID finds a client by its oa_ id, or ErrNotFound.
	ClientByID(ctx context.Context, id string) (Client, error)

	// ClientByClientID finds a client by its client_id, or ErrNotFound.
	ClientByClientID(ctx context.Context, clientID string) (Client, error)

	// ListClients returns one page of the clients that match, and how many match
	// in all.
	ListClients(ctx context.Context, q ClientQuery) ([]Client, int, error)

	// UpdateClient saves c if c.Revision is the stored one, and moves it on. Of
	// any number of concurrent calls with one revision exactly one succeeds; the
	// others return ErrConflict, or ErrNotFound if the client is gone.
	UpdateClient(ctx context.Context, c Client) error

	// CutOffClient kills every grant, code and token of a client authorized at the
	// given time or earlier, and returns the time up to which all are dead now: it
	// never moves back, and UpdateClient does not move it back either. ErrNotFound
	// if there is none.
	CutOffClient(ctx context.Context, id string, at time.Time) (time.Time, error)

	// DeleteClient removes a client and its connections. Every grant, code and
	// token of it is dead at its next use. ErrNotFound if there is none.
	DeleteClient(ctx context.Context, id string) error

	// DeleteClientAt is DeleteClient if revision is the stored one; otherwise
	// ErrConflict, and nothing is removed.
	DeleteClientAt(ctx context.Context, id string, revision int64) error

	// AdmitClient saves a client that was not entered by anybody, because a user
	// has agreed to it. If there is one with its client_id nothing changes.
	// ErrNotFound if such a client was deleted before.
	AdmitClient(ctx context.Context, c Client) error

	// ClientDeleted reports whether a client that registered itself had this
	// client_id and was deleted. It never comes back.
	ClientDeleted(ctx context.Context, clientID string) (bool, error)
}

// A Client is an OAuth application as it is kept. What Client.Lifetimes,
// JWTAccessTokens and Resources say is what holds: the store fills them from the
// client's own choices and, where it has none, from the settings of the instance.
// Its scopes are those that exist: without organizations there is none for them.
type Client struct {
	oauth.Client         // ID is the client_id
	ApplicationID string // oa_...
	Name          string
	ClientURI     string
	ImageURL      string
	Own           Choices
	SecretMadeAt  time.Time // zero if nobody noted it
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Revision      int64
}

// Choices are what a client may have otherwise than the instance. Zero values
// mean "as the instance".
type Choices struct {
	Lifetimes   oauth.Lifetimes
	TokenFormat TokenFormat
	Resources   []string
}

// A TokenFormat is what access tokens look like.
type TokenFormat string

// The formats.
const (
	OpaqueTokens TokenFormat = "opaque"
	JWTTokens    TokenFormat = "jwt" // RFC 9068
)

// A ClientQuery selects and orders clients.
type ClientQuery struct {
	NameQuery             string // part of the name in any case, or the whole client_id; "" matches all
	DynamicallyRegistered *bool  // nil matches both
	OrderBy               ClientOrder
	Descending            bool
	Limit, Offset         int
}

// A ClientOrder is a column to order clients by; ties fall back to the id.
type ClientOrder int

// The orders.
const (
	ClientsByCreation ClientOrder = iota
	ClientsByName
)
