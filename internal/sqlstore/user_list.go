package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/store"
)

var userOrders = map[store.UserOrder]string{
	store.UsersByCreation:   "p.created_at",
	store.UsersByUpdate:     "p.updated_at",
	store.UsersByFirstName:  "lower(p.first_name)",
	store.UsersByLastName:   "lower(p.last_name)",
	store.UsersByUsername:   "lower(p.username)",
	store.UsersByLastSignIn: "p.last_sign_in_at",
	store.UsersByLastActive: "p.last_active_at",
	store.UsersByEmail:      "p.address_key",
}

// ListUsers implements store.Users. A page is found in one of two ways: by walking
// an index in the order asked for until the page is full, which is fast when many
// users match, or by sorting those that match, which is fast when few do. Which it
// is nobody knows beforehand, so the conditions are asked whom they leave (few).
func (db *DB) ListUsers(ctx context.Context, q store.UserQuery) ([]store.User, error) {
	if !textual(q) {
		return nil, nil
	}
	c := db.userConditions(q)
	if err := db.begin(ctx, c, q); err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	if err := db.narrow(ctx, c); err != nil {
		return nil, db.nothing(fmt.Errorf("listing users: %w", err))
	}
	order := orderBy(userOrders[q.OrderBy], "p.id", q.Descending)
	again := orderBy(strings.Replace(userOrders[q.OrderBy], "p.", "u.", 1), "u.id", q.Descending)
	rows, err := db.read.QueryContext(ctx, selectUser+
		`JOIN (SELECT p.id FROM users p `+c.where()+order+page(len(c.args))+`) AS chosen ON chosen.id = u.id`+again+`, e.position`,
		append(c.args, q.Limit, q.Offset)...)
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
	if !textual(q) {
		return 0, nil
	}
	c := db.userConditions(q)
	if err := db.narrow(ctx, c); err != nil {
		return 0, db.nothing(fmt.Errorf("counting users: %w", err))
	}
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM users p `+c.where(), c.args...).Scan(&n); err != nil {
		return 0, db.nothing(fmt.Errorf("counting users: %w", err))
	}
	return n, nil
}

// conditions are what users have to meet.
type conditions struct {
	all  []string
	args []any
	// narrowing are conditions that an index answers, in a form that gives whom they
	// leave, each with the parameters that it needs.
	narrowing []narrowing
}

type narrowing struct {
	sql  string // over users p, with $1, $2 ...
	args []any
}

func (c *conditions) place(value any) string {
	c.args = append(c.args, value)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) where() string {
	return `WHERE ` + strings.Join(append([]string{"1 = 1"}, c.all...), " AND ")
}

// among wants the value of an expression to be one of some. not turns it round.
func (c *conditions) among(expression, not string, values []string, form func(string) string) {
	if len(values) == 0 {
		return
	}
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = c.place(form(v))
	}
	c.all = append(c.all, fmt.Sprintf(expression, not+" IN ("+strings.Join(places, ", ")+")"))
}

func (c *conditions) during(column string, p store.Period, ordered bool) {
	var n narrowing
	add := func(sign string, t time.Time) {
		if t.IsZero() {
			return
		}
		c.all = append(c.all, column+sign+c.place(ms(t)))
		n.args = append(n.args, ms(t))
		n.sql += fmt.Sprintf(" AND %s%s$%d", column, sign, len(n.args))
	}
	add(" > ", p.After)
	add(" < ", p.Before)
	if n.sql != "" && !ordered { // an index in order of the column finds the page itself
		n.sql = "1 = 1" + n.sql
		c.narrowing = append(c.narrowing, n)
	}
}

// userConditions are those of a query.
func (db *DB) userConditions(q store.UserQuery) *conditions {
	c := &conditions{}
	same := func(s string) string { return s }
	c.among(`p.id%s`, "", q.IDs, same)
	c.among(`p.id%s`, " NOT", q.ExceptIDs, same)
	c.among(`p.external_id%s`, "", q.ExternalIDs, same)
	c.among(`(p.external_id IS NULL OR p.external_id%s)`, " NOT", q.ExceptExternalIDs, same)
	c.among(`p.username_key%s`, "", q.Usernames, strings.ToLower)
	c.among(`p.id IN (SELECT user_id FROM emails WHERE address_key%s)`, "", q.EmailAddresses, strings.ToLower)
	c.among(`p.id IN (SELECT user_id FROM emails WHERE id%s)`, "", q.EmailIDs, same)
	if len(q.Organizations) > 0 {
		var members conditions
		members.among(`p.id IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.Organizations, same)
		c.narrowing = append(c.narrowing, narrowing{members.all[0], members.args})
		c.among(`p.id IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.Organizations, same)
	}
	c.among(`p.id NOT IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.ExceptOrganizations, same)
	for _, x := range []struct{ column, text string }{
		{"anything", q.Query}, {"address", q.AddressQuery}, {"username", q.UsernameQuery}, {"name", q.NameQuery},
	} {
		if x.text == "" {
			continue
		}
		c.all = append(c.all, `EXISTS (SELECT 1 FROM user_texts t WHERE t.user_id = p.id AND t.`+x.column+` LIKE `+c.place(contains(x.text))+` ESCAPE '!')`)
		if utf8.RuneCountInString(x.text) >= searchable {
			c.narrowing = append(c.narrowing, narrowing{db.dialect.search(x.column, 1), []any{db.dialect.asked(x.text)}})
		}
	}
	if q.Banned != nil {
		if *q.Banned {
			c.all = append(c.all, `p.banned`)
			c.narrowing = append(c.narrowing, narrowing{sql: `p.banned`})
		} else {
			c.all = append(c.all, `NOT p.banned`)
		}
	}
	c.during("p.created_at", q.Created, q.OrderBy == store.UsersByCreation)
	c.during("p.last_active_at", q.LastActive, q.OrderBy == store.UsersByLastActive)
	c.during("p.last_sign_in_at", q.LastSignedIn, q.OrderBy == store.UsersByLastSignIn)
	return c
}

// begin lets the list begin after q.After.
func (db *DB) begin(ctx context.Context, c *conditions, q store.UserQuery) error {
	if q.After == "" {
		return nil
	}
	var created int64
	if err := db.read.QueryRowContext(ctx, `SELECT created_at FROM users WHERE id = $1`, q.After).Scan(&created); err != nil {
		return db.missing(err)
	}
	sign := ">"
	if q.Descending {
		sign = "<"
	}
	c.all = append(c.all, fmt.Sprintf(`(p.created_at, p.id) %s (%s, %s)`, sign, c.place(created), c.place(q.After)))
	return nil
}

// few is how many users are sorted rather than looked for in order.
const few = 1000

// narrow looks for a condition that leaves few users, and names them instead.
func (db *DB) narrow(ctx context.Context, c *conditions) error {
	for _, n := range c.narrowing {
		ids, err := db.leaves(ctx, n)
		if err != nil {
			return err
		}
		switch {
		case len(ids) == 0:
			c.all = append(c.all, `1 = 0`)
			return nil
		case len(ids) <= few:
			c.among(`p.id%s`, "", ids, func(id string) string { return id })
			return nil
		}
	}
	return nil
}

// leaves lists the ids of the users that a condition leaves, at most one more than
// few.
func (db *DB) leaves(ctx context.Context, n narrowing) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, fmt.Sprintf(`SELECT p.id FROM users p WHERE %s LIMIT %d`, n.sql, few+1), n.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// textual reports whether rows can hold what is looked for.
func textual(q store.UserQuery) bool {
	return !slices.ContainsFunc([]string{q.Query, q.AddressQuery, q.UsernameQuery, q.NameQuery, q.After}, func(s string) bool { return !isText(s) })
}
