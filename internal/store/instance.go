package store

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Instances keeps what there is one of.
type Instances interface {
	// Instance returns the instance, or ErrNotFound before the first start.
	Instance(ctx context.Context) (Instance, error)

	// CreateInstance saves the instance if there is none yet and returns the one
	// that is kept. Of any number of concurrent calls exactly one saves its own.
	CreateInstance(ctx context.Context, i Instance) (Instance, error)

	// UpdateSettings saves the settings if i.Revision is the stored one, and moves
	// it on; otherwise ErrConflict.
	UpdateSettings(ctx context.Context, i Instance) error

	// CutOff kills every grant, code, token, session and API key from the given
	// time or earlier, on the whole instance, and returns the time up to which all
	// are dead now, which never moves back.
	CutOff(ctx context.Context, at time.Time) (time.Time, error)
}

// An Instance is one installation, with any number of nodes.
type Instance struct {
	ID        string // ins_...
	RootKey   string // fingerprint of the root key that the first node had; the others must have the same
	Settings  Settings
	NotBefore time.Time
	CreatedAt time.Time
	Revision  int64
}

// Settings are what an operator may change while the instance runs.
type Settings struct {
	Lifetimes             oauth.Lifetimes
	AllowHTTPRedirectURIs bool     // admit http redirect URIs beyond loopback
	JWTAccessTokens       bool     // unless a client chooses otherwise
	Resources             []string // if any, the only ones that tokens are for
	AllowedOrigins        []string // of the operator's own pages, on which users may agree to what is asked

	CustomScopes  []CustomScope
	DefaultScopes oauth.Scopes // of clients that register themselves and name none; nil for those built in

	Organizations OrganizationSettings

	DynamicRegistration       bool // RFC 7591
	RegistrationTokenRequired bool
	MetadataDocuments         MetadataDocuments

	Brand      Brand
	SignUp     SignUp
	EventsKept time.Duration // zero is DefaultEventsKept

	OperatorsNeedSecondFactor bool // or a passkey, to use the dashboard
}

// SignUp says who may make an account. Operators may in any case.
type SignUp struct {
	Policy  SignUpPolicy
	Domains []string // of the addresses that Open admits; all if there is none
}

// A SignUpPolicy is how accounts come about.
type SignUpPolicy string

// The policies.
const (
	SignUpInvited SignUpPolicy = ""     // by invitation, which is the default
	SignUpOpen    SignUpPolicy = "open" // by whoever proves an address
	SignUpClosed  SignUpPolicy = "closed"
)

// A Brand is whose the pages are; what is empty is Signet's own.
type Brand struct {
	Name   string
	Logo   string // the path of a picture on this server
	Accent string // #rrggbb
}

// OrganizationSettings say whether users can belong together.
type OrganizationSettings struct {
	Enabled    bool
	MaxMembers int  // of an organization that is made without a limit of its own; 0: any number
	AdminsKeep bool // admins of new organizations may not delete them
}

// DefaultEventsKept is how long events are kept unless the settings say otherwise.
const DefaultEventsKept = 90 * 24 * time.Hour

// A CustomScope is a scope that the operator made.
type CustomScope struct {
	Name        string
	Description string // what users are told that it allows
	Advertised  bool   // in the metadata
}

// MetadataDocuments say which clients may be known by a document on the web alone
// (OAuth Client ID Metadata Document).
type MetadataDocuments struct {
	Advertised        bool // and unknown ones are looked at
	OnlyPreRegistered bool // of those, none that was not known before
	BlockImplicit     bool // nor those that became known by themselves
}

// Scopes are all that exist on this instance.
func (s Settings) Scopes() oauth.Scopes {
	all := oauth.BuiltInScopes(s.Organizations.Enabled)
	for _, x := range s.CustomScopes {
		all = append(all, x.Name)
	}
	return all
}

// Versions tells nodes when what they hold in memory is out of date.
type Versions interface {
	// Version returns a number that moves with every change to clients, settings
	// and keys, in the transaction that makes the change.
	Version(ctx context.Context) (int64, error)
}

// APIKeys keeps the secret keys of the Backend API, as hashes.
type APIKeys interface {
	// PutAPIKey saves a key. A key of the same name is replaced and stops working
	// at once.
	PutAPIKey(ctx context.Context, k APIKey) error

	// CreateAPIKey saves a key, or returns ErrConflict if there is one of its name.
	CreateAPIKey(ctx context.Context, k APIKey) error

	// RevokeAPIKey removes a key that opens nothing any more then. ErrConflict if no
	// other would open the Backend API at now, ErrNotFound if there is none. Of two
	// concurrent calls for the last two keys one succeeds.
	RevokeAPIKey(ctx context.Context, id string, now time.Time) error

	// APIKey finds the key with this hash, expired or not, or ErrNotFound.
	APIKey(ctx context.Context, secret Hash) (APIKey, error)

	// ListAPIKeys returns all keys, oldest first.
	ListAPIKeys(ctx context.Context) ([]APIKey, error)
}

// An APIKey opens the Backend API.
type APIKey struct {
	ID        string // key_...
	Name      string
	Secret    Hash
	Prefix    string // its first characters, to tell keys apart
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}

// Live reports whether the key opens anything at now.
func (k APIKey) Live(now time.Time) bool { return k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt) }

// SigningKeys keeps the keys that sign tokens. Private keys come sealed.
type SigningKeys interface {
	// CreateSigningKey saves a key. Of any number of concurrent calls with one
	// algorithm and number exactly one succeeds; the others return ErrConflict.
	CreateSigningKey(ctx context.Context, k SigningKey) error

	// SigningKeys returns all keys, oldest first.
	SigningKeys(ctx context.Context) ([]SigningKey, error)

	// RetireSigningKey notes that a key signs no more; the first time stays.
	// ErrNotFound if there is none.
	RetireSigningKey(ctx context.Context, id string, now time.Time) error

	// DeleteSigningKey removes a key. ErrNotFound if there is none.
	DeleteSigningKey(ctx context.Context, id string) error
}

// A SigningKey is a key pair for tokens.
type SigningKey struct {
	ID         string // the JWK's kid
	Algorithm  oauth.Algorithm
	Number     int64  // of the keys for the algorithm, counted from 1
	PublicJWK  []byte // JSON, public members only
	SealedKey  []byte // the private key, sealed under the root key
	CreatedAt  time.Time
	ActiveFrom time.Time
	RetiredAt  time.Time // when it was taken back before its time; else zero
}
