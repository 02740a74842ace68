package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	configuredKey = "SIGNET_SECRET_KEY" // the name of the key that the configuration gives
	firstKey      = "first start"       // and of the one made when it gives none
)

// EnsureSecretKey sees to it that some secret key opens the Backend API.
//
// A configured key opens it from now on, and the one configured before no longer
// does. Without one, at the first start, a key is made and returned: this is the
// only time it can be shown. It begins with sk_test_ if test says so, else with
// sk_live_. Otherwise the answer is "". An unusable configured key is an *Error.
func (a *Admin) EnsureSecretKey(ctx context.Context, configured string, test bool) (string, error) {
	if configured != "" {
		return "", a.putConfiguredKey(ctx, configured)
	}
	keys, err := a.keys.ListAPIKeys(ctx)
	if err != nil {
		return "", fmt.Errorf("listing secret keys: %w", err)
	}
	if len(keys) > 0 {
		return "", nil
	}
	random, err := a.text(40)
	if err != nil {
		return "", err
	}
	prefix := "sk_live_"
	if test {
		prefix = "sk_test_"
	}
	return prefix + random, a.putKey(ctx, firstKey, prefix+random)
}

func (a *Admin) putConfiguredKey(ctx context.Context, secret string) error {
	if err := checkSecretKey(secret); err != nil {
		return err
	}
	_, err := a.keys.APIKey(ctx, oauth.HashSecret(secret))
	switch {
	case err == nil:
		return nil // it opens the Backend API already
	case !errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("finding the configured secret key: %w", err)
	}
	return a.putKey(ctx, configuredKey, secret)
}

func (a *Admin) putKey(ctx context.Context, name, secret string) error {
	now := a.now().Truncate(time.Millisecond)
	id, err := a.id("key_", now)
	if err != nil {
		return err
	}
	key := store.APIKey{ID: id, Name: name, Secret: oauth.HashSecret(secret), Prefix: prefixOf(secret), CreatedAt: now}
	if err := a.keys.PutAPIKey(ctx, key); err != nil {
		return fmt.Errorf("saving a secret key: %w", err)
	}
	return nil
}

// prefixOf gives enough of a key to tell it from others, and little enough to be
// of no use: four characters past sk_live_ of forty.
func prefixOf(secret string) string { return secret[:min(len(secret)/4, len("sk_live_")+4)] }

// checkSecretKey decides whether a key can be sent as SDKs send it.
func checkSecretKey(secret string) error {
	var p problems
	rest, ok := strings.CutPrefix(secret, "sk_")
	switch {
	case !ok || rest == "":
		p.add("secret_key", Malformed, "A secret key begins with sk_test_ or sk_live_.")
	case strings.Trim(rest, base62+"_-") != "":
		p.add("secret_key", Malformed, "A secret key consists of letters, digits, '_' and '-'.")
	case len(secret) > maxText:
		p.add("secret_key", TooLong, "A secret key has at most 256 characters.")
	}
	return p.err()
}
