package sqlstore

import (
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// A dialect is what one engine does differently.
type dialect struct {
	goose goose.Dialect
	// schema turns the migrations into the engine's own SQL.
	schema func(string) string
	// skew is how far the clocks of two nodes may be apart. It is added to every
	// not-before time that is written, so that a code stamped by a node whose
	// clock runs ahead dies too.
	skew time.Duration
	// oneWriter says that transactions which write follow one another, so that events
	// can be seen in the order of their ids. Otherwise one may appear before another
	// that is younger than unsettled: the longest transaction and the skew.
	oneWriter bool
	unsettled time.Duration
	// noSuchText reports whether a lookup failed because no row can hold its key.
	noSuchText func(error) bool
	// search is the condition for rows of user_texts t in which, in the given column,
	// the text stands that the place is for, in the form that asked gives it. It has
	// three characters at least.
	search func(column, place string) string
	// places selects the numbers of the rows that matches names, at most so many; ""
	// if that takes as long as to find them in the first place.
	places string
	asked  func(text string) string
}

// unhurried lets PostgreSQL take its time for the statements after it: what is done
// once to a large table takes longer than what requests wait for.
const unhurried = `SET LOCAL statement_timeout = 0; `

// matched is what has a text in a column, to FTS5.
var matched = map[string]string{
	"anything":   `user_search WHERE user_search MATCH `,
	"address":    `user_search WHERE user_search MATCH '{address} : ' || `,
	"username":   `user_search WHERE user_search MATCH '{username} : ' || `,
	"name":       `user_search WHERE user_search MATCH '{name} : ' || `,
	"beginnings": `user_beginnings WHERE user_beginnings MATCH `,
}

// matches are the rows of an index of SQLite that have a text.
func matches(column, place string) string { return matched[column] + place }

// skew is how far the clocks of nodes may be apart that share a database server.
const skew = 2 * time.Second

var sqlite = dialect{
	goose:      goose.DialectSQLite3,
	schema:     strings.NewReplacer("/*CLUSTERED*/;", "WITHOUT ROWID;", "/*SQLITE", "", "SQLITE*/", "").Replace,
	skew:       0, // all processes are on one machine
	oneWriter:  true,
	noSuchText: func(error) bool { return false },
	search: func(column, place string) string {
		return `t.place IN (SELECT rowid FROM ` + matches(column, place) + `)`
	},
	places: `SELECT rowid FROM %s LIMIT %d`,
	asked:  func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }, // a phrase
}

var postgres = dialect{
	goose:      goose.DialectPostgres,
	schema:     func(sql string) string { return unhurried + sql },
	skew:       skew,
	unsettled:  longestTransaction + skew,
	noSuchText: func(err error) bool { return sqlState(err) == noSuchCharacter },
	search:     func(column, place string) string { return `t.` + column + ` LIKE ` + place + ` ESCAPE '!'` },
	asked:      contains,
}
