package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A SecretKey opens the Backend API.
type SecretKey struct {
	store.APIKey
	Value      string    // the key itself, only in the answer that made it
	LastUsedAt time.Time // zero: never, or long ago
}

// ErrLastKey means that nothing would open the Backend API any more.
var ErrLastKey = errors.New("the last secret key cannot be revoked")

// CreateSecretKey makes a key that begins with sk_test_ if test says so, else with
// sk_live_. The answer holds it, which is shown this once. A name that another key
// has is an *Error. No lifetime is for ever.
func (a *Admin) CreateSecretKey(ctx context.Context, name string, lifetime time.Duration, test bool) (SecretKey, error) {
	var p problems
	if name = p.line("name", name); name == "" {
		p.add("name", Missing, "name must be included.")
	}
	if name == configuredKey {
		p.add("name", Unacceptable, "This name is kept for the key of the configuration.")
	}
	if lifetime < 0 {
		p.add("expires_in_seconds", Unacceptable, "expires_in_seconds must not be negative.")
	}
	if err := p.err(); err != nil {
		return SecretKey{}, err
	}
	random, err := a.text(40)
	if err != nil {
		return SecretKey{}, err
	}
	now := a.now().Truncate(time.Millisecond)
	id, err := a.id("key_", now)
	if err != nil {
		return SecretKey{}, err
	}
	k := SecretKey{Value: "sk_live_" + random}
	if test {
		k.Value = "sk_test_" + random
	}
	k.APIKey = store.APIKey{ID: id, Name: name, Secret: oauth.HashSecret(k.Value), Prefix: prefixOf(k.Value), CreatedAt: now}
	if lifetime > 0 {
		k.ExpiresAt = now.Add(lifetime)
	}
	switch err := a.keys.CreateAPIKey(ctx, k.APIKey); {
	case errors.Is(err, store.ErrConflict):
		return SecretKey{}, problems{{"name", Taken, "Another secret key has this name."}}.err()
	case err != nil:
		return SecretKey{}, fmt.Errorf("saving a secret key: %w", err)
	}
	return k, nil
}

// SecretKeys lists the keys, oldest first, those that have expired too.
func (a *Admin) SecretKeys(ctx context.Context) ([]SecretKey, error) {
	kept, err := a.keys.ListAPIKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing secret keys: %w", err)
	}
	return a.withUses(ctx, kept...)
}

func (a *Admin) withUses(ctx context.Context, kept ...store.APIKey) ([]SecretKey, error) {
	hashes := make([]store.Hash, len(kept))
	for i, k := range kept {
		hashes[i] = k.Secret
	}
	last, err := a.uses.Last(ctx, hashes...)
	if err != nil {
		return nil, fmt.Errorf("finding out when secret keys were used: %w", err)
	}
	keys := make([]SecretKey, len(kept))
	for i, k := range kept {
		keys[i] = SecretKey{APIKey: k, LastUsedAt: last[k.Secret]}
	}
	return keys, nil
}

// SecretKey tells of the key that opened the door.
func (a *Admin) SecretKey(ctx context.Context, k store.APIKey) (SecretKey, error) {
	keys, err := a.withUses(ctx, k)
	if err != nil {
		return SecretKey{}, err
	}
	return keys[0], nil
}

// RevokeSecretKey ends a key at once; ErrLastKey if nothing else would open the
// Backend API.
func (a *Admin) RevokeSecretKey(ctx context.Context, id string) error {
	if !isID("key_", id) {
		return fmt.Errorf("revoking a secret key: %w", store.ErrNotFound)
	}
	err := a.keys.RevokeAPIKey(ctx, id, a.now())
	if errors.Is(err, store.ErrConflict) {
		return ErrLastKey
	}
	if err != nil {
		return fmt.Errorf("revoking a secret key: %w", err)
	}
	return nil
}
