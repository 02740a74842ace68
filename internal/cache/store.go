package cache

import (
	"context"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// ClientByClientID implements store.Clients.
func (c *Cache) ClientByClientID(ctx context.Context, id string) (store.Client, error) {
	return recall(ctx, c,
		func(h *held) (store.Client, bool) { client, ok := h.clients[id]; return client, ok },
		func() (store.Client, error) { return c.Backing.ClientByClientID(ctx, id) },
		func(h *held, client store.Client) { h.clients[id] = client })
}

// CreateClient implements store.Clients.
func (c *Cache) CreateClient(ctx context.Context, client store.Client) error {
	defer c.forget()
	return c.Backing.CreateClient(ctx, client)
}

// UpdateClient implements store.Clients.
func (c *Cache) UpdateClient(ctx context.Context, client store.Client) error {
	defer c.forget()
	return c.Backing.UpdateClient(ctx, client)
}

// AdmitClient implements store.Clients.
func (c *Cache) AdmitClient(ctx context.Context, client store.Client) error {
	defer c.forget()
	return c.Backing.AdmitClient(ctx, client)
}

// CutOffClient implements store.Clients.
func (c *Cache) CutOffClient(ctx context.Context, id string, at time.Time) (time.Time, error) {
	defer c.forget()
	return c.Backing.CutOffClient(ctx, id, at)
}

// DeleteClient implements store.Clients.
func (c *Cache) DeleteClient(ctx context.Context, id string) error {
	defer c.forget()
	return c.Backing.DeleteClient(ctx, id)
}

// DeleteClientAt implements store.Clients.
func (c *Cache) DeleteClientAt(ctx context.Context, id string, revision int64) error {
	defer c.forget()
	return c.Backing.DeleteClientAt(ctx, id, revision)
}

// Instance implements store.Instances. Its NotBefore may be out of date; what
// depends on that is decided by the store.
func (c *Cache) Instance(ctx context.Context) (store.Instance, error) {
	return recall(ctx, c,
		func(h *held) (store.Instance, bool) {
			if h.instance == nil {
				return store.Instance{}, false
			}
			return *h.instance, true
		},
		func() (store.Instance, error) { return c.Backing.Instance(ctx) },
		func(h *held, i store.Instance) { h.instance = &i })
}

// CreateInstance implements store.Instances.
func (c *Cache) CreateInstance(ctx context.Context, i store.Instance) (store.Instance, error) {
	defer c.forget()
	return c.Backing.CreateInstance(ctx, i)
}

// UpdateSettings implements store.Instances.
func (c *Cache) UpdateSettings(ctx context.Context, i store.Instance) error {
	defer c.forget()
	return c.Backing.UpdateSettings(ctx, i)
}

// CutOff implements store.Instances.
func (c *Cache) CutOff(ctx context.Context, at time.Time) (time.Time, error) {
	defer c.forget()
	return c.Backing.CutOff(ctx, at)
}

// APIKey implements store.APIKeys.
func (c *Cache) APIKey(ctx context.Context, secret store.Hash) (store.APIKey, error) {
	return recall(ctx, c,
		func(h *held) (store.APIKey, bool) { key, ok := h.keys[secret]; return key, ok },
		func() (store.APIKey, error) { return c.Backing.APIKey(ctx, secret) },
		func(h *held, key store.APIKey) { h.keys[secret] = key })
}

// PutAPIKey implements store.APIKeys.
func (c *Cache) PutAPIKey(ctx context.Context, k store.APIKey) error {
	defer c.forget()
	return c.Backing.PutAPIKey(ctx, k)
}

// CreateAPIKey implements store.APIKeys.
func (c *Cache) CreateAPIKey(ctx context.Context, k store.APIKey) error {
	defer c.forget()
	return c.Backing.CreateAPIKey(ctx, k)
}

// RevokeAPIKey implements store.APIKeys.
func (c *Cache) RevokeAPIKey(ctx context.Context, id string, now time.Time) error {
	defer c.forget()
	return c.Backing.RevokeAPIKey(ctx, id, now)
}

// SigningKeys implements store.SigningKeys.
func (c *Cache) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	return recall(ctx, c,
		func(h *held) ([]store.SigningKey, bool) { return h.signing, h.signing != nil },
		func() ([]store.SigningKey, error) { return c.Backing.SigningKeys(ctx) },
		func(h *held, keys []store.SigningKey) { h.signing = keys })
}

// CreateSigningKey implements store.SigningKeys.
func (c *Cache) CreateSigningKey(ctx context.Context, k store.SigningKey) error {
	defer c.forget()
	return c.Backing.CreateSigningKey(ctx, k)
}

// RetireSigningKey implements store.SigningKeys.
func (c *Cache) RetireSigningKey(ctx context.Context, id string, now time.Time) error {
	defer c.forget()
	return c.Backing.RetireSigningKey(ctx, id, now)
}

// DeleteSigningKey implements store.SigningKeys.
func (c *Cache) DeleteSigningKey(ctx context.Context, id string) error {
	defer c.forget()
	return c.Backing.DeleteSigningKey(ctx, id)
}
