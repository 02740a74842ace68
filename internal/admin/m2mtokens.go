package admin

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

// An M2MToken is a token by which a machine proves itself to others.
type M2MToken struct {
	store.M2MToken
	Token      string    // what is presented, only in the answer that made it
	LastUsedAt time.Time // zero: never, or long ago
}

// M2MFields are what a machine may decide about its token.
type M2MFields struct {
	JWT          bool // a JWT, of which nothing is kept and which nobody can revoke
	Lifetime     *time.Duration
	MinRemaining *time.Duration // nil for a new one; else one that lives that long will do
	Claims       json.RawMessage
}

// check reads the fields for a machine, and gives claims and lifetime.
func (f M2MFields) check(p *problems, m store.Machine) (claims json.RawMessage, lifetime time.Duration) {
	claims, lifetime = p.claims(f.Claims, reservedClaims), m.DefaultTTL
	if f.Lifetime != nil {
		lifetime = *f.Lifetime
	}
	switch {
	case lifetime < time.Second || lifetime > maxMachineTTL:
		p.add("seconds_until_expiration", Unacceptable, "seconds_until_expiration must be from 1 to 315360000.")
	case f.JWT && f.Lifetime != nil && lifetime > token.MaxSigned:
		p.add("seconds_until_expiration", Unacceptable, "seconds_until_expiration must be at most 2592000 for a JWT: the key that checks it is published no longer.")
	}
	if f.JWT {
		lifetime = min(lifetime, token.MaxSigned)
	}
	if f.MinRemaining != nil && !f.JWT && *f.MinRemaining >= lifetime {
		p.add("min_remaining_ttl_seconds", NeverMet, "min_remaining_ttl_seconds must be less than the lifetime of the token.")
	}
	return claims, lifetime
}

// CreateM2MToken makes a token for a machine, for the machines that it may call now.
func (a *Admin) CreateM2MToken(ctx context.Context, m store.Machine, f M2MFields) (M2MToken, error) {
	var p problems
	claims, lifetime := f.check(&p, m)
	if err := p.err(); err != nil {
		return M2MToken{}, err
	}
	precision := time.Millisecond
	if f.JWT {
		precision = time.Second
	}
	t, err := a.newM2MToken(ctx, m, precision)
	if err != nil {
		return M2MToken{}, err
	}
	t.Claims, t.ExpiresAt = claims, t.CreatedAt.Add(lifetime)
	if f.JWT {
		return a.signM2M(ctx, t)
	}
	if f.MinRemaining != nil {
		t, err = a.machines.PooledM2MToken(ctx, t, t.CreatedAt.Add(*f.MinRemaining))
	} else {
		err = a.machines.CreateM2MToken(ctx, t)
	}
	if err != nil {
		return M2MToken{}, fmt.Errorf("saving a token of a machine: %w", err)
	}
	made, err := a.withM2MUses(ctx, t)
	if err != nil {
		return M2MToken{}, err
	}
	made[0].Token = a.machineTokens.M2M(t.ID)
	return made[0], nil
}

// newM2MToken is the token to be: made after everything that it depends on, in so far
// as it can tell its time.
func (a *Admin) newM2MToken(ctx context.Context, m store.Machine, precision time.Duration) (t store.M2MToken, err error) {
	scopes, notBefore, err := a.machines.MachineScopes(ctx, m.ID)
	if err != nil {
		return t, fmt.Errorf("finding the scopes of a machine: %w", err)
	}
	now := oauth.LaterThan(a.now().Truncate(time.Millisecond), notBefore)
	for _, s := range scopes {
		t.Scopes, now = append(t.Scopes, s.To), oauth.LaterThan(now, s.CreatedAt)
	}
	slices.Sort(t.Scopes)
	if now = now.Truncate(precision); !now.After(notBefore) {
		now = now.Add(precision)
	}
	id, err := a.timedID(now)
	t.ID, t.MachineID, t.CreatedAt, t.UpdatedAt = id, m.ID, now, now
	return t, err
}

// timedID makes an id that begins with the time.
func (a *Admin) timedID(now time.Time) (id [16]byte, err error) {
	var random [10]byte
	if _, err := io.ReadFull(a.random, random[:]); err != nil {
		return id, fmt.Errorf("reading randomness: %w", err)
	}
	return oauth.NewGrantID(now, random), nil
}

func (a *Admin) signM2M(ctx context.Context, t store.M2MToken) (M2MToken, error) {
	signed, err := a.machineTokens.SignM2M(ctx, t)
	if errors.Is(err, token.ErrTooLong) {
		return M2MToken{}, problems{{"claims", TooLarge, "claims and scopes are too long for a JWT."}}.err()
	}
	if err != nil {
		return M2MToken{}, err
	}
	return M2MToken{M2MToken: t, Token: signed}, nil
}

// VerifyM2MToken returns the live token that is presented, to an operator, or to the
// machine by with this id: a token of its own, or one that is for it. Any other is
// store.ErrNotFound, whatever the reason.
func (a *Admin) VerifyM2MToken(ctx context.Context, presented, by string) (M2MToken, error) {
	t, kept, err := a.openM2M(ctx, presented)
	if err != nil {
		return M2MToken{}, err
	}
	if !t.Live(a.now()) || by != "" && by != t.MachineID && !slices.Contains(t.Scopes, by) {
		return M2MToken{}, fmt.Errorf("verifying a token of a machine: %w", store.ErrNotFound)
	}
	if !kept {
		return M2MToken{M2MToken: t}, nil
	}
	a.uses.Note(t.ID.Use())
	found, err := a.withM2MUses(ctx, t)
	if err != nil {
		return M2MToken{}, err
	}
	return found[0], nil
}

// openM2M reads a token of either format.
func (a *Admin) openM2M(ctx context.Context, presented string) (t store.M2MToken, kept bool, err error) {
	if strings.Count(presented, ".") == 2 {
		t, err = a.openSignedM2M(ctx, presented)
		return t, false, err
	}
	id, err := a.machineTokens.OpenM2M(presented)
	if errors.Is(err, keyring.ErrForged) {
		return t, false, fmt.Errorf("opening a token of a machine: %w", store.ErrNotFound)
	}
	if err == nil {
		t, err = a.machines.M2MToken(ctx, id)
	}
	if err != nil {
		return t, false, fmt.Errorf("opening a token of a machine: %w", err)
	}
	return t, true, nil
}

// openSignedM2M reads a JWT: what it says, as far as it still holds.
func (a *Admin) openSignedM2M(ctx context.Context, presented string) (store.M2MToken, error) {
	t, err := a.machineTokens.VerifyM2M(ctx, presented)
	if errors.Is(err, token.ErrNotSigned) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.M2MToken{}, fmt.Errorf("verifying a token of a machine: %w", err)
	}
	scopes, notBefore, err := a.machines.MachineScopes(ctx, t.MachineID)
	if err == nil && !t.CreatedAt.After(notBefore) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.M2MToken{}, fmt.Errorf("finding the scopes of a machine: %w", err)
	}
	t.Scopes = store.ScopesLeft(t.Scopes, t.CreatedAt, scopes)
	return t, nil
}

// M2MTokens returns one page of the tokens of a machine, and how many match in all.
func (a *Admin) M2MTokens(ctx context.Context, q store.M2MTokenQuery) ([]M2MToken, int, error) {
	if !isID(machineIDPrefix, q.MachineID) {
		return nil, 0, fmt.Errorf("listing tokens: %w", store.ErrNotFound)
	}
	tokens, total, err := a.machines.ListM2MTokens(ctx, q, a.now())
	if err != nil {
		return nil, 0, fmt.Errorf("listing tokens: %w", err)
	}
	found, err := a.withM2MUses(ctx, tokens...)
	return found, total, err
}

// RevokeM2MToken ends a token, for an operator, or for the machine by whose token it
// is. Revoking again changes nothing.
func (a *Admin) RevokeM2MToken(ctx context.Context, id, by string, reason *string) (M2MToken, error) {
	var p problems
	p.reason(reason)
	if err := p.err(); err != nil {
		return M2MToken{}, err
	}
	raw, ok := idBytes(id, "mt_")
	if !ok {
		return M2MToken{}, fmt.Errorf("revoking a token: %w", store.ErrNotFound)
	}
	t, err := a.machines.RevokeM2MToken(ctx, raw, by, reason, a.now())
	if err != nil {
		return M2MToken{}, fmt.Errorf("revoking a token: %w", err)
	}
	found, err := a.withM2MUses(ctx, t)
	if err != nil {
		return M2MToken{}, err
	}
	return found[0], nil
}

// idBytes reads an id in hexadecimal behind one of the prefixes.
func idBytes(id string, prefixes ...string) (raw [16]byte, ok bool) {
	for _, prefix := range prefixes {
		if digits, ok := strings.CutPrefix(id, prefix); ok {
			b, err := hex.DecodeString(digits)
			return [16]byte(append(b, make([]byte, len(raw))...)), err == nil && len(b) == len(raw)
		}
	}
	return raw, false
}

func (a *Admin) withM2MUses(ctx context.Context, tokens ...store.M2MToken) ([]M2MToken, error) {
	uses := make([]store.Hash, len(tokens))
	for i, t := range tokens {
		uses[i] = t.ID.Use()
	}
	last, err := a.uses.Last(ctx, uses...)
	if err != nil {
		return nil, fmt.Errorf("finding out when tokens were used: %w", err)
	}
	found := make([]M2MToken, len(tokens))
	for i, t := range tokens {
		found[i] = M2MToken{M2MToken: t, LastUsedAt: last[uses[i]]}
	}
	return found, nil
}
