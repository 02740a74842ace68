package token

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
)

// The prefixes tell people and secret scanners what they are looking at.
// Clerk's SDKs know an opaque access token by "oat_".
const (
	accessPrefix  = "oat_"
	refreshPrefix = "ort_"
	codePrefix    = "oac_"
)

// strict refuses what decodes to the same bytes but is another string.
var strict = base64.RawURLEncoding.Strict()

// Tokens makes and opens codes and tokens. It is safe for concurrent use.
type Tokens struct {
	issuer  string
	keys    *Keys
	codes   *keyring.Sealer
	access  *keyring.Authenticator
	clients *keyring.Authenticator
	refresh *keyring.Authenticator
}

// New derives the keys of what is sealed and tagged from the ring, one per kind
// of token, so that no kind passes for another. JWTs are signed with keys, in the
// name of the issuer.
func New(ring *keyring.Ring, keys *Keys, issuer string) *Tokens {
	return &Tokens{
		issuer:  issuer,
		keys:    keys,
		codes:   ring.Sealer("authorization code"),
		access:  ring.Authenticator("access token"),
		clients: ring.Authenticator("access token of a client"),
		refresh: ring.Authenticator("refresh token"),
	}
}

// An Order says which tokens to mint of a grant.
type Order struct {
	Grant     oauth.Grant
	Client    oauth.Client
	Scopes    oauth.Scopes   // of the access token
	Resources []string       // likewise
	Profile   *oauth.Profile // of the user, if there is to be an ID token
	Nonce     string
}

// A Pair is what a token request buys.
type Pair struct {
	Access       string
	Refresh      string
	IDToken      string // "" without the scope openid
	AccessExpiry time.Time
	Scopes       oauth.Scopes // of the access token
}

// Mint derives the tokens of the grant's current generation. It is a function of
// the order: who asks again gets the same strings, so a repeated refresh has
// nothing to store and nothing to lose. Only signatures by ES256 differ.
func (t *Tokens) Mint(ctx context.Context, o Order) (Pair, error) {
	g := o.Grant
	access := oauth.AccessToken{
		GrantID:    g.ID,
		Generation: g.Generation,
		IssuedAt:   g.RotatedAt,
		ExpiresAt:  g.RotatedAt.Add(o.Client.Lifetimes.AccessToken),
	}
	if access.ExpiresAt.After(g.ExpiresAt) {
		access.ExpiresAt = g.ExpiresAt // nothing under the grant outlives it
	}
	if !g.Scopes.Within(o.Scopes) {
		access.Narrowed = append(oauth.Scopes{}, o.Scopes...) // never nil, which would mean all
	}
	if len(o.Resources) < len(g.Resources) {
		access.Audience = o.Resources
	}
	p := Pair{Refresh: t.mintRefresh(g), Scopes: o.Scopes}
	var err error
	if p.Access, p.AccessExpiry, err = t.mintAccess(ctx, access, o); err != nil {
		return Pair{}, err
	}
	if o.Profile != nil {
		p.IDToken, err = t.mintIDToken(ctx, p.Access, o)
	}
	return p, err
}

func decode(prefix, s string) ([]byte, bool) {
	encoded, ok := strings.CutPrefix(s, prefix)
	if !ok || strings.ContainsAny(encoded, "\r\n") { // which base64 would skip
		return nil, false
	}
	raw, err := strict.DecodeString(encoded)
	return raw, err == nil
}
