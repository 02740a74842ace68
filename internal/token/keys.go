package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// ErrNotSigned refuses what was not signed here, or with a key that is no longer
// good, or as something else.
var ErrNotSigned = errors.New("token: not signed here")

// maxJWT bounds what is parsed, in bytes.
const maxJWT = 16 << 10

// Keys signs with the keys of the instance and tells which they are. Private keys
// are kept sealed under the root key. It is safe for concurrent use.
type Keys struct {
	kept   store.SigningKeys
	sealer *keyring.Sealer
	now    func() time.Time

	mu     sync.RWMutex
	opened map[string]crypto.Signer // by kid
	ready  map[use]jose.Signer
}

// NewKeys makes the keys that are kept. Ensure has to be called before they sign.
func NewKeys(kept store.SigningKeys, ring *keyring.Ring, now func() time.Time) *Keys {
	return &Keys{
		kept: kept, sealer: ring.Sealer("signing key"), now: now,
		opened: map[string]crypto.Signer{}, ready: map[use]jose.Signer{},
	}
}

// A use is a key, by its kid, that signs one kind of JWT.
type use struct {
	kid string
	kind
}

// Ensure makes the keys that are due and removes those that are spent. Of any
// number of nodes that find a key due, one makes it. It is to be called at the
// start and then at least twice a day.
func (k *Keys) Ensure(ctx context.Context) error { return k.turn(ctx, false) }

// Rotate publishes a successor for every key, to sign from a day later on.
func (k *Keys) Rotate(ctx context.Context) error { return k.turn(ctx, true) }

func (k *Keys) turn(ctx context.Context, wanted bool) error {
	keys, err := k.kept.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("reading the signing keys: %w", err)
	}
	now := k.now().Truncate(time.Millisecond)
	for _, a := range oauth.Algorithms() {
		if number, from, ok := due(keys, a, now, wanted); ok {
			if err := k.make(ctx, a, number, from); err != nil {
				return err
			}
		}
	}
	for _, key := range keys {
		if spent(key, keys, now) {
			if err := k.kept.DeleteSigningKey(ctx, key.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("removing a signing key: %w", err)
			}
		}
	}
	return nil
}

// RotateNow takes every key back, because somebody may have it, and signs with new
// ones at once. What was signed before is good no more.
func (k *Keys) RotateNow(ctx context.Context) error {
	keys, err := k.kept.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("reading the signing keys: %w", err)
	}
	now := k.now().Truncate(time.Millisecond)
	for _, a := range oauth.Algorithms() {
		last := int64(0)
		for _, key := range keys {
			if key.Algorithm == a {
				last = max(last, key.Number)
			}
		}
		if err := k.make(ctx, a, last+1, now); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := k.kept.RetireSigningKey(ctx, key.ID, now); err != nil {
			return fmt.Errorf("taking back a signing key: %w", err)
		}
	}
	return nil
}

// make makes a key, unless another node has.
func (k *Keys) make(ctx context.Context, a oauth.Algorithm, number int64, from time.Time) error {
	private, err := generate(a)
	if err != nil {
		return fmt.Errorf("making a key for %s: %w", a, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("writing a key for %s: %w", a, err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(a), Use: "sig"}
	print, err := public.Thumbprint(crypto.SHA256) // RFC 7638
	if err != nil {
		return fmt.Errorf("naming a key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(print)
	jwk, err := public.MarshalJSON()
	if err != nil {
		return fmt.Errorf("writing a JWK: %w", err)
	}
	err = k.kept.CreateSigningKey(ctx, store.SigningKey{
		ID: public.KeyID, Algorithm: a, Number: number, PublicJWK: jwk, SealedKey: k.sealer.Seal(der),
		CreatedAt: k.now().Truncate(time.Millisecond), ActiveFrom: from,
	})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("keeping a signing key: %w", err)
	}
	return nil
}

// generate makes a private key. RSA has 2048 bits and the exponent 65537: Clerk's
// SDK takes no other.
func generate(a oauth.Algorithm) (crypto.Signer, error) {
	switch a {
	case oauth.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case oauth.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// Published is the set of keys that signatures can be checked with, public members
// only (RFC 7517 §5).
func (k *Keys) Published(ctx context.Context) (jose.JSONWebKeySet, error) {
	keys, err := k.kept.SigningKeys(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("reading the signing keys: %w", err)
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range published(keys, k.now()) {
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(key.PublicJWK); err != nil {
			return jose.JSONWebKeySet{}, fmt.Errorf("reading the JWK %s: %w", key.ID, err)
		}
		set.Keys = append(set.Keys, jwk.Public())
	}
	return set, nil
}

// Sign makes a JWT of the claims with the key that signs now.
func (k *Keys) Sign(ctx context.Context, a oauth.Algorithm, as kind, claims any) (string, error) {
	keys, err := k.kept.SigningKeys(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the signing keys: %w", err)
	}
	key, ok := signer(keys, a, k.now())
	if !ok {
		return "", fmt.Errorf("there is no key for %s", a)
	}
	s, err := k.signerFor(key, as)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := s.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// signerFor opens a private key once and remembers it.
func (k *Keys) signerFor(key store.SigningKey, as kind) (jose.Signer, error) {
	k.mu.RLock()
	s, ok := k.ready[use{key.ID, as}]
	k.mu.RUnlock()
	if ok {
		return s, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	private, ok := k.opened[key.ID]
	if !ok {
		der, err := k.sealer.Open(key.SealedKey)
		if err != nil {
			return nil, fmt.Errorf("opening the signing key %s: %w", key.ID, err)
		}
		parsed, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, fmt.Errorf("reading the signing key %s: %w", key.ID, err)
		}
		private = parsed.(crypto.Signer)
		k.opened[key.ID] = private
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(as.typ))
	if as.category != "" {
		options.WithHeader(categoryHeader, as.category)
	}
	s, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: jose.JSONWebKey{Key: private, KeyID: key.ID}}, options)
	if err != nil {
		return nil, fmt.Errorf("using the signing key %s: %w", key.ID, err)
	}
	k.ready[use{key.ID, as}] = s
	return s, nil
}

// Verify checks that a JWT was signed here, with a key that is still published and
// of the kind it is taken for, and reads its claims. It fails with ErrNotSigned; any other
// error is a fault. Time is not looked at. The key is found by its kid alone, and
// brings its algorithm along: what else the header says is not believed
// (RFC 8725 §3.1).
func (k *Keys) Verify(ctx context.Context, s string, as kind, claims any) error {
	if len(s) > maxJWT {
		return ErrNotSigned
	}
	var admitted []jose.SignatureAlgorithm
	for _, a := range oauth.Algorithms() {
		admitted = append(admitted, jose.SignatureAlgorithm(a))
	}
	parsed, err := jose.ParseSignedCompact(s, admitted)
	if err != nil || len(parsed.Signatures) != 1 {
		return ErrNotSigned
	}
	header := parsed.Signatures[0].Protected
	set, err := k.Published(ctx)
	if err != nil {
		return err
	}
	for _, key := range set.Key(header.KeyID) {
		if key.Algorithm != header.Algorithm || kindOf(header) != as {
			continue
		}
		payload, err := parsed.Verify(key)
		if err == nil && json.Unmarshal(payload, claims) == nil {
			return nil
		}
	}
	return ErrNotSigned
}
