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
	// the text stands that the place is for, in the form that asked gives it. Texts of
	// fewer than searchable characters are looked for in all users.
	search func(column, place string) string
	// places selects the numbers of the rows that matches names, at most so many; ""
	// if that takes as long as to find them in the first place.
	places string
	asked  func(text string) string
}

// unhurried lets PostgreSQL take its time for the statements after it: what is done
// once to a large table takes longer than what requests wait for.
const unhurried = `SET LOCAL statement_timeout = 0; `

// searchable is how many characters a text needs to be found by an index.
const searchable = 3

// matchedColumn tells FTS5 where to look.
var matchedColumn = map[string]string{
	"anything": "''", "address": "'{address} : '", "username": "'{username} : '", "name": "'{name} : '",
}

// matches are the rows of the index of SQLite that have a text.
func matches(column, place string) string {
	return `user_search WHERE user_search MATCH ` + matchedColumn[column] + ` || ` + place
}

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
