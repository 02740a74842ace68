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

// members wants users who are in one of some organizations, if there are any. A walk
// asks of each user whether it is a member, as there may be very many (see texts for
// why not with EXISTS).
func (c *conditions) members(organizations []string, walk bool) {
	expression := `p.id IN (SELECT user_id FROM memberships WHERE organization_id%s)`
	if walk {
		expression = `(SELECT COUNT(*) FROM memberships x WHERE x.user_id = p.id AND x.organization_id%s) > 0`
	}
	c.among(expression, "", organizations, func(s string) string { return s })
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
	c.members(q.Organizations, places == nil)
	c.among(`NOT EXISTS (SELECT 1 FROM memberships x WHERE x.user_id = p.id AND x.organization_id%s)`, "", q.ExceptOrganizations, same)
	db.texts(c, q, places)
	switch {
	case onlyBanned(q):
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

// texts wants users p with the texts that are looked for. A walk looks at the texts of
// each user that it passes: said with EXISTS, PostgreSQL might look for all that have
// them first.
func (db *DB) texts(c *conditions, q store.UserQuery, places found) {
	all := textsOf(q)
	if places == nil {
		for _, x := range all {
			c.all = append(c.all, `(SELECT `+passed(c, x)+` FROM user_texts t WHERE t.user_id = p.id)`)
		}
		return
	}
	if len(all) > 0 {
		c.all = append(c.all, `p.id IN (SELECT t.user_id FROM user_texts t WHERE `+strings.Join(db.having(c, q, places), " AND ")+`)`)
		c.indexed = true
	}
}

// having are the conditions for rows of user_texts t with the texts of a query. Of
// those who are banned, if they are wanted, an index keeps the texts, which are few:
// each is looked at.
func (db *DB) having(c *conditions, q store.UserQuery, places found) (all []string) {
	banned := onlyBanned(q)
	for _, x := range textsOf(q) {
		switch list := places[x]; {
		case list != "":
			all = append(all, `t.place IN (SELECT value FROM json_each(`+c.place(list)+`))`)
		case banned:
			all = append(all, looked(c, x))
		default:
			all = append(all, db.dialect.search(c, x))
		}
	}
	if banned {
		all = append(all, `t.banned`)
	}
	return all
}

func onlyBanned(q store.UserQuery) bool { return q.Banned != nil && *q.Banned }

// looked has a row of user_texts t looked at.
func looked(c *conditions, x lookup) string {
	return `t.` + x.column + ` LIKE ` + c.place(contains(x.text)) + ` ESCAPE '!'`
}

// passed has a row of user_texts t looked at that a walk passes; no index finds what is
// asked of an expression.
func passed(c *conditions, x lookup) string {
	return `t.` + x.column + ` || '' LIKE ` + c.place(contains(x.text)) + ` ESCAPE '!'`
}

// A lookup is a text that is looked for in a column of user_texts.
type lookup struct{ column, text string }

// textsOf are the texts that a query looks for. An index finds three characters in a
// row: shorter texts are looked for where something begins.
func textsOf(q store.UserQuery) (all []lookup) {
	for _, x := range []struct {
		lookup
		kind string // of the beginnings
	}{
		{lookup{"anything", q.Query}, beginsAny},
		{lookup{"address", q.AddressQuery}, beginsAddress},
		{lookup{"username", q.UsernameQuery}, beginsUsername},
		{lookup{"name", q.NameQuery}, beginsName},
	} {
		switch short := utf8.RuneCountInString(x.text) <= beginningLength; {
		case x.text == "":
		case short:
			all = append(all, lookup{"beginnings", lineOf(x.kind, x.text)})
		default:
			all = append(all, x.lookup)
		}
	}
	return all
}

// textConditions are those of a query over user_texts t, if it looks for texts and
// wants nothing else that only the users tell: an index finds those with the texts, or
// has found them.
func (db *DB) textConditions(q store.UserQuery, places found) (*conditions, bool) {
	c := &conditions{}
	c.all = db.having(c, q, places)
	return c, db.besideTexts(c, q, `EXISTS (SELECT 1 FROM memberships x WHERE x.user_id = t.user_id AND x.organization_id%s)`)
}

// passedTexts are those of a query over user_texts t that a walk asks of each row.
func (db *DB) passedTexts(q store.UserQuery) (*conditions, bool) {
	c := &conditions{}
	for _, x := range textsOf(q) {
		c.all = append(c.all, passed(c, x))
	}
	if onlyBanned(q) {
		c.all = append(c.all, `t.banned`)
	}
	return c, db.besideTexts(c, q, `(SELECT COUNT(*) FROM memberships x WHERE x.user_id = t.user_id AND x.organization_id%s) > 0`)
}

// besideTexts adds what a query wants of rows of user_texts t beside texts and being
// banned, and reports whether that is all, and it looks for texts at all. member tells
// those who are in an organization.
func (db *DB) besideTexts(c *conditions, q store.UserQuery, member string) bool {
	c.among(member, "", q.Organizations, func(s string) string { return s })
	c.during("t.created_at", q.Created, true)
	if q.Banned != nil && !*q.Banned {
		c.all = append(c.all, `NOT t.banned`)
	}
	rest := q
	rest.Query, rest.AddressQuery, rest.UsernameQuery, rest.NameQuery = "", "", "", ""
	rest.Organizations, rest.Banned, rest.Created = nil, nil, store.Period{}
	return len(textsOf(q)) > 0 && len(db.userConditions(rest, found{}).all) == 0
}

// textual reports whether rows can hold what is looked for.
func textual(q store.UserQuery) bool {
	return !slices.ContainsFunc([]string{q.Query, q.AddressQuery, q.UsernameQuery, q.NameQuery, q.After}, func(s string) bool { return !isText(s) })
}
