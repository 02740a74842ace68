package token

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/signet-auth/signet/internal/oauth"
)

// A kind of JWT is told by its header, which keeps it from passing for another
// (RFC 8725 §3.11).
type kind struct {
	typ      string
	category string // as Clerk's SDKs know it, or ""
}

// The kinds.
var (
	accessType = kind{typ: "at+jwt"} // RFC 9068 §2.1
	idType     = kind{typ: "JWT"}
	m2mType    = kind{typ: "JWT", category: "cl_B7d4PD333AAA"}
)

const categoryHeader = "cat"

// kindOf reads the kind of a JWT.
func kindOf(header jose.Header) (k kind) {
	k.typ, _ = header.ExtraHeaders[jose.HeaderType].(string)
	switch category := header.ExtraHeaders[categoryHeader].(type) {
	case nil:
	case string:
		k.category = category
	default:
		k.typ = "" // none of ours
	}
	return k
}

// jwtAccess is an access token on its way to become a JWT.
type jwtAccess struct {
	oauth.AccessToken
	subject  string
	client   oauth.Client
	scopes   oauth.Scopes
	audience []string
	orgID    string // that the user is seen in, or ""
}

// accessClaims are those of RFC 9068 §2.2 as Clerk has them: the scopes in both
// spellings, and an audience only if a resource was asked for.
type accessClaims struct {
	Issuer     string       `json:"iss"`
	Subject    string       `json:"sub"`
	ClientID   string       `json:"client_id"`
	ID         string       `json:"jti"`
	IssuedAt   int64        `json:"iat"`
	NotBefore  int64        `json:"nbf"`
	ExpiresAt  int64        `json:"exp"`
	Scope      string       `json:"scope"`
	Scopes     oauth.Scopes `json:"scp"`
	Audience   oneOrMany    `json:"aud,omitempty"`
	OrgID      string       `json:"org_id,omitempty"`
	GrantID    string       `json:"gid,omitempty"` // without one the client acts on its own behalf
	Generation uint32       `json:"gen,omitempty"`
}

// oneOrMany is a string or an array of strings (RFC 7519 §4.1.3).
type oneOrMany []string

// MarshalJSON implements json.Marshaler.
func (m oneOrMany) MarshalJSON() ([]byte, error) {
	if len(m) == 1 {
		return json.Marshal(m[0])
	}
	return json.Marshal([]string(m))
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *oneOrMany) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*m = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(m))
}

// mintJWT signs with RS256 whatever the client's ID tokens have, as Clerk's SDKs
// take nothing else for an access token.
func (t *Tokens) mintJWT(ctx context.Context, a jwtAccess) (string, error) {
	claims := accessClaims{
		Issuer: t.issuer, Subject: a.subject, ClientID: a.client.ID,
		IssuedAt: a.IssuedAt.Unix(), NotBefore: a.IssuedAt.Unix(), ExpiresAt: a.ExpiresAt.Unix(),
		Scope: a.scopes.String(), Scopes: append(oauth.Scopes{}, a.scopes...), Audience: a.audience, OrgID: a.orgID,
	}
	if a.ClientID != "" {
		claims.ID = a.ID.String()
	} else {
		sum := sha256.Sum256(accessMessage(a.AccessToken))
		claims.ID = oauth.TokenID(sum[:16]).String()
		claims.GrantID, claims.Generation = a.GrantID.String(), a.Generation
	}
	signed, err := t.keys.Sign(ctx, oauth.RS256, accessType, claims)
	if err != nil {
		return "", fmt.Errorf("signing an access token: %w", err)
	}
	return signed, nil
}

func (t *Tokens) openJWT(ctx context.Context, s string) (oauth.AccessToken, error) {
	var claims accessClaims
	err := t.keys.Verify(ctx, s, accessType, &claims)
	switch {
	case errors.Is(err, ErrNotSigned):
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	case err != nil:
		return oauth.AccessToken{}, fmt.Errorf("verifying an access token: %w", err)
	}
	id, idErr := hex.DecodeString(strings.TrimPrefix(claims.ID, accessPrefix))
	a := oauth.AccessToken{
		Generation: claims.Generation,
		IssuedAt:   time.Unix(claims.IssuedAt, 0).UTC(),
		ExpiresAt:  time.Unix(claims.ExpiresAt, 0).UTC(),
		Narrowed:   append(oauth.Scopes{}, claims.Scopes...),
		Audience:   append([]string{}, claims.Audience...),
	}
	if idErr != nil || len(id) != len(a.ID) || claims.Issuer != t.issuer {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	copy(a.ID[:], id)
	if claims.GrantID == "" {
		a.ClientID = claims.ClientID
		return a, nil
	}
	grant, err := hex.DecodeString(claims.GrantID)
	if err != nil || len(grant) != len(a.GrantID) {
		return oauth.AccessToken{}, oauth.ErrForgedAccessToken
	}
	copy(a.GrantID[:], grant)
	return a, nil
}

// mintIDToken makes the ID token that belongs to an access token.
func (t *Tokens) mintIDToken(ctx context.Context, access string, o Order) (string, error) {
	sum := sha256.Sum256([]byte(access))
	id := oauth.IDToken{
		Issuer:      t.issuer,
		ID:          hex.EncodeToString(sum[16:]),
		Nonce:       o.Nonce,
		AccessToken: access,
		Grant:       o.Grant,
		Scopes:      o.Scopes,
		Profile:     *o.Profile,
		Lifetime:    o.Client.Lifetimes.IDToken,
		Algorithm:   o.Client.Signs(),
	}
	signed, err := t.keys.Sign(ctx, id.Algorithm, idType, id.Claims())
	if err != nil {
		return "", fmt.Errorf("signing an ID token: %w", err)
	}
	return signed, nil
}

// OpenHint reads an ID token that a client sends back to say whom it means; ok is
// false for one that was not issued here. It may have expired: that does not
// change whom it is about.
func (t *Tokens) OpenHint(ctx context.Context, s string) (h oauth.Hint, ok bool, err error) {
	var claims struct {
		Issuer    string `json:"iss"`
		Subject   string `json:"sub"`
		Audience  string `json:"aud"`
		SessionID string `json:"sid"`
	}
	err = t.keys.Verify(ctx, s, idType, &claims)
	switch {
	case errors.Is(err, ErrNotSigned):
		return oauth.Hint{}, false, nil
	case err != nil:
		return oauth.Hint{}, false, fmt.Errorf("verifying an ID token: %w", err)
	}
	return oauth.Hint{Subject: claims.Subject, Audience: claims.Audience, SessionID: claims.SessionID}, claims.Issuer == t.issuer, nil
}
