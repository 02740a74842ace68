package sqlstore

import (
	"fmt"
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
	// noSuchText reports whether a lookup failed because no row can hold its key.
	noSuchText func(error) bool
	// search is the condition for users in whose texts, in the given column, the
	// parameter stands, and the form of a parameter for a text. Texts of fewer than
	// searchable characters are looked for in all users.
	search func(column string, n int) string
	asked  func(text string) string
}

// searchable is how many characters a text needs to be found by an index.
const searchable = 3

// matchedColumn tells FTS5 where to look.
var matchedColumn = map[string]string{
	"anything": "''", "address": "'{address} : '", "username": "'{username} : '", "name": "'{name} : '",
}

var sqlite = dialect{
	goose:      goose.DialectSQLite3,
	schema:     strings.NewReplacer("/*CLUSTERED*/;", "WITHOUT ROWID;", "/*SQLITE", "", "SQLITE*/", "").Replace,
	skew:       0, // all processes are on one machine
	noSuchText: func(error) bool { return false },
	search: func(column string, n int) string {
		return fmt.Sprintf(`p.id IN (SELECT user_id FROM user_search WHERE user_search MATCH %s || $%d)`, matchedColumn[column], n)
	},
	asked: func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }, // a phrase
}

var postgres = dialect{
	goose:      goose.DialectPostgres,
	schema:     func(sql string) string { return sql },
	skew:       2 * time.Second,
	noSuchText: func(err error) bool { return sqlState(err) == noSuchCharacter },
	search: func(column string, n int) string {
		return fmt.Sprintf(`p.id IN (SELECT user_id FROM user_texts WHERE %s LIKE $%d ESCAPE '!')`, column, n)
	},
	asked: contains,
}
