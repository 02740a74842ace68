package oauth

import (
	"cmp"
	"crypto/sha256"
	"time"
)

// A Hash is the SHA-256 digest of a secret with at least 128 bits of entropy. It
// is a type of its own, so that a secret in the clear cannot be stored by mistake.
type Hash [sha256.Size]byte

// HashSecret hashes a secret. A slow hash would protect nothing here, since the
// secrets are random, and would slow the token endpoint.
func HashSecret(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// A Client is what the rules know of an OAuth application (RFC 6749 §2).
type Client struct {
	ID           string   // client_id
	Public       bool     // cannot keep a secret: authenticates with "none" and must use PKCE
	RequirePKCE  bool     // a confidential client that must use PKCE all the same
	AskConsent   bool     // false: a signed-in user is taken to agree
	RedirectURIs []string // as registered; compared byte by byte
	Scopes       Scopes   // the most a request may ask for
	SecretHash   Hash     // of a confidential client
	OldSecret    OldSecret
	Lifetimes    Lifetimes
	NotBefore    time.Time // whatever was authorized at this time or earlier is dead

	DynamicallyRegistered bool      // registered itself (RFC 7591), so nobody vouches for it
	DeviceGrant           bool      // may use the device authorization grant (RFC 8628)
	ClientCredentials     bool      // may act on its own behalf (RFC 6749 §4.4)
	JWTAccessTokens       bool      // gets access tokens as RFC 9068 has them
	StickyRefresh         bool      // keeps its refresh token instead of rotating it
	IDTokenAlgorithm      Algorithm // "" is RS256
	Resources             []string  // if any, the only ones it may ask for (RFC 8707)
	PostLogoutURIs        []string  // where the browser may go after signing out
}

// AsksUsers reports whether users have to agree to what the client asks for. Nobody
// vouches for one that registered itself, so it cannot go without.
func (c Client) AsksUsers() bool { return c.AskConsent || c.DynamicallyRegistered }

// An OldSecret is the client secret before the current one, for as long as it is
// still admitted. The zero value is none.
type OldSecret struct {
	Hash   Hash
	MadeAt time.Time
	Until  time.Time // not admitted from this time on
}

// Live reports whether the secret is still admitted.
func (s OldSecret) Live(now time.Time) bool { return s.Hash != Hash{} && now.Before(s.Until) }

// An Algorithm signs tokens (RFC 7518 §3.1, RFC 8037 §3.1).
type Algorithm string

// The algorithms, the default first. RS256 is what every client accepts.
const (
	RS256 Algorithm = "RS256"
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA"
)

// Algorithms lists them in the order the metadata shows them.
func Algorithms() []Algorithm { return []Algorithm{RS256, ES256, EdDSA} }

// Signs is the algorithm of the client's ID tokens.
func (c Client) Signs() Algorithm { return cmp.Or(c.IDTokenAlgorithm, RS256) }

// Lifetimes say how long what a client gets is good for.
type Lifetimes struct {
	Code         time.Duration // from the authorization answer to the exchange
	AccessToken  time.Duration
	IDToken      time.Duration
	RefreshToken time.Duration // from its last rotation
	Grant        time.Duration // absolute: no refresh token outlives it
	RefreshGrace time.Duration // how long the immediate predecessor of a refresh token may be sent again
}

// Or fills in from other what is zero.
func (l Lifetimes) Or(other Lifetimes) Lifetimes {
	return Lifetimes{
		Code:         cmp.Or(l.Code, other.Code),
		AccessToken:  cmp.Or(l.AccessToken, other.AccessToken),
		IDToken:      cmp.Or(l.IDToken, other.IDToken),
		RefreshToken: cmp.Or(l.RefreshToken, other.RefreshToken),
		Grant:        cmp.Or(l.Grant, other.Grant),
		RefreshGrace: cmp.Or(l.RefreshGrace, other.RefreshGrace),
	}
}

// DefaultLifetimes are those of a new instance.
func DefaultLifetimes() Lifetimes {
	return Lifetimes{
		Code:         time.Minute,
		AccessToken:  2 * time.Hour,
		IDToken:      time.Hour,
		RefreshToken: 72 * time.Hour,
		Grant:        90 * 24 * time.Hour,
		RefreshGrace: time.Minute,
	}
}
