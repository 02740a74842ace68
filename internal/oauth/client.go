package oauth

import (
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
	Lifetimes    Lifetimes
	NotBefore    time.Time // whatever was authorized at this time or earlier is dead
}

// Lifetimes say how long what a client gets is good for.
type Lifetimes struct {
	Code         time.Duration // from the authorization answer to the exchange
	AccessToken  time.Duration
	RefreshToken time.Duration // from its last rotation
	Grant        time.Duration // absolute: no refresh token outlives it
	RefreshGrace time.Duration // how long the immediate predecessor of a refresh token may be sent again
}

// DefaultLifetimes are those of a new instance.
func DefaultLifetimes() Lifetimes {
	return Lifetimes{
		Code:         time.Minute,
		AccessToken:  2 * time.Hour,
		RefreshToken: 72 * time.Hour,
		Grant:        90 * 24 * time.Hour,
		RefreshGrace: time.Minute,
	}
}
