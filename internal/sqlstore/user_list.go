package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

var userOrders = map[store.UserOrder]string{
	store.UsersByCreation:   "p.created_at",
	store.UsersByUpdate:     "p.updated_at",
	store.UsersByFirstName:  "lower(p.first_name)",
	store.UsersByLastName:   "lower(p.last_name)",
	store.UsersByUsername:   "lower(p.username)",
	store.UsersByLastSignIn: "p.last_sign_in_at",
}

// ListUsers implements store.Users.
func (db *DB) ListUsers(ctx context.Context, q store.UserQuery) ([]store.User, error) {
	if !isText(q.Query) {
		return nil, nil
	}
	where, args := userFilter(q)
	order := orderBy(userOrders[q.OrderBy], "p.id", q.Descending)
	again := orderBy(strings.Replace(userOrders[q.OrderBy], "p.", "u.", 1), "u.id", q.Descending)
	rows, err := db.read.QueryContext(ctx, selectUser+
		`JOIN (SELECT p.id FROM users p `+where+order+page(len(args))+`) AS chosen ON chosen.id = u.id`+again+`, e.position`,
		append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, db.nothing(fmt.Errorf("listing users: %w", err))
	}
	users, err := scanUsers(rows)
	if err != nil {
		return nil, db.nothing(fmt.Errorf("listing users: %w", err))
	}
	return users, nil
}

// CountUsers implements store.Users.
func (db *DB) CountUsers(ctx context.Context, q store.UserQuery) (int, error) {
	if !isText(q.Query) {
		return 0, nil
	}
	where, args := userFilter(q)
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM users p `+where, args...).Scan(&n); err != nil {
		return 0, db.nothing(fmt.Errorf("counting users: %w", err))
	}
	return n, nil
}

func userFilter(q store.UserQuery) (where string, args []any) {
	where = `WHERE 1 = 1`
	oneOf := func(format string, values []string, form func(string) string) {
		if len(values) == 0 {
			return
		}
		places := make([]string, len(values))
		for i, v := range values {
			args = append(args, form(v))
			places[i] = fmt.Sprintf("$%d", len(args))
		}
		where += fmt.Sprintf(" AND "+format, strings.Join(places, ", "))
	}
	same := func(s string) string { return s }
	oneOf(`p.id IN (%s)`, q.IDs, same)
	oneOf(`p.external_id IN (%s)`, q.ExternalIDs, same)
	oneOf(`p.username_key IN (%s)`, q.Usernames, strings.ToLower)
	oneOf(`p.id IN (SELECT user_id FROM emails WHERE address_key IN (%s))`, q.EmailAddresses, strings.ToLower)
	oneOf(`p.id IN (SELECT user_id FROM emails WHERE id IN (%s))`, q.EmailIDs, same)
	if q.Query != "" {
		args = append(args, contains(q.Query))
		n := len(args)
		where += fmt.Sprintf(` AND (lower(p.first_name) LIKE $%d ESCAPE '!' OR lower(p.last_name) LIKE $%d ESCAPE '!'
			OR p.username_key LIKE $%d ESCAPE '!' OR lower(p.id) LIKE $%d ESCAPE '!'
			OR p.id IN (SELECT user_id FROM emails WHERE address_key LIKE $%d ESCAPE '!'))`, n, n, n, n, n)
	}
	return where, args
}
