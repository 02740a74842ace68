package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// MembershipFields are what an operator may change about a membership. Nil means "as
// it is".
type MembershipFields struct {
	Role            *string
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	MergeMetadata   bool
}

// apply decides whether the membership may be as f says.
func (f MembershipFields) apply(m *store.Membership) error {
	var p problems
	if f.Role != nil {
		switch m.Role = store.Role(*f.Role); m.Role {
		case store.RoleAdmin, store.RoleMember:
		case "":
			p.add("role", Empty, "role must not be empty.")
		default:
			p.add("role", NoRole, "role must be org:admin or org:member.")
		}
	}
	p.bothMetadata(&m.PublicMetadata, &m.PrivateMetadata, f.PublicMetadata, f.PrivateMetadata, f.MergeMetadata)
	return p.err()
}

// AddMember makes a user a member of an organization. That the user is one already,
// and that there is no room, is an *Error.
func (a *Admin) AddMember(ctx context.Context, idOrSlug, userID string, f MembershipFields) (store.Member, error) {
	o, err := a.Organization(ctx, idOrSlug)
	if err != nil {
		return store.Member{}, err
	}
	now := a.now().Truncate(time.Millisecond)
	m := store.Membership{OrganizationID: o.ID, UserID: userID, CreatedAt: now, UpdatedAt: now}
	if f.Role == nil {
		return store.Member{}, problems{{"role", Missing, "role must be included."}}.err()
	}
	if err := f.apply(&m); err != nil {
		return store.Member{}, err
	}
	if !isID("user_", userID) {
		return store.Member{}, fmt.Errorf("adding a member: %w", store.ErrNotFound)
	}
	if m.ID, err = a.id("orgmem_", now); err != nil {
		return store.Member{}, err
	}
	err = a.organizations.AddMember(ctx, m)
	var exists *store.ExistsError
	switch {
	case errors.As(err, &exists):
		return store.Member{}, problems{{"user_id", MemberAlready, "The user is a member of the organization already."}}.err()
	case errors.Is(err, store.ErrFull):
		return store.Member{}, problems{{"", NoRoom, "The organization has as many members as it may have."}}.err()
	case err != nil:
		return store.Member{}, fmt.Errorf("adding a member: %w", err)
	}
	return a.organizations.Member(ctx, o.ID, userID)
}

// Members returns one page of the memberships that match, and how many match in all.
func (a *Admin) Members(ctx context.Context, q store.MemberQuery) ([]store.Member, int, error) {
	list, total, err := a.organizations.ListMembers(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("listing memberships: %w", err)
	}
	return list, total, nil
}

// Member finds a membership by its organization and its user.
func (a *Admin) Member(ctx context.Context, idOrSlug, userID string) (store.Member, error) {
	o, err := a.Organization(ctx, idOrSlug)
	if err != nil {
		return store.Member{}, err
	}
	if !isID("user_", userID) {
		return store.Member{}, fmt.Errorf("finding a membership: %w", store.ErrNotFound)
	}
	m, err := a.organizations.Member(ctx, o.ID, userID)
	if err != nil {
		return store.Member{}, fmt.Errorf("finding a membership: %w", err)
	}
	return m, nil
}

// UpdateMember changes what f names. That the last admin would be none is an *Error.
func (a *Admin) UpdateMember(ctx context.Context, idOrSlug, userID string, f MembershipFields) (store.Member, error) {
	var m store.Member
	err := retried(func() error {
		var err error
		if m, err = a.Member(ctx, idOrSlug, userID); err != nil {
			return err
		}
		if err := a.admits(MembershipVersion(m)); err != nil {
			return err
		}
		if err := f.apply(&m.Membership); err != nil {
			return err
		}
		was := m.UpdatedAt
		m.UpdatedAt = after(was, a.now())
		return lastAdmin(a.organizations.UpdateMembership(ctx, m.Membership, was))
	})
	if err != nil {
		return store.Member{}, err
	}
	return m, nil
}

// RemoveMember ends a membership and returns it as it was. That the last admin would
// go is an *Error: an organization ends by being deleted.
func (a *Admin) RemoveMember(ctx context.Context, idOrSlug, userID string) (store.Member, error) {
	var m store.Member
	err := a.deleteIf(ctx, func() (string, func(context.Context) error, error) {
		var err error
		if m, err = a.Member(ctx, idOrSlug, userID); err != nil {
			return "", nil, err
		}
		was := time.Time{}
		if a.condition != nil {
			was = m.UpdatedAt
		}
		return MembershipVersion(m), func(ctx context.Context) error {
			return lastAdmin(a.organizations.RemoveMember(ctx, m.OrganizationID, userID, was))
		}, nil
	})
	return m, err
}

func lastAdmin(err error) error {
	if errors.Is(err, store.ErrLastAdmin) {
		return problems{{"", LastAdmin, "An organization keeps one admin: make somebody else an admin first, or delete the organization."}}.err()
	}
	if err != nil {
		return fmt.Errorf("changing a membership: %w", err)
	}
	return nil
}
