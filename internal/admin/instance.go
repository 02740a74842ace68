package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// EnsureInstance makes the instance at the first start, and at every start checks
// that this node has the root key of the first one, by its fingerprint: with
// another key it could read no code, token or signing key of the others. Of
// concurrent first starts one decides, and the others follow or get the error.
func (a *Admin) EnsureInstance(ctx context.Context, rootKey string) (store.Instance, error) {
	i, err := a.instances.Instance(ctx)
	if errors.Is(err, store.ErrNotFound) {
		i, err = a.createInstance(ctx, rootKey)
	}
	switch {
	case err != nil:
		return store.Instance{}, fmt.Errorf("preparing the instance: %w", err)
	case i.RootKey != rootKey:
		return store.Instance{}, fmt.Errorf("this database belongs to the root key with fingerprint %s, but the root key given has %s: "+
			"start with the root.key file or SIGNET_ROOT_KEY that the database was first started with, or with an empty database", i.RootKey, rootKey)
	}
	return i, nil
}

func (a *Admin) createInstance(ctx context.Context, rootKey string) (store.Instance, error) {
	now := a.now()
	id, err := a.id("ins_", now)
	if err != nil {
		return store.Instance{}, err
	}
	return a.instances.CreateInstance(ctx, store.Instance{
		ID:        id,
		RootKey:   rootKey,
		Settings:  store.Settings{Lifetimes: oauth.DefaultLifetimes()},
		CreatedAt: now,
	})
}

// Settings returns the settings of the instance.
func (a *Admin) Settings(ctx context.Context) (store.Settings, error) {
	i, err := a.Instance(ctx)
	return i.Settings, err
}

// UpdateSettings applies change to the settings and saves them. Change may run
// more than once, each time on settings read anew.
func (a *Admin) UpdateSettings(ctx context.Context, change func(*store.Settings)) (store.Settings, error) {
	i, err := a.ChangeInstance(ctx, change)
	return i.Settings, err
}

// ChangeInstance is UpdateSettings for callers that want the version of what is
// saved as well.
func (a *Admin) ChangeInstance(ctx context.Context, change func(*store.Settings)) (store.Instance, error) {
	var i store.Instance
	err := retried(func() error {
		var err error
		if i, err = a.Instance(ctx); err != nil {
			return err
		}
		if err := a.admits(SettingsVersion(i)); err != nil {
			return err
		}
		change(&i.Settings)
		if err := checkSettings(i.Settings); err != nil {
			return err
		}
		if err := a.instances.UpdateSettings(ctx, i); err != nil {
			return fmt.Errorf("saving the settings: %w", err)
		}
		i.Revision++
		return nil
	})
	if err != nil {
		return store.Instance{}, err
	}
	return i, nil
}
