package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// What every connection to SQLite is told. A transaction is durable when COMMIT
// returns: synchronous(FULL) with a write-ahead log. The longer interval between
// checkpoints (in pages of 4 KiB) saves writing a page of old grants once for
// each of them that rotates.
const (
	sqliteOptions   = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	sqliteWriting   = "&_pragma=cache_size(-16000)&_pragma=wal_autocheckpoint(4000)"
	sqliteReading   = "&_pragma=cache_size(-8000)&_pragma=query_only(1)"
	sqliteLooseRead = 4 // connections for everything that is not about grants
)

// A sqliteEngine is an engine over one file.
type sqliteEngine struct {
	writer *writer
	grants chan *grantReader // as many as may read at once; nil ones are not open yet
	name   string
	loose  *sql.DB
	// Reads that wait travel in one transaction: to begin and end one costs as
	// much as to read half a grant.
	reads batcher[oauth.GrantID, grantRow]
	users batcher[oauth.GrantID, grantAndUser]
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	return openSQLiteOver(ctx, path, "")
}

// openSQLiteOver opens a file through the named layer of files, "" for the
// system's own.
func openSQLiteOver(ctx context.Context, path, layer string) (*DB, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + sqliteOptions + "&modeof=" + url.QueryEscape(path)
	if layer != "" {
		name += "&vfs=" + layer
	}
	pool, err := driver.Open(name+sqliteWriting, fts5.Register)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	if err := migrate(ctx, pool, sqlite); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	w, err := newWriter(ctx, pool)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	loose, err := driver.Open(name+sqliteReading, fts5.Register)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	loose.SetMaxOpenConns(sqliteLooseRead)
	loose.SetMaxIdleConns(1)
	e := &sqliteEngine{writer: w, loose: loose, name: name + sqliteReading, grants: make(chan *grantReader, 2+runtime.GOMAXPROCS(0))}
	e.reads.lanes, e.users.lanes = runtime.GOMAXPROCS(0), runtime.GOMAXPROCS(0) // reading is all CPU
	e.reads.run = readTogether(e, (*grantReader).grant)
	e.users.run = readTogether(e, (*grantReader).grantWithUser)
	for range cap(e.grants) {
		e.grants <- nil
	}
	return &DB{dialect: sqlite, engine: e, read: e.reader(), now: time.Now}, nil
}

// private makes the files of a database so that only their owner reads them; the
// driver would let others. The log it makes anew takes after the database, as
// modeof asks for.
func private(path string) error {
	for _, suffix := range []string{"", "-shm"} {
		f, err := os.OpenFile(path+suffix, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) close() error {
	err := errors.Join(e.writer.close(), e.loose.Close())
	for range cap(e.grants) {
		if r := <-e.grants; r != nil {
			err = errors.Join(err, closeAll(r.conn))
		}
	}
	close(e.grants)
	return err
}

func (e *sqliteEngine) reader() querier { return positional{&preparing{db: e.loose}} }

// reading lends a connection to read grants with.
func (e *sqliteEngine) reading(work func(*grantReader) error) error {
	r, ok := <-e.grants
	if !ok {
		return errClosed
	}
	defer func() { e.grants <- r }()
	if r == nil {
		var err error
		if r, err = openGrantReader(e.name); err != nil {
			return err
		}
	}
	return sqliteError(work(r))
}

// sqliteError marks the failures that may be gone in a moment.
func sqliteError(err error) error {
	for _, code := range []sqlite3.ErrorCode{sqlite3.FULL, sqlite3.IOERR, sqlite3.BUSY, sqlite3.CANTOPEN, sqlite3.READONLY} {
		if errors.Is(err, code) {
			return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
		}
	}
	return err
}

// readTogether gives the function that carries reads of one kind.
func readTogether[A any](e *sqliteEngine, read func(*grantReader, oauth.GrantID) (A, error)) func(context.Context, []oauth.GrantID) ([]reply[A], error) {
	return func(_ context.Context, ids []oauth.GrantID) ([]reply[A], error) {
		replies := make([]reply[A], len(ids))
		err := e.reading(func(r *grantReader) error {
			return r.together(len(ids), func(i int) {
				replies[i].answer, replies[i].err = read(r, ids[i])
			})
		})
		return replies, err
	}
}

func (e *sqliteEngine) grant(ctx context.Context, id oauth.GrantID) (grantRow, error) {
	row, err := e.reads.do(ctx, id)
	return row, sqliteError(err)
}

func (e *sqliteEngine) grantWithUser(ctx context.Context, id oauth.GrantID) (grantRow, store.User, error) {
	both, err := e.users.do(ctx, id)
	return both.grantRow, both.User, sqliteError(err)
}

func (e *sqliteEngine) redeem(ctx context.Context, g oauth.Grant) (saved bool, err error) {
	row := rowOf(g)
	err = e.writer.do(ctx, func() error {
		saved, err = e.writer.grants.redeem(&row)
		return err
	})
	return saved, err
}

func (e *sqliteEngine) rotate(ctx context.Context, r store.Rotation) (g oauth.Grant, rotated bool, err error) {
	var row grantRow
	err = e.writer.do(ctx, func() error {
		row, rotated, err = e.writer.grants.rotate(r)
		return err
	})
	if err != nil || !rotated {
		return oauth.Grant{}, false, err
	}
	g, err = row.grant()
	return g, true, err
}

func (e *sqliteEngine) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = e.writer.do(ctx, func() error {
		result, err := e.writer.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, err
}

func (e *sqliteEngine) transaction(ctx context.Context, work func(querier) error) error {
	return e.writer.do(ctx, func() error {
		return e.writer.savepoint(ctx, work)
	})
}

// positional gives SQLite its parameters by position: to it $1 is a name.
type positional struct{ q querier }

func (p positional) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return p.q.ExecContext(ctx, strings.ReplaceAll(statement, "$", "?"), args...)
}

func (p positional) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	return p.q.QueryContext(ctx, strings.ReplaceAll(statement, "$", "?"), args...)
}

func (p positional) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	return p.q.QueryRowContext(ctx, strings.ReplaceAll(statement, "$", "?"), args...)
}

// prepare makes statements of texts; closeStatements ends them.
func prepare(conn *sqlite3.Conn, into map[**sqlite3.Stmt]string) error {
	for stmt, text := range into {
		var err error
		if *stmt, _, err = conn.PrepareFlags(strings.ReplaceAll(text, "$", "?"), sqlite3.PREPARE_PERSISTENT); err != nil {
			return fmt.Errorf("preparing %.40q: %w", text, err)
		}
	}
	return nil
}

// closeAll closes a connection and the statements that were prepared on it.
func closeAll(conn *sqlite3.Conn) error {
	return errors.Join(closeStatements(conn), conn.Close())
}

func closeStatements(conn *sqlite3.Conn) (err error) {
	for _, stmt := range slices.Collect(conn.Stmts()) { // Close takes from what is walked
		err = errors.Join(err, stmt.Close())
	}
	return err
}

// waiting implements engine.
func (e *sqliteEngine) waiting() int { return len(e.writer.queue) }
