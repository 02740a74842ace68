package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
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
	store.UsersByLastActive: "p.last_active_at",
	store.UsersByEmail:      "p.address_key",
}

// ListUsers implements store.Users. A page is found in one of two ways: by walking
// the index of the order asked for until the page is full, which is fast when many
// users match, or by sorting those that match, which is fast when few do. So first
// those are counted that meet a condition, up to few. If there are more, a walk may
// still find none of them for long; it ends after a stretch, in which many would
// have filled the page, and then all that match are sorted after all (walkSome).
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
	places := found{}
	if s, ok := db.orderedSearch(q, begin); ok {
		// An index that is read backwards takes long to tell that there is no more.
		few, err := db.fewTexts(ctx, q, places, db.maxFew/backwards)
		if err != nil {
			return nil, err
		}
		if few {
			return db.chosenUsers(ctx, q, db.sorted(q, begin, places))
		}
		return db.usersInOrder(ctx, q, s)
	}
	if db.unsorted(q) {
		return db.chosenUsers(ctx, q, db.walk(q, begin, "", nil))
	}
	users, done, err := db.membersWithText(ctx, q, begin)
	if err != nil || done {
		return users, err
	}
	few, err := db.few(ctx, q, places)
	if err != nil {
		return nil, err
	}
	if few {
		return db.chosenUsers(ctx, q, db.sorted(q, begin, places))
	}
	users, done, err = db.walkSome(ctx, q, begin)
	if err != nil || done {
		return users, err
	}
	return db.chosenUsers(ctx, q, db.sorted(q, begin, places))
}

// walkSome walks for a page. done is false if it would take too long: in the order of
// creation, in which those who match are spread, a short walk comes first and tells
// whether the whole stretch is likely to have enough of them.
func (db *DB) walkSome(ctx context.Context, q store.UserQuery, begin *beginning) (users []store.User, done bool, err error) {
	lengths := []int{db.stretch / sample, db.stretch}
	if q.OrderBy != store.UsersByCreation {
		lengths = lengths[1:]
	}
	for _, length := range lengths {
		users, done, err = db.walkTo(ctx, q, begin, "", length)
		if err != nil || done {
			return users, done, err
		}
		if q.Offset == 0 && len(users)*sample*4 < enough*q.Limit {
			return nil, false, nil
		}
	}
	return nil, false, nil
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
// is one. If spans of time are given, nobody is looked at who was created in another.
func (db *DB) walk(q store.UserQuery, begin *beginning, spans string, end any) selection {
	along, c := db.way(q, begin)
	if spans != "" {
		c.all = append(c.all, fmt.Sprintf(`%s >> %d IN (SELECT value FROM json_each(%s))`, along.column, spanBits, c.place(spans)))
	}
	if end != nil {
		sign := " <= "
		if q.Descending {
			sign = " >= "
		}
		c.all = append(c.all, along.column+sign+c.place(end))
	}
	return selection{`SELECT ` + along.id + ` AS id FROM ` + along.tables + c.where() + orderBy(along.column, along.id, q.Descending), c.args}
}

// A way is an index that a walk goes along.
type way struct{ tables, column, id string }

// way is the one that a walk of q takes, and what it asks of each user that it passes.
// Users need not be looked at themselves if nothing is wanted of them but texts; the
// members of one organization have an index of their own in the order of creation.
func (db *DB) way(q store.UserQuery, begin *beginning) (along way, c *conditions) {
	if alongMembers(q) {
		along, c = db.wayOfMembers(q)
	} else if texts, ok := db.passedTexts(q); ok && q.OrderBy == store.UsersByCreation {
		along, c = way{`user_texts t `, "t.created_at", "t.user_id"}, texts
	} else {
		along, c = way{`users p `, userOrders[q.OrderBy], "p.id"}, db.userConditions(q, nil)
	}
	begin.add(c, along.column, along.id, q.Descending)
	return along, c
}

// wayOfMembers is along the members of an organization. Texts are looked at for one
// after the other: if the tables were joined, PostgreSQL might look at all.
func (db *DB) wayOfMembers(q store.UserQuery) (way, *conditions) {
	organization := q.Organizations[0]
	q.Organizations = nil
	along := way{`memberships x `, "x.user_created_at", "x.user_id"}
	c, ok := db.passedTexts(q)
	if ok {
		c.all = []string{`(SELECT ` + strings.Join(c.all, " AND ") + ` FROM user_texts t WHERE t.user_id = x.user_id)`}
	} else if c = db.userConditions(q, nil); len(c.all) > 0 {
		along.tables += `JOIN users p ON p.id = x.user_id `
	}
	c.all = append(c.all, `x.organization_id = `+c.place(organization))
	return along, c
}

func alongMembers(q store.UserQuery) bool {
	return len(q.Organizations) == 1 && q.OrderBy == store.UsersByCreation && !onlyBanned(q)
}

// sorted finds all that match by the indexes of the conditions, and by no other: an
// expression has none. Those of texts alone are found and sorted without a look at the
// users.
func (db *DB) sorted(q store.UserQuery, begin *beginning, places found) selection {
	if c, ok := db.textConditions(q, places); ok && q.OrderBy == store.UsersByCreation {
		begin.add(c, "t.created_at + 0", "t.user_id", q.Descending)
		return selection{`SELECT t.user_id AS id FROM user_texts t ` + c.where() + orderBy(`t.created_at + 0`, "t.user_id", q.Descending), c.args}
	}
	c := db.userConditions(q, places)
	begin.add(c, "p.created_at + 0", "p.id", q.Descending)
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
	// The first condition follows from the second, of which PostgreSQL cannot guess how
	// little it leaves together with the end of a walk.
	c.all = append(c.all, created+" "+sign+"= "+c.place(b.created),
		fmt.Sprintf(`(%s, %s) %s (%s, %s)`, created, id, sign, c.place(b.created), c.place(b.id)))
}

const (
	// maxFew is how many users are sorted rather than looked for in order.
	maxFew = 5_000
	// stretch is how many users a walk passes, at least, before it ends: along the
	// index of creation, which texts are kept in the order of too. A walk along
	// another one jumps from text to text, and gets a part of it; one past texts alone
	// gets more.
	stretch   = 10_000
	crossways = 4
	textsOnly = 2
	// sample is which part of the stretch tells what to expect of the rest.
	sample = 5
	// enough is how many quarters of the page a walk has to promise: a guess from few is
	// rough.
	enough = 5
	// backwards is the part of few that is sorted although an index has them in order.
	backwards = 10
	// covered is how many times as many are looked at in an index that holds their texts.
	covered = 4
	// light is how many times as many are sorted, or passed along another index, if no
	// texts are looked for.
	light = 2
)

// found are the places of the texts that an index has found, as a JSON array.
type found map[lookup]string

// few reports whether an index says that few users meet one of the conditions. What
// takes an index longer to say than a walk is not asked; which texts it has found
// need not be asked again.
func (db *DB) few(ctx context.Context, q store.UserQuery, places found) (bool, error) {
	if few, err := db.fewBanned(ctx, q); few || err != nil {
		return few, err
	}
	if few, err := db.fewTexts(ctx, q, places, db.maxFew); few || err != nil {
		return few, err
	}
	most := db.maxFew
	switch {
	case len(textsOf(q)) == 0:
		most *= light
	case onlyBanned(q):
		return true, nil
	}
	for _, s := range countable(q) {
		if few, err := db.atMost(ctx, s, most); few || err != nil {
			return few, err
		}
	}
	return false, nil
}

// atMost reports whether a statement selects no more rows than that. It reads one more at
// the most.
func (db *DB) atMost(ctx context.Context, s selection, most int) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM (%s LIMIT %d) AS counted`, s.sql, most+1), s.args...).Scan(&n)
	return err == nil && n <= most, err
}

// fewBanned reports whether those who are banned are wanted and so few that to look at the
// texts of each takes less than to ask SQLite's index of texts, which has those of all.
func (db *DB) fewBanned(ctx context.Context, q store.UserQuery) (bool, error) {
	if !db.dialect.ordered || !onlyBanned(q) || len(textsOf(q)) == 0 {
		return false, nil
	}
	return db.atMost(ctx, selection{sql: `SELECT 1 FROM user_texts t WHERE t.banned`}, db.maxFew*covered)
}

// fewTexts reports whether an index says that at most so many have one of the texts, and
// keeps their places.
func (db *DB) fewTexts(ctx context.Context, q store.UserQuery, places found, most int) (bool, error) {
	for _, x := range textsOf(q) {
		if !db.dialect.ordered {
			return false, nil
		}
		c := &conditions{}
		list, n, err := db.places(ctx, fmt.Sprintf(`SELECT rowid FROM %s LIMIT %d`, matches(c, x), most+1), c.args)
		if err != nil {
			return false, err
		}
		if n <= most {
			places[x] = list
			return true, nil
		}
	}
	return false, nil
}

// places reads numbers into a JSON array, and counts them.
func (db *DB) places(ctx context.Context, statement string, args []any) (list string, n int, err error) {
	rows, err := db.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	all := []byte{'['}
	for ; rows.Next(); n++ {
		var place int64
		if err := rows.Scan(&place); err != nil {
			return "", 0, err
		}
		if n > 0 {
			all = append(all, ',')
		}
		all = strconv.AppendInt(all, place, 10)
	}
	return string(append(all, ']')), n, rows.Err()
}

// countable are the conditions of a query that an index counts, one by one.
func countable(q store.UserQuery) (all []selection) {
	if c := (&conditions{}); len(q.Organizations) > 0 {
		c.among(`organization_id%s`, "", q.Organizations, func(s string) string { return s })
		all = append(all, selection{`SELECT 1 FROM memberships ` + c.where(), c.args})
	}
	if onlyBanned(q) { // in another order
		all = append(all, selection{`SELECT 1 FROM users p WHERE p.banned`, nil})
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
		c := &conditions{}
		if c.during(x.column, x.period, q.OrderBy == x.order); c.indexed {
			all = append(all, selection{`SELECT 1 FROM users p ` + c.where(), c.args})
		}
	}
	return all
}

// end is where a walk of a length ends: what the users are ordered by, nil if fewer are
// left.
func (db *DB) end(ctx context.Context, q store.UserQuery, begin *beginning, length int) (end any, err error) {
	bare := store.UserQuery{OrderBy: q.OrderBy, Descending: q.Descending}
	if alongMembers(q) {
		bare.Organizations = q.Organizations
	}
	along, c := db.way(bare, begin)
	_, texts := db.passedTexts(q)
	switch {
	case q.OrderBy == store.UsersByCreation && texts && len(q.Organizations) == 0:
		length *= textsOnly
	case alongMembers(q) && len(textsOf(q)) > 0 && !db.dialect.ordered:
		length /= membersPart
	case q.OrderBy == store.UsersByCreation:
	case len(textsOf(q)) > 0:
		length /= crossways
	default:
		length *= light
	}
	err = db.read.QueryRowContext(ctx, `SELECT `+along.column+` FROM `+along.tables+c.where()+orderBy(along.column, along.id, q.Descending)+page(len(c.args)),
		append(c.args, 1, length)...).Scan(&end)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return end, err
}

// unsorted reports whether a walk finds the page and nothing else does: no index finds
// those that match, or one names them, or the index that finds them has them in order.
// Those who are banned are few, and have an index in the order of creation.
func (db *DB) unsorted(q store.UserQuery) bool {
	c := db.userConditions(q, found{})
	banned := onlyBanned(q) && q.OrderBy == store.UsersByCreation && len(textsOf(q)) == 0
	members := alongMembers(q) && len(c.all) == 1
	return !c.indexed || c.named || banned || members
}
