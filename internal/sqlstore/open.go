package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/signet-auth/signet/internal/store"
)

// Options say which database to open.
type Options struct {
	URL string // a path, or a postgres:// URL
	Log *slog.Logger
}

// A DB keeps everything. It is safe for concurrent use.
type DB struct {
	dialect dialect
	write   *sql.DB // SQLite: one connection, so that writers queue here and not at the file
	read    *sql.DB
}

var _ interface {
	store.Grants
	store.Connections
	store.Clients
	store.Users
	store.Sessions
	store.Instances
	store.APIKeys
	store.SigningKeys
} = (*DB)(nil)

// Open opens the database, making it or bringing it up to date first. It refuses
// one that a newer version has changed.
func Open(ctx context.Context, o Options) (*DB, error) {
	open := openSQLite
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		open = openPostgres
	}
	db, err := open(o.URL)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the database: %w", err), db.Close())
	}
	return db, nil
}

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 8

func openSQLite(path string) (*DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // the driver would make it readable to others
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	options := "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)"
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + options
	write, err := sql.Open("sqlite", name+"&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return &DB{dialect: sqlite, write: write, read: read}, nil
}

// postgresConnections is the most connections that one node opens.
const postgresConnections = 32

func openPostgres(address string) (*DB, error) {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{dialect: postgres, write: pool, read: pool}, nil
}

// Close ends all connections.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Ready reports whether the database answers.
func (db *DB) Ready(ctx context.Context) error {
	var one int
	return db.read.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// attempts is how often a write is tried that loses to others.
const attempts = 20

// again runs work, and runs it again when it failed only because of what ran
// beside it. work must leave nothing behind when it fails.
func (db *DB) again(ctx context.Context, work func() error) error {
	for i := range attempts {
		err := work()
		if err == nil || !db.dialect.retry(err) {
			return err
		}
		pause := time.Duration(1+rand.IntN(4<<min(i, 6))) * time.Millisecond
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", attempts, work())
}

// exec runs one statement that writes and counts the rows it changed.
func (db *DB) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	var n int64
	err := db.again(ctx, func() error {
		result, err := db.write.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, err
}

// execOne runs one statement that has to change one row.
func (db *DB) execOne(ctx context.Context, statement string, args ...any) error {
	n, err := db.exec(ctx, statement, args...)
	switch {
	case err != nil:
		return db.missing(err)
	case n == 0:
		return store.ErrNotFound
	}
	return nil
}

// transaction runs work in one transaction that commits if work returns nil.
func (db *DB) transaction(ctx context.Context, work func(*sql.Tx) error) error {
	return db.again(ctx, func() error {
		tx, err := db.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := work(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	})
}

// missing turns "no such row" into what the store promises.
func (db *DB) missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) || err != nil && db.dialect.noSuchText(err) {
		return store.ErrNotFound
	}
	return err
}

// ms is a time as it is kept.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// at reads a time as it is kept.
type at struct{ *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is kept as %T", value)
	}
	*a.Time = time.Time{}
	if n != 0 {
		*a.Time = time.UnixMilli(n).UTC()
	}
	return nil
}
