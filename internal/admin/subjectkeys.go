package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A SubjectKey is an API key of a user, a machine or an organization, for the operator's own APIs.
type SubjectKey struct {
	store.SubjectKey
	Secret     string    // only in the answer that made it
	LastUsedAt time.Time // zero: never, or long ago
}

// SubjectKeyFields are what may be decided about a key. Nil means "as it is", and on
// creation the default.
type SubjectKeyFields struct {
	Name        string // decided once
	Subject     *string
	Description *string
	Claims      json.RawMessage
	Scopes      []string
	CreatedBy   *string        // decided once
	Lifetime    *time.Duration // from now on; by default for ever
}

const (
	maxKeyScopes = 100
	maxKeyText   = 255
	minKeyName   = 3
)

// check notes what is wrong with the fields that may change, and gives the claims.
func (f SubjectKeyFields) check(p *problems) json.RawMessage {
	if f.Subject != nil && !isSubject(*f.Subject) {
		p.add("subject", Malformed, "subject must be the id of a user, a machine or an organization.")
	}
	p.note("description", f.Description, maxKeyText)
	seen := map[string]bool{}
	for _, s := range f.Scopes {
		switch {
		case s == "" || utf8.RuneCountInString(s) > maxKeyText || !isLine(s):
			p.add("scopes", Malformed, "scopes must be texts of 1 to 255 characters without control characters.")
		case seen[s]:
			p.add("scopes", Repeated, "scopes must name none twice.")
		}
		seen[s] = true
	}
	if len(f.Scopes) > maxKeyScopes {
		p.add("scopes", TooMany, "There can be at most 100 scopes.")
	}
	if f.Lifetime != nil && (*f.Lifetime < time.Second || *f.Lifetime > maxMachineTTL) {
		p.add("seconds_until_expiration", Unacceptable, "seconds_until_expiration must be from 1 to 315360000; leave it out for a key that does not expire.")
	}
	return p.claims(f.Claims, nil)
}

// subjectPrefixes are those of the ids of all who can have keys.
var subjectPrefixes = []string{"user_", machineIDPrefix, "org_"}

// isSubject reports whether s can be the id of somebody who has keys.
func isSubject(s string) bool {
	return slices.ContainsFunc(subjectPrefixes, func(prefix string) bool { return isID(prefix, s) })
}

// checkNew notes what is wrong with the fields that are decided once.
func (f SubjectKeyFields) checkNew(p *problems) {
	switch n := utf8.RuneCountInString(f.Name); {
	case f.Name == "":
		p.add("name", Missing, "name must be included.")
	case n < minKeyName:
		p.add("name", TooShort, "name must be at least 3 characters long.")
	case n > maxKeyText:
		p.add("name", TooLong, "name must be at most 255 characters long.")
	case !isLine(f.Name) || strings.TrimSpace(f.Name) != f.Name:
		p.add("name", Malformed, "name must be a text without control characters that neither begins nor ends with a space.")
	}
	if f.Subject == nil {
		p.add("subject", Missing, "subject must be included.")
	}
	if f.CreatedBy != nil && !isID("user_", *f.CreatedBy) {
		p.add("created_by", Malformed, "created_by must be the id of a user.")
	}
}

// CreateSubjectKey makes a key. The answer holds its secret. store.ErrNotFound if its
// subject does not exist.
func (a *Admin) CreateSubjectKey(ctx context.Context, f SubjectKeyFields) (SubjectKey, error) {
	var p problems
	f.checkNew(&p)
	claims := f.check(&p)
	if err := p.err(); err != nil {
		return SubjectKey{}, err
	}
	now, err := a.afterCutOffs(ctx, *f.Subject)
	if err != nil {
		return SubjectKey{}, err
	}
	id, err := a.timedID(now)
	if err != nil {
		return SubjectKey{}, err
	}
	k := store.SubjectKey{
		ID: id, Subject: *f.Subject, Name: f.Name, Description: f.Description, Claims: claims, Scopes: f.Scopes,
		CreatedBy: f.CreatedBy, CreatedAt: now, UpdatedAt: now,
	}
	if f.Lifetime != nil {
		k.ExpiresAt = now.Add(*f.Lifetime)
	}
	if err := a.machines.CreateSubjectKey(ctx, k); err != nil {
		return SubjectKey{}, fmt.Errorf("saving a key: %w", err)
	}
	return SubjectKey{SubjectKey: k, Secret: a.machineTokens.Key(id)}, nil
}

// afterCutOffs is now, or just after the subject and the instance were cut off.
func (a *Admin) afterCutOffs(ctx context.Context, subject string) (time.Time, error) {
	instance, err := a.Instance(ctx)
	if err != nil {
		return time.Time{}, err
	}
	now := oauth.LaterThan(a.now().Truncate(time.Millisecond), instance.NotBefore)
	if !strings.HasPrefix(subject, "user_") {
		return now, nil
	}
	u, err := a.users.UserByID(ctx, subject)
	if err != nil {
		return time.Time{}, fmt.Errorf("finding the user of a key: %w", err)
	}
	return oauth.LaterThan(now, u.NotBefore), nil
}

// SubjectKey returns the key with this id.
func (a *Admin) SubjectKey(ctx context.Context, id string) (SubjectKey, error) {
	return a.withKey(ctx, id, func(raw store.SubjectKeyID) (store.SubjectKey, error) { return a.machines.SubjectKey(ctx, raw) })
}

// SubjectKeySecret shows the secret of a key.
func (a *Admin) SubjectKeySecret(ctx context.Context, id string) (string, error) {
	k, err := a.SubjectKey(ctx, id)
	if err != nil {
		return "", err
	}
	return a.machineTokens.Key(k.ID), nil
}

// VerifySubjectKey returns the key whose secret is presented, if it opens something
// now. Any other is store.ErrNotFound, whatever the reason.
func (a *Admin) VerifySubjectKey(ctx context.Context, secret string) (SubjectKey, error) {
	id, err := a.machineTokens.OpenKey(secret)
	if errors.Is(err, keyring.ErrForged) {
		return SubjectKey{}, fmt.Errorf("verifying a key: %w", store.ErrNotFound)
	}
	k, err := a.machines.LiveSubjectKey(ctx, id, a.now())
	if err != nil {
		return SubjectKey{}, fmt.Errorf("verifying a key: %w", err)
	}
	a.uses.Note(id.Use())
	return a.oneKey(ctx, k)
}

// SubjectKeys returns one page of the keys of a subject, and how many match in all.
func (a *Admin) SubjectKeys(ctx context.Context, q store.SubjectKeyQuery) ([]SubjectKey, int, error) {
	keys, total, err := a.machines.ListSubjectKeys(ctx, q, a.now())
	if err != nil {
		return nil, 0, fmt.Errorf("listing keys: %w", err)
	}
	found, err := a.withKeyUses(ctx, keys...)
	return found, total, err
}

// UpdateSubjectKey changes what f names. store.ErrNotFound if its new subject does
// not exist.
func (a *Admin) UpdateSubjectKey(ctx context.Context, id string, f SubjectKeyFields) (SubjectKey, error) {
	var p problems
	c := store.SubjectKeyChange{Subject: f.Subject, Description: f.Description, Claims: f.check(&p), Scopes: f.Scopes}
	if err := p.err(); err != nil {
		return SubjectKey{}, err
	}
	if f.Claims != nil && c.Claims == nil {
		c.Claims = json.RawMessage{} // none from now on
	}
	now := a.now()
	if f.Lifetime != nil {
		c.ExpiresAt = new(now.Add(*f.Lifetime))
	}
	return a.withKey(ctx, id, func(raw store.SubjectKeyID) (store.SubjectKey, error) {
		return a.machines.ChangeSubjectKey(ctx, raw, c, now)
	})
}

// RevokeSubjectKey ends a key. Revoking again changes nothing.
func (a *Admin) RevokeSubjectKey(ctx context.Context, id string, reason *string) (SubjectKey, error) {
	var p problems
	p.reason(reason)
	if err := p.err(); err != nil {
		return SubjectKey{}, err
	}
	return a.withKey(ctx, id, func(raw store.SubjectKeyID) (store.SubjectKey, error) {
		return a.machines.RevokeSubjectKey(ctx, raw, reason, a.now())
	})
}

// DeleteSubjectKey removes a key for good.
func (a *Admin) DeleteSubjectKey(ctx context.Context, id string) error {
	_, err := a.withKey(ctx, id, func(raw store.SubjectKeyID) (k store.SubjectKey, err error) {
		return k, a.machines.DeleteSubjectKey(ctx, raw)
	})
	return err
}

// withKey does something to the key with an id.
func (a *Admin) withKey(ctx context.Context, id string, do func(store.SubjectKeyID) (store.SubjectKey, error)) (SubjectKey, error) {
	raw, ok := idBytes(id, "ak_", "api_key_")
	if !ok {
		return SubjectKey{}, fmt.Errorf("finding a key: %w", store.ErrNotFound)
	}
	k, err := do(raw)
	if err != nil {
		return SubjectKey{}, fmt.Errorf("a key: %w", err)
	}
	return a.oneKey(ctx, k)
}

func (a *Admin) oneKey(ctx context.Context, k store.SubjectKey) (SubjectKey, error) {
	found, err := a.withKeyUses(ctx, k)
	if err != nil {
		return SubjectKey{}, err
	}
	return found[0], nil
}

func (a *Admin) withKeyUses(ctx context.Context, keys ...store.SubjectKey) ([]SubjectKey, error) {
	uses := make([]store.Hash, len(keys))
	for i, k := range keys {
		uses[i] = k.ID.Use()
	}
	last, err := a.uses.Last(ctx, uses...)
	if err != nil {
		return nil, fmt.Errorf("finding out when keys were used: %w", err)
	}
	found := make([]SubjectKey, len(keys))
	for i, k := range keys {
		found[i] = SubjectKey{SubjectKey: k, LastUsedAt: last[uses[i]]}
	}
	return found, nil
}
