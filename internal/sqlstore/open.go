package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Options say which database to open.
type Options struct {
	URL      string // a path, or a postgres:// URL
	Log      *slog.Logger
	Now      func() time.Time // stamps events; by default time.Now
	Describe store.Described  // what events say of their objects; by default their ids alone
}

// A DB keeps everything. It is safe for concurrent use.
type DB struct {
	dialect dialect
	engine  engine
	read    querier
	close   func() error
	maxFew  int // see user_list.go, as is the next
	stretch int

	now      func() time.Time
	describe store.Described
	stamps   stamps
	instance atomic.Pointer[string] // its id
}

var _ interface {
	store.Operators
	store.OperatorLinks
	store.Figures
	store.Nodes
	store.Grants
	store.Connections
	store.Clients
	store.Users
	store.Sessions
	store.UserSessions
	store.Devices
	store.ClientTokens
	store.Requests
	store.Instances
	store.APIKeys
	store.SigningKeys
	store.Versions
	store.SignInTokens
	store.Invitations
	store.Pictures
	store.Uses
	store.Organizations
	store.Memberships
	store.Machines
	store.MachineScopes
	store.M2MTokens
	store.SubjectKeys
	store.Events
	store.Webhooks
	store.Deliveries
	store.Challenges
	store.Outbox
	store.Attempts
} = (*DB)(nil)

// An engine carries statements to one of the two databases. The operations on
// grants that every token request needs are its own, so that each engine does
// them in the way that is cheapest for it; all others are text to it.
type engine interface {
	// redeem saves a grant, and reports false if there is one with this id or it
	// would not be live.
	redeem(ctx context.Context, g oauth.Grant) (bool, error)
	// rotate moves a live grant on, and reports false if it is not as r says.
	rotate(ctx context.Context, r store.Rotation) (oauth.Grant, bool, error)
	// grant reads one, or fails with store.ErrNotFound.
	grant(ctx context.Context, id oauth.GrantID) (grantRow, error)
	// grantWithUser reads one and its user, or fails with store.ErrNotFound.
	grantWithUser(ctx context.Context, id oauth.GrantID) (grantRow, store.User, error)

	// exec runs one statement that writes and counts the rows it changed.
	exec(ctx context.Context, statement string, args ...any) (int64, error)
	// transaction runs work in one transaction that commits if work returns nil.
	// It may run work again.
	transaction(ctx context.Context, work func(querier) error) error
	// reader runs statements that only read.
	reader() querier
	// waiting counts operations that wait to be carried.
	waiting() int
	close() error
}

// A querier runs statements whose parameters are $1, $2 and so on.
type querier interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row
}

// Open opens the database, making it or bringing it up to date first. It refuses
// one that a newer version has changed.
func Open(ctx context.Context, o Options) (*DB, error) {
	open := openSQLite
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		open = openPostgres
	}
	db, err := open(ctx, o.URL)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if e, ok := db.engine.(*postgresEngine); ok {
		indexTexts(ctx, e.sql, cmp.Or(o.Log, slog.New(slog.DiscardHandler)))
	}
	db.close, db.maxFew, db.stretch = sync.OnceValue(db.engine.close), maxFew, stretch
	db.describe = o.Describe
	if o.Now != nil {
		db.now = o.Now
	}
	return db, nil
}

// Close ends all connections. No other call may be under way, and all that follow
// fail.
func (db *DB) Close() error { return db.close() }

// Ready reports whether the database answers.
func (db *DB) Ready(ctx context.Context) error {
	var one int
	return db.read.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// Waiting counts the operations that wait for the database on this node.
func (db *DB) Waiting() int { return db.engine.waiting() }

// execOne runs one statement that has to change one row.
func (db *DB) execOne(ctx context.Context, statement string, args ...any) error {
	n, err := db.engine.exec(ctx, statement, args...)
	switch {
	case err != nil:
		return db.missing(err)
	case n == 0:
		return store.ErrNotFound
	}
	return nil
}

// change runs work in one transaction together with the note that what nodes
// hold in memory has changed.
func (db *DB) change(ctx context.Context, work func(querier) error) error {
	return db.engine.transaction(ctx, func(q querier) error {
		if err := work(q); err != nil {
			return err
		}
		_, err := q.ExecContext(ctx, `UPDATE version SET number = number + 1`)
		return err
	})
}

// Version implements store.Versions.
func (db *DB) Version(ctx context.Context) (int64, error) {
	var n int64
	if err := db.read.QueryRowContext(ctx, `SELECT number FROM version`).Scan(&n); err != nil {
		return 0, fmt.Errorf("reading the version: %w", err)
	}
	return n, nil
}

// execOne is DB.execOne inside a transaction.
func execOne(ctx context.Context, q querier, statement string, args ...any) error {
	result, err := q.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, store.ErrNotFound)
	}
	return nil
}

// missing turns "no such row" into what the store promises.
func (db *DB) missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) || err != nil && db.dialect.noSuchText(err) {
		return store.ErrNotFound
	}
	return err
}

// wrapped says what was done when err happened, if it did.
func wrapped(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// ms is a time as it is kept.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMS reads a time as it is kept.
func fromMS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// at reads a time as it is kept.
type at struct{ *time.Time }

// Scan implements sql.Scanner.
func (a at) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is kept as %T", value)
	}
	*a.Time = fromMS(n)
	return nil
}
