package token

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// What machines and the holders of API keys present, as Clerk's SDKs know it.
const (
	m2mPrefix = "mt_"
	keyPrefix = "ak_"
)

// Machines makes and opens what machines and the holders of API keys present. It
// is safe for concurrent use.
type Machines struct {
	issuer  string
	keys    *Keys
	secrets *keyring.Sealer
	m2m     *keyring.Authenticator
	held    *keyring.Authenticator
}

// NewMachines derives the keys from the ring, one per kind, so that none passes for
// another. JWTs are signed with keys, in the name of the issuer.
func NewMachines(ring *keyring.Ring, keys *Keys, issuer string) *Machines {
	return &Machines{
		issuer: issuer, keys: keys, secrets: ring.Sealer("secret key of a machine"),
		m2m: ring.Authenticator("token of a machine"), held: ring.Authenticator("api key"),
	}
}

// SealSecret seals the secret key of a machine. The machine's id goes with it, so
// that whoever can write to the database cannot show one machine's key as another's.
func (m *Machines) SealSecret(machineID, secret string) []byte {
	return m.secrets.Seal([]byte(machineID + " " + secret))
}

// OpenSecret gives back what SealSecret sealed, or fails with keyring.ErrForged.
func (m *Machines) OpenSecret(machineID string, sealed []byte) (string, error) {
	opened, err := m.secrets.Open(sealed)
	if err != nil {
		return "", err
	}
	secret, ok := strings.CutPrefix(string(opened), machineID+" ")
	if !ok {
		return "", keyring.ErrForged
	}
	return secret, nil
}

// M2M is the opaque token with this id: the same id always gives the same string.
func (m *Machines) M2M(id store.M2MTokenID) string {
	return m2mPrefix + strict.EncodeToString(m.m2m.Tag(id[:]))
}

// OpenM2M gives the id of an opaque token, or fails with keyring.ErrForged.
func (m *Machines) OpenM2M(s string) (id store.M2MTokenID, err error) {
	return id, openID(m.m2m, m2mPrefix, s, id[:])
}

// Key is the API key with this id: the same id always gives the same string.
func (m *Machines) Key(id store.SubjectKeyID) string {
	return keyPrefix + strict.EncodeToString(m.held.Tag(id[:]))
}

// OpenKey gives the id of an API key, or fails with keyring.ErrForged.
func (m *Machines) OpenKey(s string) (id store.SubjectKeyID, err error) {
	return id, openID(m.held, keyPrefix, s, id[:])
}

// openID reads an id into a place of its length.
func openID(a *keyring.Authenticator, prefix, s string, into []byte) error {
	tagged, ok := decode(prefix, s)
	if !ok {
		return keyring.ErrForged
	}
	id, err := a.Open(tagged)
	if err != nil || len(id) != len(into) {
		return keyring.ErrForged
	}
	copy(into, id)
	return nil
}

// m2mClaims are the claims of an M2M token beside those that the machine chose.
type m2mClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	ID        string   `json:"jti"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	ExpiresAt int64    `json:"exp"`
	Audience  []string `json:"aud,omitempty"`
	Scopes    string   `json:"scopes,omitempty"`
}

// SignM2M makes a token of a machine as a JWT, of which nothing is kept. Its claims
// must not have names of m2mClaims.
func (m *Machines) SignM2M(ctx context.Context, t store.M2MToken) (string, error) {
	claims := map[string]json.RawMessage{}
	if t.Claims != nil {
		if err := json.Unmarshal(t.Claims, &claims); err != nil {
			return "", fmt.Errorf("reading the claims of a token: %w", err)
		}
	}
	own, err := json.Marshal(m2mClaims{
		Issuer: m.issuer, Subject: t.MachineID, ID: t.ID.String(),
		IssuedAt: t.CreatedAt.Unix(), NotBefore: t.CreatedAt.Unix(), ExpiresAt: t.ExpiresAt.Unix(),
		Audience: t.Scopes, Scopes: strings.Join(t.Scopes, " "),
	})
	if err == nil {
		err = json.Unmarshal(own, &claims)
	}
	if err != nil {
		return "", fmt.Errorf("writing the claims of a token: %w", err)
	}
	signed, err := m.keys.Sign(ctx, oauth.RS256, m2mType, claims)
	if err != nil {
		return "", fmt.Errorf("signing a token of a machine: %w", err)
	}
	if len(signed) > maxJWT {
		return "", ErrTooLong
	}
	return signed, nil
}

// ErrTooLong means that nobody would take what was to be signed.
var ErrTooLong = errors.New("token: too long to be signed")

// VerifyM2M reads a JWT that SignM2M made, expired or not. It fails with
// ErrNotSigned; any other error is a fault.
func (m *Machines) VerifyM2M(ctx context.Context, s string) (store.M2MToken, error) {
	all := map[string]json.RawMessage{}
	if err := m.keys.Verify(ctx, s, m2mType, &all); err != nil {
		return store.M2MToken{}, err
	}
	own, ok := takeOwn(all)
	if !ok || own.Issuer != m.issuer {
		return store.M2MToken{}, ErrNotSigned
	}
	t := store.M2MToken{
		MachineID: own.Subject, Scopes: own.Audience, ExpiresAt: time.Unix(own.ExpiresAt, 0).UTC(),
		CreatedAt: time.Unix(own.IssuedAt, 0).UTC(), UpdatedAt: time.Unix(own.IssuedAt, 0).UTC(),
	}
	id, err := hex.DecodeString(strings.TrimPrefix(own.ID, m2mPrefix))
	if err != nil || len(id) != len(t.ID) {
		return store.M2MToken{}, ErrNotSigned
	}
	copy(t.ID[:], id)
	if len(all) > 0 {
		if t.Claims, err = json.Marshal(all); err != nil {
			return store.M2MToken{}, fmt.Errorf("reading the claims of a token: %w", err)
		}
	}
	return t, nil
}

// takeOwn takes what the server says out of the claims. Names are compared byte for
// byte: package json would take a claim that the machine chose, such as ſub, for sub.
func takeOwn(all map[string]json.RawMessage) (own m2mClaims, ok bool) {
	exact := map[string]json.RawMessage{}
	for _, name := range []string{"iss", "sub", "jti", "iat", "nbf", "exp", "aud", "scopes"} {
		if value, said := all[name]; said {
			exact[name] = value
		}
		delete(all, name)
	}
	text, err := json.Marshal(exact)
	return own, err == nil && json.Unmarshal(text, &own) == nil
}
