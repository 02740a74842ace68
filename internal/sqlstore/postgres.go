package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Limits. The URL of the database can set most of them otherwise, by the names that
// PostgreSQL and pgxpool give them.
const (
	statementTimeout = 10 * time.Second // statement_timeout
	lockTimeout      = 5 * time.Second  // lock_timeout
	idleTransaction  = 30 * time.Second // idle_in_transaction_session_timeout
	connectTimeout   = 5 * time.Second  // connect_timeout
	minConnections   = 8                // of pool_max_conns; more on many cores
	requestTimeout   = 15 * time.Second // of a statement with all that it is sent again
	lanes            = 2                // statements of one kind under way at once; more would only be smaller
	idleConnection   = 5 * time.Minute  // pool_max_conn_idle_time

	// longestTransaction ends what takes longer, however much of it is waiting. The
	// feed of events holds back what is younger.
	longestTransaction = 6 * time.Second
)

// A postgresEngine is an engine over a pool of connections.
type postgresEngine struct {
	pool    *pgxpool.Pool
	longest time.Duration // of a transaction
	sql     *sql.DB       // over the same pool
	redeems batcher[grantRow, bool]
	rotates batcher[store.Rotation, *grantRow]
	reads   batcher[oauth.GrantID, *grantRow]
	users   batcher[oauth.GrantID, *grantAndUser]
}

func openPostgres(ctx context.Context, address string) (*DB, error) {
	config, err := poolConfig(address)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{pool: pool, longest: longestTransaction, sql: stdlib.OpenDBFromPool(pool)}
	e.redeems.run, e.rotates.run, e.reads.run, e.users.run = e.redeemAll, e.rotateAll, e.readAll, e.readAllWithUsers
	e.redeems.lanes, e.rotates.lanes, e.reads.lanes, e.users.lanes = lanes, lanes, lanes, lanes
	if err := migrate(ctx, e.sql, postgres); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return &DB{dialect: postgres, engine: e, read: e.sql, now: time.Now}, nil
}

// poolConfig adds our limits to what the URL says.
func poolConfig(address string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	unless := func(parameter string, d time.Duration) {
		if _, set := config.ConnConfig.RuntimeParams[parameter]; !set {
			config.ConnConfig.RuntimeParams[parameter] = strconv.FormatInt(d.Milliseconds(), 10)
		}
	}
	unless("statement_timeout", statementTimeout)
	unless("lock_timeout", lockTimeout)
	unless("idle_in_transaction_session_timeout", idleTransaction)
	if _, set := config.ConnConfig.RuntimeParams["application_name"]; !set {
		config.ConnConfig.RuntimeParams["application_name"] = "signet"
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !names(address, "pool_max_conns") {
		config.MaxConns = int32(max(minConnections, 2*runtime.GOMAXPROCS(0)))
	}
	if !names(address, "pool_max_conn_idle_time") {
		config.MaxConnIdleTime = idleConnection
	}
	// A server that only reads is of no use, and one that became a replica must not
	// be taken for the one that was promoted.
	if config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return config, nil
}

func (e *postgresEngine) close() error {
	err := e.sql.Close()
	e.pool.Close()
	return err
}

func (e *postgresEngine) reader() querier { return e.sql }

func (e *postgresEngine) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = e.again(ctx, func(ctx context.Context) error {
		tag, err := e.pool.Exec(ctx, statement, args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func (e *postgresEngine) transaction(ctx context.Context, work func(querier) error) error {
	return e.again(ctx, func(ctx context.Context) error {
		ctx, end := context.WithCancel(ctx)
		defer end()
		tx, err := e.sql.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		tooLong := time.AfterFunc(e.longest, end)
		if err = work(tx); err != nil {
			err = errors.Join(err, ignoring(sql.ErrTxDone, tx.Rollback()))
		} else {
			err = tx.Commit()
		}
		if !tooLong.Stop() && err != nil {
			return fmt.Errorf("%w: a transaction took longer than %v: %w", store.ErrUnavailable, e.longest, err)
		}
		return err
	})
}

// ignoring gives err unless it is the one that is expected.
func ignoring(expected, err error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// attempts is how often a statement is tried that loses to others.
const attempts = 20

// again runs work, and runs it again when it failed only because of what ran
// beside it, or before it reached a server that can do it. work must leave nothing
// behind when it fails.
func (e *postgresEngine) again(ctx context.Context, work func(context.Context) error) error {
	return e.retry(ctx, false, work)
}

// repeat is again for work that may be done twice: it also runs again when the
// connection was lost and nobody knows whether it was done.
func (e *postgresEngine) repeat(ctx context.Context, work func(context.Context) error) error {
	return e.retry(ctx, true, work)
}

func (e *postgresEngine) retry(ctx context.Context, repeatable bool, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	for i := range attempts {
		err := work(ctx)
		if err == nil {
			return nil
		}
		lost := isLost(err)
		if lost || sqlState(err) == readOnlyTransaction {
			e.pool.Reset() // the other connections are no better: to a server that is gone, or has become a replica
		}
		if !wasNotDone(err) && !(repeatable && lost) {
			return postgresError(err)
		}
		pause := time.Duration(1+rand.IntN(4<<min(i, 6))) * time.Millisecond
		select {
		case <-ctx.Done():
			return errors.Join(store.ErrUnavailable, err, ctx.Err())
		case <-time.After(pause):
		}
	}
	return postgresError(fmt.Errorf("after %d attempts: %w", attempts, work(ctx)))
}

// postgresError marks the failures that may be gone in a moment: all but those
// that the server answers for what the statement says.
func postgresError(err error) error {
	if err == nil || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	unavailable := isLost(err)
	if state := sqlState(err); len(state) == 5 {
		switch state[:2] {
		case "08", "25", "40", "53", "55", "57", "58": // connection, read-only, lost to others, resources, locked, ended by the operator, system
			unavailable = true
		}
	}
	if unavailable {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

// isLost reports whether the connection failed rather than the statement.
func isLost(err error) bool {
	switch sqlState(err) {
	case "":
		return errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, new(net.Error)) ||
			errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, driver.ErrBadConn) ||
			strings.Contains(err.Error(), "conn closed") // pgx has no error of its own for it
	case adminShutdown, crashShutdown, cannotConnectNow:
		return true
	}
	return false
}

// What PostgreSQL calls the failures that are handled (Appendix A of its manual).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnlyTransaction  = "25006"
	noSuchCharacter      = "22021" // NUL, or not UTF-8
	uniqueViolation      = "23505"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03" // starting up, or shutting down
)

// wasNotDone reports whether a statement failed without having done anything, and
// may succeed if it is sent again.
func wasNotDone(err error) bool {
	switch sqlState(err) {
	case serializationFailure, deadlockDetected, readOnlyTransaction, cannotConnectNow:
		return true
	}
	return pgconn.SafeToRetry(err) // it was never sent
}

// isStatementError reports whether the server refused a statement for what it
// says, as opposed to failing.
func isStatementError(err error) bool {
	state := sqlState(err)
	return len(state) == 5 && state[:2] == "22" // data exception
}

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// names reports whether an address sets a parameter.
func names(address, parameter string) bool {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return false
	}
	_, set := config.RuntimeParams[parameter] // pgx takes what it does not know for one of the server's
	return set
}

// waiting implements engine.
func (e *postgresEngine) waiting() int {
	return e.redeems.queued() + e.rotates.queued() + e.reads.queued()
}
