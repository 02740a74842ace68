package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// An orderedSearch looks for texts by an index that finds rows of user_texts t in the
// order of their places, and so nearly in that of creation.
type orderedSearch struct {
	tables string
	*conditions
}

// orderedSearch is that of a query, if there is such an index, the order of creation is
// asked for, and nothing that would have many rows passed in vain.
func (db *DB) orderedSearch(q store.UserQuery, begin *beginning) (*orderedSearch, bool) {
	c := &conditions{}
	if !db.dialect.ordered || q.OrderBy != store.UsersByCreation || onlyBanned(q) || len(q.Organizations) > 0 || !db.besideTexts(c, q, "") {
		return nil, false
	}
	table, phrases := "user_beginnings", []string{}
	for _, x := range textsOf(q) {
		if searchTable(x) == "user_search" {
			table = "user_search"
		}
	}
	for _, x := range textsOf(q) {
		if searchTable(x) == table {
			phrases = append(phrases, phrase(x))
		} else {
			c.all = append(c.all, looked(c, x))
		}
	}
	c.all = append(c.all, `s.`+table+` MATCH `+c.place(strings.Join(phrases, " AND ")))
	begin.add(c, "t.created_at", "t.user_id", q.Descending)
	s := &orderedSearch{tables: table + ` s CROSS JOIN user_texts t ON t.place = s.rowid `, conditions: c}
	s.bound(q, begin)
	return s, true
}

// bound keeps the search to the places of the times that are asked for.
func (s *orderedSearch) bound(q store.UserQuery, begin *beginning) {
	if !q.Created.After.IsZero() {
		s.from(firstPlace(ms(q.Created.After)))
	}
	if !q.Created.Before.IsZero() {
		s.to(lastPlace(ms(q.Created.Before)))
	}
	switch {
	case begin == nil:
	case q.Descending:
		s.to(lastPlace(begin.created))
	default:
		s.from(firstPlace(begin.created))
	}
}

func (s *orderedSearch) from(place int64) { s.all = append(s.all, `s.rowid >= `+s.place(place)) }
func (s *orderedSearch) to(place int64)   { s.all = append(s.all, `s.rowid <= `+s.place(place)) }

// usersInOrder lists those that a search finds. It looks for the place where the page
// ends, and then puts all in order up to the end of that place's span of time.
func (db *DB) usersInOrder(ctx context.Context, q store.UserQuery, s *orderedSearch) ([]store.User, error) {
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	var last int64
	err := db.read.QueryRowContext(ctx, `SELECT s.rowid FROM `+s.tables+s.where()+` ORDER BY s.rowid`+direction+page(len(s.args)),
		append(s.args, 1, q.Offset+q.Limit-1)...).Scan(&last)
	switch {
	case errors.Is(err, sql.ErrNoRows): // the page is not full
	case err != nil:
		return nil, err
	case q.Descending:
		s.from(last >> placeBits << placeBits)
	default:
		s.to(last | (1<<placeBits - 1))
	}
	return db.chosenUsers(ctx, q, selection{`SELECT t.user_id AS id FROM ` + s.tables + s.where() + orderBy("t.created_at + 0", "t.user_id", q.Descending), s.args})
}

// membersWithText walks along the members of an organization for those with a text, if
// an index tells its places in order. A short walk tells whether many have it. Otherwise
// only those are looked at who were created in the same span of time as somebody who has
// it. done is false if that does not fill the page either, or is worth nothing.
func (db *DB) membersWithText(ctx context.Context, q store.UserQuery, begin *beginning) (users []store.User, done bool, err error) {
	if !db.dialect.ordered || !alongMembers(q) || len(textsOf(q)) == 0 {
		return nil, false, nil
	}
	users, done, err = db.walkTo(ctx, q, begin, "", db.stretch/glance)
	if many := len(users)*glance >= manyGlances*q.Limit; err == nil && !done && many {
		likely := db.stretch / glance * q.Limit / len(users) // after so many the page is full
		users, done, err = db.walkTo(ctx, q, begin, "", likely*2)
	}
	if err != nil || done {
		return users, done, err
	}
	spans, err := db.spans(ctx, textsOf(q)[0])
	if err != nil || spans == "" {
		return nil, false, err
	}
	return db.walkTo(ctx, q, begin, spans, db.stretch*bySpan)
}

const (
	// glance is which part of a stretch tells whether many members have a text: so many
	// that the page is likely to be full after a twelfth of it. Longer walks cost more
	// than to ask the index.
	glance      = 25
	manyGlances = 12
	// membersPart is the part of a stretch after which PostgreSQL's walk along members
	// ends: it jumps from text to text.
	membersPart = 2
	// bySpan is how many times as far a walk goes that is told where to look.
	bySpan = 4
)

// walkTo walks for a page. done is false if it is not full after that length.
func (db *DB) walkTo(ctx context.Context, q store.UserQuery, begin *beginning, spans string, length int) (users []store.User, done bool, err error) {
	end, err := db.end(ctx, q, begin, length)
	if err != nil {
		return nil, false, err
	}
	users, err = db.chosenUsers(ctx, q, db.walk(q, begin, spans, end))
	return users, len(users) == q.Limit || end == nil, err
}

// spans are those of time in which somebody was created who has a text, as a JSON array,
// "" if there are very many.
func (db *DB) spans(ctx context.Context, x lookup) (list string, err error) {
	c, n, most := &conditions{}, 0, db.maxFew*bySpan
	err = db.read.QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(*), '[' || COALESCE(group_concat(span), '') || ']'
		FROM (SELECT rowid >> %d AS span FROM %s LIMIT %d) AS counted`, placeBits, matches(c, x), most+1), c.args...).Scan(&n, &list)
	if n > most {
		list = ""
	}
	return list, err
}
