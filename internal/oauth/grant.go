package oauth

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A GrantID names a grant. It begins with the time of the authorization, so that
// grants are stored in about the order they are made: an insert appends, and
// expired grants are found by walking from the oldest.
type GrantID [16]byte

// NewGrantID makes an id from 48 bits of time (milliseconds since 1970) and 80
// bits of randomness.
func NewGrantID(now time.Time, random [10]byte) GrantID {
	var id GrantID
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	copy(id[6:], random[:])
	return id
}

// String gives the id in hexadecimal.
func (id GrantID) String() string { return hex.EncodeToString(id[:]) }

// A Code is what an authorization code says (RFC 6749 §4.1.2). It is sealed, not
// stored: redeeming it saves the grant under GrantID, so that the primary key
// lets it buy once.
type Code struct {
	GrantID           GrantID
	ClientID          string
	UserID            string
	SessionID         string // the browser session that answered
	RedirectURI       string
	RedirectRequested bool // the authorization request named RedirectURI, so the token request has to
	Scopes            Scopes
	Challenge         Challenge
	Nonce             string
	AuthorizedAt      time.Time // later than every not-before time known when it was issued
	ExpiresAt         time.Time
	OrganizationID    string // that the user chose to be seen in, or ""
	Details
}

// Details are what a grant says beyond who gave what to whom. Most grants have
// none, and then keep none.
type Details struct {
	AuthTime       time.Time // when the user proved who they are; zero without the scope openid
	Methods        []string  // how, by RFC 8176
	UserInfoClaims []string  // asked for one by one (OIDC Core §5.5)
	IDTokenClaims  []string
	Resources      []string // RFC 8707; the tokens are for these alone
}

// A Grant is one completed authorization: user, client and scopes. Every token
// is derived from it, so revoking it kills all of them.
type Grant struct {
	ID           GrantID
	ClientID     string
	UserID       string
	SessionID    string
	Scopes       Scopes
	Generation   uint32    // of the current refresh token; the first is 1
	AuthorizedAt time.Time // compared with the not-before times
	RotatedAt    time.Time // when the current generation began
	ExpiresAt    time.Time // of the current refresh token; nothing under the grant outlives it
	EndsAt       time.Time // no rotation moves ExpiresAt past it
	RevokedAt    time.Time // zero while live
	Revoked      Reason
	Organization Organization // that the user chose to be seen in, while the user is a member; only its ID is kept
	Details
}

// A Reason says why a grant was revoked.
type Reason string

// The reasons.
const (
	CodeReplayed    Reason = "code_replayed"        // RFC 6749 §4.1.2
	RefreshReused   Reason = "refresh_token_reused" // RFC 9700 §4.14.2
	ClientRevoked   Reason = "revoked_by_client"    // RFC 7009
	OperatorRevoked Reason = "revoked_by_operator"
)

// Grant is what redeeming the code at now saves.
func (c Code) Grant(now time.Time, l Lifetimes) Grant {
	ends := now.Add(l.Grant)
	return Grant{
		ID:           c.GrantID,
		ClientID:     c.ClientID,
		UserID:       c.UserID,
		SessionID:    c.SessionID,
		Scopes:       c.Scopes,
		Generation:   1,
		AuthorizedAt: c.AuthorizedAt,
		RotatedAt:    now,
		ExpiresAt:    earliest(now.Add(l.RefreshToken), ends),
		EndsAt:       ends,
		Organization: Organization{ID: c.OrganizationID},
		Details:      c.Details,
	}
}

// SeenIn is the id of the organization that a token with these scopes tells of, or "".
func (g Grant) SeenIn(scopes Scopes) string {
	if !scopes.Has(ScopeOrganization) {
		return ""
	}
	return g.Organization.ID
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
