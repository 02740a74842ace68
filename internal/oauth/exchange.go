package oauth

import (
	"crypto/subtle"
	"slices"
	"time"
)

// The grant types of the token endpoint.
const (
	GrantAuthorizationCode = "authorization_code" // RFC 6749 §4.1.3
	GrantRefreshToken      = "refresh_token"      // RFC 6749 §6
	GrantClientCredentials = "client_credentials" // RFC 6749 §4.4
)

// GrantType reads grant_type. It refuses a form in which anything came twice.
func GrantType(f Form) (string, error) {
	if err := f.Once(); err != nil {
		return "", err
	}
	switch t := f.Get("grant_type"); {
	case slices.Contains(grantTypes, t):
		return t, nil
	case t == "":
		return "", refuse(InvalidRequest, "RFC 6749 §4.1.3", "grant_type is missing")
	}
	return "", refuse(UnsupportedGrantType, "RFC 6749 §5.2", "grant_type is none of those in the metadata")
}

var grantTypes = []string{GrantAuthorizationCode, GrantRefreshToken, GrantClientCredentials, GrantDeviceCode}

// GrantTypes lists them in the order the metadata shows them.
func GrantTypes() []string { return slices.Clone(grantTypes) }

// A CodeExchange is a token request of type authorization_code.
type CodeExchange struct {
	Code        string
	RedirectURI string
	Verifier    string
	Resources   []string // empty: as authorized
}

// ReadCodeExchange reads the parameters of a code exchange.
func ReadCodeExchange(f Form) (x CodeExchange, err error) {
	x = CodeExchange{Code: f.Get("code"), RedirectURI: f.Get("redirect_uri"), Verifier: f.Get("code_verifier")}
	if x.Code == "" {
		return CodeExchange{}, refuse(InvalidRequest, "RFC 6749 §4.1.3", "code is missing")
	}
	if x.Resources, err = parseResources(f.All("resource")); err != nil {
		return CodeExchange{}, err
	}
	return x, checkVerifier(x.Verifier)
}

// ErrForgedCode refuses a code that was not issued here.
var ErrForgedCode = refuse(InvalidGrant, "RFC 6749 §5.2", "the code is not one that was issued here")

// ErrCodeReplayed refuses a code that has bought its grant; the grant is revoked.
var ErrCodeReplayed = refuse(InvalidGrant, "RFC 6749 §4.1.2", "the code was used before; the tokens it bought are revoked")

// ErrAuthorizationWithdrawn refuses a code whose user, client or connection has
// been cut off since.
var ErrAuthorizationWithdrawn = refuse(InvalidGrant, "RFC 6749 §5.2", "the authorization was withdrawn")

// Check applies the rules to an opened code. Expiry comes last, so that nobody
// learns from it what only the client knows.
func (x CodeExchange) Check(code Code, client AuthenticatedClient, now time.Time) error {
	c := client.Client()
	switch {
	case c.ID == "" || code.ClientID != c.ID:
		return refuse(InvalidGrant, "RFC 6749 §4.1.3", "the code was issued to another client")
	case x.RedirectURI == "" && code.RedirectRequested:
		return refuse(InvalidGrant, "RFC 6749 §4.1.3", "redirect_uri is missing, and the authorization request had one")
	case x.RedirectURI != "" && subtle.ConstantTimeCompare([]byte(x.RedirectURI), []byte(code.RedirectURI)) != 1:
		return refuse(InvalidGrant, "RFC 6749 §4.1.3", "redirect_uri is not the one of the authorization request")
	case !c.Registered(code.RedirectURI):
		return refuse(InvalidGrant, "RFC 9700 §2.1", "the redirect URI of the code is no longer registered")
	case code.Challenge == "" && (c.Public || c.RequirePKCE):
		return refuse(InvalidGrant, "RFC 7636 §4.4.1", "the code was issued without code_challenge, and this client must use PKCE")
	}
	if err := code.Challenge.Verify(x.Verifier); err != nil {
		return err
	}
	if !now.Before(code.ExpiresAt) {
		return refuse(InvalidGrant, "RFC 6749 §4.1.2", "the code has expired")
	}
	_, err := NarrowResources(x.Resources, code.Resources)
	return err
}
