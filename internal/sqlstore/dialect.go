package sqlstore

import (
	"regexp"
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
	// search is the condition for rows of user_texts t with a text of three characters at
	// least.
	search func(*conditions, lookup) string
	// ordered says that the index of texts tells the places of those that have one, in
	// order, before anything else is known of them.
	ordered bool
	// addTexts adds a row of user_texts: the user, the time of creation, and the texts.
	addTexts string
	// textTables are those whose index is merged in the background.
	textTables []string
}

// unhurried lets PostgreSQL take its time for the statements after it: what is done
// once to a large table takes longer than what requests wait for.
const unhurried = `SET LOCAL statement_timeout = 0; `

// phrase has FTS5 look for a text in a column of user_texts.
func phrase(x lookup) string {
	// The text is in lower case, as it is kept.
	quoted := `"` + strings.ReplaceAll(strings.ToLower(x.text), `"`, `""`) + `"`
	if x.column == "anything" || x.column == "beginnings" { // all columns of a table
		return quoted
	}
	return `{` + x.column + `} : ` + quoted
}

// matches are the rows of FTS5 that have a text.
func matches(c *conditions, x lookup) string {
	table := searchTable(x)
	return table + ` WHERE ` + table + ` MATCH ` + c.place(phrase(x))
}

// searchTable is the table of FTS5 that has the column of a lookup.
func searchTable(x lookup) string {
	if x.column == "beginnings" {
		return "user_beginnings"
	}
	return "user_search"
}

// skew is how far the clocks of nodes may be apart that share a database server.
const skew = 2 * time.Second

var forPostgres = regexp.MustCompile(`(?s)/\*POSTGRES\*/.*?/\*END\*/`)

// sqliteSchema turns comments into what is for SQLite alone, and takes out what is for
// PostgreSQL.
func sqliteSchema(sql string) string {
	sql = forPostgres.ReplaceAllString(sql, "")
	return strings.NewReplacer("/*CLUSTERED*/;", "WITHOUT ROWID;", "/*SQLITE", "", "SQLITE*/", "").Replace(sql)
}

var sqlite = dialect{
	goose:      goose.DialectSQLite3,
	schema:     sqliteSchema,
	skew:       0, // all processes are on one machine
	oneWriter:  true,
	noSuchText: func(error) bool { return false },
	search: func(c *conditions, x lookup) string {
		return `t.place IN (SELECT rowid FROM ` + matches(c, x) + `)`
	},
	ordered:  true,
	addTexts: insertTexts("place, ", nextPlace+", "),

	textTables: []string{"user_search", "user_beginnings"},
}

var postgres = dialect{
	goose:      goose.DialectPostgres,
	schema:     func(sql string) string { return unhurried + sql },
	skew:       skew,
	unsettled:  longestTransaction + skew,
	noSuchText: func(err error) bool { return sqlState(err) == noSuchCharacter },
	search:     searched,
	addTexts:   insertTexts("", ""),
}
