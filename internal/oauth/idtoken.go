package oauth

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"time"
)

// An IDToken says who signed in, when and to whom (OIDC Core §2). Its claims are
// a function of the grant, so that a refresh sent again gets the same ones.
type IDToken struct {
	Issuer      string
	ID          string // jti
	Nonce       string // only in the answer to the code: a refresh was not asked for by it
	AccessToken string // for at_hash
	Grant       Grant
	Scopes      Scopes
	Profile     Profile
	Lifetime    time.Duration
	Algorithm   Algorithm
}

// Claims gives the claims of the token. Those of the user come as Clerk has them:
// by scope, beside those asked for one by one.
func (t IDToken) Claims() map[string]any {
	g := t.Grant
	claims := map[string]any{
		"iss":     t.Issuer,
		"sub":     g.UserID,
		"aud":     g.ClientID,
		"azp":     g.ClientID,
		"iat":     g.RotatedAt.Unix(),
		"exp":     g.RotatedAt.Add(t.Lifetime).Unix(),
		"jti":     t.ID,
		"sid":     g.SessionID,
		"acr":     ACROneFactor,
		"at_hash": accessTokenHash(t.AccessToken, t.Algorithm),
	}
	if !g.AuthTime.IsZero() {
		claims["auth_time"] = g.AuthTime.Unix()
	}
	if len(g.Methods) > 0 {
		claims["amr"] = g.Methods
	}
	if t.Nonce != "" {
		claims["nonce"] = t.Nonce
	}
	for _, c := range userClaims {
		if c.idToken && (t.Scopes.Has(c.scope) || slices.Contains(g.IDTokenClaims, c.name)) {
			if value := c.value(t.Profile); value != nil {
				claims[c.name] = value
			}
		}
	}
	return claims
}

// accessTokenHash is the left half of the token's hash, by which an ID token and
// an access token belong together (OIDC Core §3.1.3.6). Ed25519 hashes with
// SHA-512.
func accessTokenHash(token string, a Algorithm) string {
	if a == EdDSA {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// idTokenClaims are the claims that no scope buys, for the metadata.
var idTokenClaims = []string{"iss", "aud", "azp", "iat", "exp", "jti", "sid", "nonce", "auth_time", "acr", "amr", "at_hash"}
