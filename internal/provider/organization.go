package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Organizations tells whom users belong to.
type Organizations interface {
	// Belonging gives the organizations that a user is a member of, limit at the most.
	Belonging(ctx context.Context, userID string, limit int) ([]oauth.Organization, error)
	// BelongsTo finds an organization that the user is a member of, or store.ErrNotFound.
	BelongsTo(ctx context.Context, userID, organizationID string) (oauth.Organization, error)
}

// belonging fills in what the rules need to know of the user's organizations: the
// one chosen for this very request or else the last time, or those there are to
// choose from.
func (p *Provider) belonging(ctx context.Context, request oauth.AuthorizationRequest, user *oauth.User, done oauth.Progress, remembered string) error {
	if !request.AsksOrganization() {
		return nil
	}
	chosen := remembered
	if done.AgreedBy == user.ID && done.Organization != "" {
		chosen = done.Organization
	}
	o, err := p.memberOf(ctx, user.ID, chosen)
	if user.Organization = o.ID; err != nil || o.ID != "" {
		return err
	}
	all, err := p.organizations.Belonging(ctx, user.ID, 2)
	if err != nil {
		return fmt.Errorf("reading whom a user belongs to: %w", err)
	}
	for _, o := range all {
		user.Organizations = append(user.Organizations, o.ID)
	}
	return nil
}

// memberOf finds an organization if the user is a member of it; else the zero one.
func (p *Provider) memberOf(ctx context.Context, userID, organizationID string) (oauth.Organization, error) {
	if organizationID == "" {
		return oauth.Organization{}, nil
	}
	o, err := p.organizations.BelongsTo(ctx, userID, organizationID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return oauth.Organization{}, fmt.Errorf("reading whom a user belongs to: %w", err)
	}
	return o, nil
}

// seen takes the organization from a grant while there are none on this instance.
// Most grants have none, and cost nothing here.
func (p *Provider) seen(ctx context.Context, g *oauth.Grant) error {
	if g.Organization.ID == "" {
		return nil
	}
	instance, err := p.instances.Instance(ctx)
	if err != nil {
		return fmt.Errorf("reading the instance: %w", err)
	}
	if !instance.Settings.Organizations.Enabled {
		g.Organization = oauth.Organization{}
	}
	return nil
}
