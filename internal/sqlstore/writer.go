package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/signet-auth/signet/internal/store"
)

// A writer is the one that writes to SQLite. It takes what has queued up while it
// was busy and commits it together, so that one fsync serves many callers; no
// caller hears of success before that fsync, and an operation that fails rolls
// back alone. Nothing waits for a timer: a lone operation is committed at once.
type writer struct {
	positional // runs statements; only inside a job
	conn       *sql.Conn
	raw        *sqlite3.Conn
	pool       *sql.DB
	grants     *grantWriter
	begin      *sqlite3.Stmt
	commit     *sqlite3.Stmt

	queue   chan *job
	quit    chan struct{}
	stopped chan struct{}
}

const (
	maxQueued = 2048 // operations that may wait; more are refused
	maxGroup  = 256  // operations in one transaction
)

// A job is one operation that waits for the writer.
type job struct {
	ctx   context.Context
	do    func() error
	err   error
	panic any
	done  chan struct{}
}

// newWriter takes over the pool and its one connection.
func newWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		positional: positional{conn}, conn: conn, pool: pool, grants: new(grantWriter),
		queue: make(chan *job, maxQueued), quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	err = conn.Raw(func(c any) error {
		w.raw = c.(driver.Conn).Raw()
		return prepare(w.raw, map[**sqlite3.Stmt]string{
			&w.begin: `BEGIN IMMEDIATE`, &w.commit: `COMMIT`,
			&w.grants.redeeming: redeem, &w.grants.rotating: rotate,
		})
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go w.run()
	return w, nil
}

var (
	errClosed  = errors.New("the database is closed")
	errCrowded = fmt.Errorf("too much is waiting: %w", store.ErrUnavailable)
)

// close waits for what is queued. It is called once.
func (w *writer) close() error {
	close(w.quit)
	<-w.stopped
	return errors.Join(closeStatements(w.raw), w.conn.Close(), w.pool.Close())
}

// do has work done in the next transaction and returns when that is durable. If
// work fails, the error is its own and it has changed nothing.
func (w *writer) do(ctx context.Context, work func() error) error {
	j := &job{ctx: ctx, do: work, done: make(chan struct{})}
	select {
	case w.queue <- j:
	default:
		return errCrowded
	}
	select {
	case <-j.done:
	case <-w.stopped:
		return errClosed
	}
	if j.panic != nil {
		panic(j.panic)
	}
	return sqliteError(j.err)
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case first := <-w.queue:
			w.group(first)
		case <-w.quit:
			for len(w.queue) > 0 {
				w.group(<-w.queue)
			}
			return
		}
	}
}

// group commits first and what has queued up behind it.
func (w *writer) group(first *job) {
	runtime.Gosched() // whoever is about to join does so now
	jobs := make([]*job, 0, 64)
	err := step(w.begin)
	if err != nil {
		err = fmt.Errorf("beginning a transaction: %w", err)
	}
	for j := first; j != nil; j = w.next(len(jobs)) {
		jobs = append(jobs, j)
		if err == nil {
			err = w.one(j)
		}
	}
	if err == nil {
		err = w.end()
	}
	for _, j := range jobs {
		if j.err == nil {
			j.err = err
		}
		close(j.done)
	}
}

// next gives a job that waits, or nil.
func (w *writer) next(taken int) *job {
	if taken == maxGroup {
		return nil
	}
	select {
	case j := <-w.queue:
		return j
	default:
		return nil
	}
}

// one does one job. Its error is that of the whole group: a failure that ended
// the transaction, as a full disk does.
func (w *writer) one(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	func() {
		defer func() { j.panic = recover() }()
		j.err = j.do()
	}()
	if w.raw.GetAutocommit() {
		return fmt.Errorf("the transaction was rolled back: %w", j.err)
	}
	return nil
}

func (w *writer) end() error {
	err := step(w.commit)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("committing: %w", err)
	if !w.raw.GetAutocommit() {
		err = errors.Join(err, w.raw.Exec(`ROLLBACK`))
	}
	return err
}

// savepoint runs work so that it can fail alone.
func (w *writer) savepoint(ctx context.Context, work func(querier) error) (err error) {
	if err := w.raw.Exec(`SAVEPOINT job`); err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended && !w.raw.GetAutocommit() { // failed, or panicking
			err = errors.Join(err, w.raw.Exec(`ROLLBACK TO job; RELEASE job`))
		}
	}()
	if err := work(w); err != nil {
		return err
	}
	err = w.raw.Exec(`RELEASE job`)
	ended = err == nil
	return err
}

// step runs a statement that gives no rows.
func step(s *sqlite3.Stmt) error {
	s.Step()
	return errors.Join(s.Err(), s.Reset())
}
