package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
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
// the index of the order asked for until the page is full, which is fast when many
// users match, or by sorting those that match, which is fast when few do. So first
// those are counted that meet a condition, up to few. If there are more, a walk may
// still find none of them for long; it ends after a stretch, in which many would
// have filled the page, and then all that match are sorted after all.
func (db *DB) ListUsers(ctx context.Context, q store.UserQuery) ([]store.User, error) {
	if !textual(q) {
		return nil, nil
	}
	users, err := db.listUsers(ctx, q)
	if err != nil {
		return nil, db.nothing(fmt.Errorf("listing users: %w", err))
	}
	return users, nil
}

func (db *DB) listUsers(ctx context.Context, q store.UserQuery) ([]store.User, error) {
	begin, err := db.beginning(ctx, q)
	if err != nil {
		return nil, err
	}
	if !db.sortable(q) {
		return db.chosenUsers(ctx, q, db.walk(q, begin, nil))
	}
	few, err := db.few(ctx, q)
	if err != nil {
		return nil, err
	}
	if few {
		return db.chosenUsers(ctx, q, db.sorted(q, begin))
	}
	end, err := db.end(ctx, q, begin)
	if err != nil {
		return nil, err
	}
	users, err := db.chosenUsers(ctx, q, db.walk(q, begin, end))
	if err != nil || len(users) == q.Limit || end == nil {
		return users, err
	}
	return db.chosenUsers(ctx, q, db.sorted(q, begin))
}

// A selection is a statement that selects the ids of a page of users.
type selection struct {
	sql  string
	args []any
}

// chosenUsers reads the users of a page.
func (db *DB) chosenUsers(ctx context.Context, q store.UserQuery, s selection) ([]store.User, error) {
	again := orderBy(strings.Replace(userOrders[q.OrderBy], "p.", "u.", 1), "u.id", q.Descending)
	rows, err := db.read.QueryContext(ctx, selectUser+
		`JOIN (`+s.sql+page(len(s.args))+`) AS chosen ON chosen.id = u.id`+again+`, e.position`, append(s.args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, err
	}
	return scanUsers(rows)
}

// walk goes along the index of the order, from the beginning to the end if there
// is one.
func (db *DB) walk(q store.UserQuery, begin *beginning, end any) selection {
	c := db.userConditions(q, false)
	begin.add(c, "p.created_at", "p.id", q.Descending)
	column := userOrders[q.OrderBy]
	if end != nil {
		sign := " <= "
		if q.Descending {
			sign = " >= "
		}
		c.all = append(c.all, column+sign+c.place(end))
	}
	return selection{`SELECT p.id FROM users p ` + c.where() + orderBy(column, "p.id", q.Descending), c.args}
}

// sorted finds all that match by the indexes of the conditions. Those of texts alone
// are found and sorted without a look at the users.
func (db *DB) sorted(q store.UserQuery, begin *beginning) selection {
	if c, ok := db.textConditions(q); ok && q.OrderBy == store.UsersByCreation {
		begin.add(c, "t.created_at", "t.user_id", q.Descending)
		return selection{`SELECT t.user_id AS id FROM user_texts t ` + c.where() + orderBy(`t.created_at`, "t.user_id", q.Descending), c.args}
	}
	c := db.userConditions(q, true)
	begin.add(c, "p.created_at", "p.id", q.Descending)
	column := userOrders[q.OrderBy]
	if unordered, text := column+" + 0", strings.Contains(column, "lower(") || q.OrderBy == store.UsersByEmail; text {
		column += " || ''"
	} else {
		column = unordered
	}
	return selection{`SELECT p.id FROM users p ` + c.where() + orderBy(column, "p.id", q.Descending), c.args}
}

// A beginning is where a list begins: after this user.
type beginning struct {
	created int64
	id      string
}

// beginning finds q.After, nil if it is not given.
func (db *DB) beginning(ctx context.Context, q store.UserQuery) (*beginning, error) {
	if q.After == "" {
		return nil, nil
	}
	b := &beginning{id: q.After}
	err := db.read.QueryRowContext(ctx, `SELECT created_at FROM users WHERE id = $1`, q.After).Scan(&b.created)
	return b, db.missing(err)
}

func (b *beginning) add(c *conditions, created, id string, descending bool) {
	if b == nil {
		return
	}
	sign := ">"
	if descending {
		sign = "<"
	}
	c.all = append(c.all, fmt.Sprintf(`(%s, %s) %s (%s, %s)`, created, id, sign, c.place(b.created), c.place(b.id)))
}

const (
	// maxFew is how many users are sorted rather than looked for in order.
	maxFew = 5_000
	// stretch is how many users a walk passes, at least, before it ends: along the
	// index of creation, which texts are kept in the order of too. A walk along
	// another one jumps from text to text, and gets a part of it.
	stretch   = 10_000
	crossways = 4
)

// few reports whether an index says that few users meet one of the conditions. What
// takes an index longer to say than a walk is not asked.
func (db *DB) few(ctx context.Context, q store.UserQuery) (bool, error) {
	for _, c := range db.countable(q) {
		var n int
		err := db.read.QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) AS counted`, strings.Join(c.all, " AND "), db.maxFew+1), c.args...).Scan(&n)
		if err != nil || n <= db.maxFew {
			return err == nil, err
		}
	}
	return false, nil
}

// countable are the conditions of a query that an index counts, one by one.
func (db *DB) countable(q store.UserQuery) (all []*conditions) {
	for _, x := range textsOf(q) {
		if c := (&conditions{}); x.searchable() && db.dialect.counted != nil {
			c.all = append(c.all, db.dialect.counted(x.column, c.place(db.dialect.asked(x.text))))
			all = append(all, c)
		}
	}
	if c := (&conditions{}); len(q.Organizations) > 0 {
		c.among(`memberships WHERE organization_id%s`, "", q.Organizations, func(s string) string { return s })
		all = append(all, c)
	}
	if q.Banned != nil && *q.Banned { // in another order
		all = append(all, &conditions{all: []string{`users p WHERE p.banned`}})
	}
	for _, x := range []struct {
		column string
		period store.Period
		order  store.UserOrder
	}{
		{"p.created_at", q.Created, store.UsersByCreation},
		{"p.last_active_at", q.LastActive, store.UsersByLastActive},
		{"p.last_sign_in_at", q.LastSignedIn, store.UsersByLastSignIn},
	} {
		c := &conditions{all: []string{`users p WHERE 1 = 1`}}
		if c.during(x.column, x.period, q.OrderBy == x.order); c.indexed {
			all = append(all, c)
		}
	}
	return all
}

// end is where a walk ends: what the users are ordered by, nil if fewer are left.
func (db *DB) end(ctx context.Context, q store.UserQuery, begin *beginning) (end any, err error) {
	c := &conditions{}
	begin.add(c, "p.created_at", "p.id", q.Descending)
	column, length := userOrders[q.OrderBy], db.stretch
	if q.OrderBy != store.UsersByCreation {
		length /= crossways
	}
	err = db.read.QueryRowContext(ctx, `SELECT `+column+` FROM users p `+c.where()+orderBy(column, "p.id", q.Descending)+page(len(c.args)),
		append(c.args, 1, length)...).Scan(&end)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return end, err
}

// sortable reports whether an index can find those that match: there is one for a
// condition, and none that names the users. Those who are banned are few, and have an
// index in the order of creation, which is walked.
func (db *DB) sortable(q store.UserQuery) bool {
	c := db.userConditions(q, true)
	walked := q.Banned != nil && *q.Banned && q.OrderBy == store.UsersByCreation
	return c.indexed && !c.named && !walked
}

// CountUsers implements store.Users.
func (db *DB) CountUsers(ctx context.Context, q store.UserQuery) (int, error) {
	if !textual(q) {
		return 0, nil
	}
	var s selection
	if c, ok := db.textConditions(q); ok {
		s = selection{`SELECT COUNT(*) FROM user_texts t ` + c.where(), c.args}
	} else {
		c := db.userConditions(q, true)
		s = selection{`SELECT COUNT(*) FROM users p ` + c.where(), c.args}
	}
	var n int
	if err := db.read.QueryRowContext(ctx, s.sql, s.args...).Scan(&n); err != nil {
		return 0, db.nothing(fmt.Errorf("counting users: %w", err))
	}
	return n, nil
}

// conditions are what users have to meet.
type conditions struct {
	all     []string
	args    []any
	named   bool // users are named by what they alone have
	indexed bool // an index finds those that meet one
}

func (c *conditions) place(value any) string {
	c.args = append(c.args, value)
	return fmt.Sprintf("$%d", len(c.args))
}

// where is nothing without conditions: SQLite counts a whole table by its pages.
func (c *conditions) where() string {
	if len(c.all) == 0 {
		return ""
	}
	return `WHERE ` + strings.Join(c.all, " AND ")
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
	if !p.After.IsZero() {
		c.all = append(c.all, column+" > "+c.place(ms(p.After)))
	}
	if !p.Before.IsZero() {
		c.all = append(c.all, column+" < "+c.place(ms(p.Before)))
	}
	// An index in order of the column finds the page itself.
	c.indexed = c.indexed || !ordered && p != (store.Period{})
}

// userConditions are those of a query, over users p. If found is true, an index
// finds the users with the texts that are looked for; otherwise each user is looked
// at.
func (db *DB) userConditions(q store.UserQuery, found bool) *conditions {
	c := &conditions{}
	same := func(s string) string { return s }
	c.among(`p.id%s`, "", q.IDs, same)
	c.among(`p.external_id%s`, "", q.ExternalIDs, same)
	c.among(`p.username_key%s`, "", q.Usernames, strings.ToLower)
	c.among(`p.id IN (SELECT user_id FROM emails WHERE address_key%s)`, "", q.EmailAddresses, strings.ToLower)
	c.among(`p.id IN (SELECT user_id FROM emails WHERE id%s)`, "", q.EmailIDs, same)
	c.named = len(c.all) > 0
	c.among(`p.id%s`, " NOT", q.ExceptIDs, same)
	c.among(`(p.external_id IS NULL OR p.external_id%s)`, " NOT", q.ExceptExternalIDs, same)
	c.among(`p.id IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.Organizations, same)
	c.among(`p.id NOT IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.ExceptOrganizations, same)
	c.indexed = len(q.Organizations) > 0
	for _, x := range textsOf(q) {
		if found && x.searchable() {
			c.all = append(c.all, `p.id IN (SELECT t.user_id FROM user_texts t WHERE `+db.dialect.search(x.column, c.place(db.dialect.asked(x.text)))+`)`)
			c.indexed = true
			continue
		}
		c.all = append(c.all, `EXISTS (SELECT 1 FROM user_texts t WHERE t.user_id = p.id AND t.`+x.column+` LIKE `+c.place(contains(x.text))+` ESCAPE '!')`)
	}
	switch {
	case q.Banned != nil && *q.Banned:
		c.all = append(c.all, `p.banned`)
		c.indexed = c.indexed || q.OrderBy != store.UsersByCreation
	case q.Banned != nil:
		c.all = append(c.all, `NOT p.banned`)
	}
	c.during("p.created_at", q.Created, q.OrderBy == store.UsersByCreation)
	c.during("p.last_active_at", q.LastActive, q.OrderBy == store.UsersByLastActive)
	c.during("p.last_sign_in_at", q.LastSignedIn, q.OrderBy == store.UsersByLastSignIn)
	return c
}

// A wanted is a text that is looked for in a column of user_texts.
type wanted struct{ column, text string }

func (x wanted) searchable() bool { return utf8.RuneCountInString(x.text) >= searchable }

// textsOf are the texts that a query looks for.
func textsOf(q store.UserQuery) (all []wanted) {
	for _, x := range []wanted{{"anything", q.Query}, {"address", q.AddressQuery}, {"username", q.UsernameQuery}, {"name", q.NameQuery}} {
		if x.text != "" {
			all = append(all, x)
		}
	}
	return all
}

// textConditions are those of a query over user_texts t, if it has no others and an
// index finds them all.
func (db *DB) textConditions(q store.UserQuery) (*conditions, bool) {
	c, texts := &conditions{}, textsOf(q)
	for _, x := range texts {
		if !x.searchable() {
			return nil, false
		}
		c.all = append(c.all, db.dialect.search(x.column, c.place(db.dialect.asked(x.text))))
	}
	return c, len(texts) > 0 && len(db.userConditions(q, true).all) == len(texts)
}

// textual reports whether rows can hold what is looked for.
func textual(q store.UserQuery) bool {
	return !slices.ContainsFunc([]string{q.Query, q.AddressQuery, q.UsernameQuery, q.NameQuery, q.After}, func(s string) bool { return !isText(s) })
}
