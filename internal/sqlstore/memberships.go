package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// AddMember implements store.Memberships. The row of the organization is the gate:
// it counts its members, and admits another one while there is room.
func (db *DB) AddMember(ctx context.Context, m store.Membership) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := lockRow(ctx, tx, "users", m.UserID); err != nil {
			return nil, err
		}
		return join(ctx, tx, m)
	})
	return wrapped("adding a member", db.missing(err))
}

// join saves a membership of a user who is there until the transaction ends, and
// tells it.
func join(ctx context.Context, tx querier, m store.Membership) ([]occurrence, error) {
	if err := lockRow(ctx, tx, "organizations", m.OrganizationID); err != nil {
		return nil, err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO memberships (organization_id, user_id, id, role, public_metadata, private_metadata, created_at, updated_at, user_created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT created_at FROM users WHERE id = $2)) ON CONFLICT (organization_id, user_id) DO NOTHING`,
		m.OrganizationID, m.UserID, m.ID, string(m.Role), object(m.PublicMetadata), object(m.PrivateMetadata), ms(m.CreatedAt), ms(m.UpdatedAt))
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, &store.ExistsError{Field: "user_id"})
	}
	err = execOne(ctx, tx, `UPDATE organizations SET members = members + 1, admins = admins + $2
		WHERE id = $1 AND (max_members = 0 OR members < max_members)`, m.OrganizationID, admins(m.Role))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, store.ErrFull
	case err != nil:
		return nil, err
	}
	return memberThen(ctx, tx, store.MembershipCreated, m.OrganizationID, m.UserID)
}

// memberThen tells of a membership as it is now.
func memberThen(ctx context.Context, tx querier, kind store.EventType, organizationID, userID string) ([]occurrence, error) {
	m, err := member(ctx, tx, organizationID, userID)
	return []occurrence{{kind: kind, objectID: m.ID, userID: userID, about: m}}, err
}

// admins is how many admins a member of this role is.
func admins(r store.Role) int {
	if r == store.RoleAdmin {
		return 1
	}
	return 0
}

// UpdateMembership implements store.Memberships.
func (db *DB) UpdateMembership(ctx context.Context, m store.Membership, was time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := lockRow(ctx, tx, "organizations", m.OrganizationID); err != nil {
			return nil, err
		}
		kept, err := roleOf(ctx, tx, m.OrganizationID, m.UserID)
		if err != nil {
			return nil, err
		}
		err = execOne(ctx, tx, `UPDATE memberships SET role = $3, public_metadata = $4, private_metadata = $5, updated_at = $6
			WHERE organization_id = $1 AND user_id = $2 AND updated_at = $7`,
			m.OrganizationID, m.UserID, string(m.Role), object(m.PublicMetadata), object(m.PrivateMetadata), ms(m.UpdatedAt), ms(was))
		if err != nil {
			return nil, err
		}
		if err := recount(ctx, tx, m.OrganizationID, 0, admins(m.Role)-admins(kept)); err != nil {
			return nil, err
		}
		return memberThen(ctx, tx, store.MembershipUpdated, m.OrganizationID, m.UserID)
	})
	return db.changedMember(ctx, m.OrganizationID, m.UserID, wrapped("changing a membership", db.missing(err)))
}

// RemoveMember implements store.Memberships.
func (db *DB) RemoveMember(ctx context.Context, organizationID, userID string, was time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := lockRow(ctx, tx, "organizations", organizationID); err != nil {
			return nil, err
		}
		kept, err := roleOf(ctx, tx, organizationID, userID)
		if err != nil {
			return nil, err
		}
		told, err := memberThen(ctx, tx, store.MembershipDeleted, organizationID, userID)
		if err != nil {
			return nil, err
		}
		err = execOne(ctx, tx, `DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2 AND (CAST($3 AS BIGINT) = 0 OR updated_at = $3)`,
			organizationID, userID, ms(was))
		if err != nil {
			return nil, err
		}
		return told, recount(ctx, tx, organizationID, -1, -admins(kept))
	})
	return db.changedMember(ctx, organizationID, userID, wrapped("removing a member", db.missing(err)))
}

// roleOf reads a role, which stays while its organization is held.
func roleOf(ctx context.Context, tx querier, organizationID, userID string) (r store.Role, err error) {
	err = tx.QueryRowContext(ctx, `SELECT role FROM memberships WHERE organization_id = $1 AND user_id = $2`, organizationID, userID).Scan(&r)
	return r, err
}

// recount moves the counts of an organization, unless its last admin would go.
func recount(ctx context.Context, tx querier, organizationID string, members, admins int) error {
	err := execOne(ctx, tx, `UPDATE organizations SET members = members + $2, admins = admins + $3
		WHERE id = $1 AND ($3 >= 0 OR admins + $3 > 0)`, organizationID, members, admins)
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrLastAdmin
	}
	return err
}

// leaveAll removes the memberships of a user who is gone. The organizations are held
// first: what a statement reads of memberships has to be what it finds when others
// are done with them.
func leaveAll(ctx context.Context, tx querier, userID string) error {
	for _, statement := range []string{
		`UPDATE organizations SET id = id WHERE id IN (SELECT organization_id FROM memberships WHERE user_id = $1)`,
		`UPDATE organizations SET members = members - 1,
			admins = admins - (SELECT CASE WHEN m.role = 'org:admin' THEN 1 ELSE 0 END FROM memberships m
				WHERE m.organization_id = organizations.id AND m.user_id = $1)
			WHERE id IN (SELECT organization_id FROM memberships WHERE user_id = $1)`,
		`DELETE FROM memberships WHERE user_id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// changedMember says why a membership was not found as it was thought to be.
func (db *DB) changedMember(ctx context.Context, organizationID, userID string, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := db.BelongsTo(ctx, userID, organizationID); err != nil {
		return err
	}
	return store.ErrConflict
}

// Belonging implements store.Memberships.
func (db *DB) Belonging(ctx context.Context, userID string, limit int) ([]oauth.Organization, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT o.id, o.name, o.slug FROM memberships m JOIN organizations o ON o.id = m.organization_id
		WHERE m.user_id = $1 ORDER BY m.created_at, m.id LIMIT $2`, userID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading whom a user belongs to: %w", err)
	}
	defer rows.Close()
	var all []oauth.Organization
	for rows.Next() {
		var o oauth.Organization
		if err := rows.Scan(&o.ID, &o.Name, &o.Slug); err != nil {
			return nil, fmt.Errorf("reading whom a user belongs to: %w", err)
		}
		all = append(all, o)
	}
	return all, wrapped("reading whom a user belongs to", rows.Err())
}

// BelongsTo implements store.Memberships.
func (db *DB) BelongsTo(ctx context.Context, userID, organizationID string) (o oauth.Organization, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT o.id, o.name, o.slug FROM memberships m JOIN organizations o ON o.id = m.organization_id
		WHERE m.organization_id = $1 AND m.user_id = $2`, organizationID, userID).Scan(&o.ID, &o.Name, &o.Slug)
	if err != nil {
		return oauth.Organization{}, fmt.Errorf("reading whom a user belongs to: %w", db.missing(err))
	}
	return o, nil
}
