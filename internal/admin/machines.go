package admin

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// MachineStore keeps machines, what they have, and API keys.
type MachineStore interface {
	store.Machines
	store.MachineScopes
	store.M2MTokens
	store.SubjectKeys
}

// The limits of machines.
const (
	maxMachineScopes  = 150
	maxMachineOverlap = 8 * time.Hour
	maxMachineTTL     = 315360000 * time.Second // ten years
	defaultMachineTTL = time.Hour
	maxMachineName    = 255
	machineKeyLength  = 43 // characters of [0-9A-Za-z]: 256 bits
	machineKeyPrefix  = "ak_"
	machineIDPrefix   = "mch_"
)

// A Machine is a program that speaks for itself, as an operator sees it.
type Machine struct {
	store.Machine
	Scoped []store.Machine // those that it may call
	Secret string          // its secret key, only in the answer that made it
}

// MachineFields are what an operator may decide about a machine. Nil means "as it
// is", and on creation the default.
type MachineFields struct {
	Name       *string
	DefaultTTL *time.Duration // of its tokens; an hour by default
}

// check notes what is wrong with the fields.
func (f MachineFields) check(p *problems) {
	if f.Name != nil {
		switch n := utf8.RuneCountInString(*f.Name); {
		case n == 0:
			p.add("name", Empty, "name must not be empty.")
		case n > maxMachineName:
			p.add("name", TooLong, "name must be at most 255 characters long.")
		case !isLine(*f.Name):
			p.add("name", Malformed, "name must be a text without control characters.")
		}
	}
	if f.DefaultTTL != nil && (*f.DefaultTTL < time.Second || *f.DefaultTTL > maxMachineTTL) {
		p.add("default_token_ttl", Unacceptable, "default_token_ttl must be from 1 to 315360000 seconds.")
	}
}

// CreateMachine makes a machine that may call the given others. An *Error for one
// that does not exist.
func (a *Admin) CreateMachine(ctx context.Context, f MachineFields, scopes []string) (Machine, error) {
	var p problems
	if f.Name == nil {
		p.add("name", Missing, "name must be included.")
	}
	f.check(&p)
	seen := map[string]bool{}
	for _, id := range scopes {
		switch {
		case seen[id]:
			p.add("scoped_machines", Repeated, "scoped_machines must name no machine twice.")
		case !isID(machineIDPrefix, id):
			p.add("scoped_machines", UnknownMachine, "scoped_machines must name machines that exist.")
		}
		seen[id] = true
	}
	if len(scopes) > maxMachineScopes {
		p.add("scoped_machines", TooMany, "A machine can call at most 150 others.")
	}
	if err := p.err(); err != nil {
		return Machine{}, err
	}
	now := a.now().Truncate(time.Millisecond)
	m := store.Machine{Name: *f.Name, DefaultTTL: defaultMachineTTL, CreatedAt: now, UpdatedAt: now}
	if f.DefaultTTL != nil {
		m.DefaultTTL = *f.DefaultTTL
	}
	var err error
	if m.ID, err = a.id(machineIDPrefix, now); err != nil {
		return Machine{}, err
	}
	secret, err := a.newMachineKey(&m)
	if err != nil {
		return Machine{}, err
	}
	switch err := a.machines.CreateMachine(ctx, m, scopes...); {
	case errors.Is(err, store.ErrNotFound):
		return Machine{}, problems{{"scoped_machines", UnknownMachine, "scoped_machines must name machines that exist."}}.err()
	case err != nil:
		return Machine{}, fmt.Errorf("saving a machine: %w", err)
	}
	made, err := a.withScoped(ctx, m)
	if err != nil {
		return Machine{}, err
	}
	made[0].Secret = secret
	return made[0], nil
}

// newMachineKey gives the machine a secret key: it is kept as a hash, by which it is
// found, and sealed, so that an operator can be shown it again.
func (a *Admin) newMachineKey(m *store.Machine) (secret string, err error) {
	random, err := a.text(machineKeyLength)
	if err != nil {
		return "", err
	}
	secret = machineKeyPrefix + random
	m.Key, m.SealedKey = oauth.HashSecret(secret), a.machineTokens.SealSecret(m.ID, secret)
	return secret, nil
}

// withScoped finds the machines that each of the given ones may call.
func (a *Admin) withScoped(ctx context.Context, all ...store.Machine) ([]Machine, error) {
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.ID
	}
	scoped, err := a.machines.ScopedMachines(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("finding scoped machines: %w", err)
	}
	found := make([]Machine, len(all))
	for i, m := range all {
		found[i] = Machine{Machine: m, Scoped: scoped[m.ID]}
	}
	return found, nil
}

// Machine returns the machine with this mch_ id.
func (a *Admin) Machine(ctx context.Context, id string) (Machine, error) {
	m, err := a.machine(ctx, id)
	if err != nil {
		return Machine{}, err
	}
	found, err := a.withScoped(ctx, m)
	if err != nil {
		return Machine{}, err
	}
	return found[0], nil
}

func (a *Admin) machine(ctx context.Context, id string) (store.Machine, error) {
	if !isID(machineIDPrefix, id) {
		return store.Machine{}, fmt.Errorf("finding a machine: %w", store.ErrNotFound)
	}
	m, err := a.machines.Machine(ctx, id)
	if err != nil {
		return store.Machine{}, fmt.Errorf("finding a machine: %w", err)
	}
	return m, nil
}

// MachineOfKey returns the machine whose secret key this is, or store.ErrNotFound.
func (a *Admin) MachineOfKey(ctx context.Context, secret string) (store.Machine, error) {
	m, err := a.machines.MachineByKey(ctx, oauth.HashSecret(secret), a.now())
	if err != nil {
		return store.Machine{}, fmt.Errorf("finding the machine of a key: %w", err)
	}
	return m, nil
}

// Machines returns one page of the machines that match, and how many match in all.
func (a *Admin) Machines(ctx context.Context, q store.MachineQuery) ([]Machine, int, error) {
	machines, total, err := a.machines.ListMachines(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("listing machines: %w", err)
	}
	found, err := a.withScoped(ctx, machines...)
	return found, total, err
}

// UpdateMachine changes what f names.
func (a *Admin) UpdateMachine(ctx context.Context, id string, f MachineFields) (Machine, error) {
	var p problems
	f.check(&p)
	if err := p.err(); err != nil {
		return Machine{}, err
	}
	if !isID(machineIDPrefix, id) {
		return Machine{}, fmt.Errorf("changing a machine: %w", store.ErrNotFound)
	}
	m, err := a.machines.ChangeMachine(ctx, id, store.MachineChange(f), a.now())
	if err != nil {
		return Machine{}, fmt.Errorf("changing a machine: %w", err)
	}
	found, err := a.withScoped(ctx, m)
	if err != nil {
		return Machine{}, err
	}
	return found[0], nil
}

// DeleteMachine removes a machine for good. Its key, its tokens and its API keys
// are dead at their next use.
func (a *Admin) DeleteMachine(ctx context.Context, id string) error {
	if !isID(machineIDPrefix, id) {
		return fmt.Errorf("deleting a machine: %w", store.ErrNotFound)
	}
	if err := a.machines.DeleteMachine(ctx, id); err != nil {
		return fmt.Errorf("deleting a machine: %w", err)
	}
	return nil
}

// MachineSecret shows the secret key of a machine.
func (a *Admin) MachineSecret(ctx context.Context, id string) (string, error) {
	m, err := a.machine(ctx, id)
	if err != nil {
		return "", err
	}
	secret, err := a.machineTokens.OpenSecret(m.ID, m.SealedKey)
	if err != nil {
		return "", fmt.Errorf("opening the key of %s: %w", id, err)
	}
	return secret, nil
}

// RotateMachineSecret gives the machine a new secret key and returns it. The one
// before it works for the overlap, and any older one no more. Of concurrent
// rotations one succeeds; the others return store.ErrConflict.
func (a *Admin) RotateMachineSecret(ctx context.Context, id string, overlap time.Duration) (string, error) {
	if overlap < 0 || overlap > maxMachineOverlap {
		return "", problems{{"previous_token_ttl", Unacceptable, "previous_token_ttl must be from 0 to 28800 seconds, which is 8 hours."}}.err()
	}
	m, err := a.machine(ctx, id)
	if err != nil {
		return "", err
	}
	was, now := m.Key, a.now().Truncate(time.Millisecond)
	secret, err := a.newMachineKey(&m)
	if err != nil {
		return "", err
	}
	m.OldKey, m.UpdatedAt = oauth.OldSecret{}, now
	if overlap > 0 {
		m.OldKey = oauth.OldSecret{Hash: was, Until: now.Add(overlap)}
	}
	if err := a.machines.RotateMachineKey(ctx, m, was); err != nil {
		return "", fmt.Errorf("rotating the key of a machine: %w", err)
	}
	return secret, nil
}

// AddMachineScope lets a machine call another. ErrConflict if it may already.
func (a *Admin) AddMachineScope(ctx context.Context, from, to string) (store.MachineScope, error) {
	if from == to {
		return store.MachineScope{}, problems{{"to_machine_id", Unacceptable, "to_machine_id must be another machine."}}.err()
	}
	s := store.MachineScope{From: from, To: to, CreatedAt: a.now().Truncate(time.Millisecond)}
	if !isID(machineIDPrefix, from) || !isID(machineIDPrefix, to) {
		return store.MachineScope{}, fmt.Errorf("adding a scope: %w", store.ErrNotFound)
	}
	err := a.machines.AddMachineScope(ctx, s, maxMachineScopes)
	if errors.Is(err, store.ErrTooMany) {
		return store.MachineScope{}, problems{{"to_machine_id", TooMany, "A machine can call at most 150 others."}}.err()
	}
	if err != nil {
		return store.MachineScope{}, fmt.Errorf("adding a scope: %w", err)
	}
	return s, nil
}

// RemoveMachineScope takes that back at once, for tokens that were made before too.
func (a *Admin) RemoveMachineScope(ctx context.Context, from, to string) error {
	if !isID(machineIDPrefix, from) || !isID(machineIDPrefix, to) {
		return fmt.Errorf("removing a scope: %w", store.ErrNotFound)
	}
	if err := a.machines.RemoveMachineScope(ctx, from, to); err != nil {
		return fmt.Errorf("removing a scope: %w", err)
	}
	return nil
}
