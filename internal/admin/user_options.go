package admin

import (
	"context"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// UserOptions are what an operator may say of few users. Nil means "as it is", and
// on creation the default.
type UserOptions struct {
	LegalAcceptedAt      *time.Time
	DeletesSelf          *bool // may delete the account; by default true
	CreatesOrganizations *bool // by default false
	OrganizationsLimit   *int
	BypassesClientTrust  *bool // by default false
}

const maxOrganizationsLimit = 1 << 31

// check notes what cannot be.
func (o UserOptions) check(p *problems) {
	if t := o.LegalAcceptedAt; t != nil && !admitted(*t) {
		p.add("legal_accepted_at", NotATime, "legal_accepted_at must be a time between 1970 and 9999.")
	}
	if n := o.OrganizationsLimit; n != nil && (*n < 0 || *n >= maxOrganizationsLimit) {
		p.add("create_organizations_limit", Unacceptable, "create_organizations_limit must not be negative, nor above 2147483647.")
	}
}

// admitted reports whether a time of the past or the future can be kept.
func admitted(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9999 }

func (o UserOptions) apply(to *store.UserOptions) {
	if o.LegalAcceptedAt != nil {
		to.LegalAcceptedAt = o.LegalAcceptedAt.UTC().Truncate(time.Millisecond)
	}
	if o.DeletesSelf != nil {
		to.KeepsAccount = !*o.DeletesSelf
	}
	if o.CreatesOrganizations != nil {
		to.CreatesOrganizations = *o.CreatesOrganizations
	}
	if o.OrganizationsLimit != nil {
		to.OrganizationsLimit = o.OrganizationsLimit
	}
	if o.BypassesClientTrust != nil {
		to.BypassesClientTrust = *o.BypassesClientTrust
	}
}

// SetLocked locks or unlocks a user and returns the user as it is then. Who is locked
// cannot sign in; sessions and what was granted stay.
func (a *Admin) SetLocked(ctx context.Context, id string, locked bool) (store.User, error) {
	if !isID("user_", id) {
		return store.User{}, fmt.Errorf("locking a user: %w", store.ErrNotFound)
	}
	if err := a.users.SetLocked(ctx, id, locked, a.now()); err != nil {
		return store.User{}, fmt.Errorf("locking a user: %w", err)
	}
	return a.User(ctx, id)
}

// SetCompromised says that others know the user's password, so that it signs nobody
// in until it is changed, or takes that back. If signOut is true every session of the
// user ends with it.
func (a *Admin) SetCompromised(ctx context.Context, id string, compromised, signOut bool) (store.User, error) {
	return a.changeUser(ctx, id, signOut, func(u *store.User) error {
		if u.PasswordDigest == "" {
			return ErrNoPassword
		}
		u.PasswordCompromised = compromised
		return nil
	})
}
