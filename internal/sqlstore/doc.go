// Package sqlstore keeps the promises of package store on SQLite and on
// PostgreSQL, with one set of SQL and one series of migrations. What the engines
// do differently is in dialect.go, how they are opened in open.go.
//
// Whatever can happen once is decided by one conditional statement, so that the
// promises hold for any number of callers, processes and nodes, and under every
// isolation level.
package sqlstore
