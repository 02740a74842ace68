package oauth

import (
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// Credentials are what a client sent to say who it is (RFC 6749 §2.3).
type Credentials struct {
	ClientID string
	Secret   string // "" with the method none
	Basic    bool   // sent in the Authorization header
}

// Method names the way the client said who it is (RFC 7591 §2).
func (x Credentials) Method() string {
	switch {
	case x.Basic:
		return authBasic
	case x.Secret != "":
		return authPost
	}
	return authNone
}

// ReadCredentials reads the Authorization header and the form. A client uses one
// method per request.
func ReadCredentials(authorization string, f Form) (Credentials, error) {
	body := Credentials{ClientID: f.Get("client_id"), Secret: f.Get("client_secret")}
	if authorization == "" {
		if body.ClientID == "" {
			return Credentials{}, refuse(InvalidClient, "RFC 6749 §3.2.1", "the client did not say who it is")
		}
		return body, nil
	}
	basic, err := parseBasic(authorization)
	switch {
	case err != nil:
		return Credentials{Basic: true}, err
	case body.Secret != "":
		return Credentials{Basic: true}, refuse(InvalidRequest, "RFC 6749 §2.3", "the client authenticated in the header and in the body")
	case body.ClientID != "" && body.ClientID != basic.ClientID:
		return Credentials{Basic: true}, refuse(InvalidClient, "RFC 6749 §3.2.1", "client_id in the body is not the client of the Authorization header")
	}
	return basic, nil
}

// parseBasic reads the header of client_secret_basic: id and secret are
// form-encoded before they are joined by a colon, unlike in other uses of Basic.
func parseBasic(header string) (Credentials, error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return Credentials{}, refuse(InvalidClient, "RFC 6749 §2.3.1", "the Authorization header is not of the scheme Basic")
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	id, secret, ok := strings.Cut(string(decoded), ":")
	if err != nil || !ok {
		return Credentials{}, refuse(InvalidClient, "RFC 7617 §2", "the Authorization header is not the base64 of id:secret")
	}
	id, idErr := url.QueryUnescape(id)
	secret, secretErr := url.QueryUnescape(secret)
	if idErr != nil || secretErr != nil || !isText(id) || !isText(secret) || id == "" {
		return Credentials{}, refuse(InvalidClient, "RFC 6749 §2.3.1", "the client id and secret in the Authorization header are not form-encoded")
	}
	return Credentials{ClientID: id, Secret: secret, Basic: true}, nil
}

// An AuthenticatedClient is a client that has proved who it is, or a public one
// that only claims to be. Only Authenticate makes one.
type AuthenticatedClient struct{ client Client }

// Client is what is known of it.
func (a AuthenticatedClient) Client() Client { return a.client }

// Authenticate checks the credentials against the client that has the client_id
// they name; found is false if nobody has it. Whoever fails learns only that. While
// the secret before the current one is admitted, either will do.
func (x Credentials) Authenticate(c Client, found bool, now time.Time) (AuthenticatedClient, error) {
	hash := HashSecret(x.Secret) // also for an unknown client, so that the answers take the same time
	current := subtle.ConstantTimeCompare(hash[:], c.SecretHash[:])
	old := subtle.ConstantTimeCompare(hash[:], c.OldSecret.Hash[:])
	match := current == 1 || old == 1 && c.OldSecret.Live(now)
	switch {
	case !found || x.ClientID != c.ID:
		return AuthenticatedClient{}, errNotAuthenticated
	case c.Public && x.Secret == "":
		return AuthenticatedClient{c}, nil // proves itself by the code verifier
	case c.Public || x.Secret == "" || !match:
		return AuthenticatedClient{}, errNotAuthenticated
	}
	return AuthenticatedClient{c}, nil
}

var errNotAuthenticated = refuse(InvalidClient, "RFC 6749 §5.2", "the client is unknown or its secret is wrong")
