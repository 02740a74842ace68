package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const organizationColumns = `o.id, o.name, o.slug, o.image_url, o.public_metadata, o.private_metadata, o.created_by,
	o.max_members, o.admins_delete, o.members, o.admins, o.created_at, o.updated_at`

// organizationFields are where organizationColumns are read to.
func organizationFields(o *store.Organization) []any {
	return []any{
		&o.ID, &o.Name, &o.Slug, &o.ImageURL,
		jsonField{&o.PublicMetadata},
		jsonField{&o.PrivateMetadata},
		&o.CreatedBy,
		&o.MaxMembers, &o.AdminsDelete, &o.Members, &o.Admins,
		at{&o.CreatedAt},
		at{&o.UpdatedAt},
	}
}

// CreateOrganization implements store.Organizations.
func (db *DB) CreateOrganization(ctx context.Context, o store.Organization, creator *store.Membership) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if creator != nil {
			if err := lockRow(ctx, tx, "users", creator.UserID); err != nil {
				return nil, err
			}
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO organizations (id, name, slug, image_url, public_metadata, private_metadata,
				created_by, max_members, admins_delete, members, admins, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11) ON CONFLICT (slug) DO NOTHING`,
			o.ID, o.Name, o.Slug, o.ImageURL, object(o.PublicMetadata), object(o.PrivateMetadata),
			o.CreatedBy, o.MaxMembers, o.AdminsDelete, ms(o.CreatedAt), ms(o.UpdatedAt))
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return nil, errors.Join(err, &store.ExistsError{Field: "slug"})
		}
		told := []occurrence{aboutOrganization(store.OrganizationCreated, o)}
		if creator == nil {
			return told, nil
		}
		joined, err := join(ctx, tx, *creator)
		return append(told, joined...), err
	})
	return wrapped("creating an organization", db.missing(err))
}

func aboutOrganization(kind store.EventType, o store.Organization) occurrence {
	return occurrence{kind: kind, objectID: o.ID, about: o}
}

// lockRow keeps a row from being changed or removed by others until the transaction
// ends, or fails with store.ErrNotFound. The table is ours. Users are locked before
// organizations, so that nobody waits in a circle.
func lockRow(ctx context.Context, tx querier, table, id string) error {
	return execOne(ctx, tx, `UPDATE `+table+` SET id = id WHERE id = $1`, id)
}

// Organization implements store.Organizations. No slug looks like an id.
func (db *DB) Organization(ctx context.Context, idOrSlug string) (store.Organization, error) {
	o, err := organization(ctx, db.read, idOrSlug)
	if err != nil {
		return store.Organization{}, fmt.Errorf("reading an organization: %w", db.missing(err))
	}
	return o, nil
}

func organization(ctx context.Context, q querier, idOrSlug string) (o store.Organization, err error) {
	err = q.QueryRowContext(ctx, `SELECT `+organizationColumns+` FROM organizations o WHERE o.id = $1 OR o.slug = $1`, idOrSlug).
		Scan(organizationFields(&o)...)
	return o, err
}

var organizationOrders = map[store.OrganizationOrder]string{
	store.OrganizationsByCreation: "o.created_at",
	store.OrganizationsByName:     "lower(o.name)",
	store.OrganizationsByMembers:  "o.members",
}

// ListOrganizations implements store.Organizations.
func (db *DB) ListOrganizations(ctx context.Context, q store.OrganizationQuery) ([]store.Organization, int, error) {
	if !isText(q.Query) {
		return nil, 0, nil
	}
	c := &conditions{}
	same := func(s string) string { return s }
	c.among(`o.id%s`, "", q.IDs, same)
	c.among(`o.id%s`, " NOT", q.ExceptIDs, same)
	c.among(`o.id IN (SELECT organization_id FROM memberships WHERE user_id%s)`, "", q.Members, same)
	c.among(`o.id NOT IN (SELECT organization_id FROM memberships WHERE user_id%s)`, "", q.ExceptMembers, same)
	if q.Query != "" {
		part := c.place(contains(q.Query))
		c.all = append(c.all, `(lower(o.name) LIKE `+part+` ESCAPE '!' OR o.slug LIKE `+part+` ESCAPE '!' OR o.id = `+c.place(q.Query)+`)`)
	}
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM organizations o `+c.where(), c.args...).Scan(&total); err != nil {
		return nil, 0, db.nothing(fmt.Errorf("counting organizations: %w", err))
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+organizationColumns+` FROM organizations o `+c.where()+
		orderBy(organizationOrders[q.OrderBy], "o.id", q.Descending)+page(len(c.args)), append(c.args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("listing organizations: %w", err)
	}
	defer rows.Close()
	list := []store.Organization{}
	for rows.Next() {
		var o store.Organization
		if err := rows.Scan(organizationFields(&o)...); err != nil {
			return nil, 0, fmt.Errorf("listing organizations: %w", err)
		}
		list = append(list, o)
	}
	return list, total, wrapped("listing organizations", rows.Err())
}

// UpdateOrganization implements store.Organizations.
func (db *DB) UpdateOrganization(ctx context.Context, o store.Organization, was time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		var taken int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM organizations WHERE slug = $1 AND id <> $2`, o.Slug, o.ID).Scan(&taken)
		switch {
		case err != nil:
			return nil, err
		case taken > 0:
			return nil, &store.ExistsError{Field: "slug"}
		}
		err = execOne(ctx, tx, `UPDATE organizations SET name = $2, slug = $3, image_url = $4, public_metadata = $5, private_metadata = $6,
				max_members = $7, admins_delete = $8, created_at = $9, updated_at = $10
			WHERE id = $1 AND updated_at = $11`,
			o.ID, o.Name, o.Slug, o.ImageURL, object(o.PublicMetadata), object(o.PrivateMetadata),
			o.MaxMembers, o.AdminsDelete, ms(o.CreatedAt), ms(o.UpdatedAt), ms(was))
		if err != nil {
			return nil, err
		}
		kept, err := organization(ctx, tx, o.ID)
		return []occurrence{aboutOrganization(store.OrganizationUpdated, kept)}, err
	})
	if sqlState(err) == uniqueViolation { // another change has just taken the slug
		return store.ErrConflict
	}
	return db.changed(ctx, o.ID, wrapped("changing an organization", err))
}

// DeleteOrganization implements store.Organizations.
func (db *DB) DeleteOrganization(ctx context.Context, id string, was time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		err := execOne(ctx, tx, `DELETE FROM organizations WHERE id = $1 AND (CAST($2 AS BIGINT) = 0 OR updated_at = $2)`, id, ms(was))
		if err != nil {
			return nil, err
		}
		gone := store.Deleted{Object: "organization", ID: id}
		for _, statement := range []string{`DELETE FROM memberships WHERE organization_id = $1`, `DELETE FROM subject_keys WHERE subject = $1`} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return nil, err
			}
		}
		return []occurrence{{kind: store.OrganizationDeleted, objectID: id, about: gone}}, nil
	})
	return db.changed(ctx, id, wrapped("deleting an organization", db.missing(err)))
}

// changed says why an organization was not found as it was thought to be.
func (db *DB) changed(ctx context.Context, id string, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := db.Organization(ctx, id); err != nil {
		return err
	}
	return store.ErrConflict
}
