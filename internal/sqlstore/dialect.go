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
	// noSuchText reports whether a lookup failed because no row can hold its key.
	noSuchText func(error) bool
}

var sqlite = dialect{
	goose:      goose.DialectSQLite3,
	schema:     func(sql string) string { return strings.ReplaceAll(sql, "/*CLUSTERED*/;", "WITHOUT ROWID;") },
	skew:       0, // all processes are on one machine
	noSuchText: func(error) bool { return false },
}

var postgres = dialect{
	goose:      goose.DialectPostgres,
	schema:     func(sql string) string { return sql },
	skew:       2 * time.Second,
	noSuchText: func(err error) bool { return sqlState(err) == noSuchCharacter },
}
