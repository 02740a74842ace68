package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

const memberColumns = `m.id, m.organization_id, m.user_id, m.role, m.public_metadata, m.private_metadata, m.created_at, m.updated_at, ` + organizationColumns

const selectMember = `SELECT ` + memberColumns + `, ` + userColumns + `
	FROM memberships m JOIN organizations o ON o.id = m.organization_id JOIN users u ON u.id = m.user_id LEFT JOIN emails e ON e.user_id = u.id `

// scanMembers reads memberships joined with the addresses of their users; rows of
// one membership follow one another.
func scanMembers(rows *sql.Rows) ([]store.Member, error) {
	defer rows.Close()
	members := []store.Member{}
	for rows.Next() {
		var m store.Member
		var e emailRow
		fields := append([]any{
			&m.ID, &m.OrganizationID, &m.UserID, &m.Role, jsonField{&m.PublicMetadata}, jsonField{&m.PrivateMetadata}, at{&m.CreatedAt}, at{&m.UpdatedAt},
		}, organizationFields(&m.Organization)...)
		if err := rows.Scan(append(fields, userFields(&m.User, &e)...)...); err != nil {
			return nil, err
		}
		if len(members) == 0 || members[len(members)-1].ID != m.ID {
			members = append(members, m)
		}
		e.addTo(&members[len(members)-1].User)
	}
	return members, rows.Err()
}

// Member implements store.Memberships.
func (db *DB) Member(ctx context.Context, organizationID, userID string) (store.Member, error) {
	m, err := member(ctx, db.read, organizationID, userID)
	return m, wrapped("reading a membership", db.missing(err))
}

func member(ctx context.Context, q querier, organizationID, userID string) (store.Member, error) {
	rows, err := q.QueryContext(ctx, selectMember+`WHERE m.organization_id = $1 AND m.user_id = $2 ORDER BY e.position`, organizationID, userID)
	if err != nil {
		return store.Member{}, err
	}
	found, err := scanMembers(rows)
	if err != nil || len(found) == 0 {
		return store.Member{}, errors.Join(err, store.ErrNotFound)
	}
	return found[0], nil
}

var memberOrders = map[store.MemberOrder]string{
	store.MembersByCreation:  "x.created_at",
	store.MembersByFirstName: "lower(p.first_name)",
	store.MembersByLastName:  "lower(p.last_name)",
	store.MembersByUsername:  "lower(p.username)",
	store.MembersByEmail:     "p.address_key",
}

// ListMembers implements store.Memberships. Few are found by their organization or
// by their user; all of them are listed in the order of an index, as a rule.
func (db *DB) ListMembers(ctx context.Context, q store.MemberQuery) ([]store.Member, int, error) {
	if !textual(q.Users) {
		return nil, 0, nil
	}
	c := db.userConditions(q.Users, nil)
	if q.OrganizationID != "" {
		c.all = append(c.all, `x.organization_id = `+c.place(q.OrganizationID))
	}
	c.among(`x.role%s`, "", texts(q.Roles), func(s string) string { return s })
	from := `FROM memberships x JOIN users p ON p.id = x.user_id ` + c.where()
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) `+from, c.args...).Scan(&total); err != nil {
		return nil, 0, db.nothing(fmt.Errorf("counting memberships: %w", err))
	}
	order := memberOrders[q.OrderBy]
	again := strings.NewReplacer("x.", "m.", "p.", "u.").Replace(order)
	rows, err := db.read.QueryContext(ctx, selectMember+
		`JOIN (SELECT x.id `+from+orderBy(order, "x.id", q.Descending)+page(len(c.args))+`) AS chosen ON chosen.id = m.id`+
		orderBy(again, "m.id", q.Descending)+`, e.position`, append(c.args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("listing memberships: %w", err)
	}
	found, err := scanMembers(rows)
	return found, total, wrapped("listing memberships", err)
}

// texts are the texts behind names of ours.
func texts[T ~string](all []T) []string {
	plain := make([]string, len(all))
	for i, x := range all {
		plain[i] = string(x)
	}
	return plain
}
