package sqlstore

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/store"
)

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

// members wants users who are in one of some organizations, if there are any.
func (c *conditions) members(organizations []string) {
	c.among(`p.id IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", organizations, func(s string) string { return s })
	c.indexed = c.indexed || len(organizations) > 0
}

// userConditions are those of a query, over users p. Unless places is nil, an index
// finds the users with the texts that are looked for, or has found them; otherwise
// each user is looked at.
func (db *DB) userConditions(q store.UserQuery, places found) *conditions {
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
	c.members(q.Organizations)
	c.among(`p.id NOT IN (SELECT user_id FROM memberships WHERE organization_id%s)`, "", q.ExceptOrganizations, same)
	for _, x := range textsOf(q) {
		if places != nil && x.searchable() {
			c.all = append(c.all, `p.id IN (SELECT t.user_id FROM user_texts t WHERE `+db.having(c, x, places)+`)`)
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

// having is the condition for rows of user_texts t with a text.
func (db *DB) having(c *conditions, x lookup, places found) string {
	if list := places[x.column]; list != "" {
		return `t.place IN (SELECT value FROM json_each(` + c.place(list) + `))`
	}
	return db.dialect.search(x.column, c.place(db.dialect.asked(x.text)))
}

// A lookup is a text that is looked for in a column of user_texts.
type lookup struct{ column, text string }

func (x lookup) searchable() bool { return utf8.RuneCountInString(x.text) >= searchable }

// textsOf are the texts that a query looks for.
func textsOf(q store.UserQuery) (all []lookup) {
	for _, x := range []lookup{{"anything", q.Query}, {"address", q.AddressQuery}, {"username", q.UsernameQuery}, {"name", q.NameQuery}} {
		if x.text != "" {
			all = append(all, x)
		}
	}
	return all
}

// textConditions are those of a query over user_texts t, if it has no others and an
// index finds them all.
func (db *DB) textConditions(q store.UserQuery, places found) (*conditions, bool) {
	c, texts := &conditions{}, textsOf(q)
	for _, x := range texts {
		if !x.searchable() {
			return nil, false
		}
		c.all = append(c.all, db.having(c, x, places))
	}
	return c, len(texts) > 0 && len(db.userConditions(q, found{}).all) == len(texts)
}

// textual reports whether rows can hold what is looked for.
func textual(q store.UserQuery) bool {
	return !slices.ContainsFunc([]string{q.Query, q.AddressQuery, q.UsernameQuery, q.NameQuery, q.After}, func(s string) bool { return !isText(s) })
}
