package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Organizations keeps what users belong to together.
type Organizations interface {
	store.Organizations
	store.Memberships
}

// ErrNoOrganizations means that organizations are off on this instance.
var ErrNoOrganizations = errors.New("organizations are off")

// OrganizationFields are what an operator may say about an organization. Nil means
// "as it is", or for a new one "as usual".
type OrganizationFields struct {
	Name            *string
	Slug            *string // made of the name if a new one has none
	MaxMembers      *int    // 0 for any number
	AdminsDelete    *bool
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	CreatedAt       time.Time
	MergeMetadata   bool // members of the metadata given are laid over those there are; null removes one
}

// OrganizationsOn fails with ErrNoOrganizations unless users can belong together here.
func (a *Admin) OrganizationsOn(ctx context.Context) error {
	s, err := a.Settings(ctx)
	if err == nil && !s.Organizations.Enabled {
		err = ErrNoOrganizations
	}
	return err
}

// ChangeOrganizationSettings applies change to the settings about organizations. When
// they are switched off, the scope for them goes from the default scopes too.
func (a *Admin) ChangeOrganizationSettings(ctx context.Context, change func(*store.OrganizationSettings)) (store.Instance, error) {
	return a.ChangeInstance(ctx, func(s *store.Settings) {
		change(&s.Organizations)
		if s.Organizations.Enabled || !s.DefaultScopes.Has(oauth.ScopeOrganization) {
			return
		}
		if s.DefaultScopes = s.DefaultScopes.Without(oauth.ScopeOrganization); len(s.DefaultScopes) == 0 {
			s.DefaultScopes = nil // those built in
		}
	})
}

// slugAttempts is how many slugs are tried for a name that others have too.
const slugAttempts = 5

// CreateOrganization makes an organization. The user who made it, if one is named,
// is its first admin. A slug that another organization has is an *Error of kind
// Taken.
func (a *Admin) CreateOrganization(ctx context.Context, f OrganizationFields, createdBy string) (store.Organization, error) {
	s, err := a.Settings(ctx)
	if err != nil {
		return store.Organization{}, err
	}
	now := a.now().Truncate(time.Millisecond)
	o := store.Organization{
		MaxMembers: s.Organizations.MaxMembers, AdminsDelete: !s.Organizations.AdminsKeep,
		CreatedBy: createdBy, CreatedAt: now, UpdatedAt: now,
	}
	if err := f.apply(&o); err != nil {
		return store.Organization{}, err
	}
	if o.ID, err = a.id("org_", now); err != nil {
		return store.Organization{}, err
	}
	creator, err := a.creator(o, now)
	if err != nil {
		return store.Organization{}, err
	}
	for attempt := range slugAttempts {
		if f.Slug == nil {
			if o.Slug, err = a.slugOf(o.Name, attempt); err != nil {
				return store.Organization{}, err
			}
		}
		err = a.organizations.CreateOrganization(ctx, o, creator)
		var exists *store.ExistsError
		if !errors.As(err, &exists) {
			break
		}
		err = slugTaken(err)
		if f.Slug != nil {
			break
		}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Organization{}, problems{{"created_by", NoCreator, "No user has the id in created_by."}}.err()
	case err != nil:
		return store.Organization{}, fmt.Errorf("creating an organization: %w", err)
	case creator != nil:
		o.Members, o.Admins = 1, 1
	}
	return o, nil
}

// creator is the first membership of an organization that somebody made.
func (a *Admin) creator(o store.Organization, now time.Time) (*store.Membership, error) {
	if o.CreatedBy == "" {
		return nil, nil
	}
	if !isID("user_", o.CreatedBy) {
		return nil, problems{{"created_by", NoCreator, "No user has the id in created_by."}}.err()
	}
	id, err := a.id("orgmem_", now)
	return &store.Membership{ID: id, OrganizationID: o.ID, UserID: o.CreatedBy, Role: store.RoleAdmin, CreatedAt: now, UpdatedAt: now}, err
}

func slugTaken(err error) error {
	var exists *store.ExistsError
	if errors.As(err, &exists) {
		return problems{{"slug", Taken, "Another organization has this slug."}}.err()
	}
	return err
}

// Organization returns the organization with this org_ id or slug.
func (a *Admin) Organization(ctx context.Context, idOrSlug string) (store.Organization, error) {
	if !isID("org_", idOrSlug) && !isSlug(idOrSlug) {
		return store.Organization{}, fmt.Errorf("finding an organization: %w", store.ErrNotFound)
	}
	o, err := a.organizations.Organization(ctx, idOrSlug)
	if err != nil {
		return store.Organization{}, fmt.Errorf("finding an organization: %w", err)
	}
	return o, nil
}

// Organizations returns one page of the organizations that match, and how many match
// in all.
func (a *Admin) Organizations(ctx context.Context, q store.OrganizationQuery) ([]store.Organization, int, error) {
	list, total, err := a.organizations.ListOrganizations(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("listing organizations: %w", err)
	}
	return list, total, nil
}

// UpdateOrganization changes what f names.
func (a *Admin) UpdateOrganization(ctx context.Context, idOrSlug string, f OrganizationFields) (store.Organization, error) {
	return a.changeOrganization(ctx, idOrSlug, f.apply)
}

// SetOrganizationLogo shows a picture for an organization; none takes it away.
func (a *Admin) SetOrganizationLogo(ctx context.Context, idOrSlug string, file []byte) (store.Organization, error) {
	if _, err := a.Organization(ctx, idOrSlug); err != nil {
		return store.Organization{}, err // before a picture is made for nothing
	}
	at := ""
	if file != nil {
		var err error
		if at, err = a.upload(ctx, file); err != nil {
			return store.Organization{}, err
		}
	}
	return a.changeOrganization(ctx, idOrSlug, func(o *store.Organization) error {
		o.ImageURL = at
		return nil
	})
}

// changeOrganization reads an organization, applies change and writes it, again
// whenever another change came between.
func (a *Admin) changeOrganization(ctx context.Context, idOrSlug string, change func(*store.Organization) error) (store.Organization, error) {
	var o store.Organization
	err := retried(func() error {
		var err error
		if o, err = a.Organization(ctx, idOrSlug); err != nil {
			return err
		}
		if err := a.admits(OrganizationVersion(o)); err != nil {
			return err
		}
		if err := change(&o); err != nil {
			return err
		}
		was := o.UpdatedAt
		o.UpdatedAt = after(was, a.now())
		if err := slugTaken(a.organizations.UpdateOrganization(ctx, o, was)); err != nil {
			return fmt.Errorf("changing an organization: %w", err)
		}
		return nil
	})
	if err != nil {
		return store.Organization{}, err
	}
	return o, nil
}

// DeleteOrganization removes an organization with its memberships for good, and
// returns it as it was.
func (a *Admin) DeleteOrganization(ctx context.Context, idOrSlug string) (store.Organization, error) {
	var o store.Organization
	err := a.deleteIf(ctx, func() (string, func(context.Context) error, error) {
		var err error
		if o, err = a.Organization(ctx, idOrSlug); err != nil {
			return "", nil, err
		}
		was := time.Time{}
		if a.condition != nil {
			was = o.UpdatedAt
		}
		return OrganizationVersion(o), func(ctx context.Context) error { return a.organizations.DeleteOrganization(ctx, o.ID, was) }, nil
	})
	return o, err
}
