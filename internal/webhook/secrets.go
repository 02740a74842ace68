package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
)

const (
	secretPrefix = "whsec_"
	secretSize   = 32 // bytes
)

// Secrets makes the secrets that messages are signed with. They are kept sealed: a
// copy of the database signs nothing.
type Secrets struct{ sealer *keyring.Sealer }

// NewSecrets makes secrets that are sealed under the ring.
func NewSecrets(ring *keyring.Ring) *Secrets { return &Secrets{ring.Sealer("webhook secrets")} }

// New makes a secret, and what is kept of it.
func (s *Secrets) New(random io.Reader) (secret string, sealed []byte, err error) {
	bytes := make([]byte, secretSize)
	if _, err := io.ReadFull(random, bytes); err != nil {
		return "", nil, fmt.Errorf("reading randomness: %w", err)
	}
	secret = secretPrefix + base64.StdEncoding.EncodeToString(bytes)
	return secret, s.sealer.Seal(bytes), nil
}

// Open gives the secret that was kept.
func (s *Secrets) Open(sealed []byte) (string, error) {
	bytes, err := s.sealer.Open(sealed)
	if err != nil {
		return "", fmt.Errorf("opening the secret of a webhook: %w", err)
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(bytes), nil
}

// sign signs a message with every secret of the endpoint that holds at now, the newest
// first (Standard Webhooks 1.0, "Signature scheme").
func (s *Secrets) sign(w store.Webhook, id string, now time.Time, body []byte) (string, error) {
	sealed := [][]byte{w.Secret}
	if len(w.OldSecret) > 0 && now.Before(w.OldUntil) {
		sealed = append(sealed, w.OldSecret)
	}
	var signatures []string
	for _, kept := range sealed {
		raw, err := s.sealer.Open(kept)
		if err != nil {
			return "", fmt.Errorf("opening the secret of a webhook: %w", err)
		}
		signer, err := standardwebhooks.NewWebhookRaw(raw)
		if err != nil {
			return "", err
		}
		signature, err := signer.Sign(id, now, body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) == 0 {
		return "", errors.New("a webhook without a secret")
	}
	return strings.Join(signatures, " "), nil
}
