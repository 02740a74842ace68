package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// The organizations of the people of a benchmark.
const (
	smallOrganization = "org_small" // one in ten thousand
	largeOrganization = "org_large" // one in fifty
	oldOrganization   = "org_old"   // as many, who joined before all others
)

// fillOrganizations has some of n people belong to organizations, unless they do.
func fillOrganizations(ctx context.Context, db *sqlstore.DB, n int) error {
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i, o := range []struct {
		id          string
		count, step int
	}{
		{smallOrganization, n / 10_000, 10_000},
		{largeOrganization, n / 50, 50},
		{oldOrganization, n / 50, 1},
	} {
		wg.Go(func() { errs[i] = fillOrganization(ctx, db, o.id, n, o.count, o.step) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// fillOrganization makes an organization and adds count of n people to it, one after
// the other, as they would wait for one another.
func fillOrganization(ctx context.Context, db *sqlstore.DB, id string, n, count, step int) error {
	o := store.Organization{ID: id, Name: id, Slug: id, CreatedAt: firstJoined, UpdatedAt: firstJoined}
	var exists *store.ExistsError
	if err := db.CreateOrganization(ctx, o, nil); err != nil {
		if errors.As(err, &exists) {
			return nil // from another run
		}
		return err
	}
	for i := range count {
		p := personOf(i*step, n)
		m := store.Membership{
			ID: fmt.Sprintf("orgmem_%s_%d", id, i), OrganizationID: id, UserID: p.id, Role: store.RoleMember,
			CreatedAt: p.joined, UpdatedAt: p.joined,
		}
		if err := db.AddMember(ctx, m); err != nil && !errors.As(err, &exists) {
			return err
		}
	}
	return nil
}
