package registration

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
)

const (
	clientPrefix   = "dcr_" // of a client_id, so that none passes for a URL
	initialPrefix  = "iat_"
	maxClientID    = 2000 // characters: it travels in URLs
	secretLength   = 32
	randomLength   = 32
	initialVersion = 1
)

var encoding = base64.RawURLEncoding.Strict()

// Statements makes and opens client ids that say who the client is. Public
// metadata that is the same gives the same id, so that a flood of registrations
// makes nothing new.
type Statements struct {
	clients *keyring.Authenticator
	initial *keyring.Authenticator
}

// NewStatements derives the keys from the ring.
func NewStatements(ring *keyring.Ring) *Statements {
	return &Statements{clients: ring.Authenticator("client statement"), initial: ring.Authenticator("initial access token")}
}

// A Statement is what a client_id says.
type Statement struct {
	Metadata oauth.ClientMetadata
	Secret   oauth.Hash // zero for a public client
}

// sealed is the inside of a client_id. The names are short because the whole of it
// travels in URLs.
type sealed struct {
	RedirectURIs []string `json:"r"`
	AuthMethod   string   `json:"a,omitempty"`
	Name         string   `json:"n,omitempty"`
	URI          string   `json:"u,omitempty"`
	Scope        string   `json:"s,omitempty"`
	PostLogout   []string `json:"p,omitempty"`
	Secret       []byte   `json:"h,omitempty"`
}

// A Credential is what a confidential client gets at registration. The secret is a
// function of the token, so that one hash proves both.
type Credential struct {
	Secret          string // client_secret
	ManagementToken string // registration_access_token (RFC 7592 §3)
}

// Make makes the client_id for checked metadata and, for a confidential client, its
// credential.
func (s *Statements) Make(m oauth.ClientMetadata) (id string, c Credential, err error) {
	inside := sealed{m.RedirectURIs, m.AuthMethod, m.Name, m.URI, m.Scope, m.PostLogout, nil}
	if !m.Public() {
		var random [randomLength]byte
		rand.Read(random[:]) // never fails: it ends the program instead
		c.ManagementToken = encoding.EncodeToString(random[:])
		c.Secret = secretOf(c.ManagementToken)
		hash := oauth.HashSecret(c.Secret)
		inside.Secret = hash[:]
	}
	message, err := json.Marshal(inside)
	if err != nil {
		return "", Credential{}, err
	}
	id = clientPrefix + encoding.EncodeToString(s.clients.Tag(message))
	if len(id) > maxClientID {
		return "", Credential{}, oauth.ErrMetadataTooLong
	}
	return id, c, nil
}

// secretOf derives the client secret from the management token.
func secretOf(token string) string {
	hash := oauth.HashSecret("client secret " + token)
	return encoding.EncodeToString(hash[:])[:secretLength]
}

// Manages reports whether the token is the one that the client got along with its
// secret.
func Manages(token string, secret oauth.Hash) bool {
	return token != "" && secret != (oauth.Hash{}) && oauth.HashSecret(secretOf(token)) == secret
}

// Open reads a client_id; ok is false for one that was not made here.
func (s *Statements) Open(id string) (st Statement, ok bool) {
	text, ok := strings.CutPrefix(id, clientPrefix)
	if !ok || len(id) > maxClientID || strings.ContainsAny(text, "\r\n") {
		return Statement{}, false
	}
	tagged, err := encoding.DecodeString(text)
	if err != nil {
		return Statement{}, false
	}
	message, err := s.clients.Open(tagged)
	if err != nil {
		return Statement{}, false
	}
	var inside sealed
	if err := json.Unmarshal(message, &inside); err != nil {
		return Statement{}, false
	}
	st.Metadata = oauth.ClientMetadata{
		RedirectURIs: inside.RedirectURIs, AuthMethod: inside.AuthMethod, Name: inside.Name,
		URI: inside.URI, Scope: inside.Scope, PostLogout: inside.PostLogout,
	}
	copy(st.Secret[:], inside.Secret)
	return st, true
}

// InitialAccessToken makes a token that lets clients register until it expires
// (RFC 7591 §3). Nothing is kept of it.
func (s *Statements) InitialAccessToken(expires time.Time) string {
	message := binary.BigEndian.AppendUint64([]byte{initialVersion}, uint64(expires.Unix()))
	var random [8]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	return initialPrefix + encoding.EncodeToString(s.initial.Tag(append(message, random[:]...)))
}

// AdmitsRegistration reports whether a token lets a client register at now.
func (s *Statements) AdmitsRegistration(token string, now time.Time) bool {
	text, ok := strings.CutPrefix(token, initialPrefix)
	if !ok || strings.ContainsAny(text, "\r\n") {
		return false
	}
	tagged, err := encoding.DecodeString(text)
	if err != nil {
		return false
	}
	message, err := s.initial.Open(tagged)
	if err != nil || len(message) != 17 || message[0] != initialVersion {
		return false
	}
	return now.Before(time.Unix(int64(binary.BigEndian.Uint64(message[1:9])), 0))
}
