package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Machines finds the machines of the Backend API.
type Machines interface {
	// Machine finds a machine, or store.ErrNotFound.
	Machine(ctx context.Context, id string) (store.Machine, error)
	// MachineScopes returns which machines it may call, and the time up to which
	// everything is dead.
	MachineScopes(ctx context.Context, id string) (scopes []store.MachineScope, notBefore time.Time, err error)
}

// withMachines finds machines among the clients: a machine is a client that acts on
// its own behalf and does nothing else (RFC 6749 §4.4). Its secret key is its client
// secret, and the scopes it may have are the ids of the machines it may call. It is
// read each time, so that a key that was rotated ends at once.
type withMachines struct {
	kept
	machines Machines
}

// ClientByClientID implements kept.
func (w withMachines) ClientByClientID(ctx context.Context, id string) (store.Client, error) {
	if !strings.HasPrefix(id, "mch_") {
		return w.kept.ClientByClientID(ctx, id)
	}
	m, err := w.machines.Machine(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound): // an application that was imported may have such an id
		return w.kept.ClientByClientID(ctx, id)
	case err != nil:
		return store.Client{}, fmt.Errorf("reading a machine: %w", err)
	}
	scopes, notBefore, err := w.machines.MachineScopes(ctx, id)
	if err != nil {
		return store.Client{}, fmt.Errorf("reading the scopes of a machine: %w", err)
	}
	c := oauth.Client{
		ID: m.ID, SecretHash: m.Key, OldSecret: m.OldKey, ClientCredentials: true,
		Lifetimes: oauth.Lifetimes{AccessToken: m.DefaultTTL}, NotBefore: notBefore,
	}
	for _, s := range scopes {
		c.Scopes = append(c.Scopes, s.To)
	}
	return store.Client{Client: c, Name: m.Name}, nil
}
