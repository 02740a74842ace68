package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// acting selects users who may act as operators.
const acting = ` FROM operators o JOIN users u ON u.id = o.user_id WHERE NOT u.banned AND NOT u.locked`

// IsOperator implements store.Operators.
func (db *DB) IsOperator(ctx context.Context, userID string) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, `SELECT COUNT(*)`+acting+` AND o.user_id = $1`, userID).Scan(&n)
	if err = db.missing(err); errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return n > 0, wrapped("finding an operator", err)
}

// ListOperators implements store.Operators.
func (db *DB) ListOperators(ctx context.Context) ([]store.Operator, error) {
	var added time.Time
	times := []time.Time{}
	rows, err := db.read.QueryContext(ctx, `SELECT o.created_at, `+userColumns+`
		FROM operators o JOIN users u ON u.id = o.user_id LEFT JOIN emails e ON e.user_id = u.id
		ORDER BY o.created_at, u.id, e.position`)
	if err != nil {
		return nil, fmt.Errorf("listing operators: %w", err)
	}
	users, err := scanUsers(rows, &noted{into: at{&added}, each: func() { times = append(times, added) }})
	if err != nil {
		return nil, fmt.Errorf("listing operators: %w", err)
	}
	return operators(users, times), nil
}

// A noted field says each time when it was read.
type noted struct {
	into sql.Scanner
	each func()
}

// Scan implements sql.Scanner.
func (f *noted) Scan(value any) error {
	err := f.into.Scan(value)
	f.each()
	return err
}

// operators puts users beside the times of their rows, of which there is one for
// each address.
func operators(users []store.User, times []time.Time) []store.Operator {
	all := make([]store.Operator, len(users))
	row := 0
	for i, u := range users {
		all[i] = store.Operator{User: u, AddedAt: times[row]}
		row += max(1, len(u.Emails))
	}
	return all
}

// changeOperators runs work in a transaction that no other such one overlaps: the
// row that it writes first is the same for all.
func (db *DB) changeOperators(ctx context.Context, work func(querier) ([]occurrence, error)) error {
	return db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `UPDATE operator_setup SET changes = changes + 1 WHERE one = 1`); err != nil {
			return nil, err
		}
		return work(tx)
	})
}

// addOperator makes a user an operator, after which the first links work no more, and
// tells of it unless the user was one.
func addOperator(ctx context.Context, tx querier, userID string, now time.Time) ([]occurrence, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO operators (user_id, created_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING`, userID, ms(now))
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE operator_setup SET set_up_at = CASE WHEN set_up_at = 0 THEN CAST($1 AS BIGINT) ELSE set_up_at END`, ms(now))
	if err != nil {
		return nil, err
	}
	return operatorThen(ctx, tx, store.OperatorAdded, userID)
}

// operatorThen tells that a user has become an operator, or is none any more.
func operatorThen(ctx context.Context, tx querier, kind store.EventType, userID string) ([]occurrence, error) {
	then, err := userThen(ctx, tx, userID)
	for i := range then {
		then[i].kind = kind
	}
	return then, err
}

// AddOperator implements store.Operators.
func (db *DB) AddOperator(ctx context.Context, userID string, now time.Time) error {
	err := db.changeOperators(ctx, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `UPDATE users SET id = id WHERE id = $1`, userID); err != nil {
			return nil, err
		}
		return addOperator(ctx, tx, userID, now)
	})
	return wrapped("adding an operator", db.missing(err))
}

// RemoveOperator implements store.Operators.
func (db *DB) RemoveOperator(ctx context.Context, userID string) error {
	err := db.changeOperators(ctx, func(tx querier) ([]occurrence, error) {
		err := execOne(ctx, tx, `DELETE FROM operators WHERE user_id = $1 AND EXISTS (SELECT 1`+acting+` AND o.user_id <> $1)`, userID)
		if err != nil {
			return nil, err
		}
		return operatorThen(ctx, tx, store.OperatorRemoved, userID)
	})
	if err = db.missing(err); !errors.Is(err, store.ErrNotFound) {
		return wrapped("removing an operator", err)
	}
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM operators WHERE user_id = $1`, userID).Scan(&n); err != nil {
		return fmt.Errorf("finding an operator: %w", db.missing(err))
	}
	if n == 0 {
		return store.ErrNotFound
	}
	return store.ErrConflict
}

// CreateOperatorLink implements store.OperatorLinks.
func (db *DB) CreateOperatorLink(ctx context.Context, l store.OperatorLink) error {
	err := db.execOne(ctx, `INSERT INTO operator_links (secret, first, created_at, expires_at)
		SELECT $1, $2, $3, $4 FROM operator_setup WHERE set_up_at = 0 OR NOT CAST($2 AS BOOLEAN)`,
		l.Secret[:], l.First, ms(l.CreatedAt), ms(l.ExpiresAt))
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("saving an operators' link", err)
}

// openLink is the condition for a link that works.
const openLink = ` secret = $1 AND expires_at > $2 AND (NOT first OR (SELECT set_up_at FROM operator_setup) = 0)`

// OperatorLink implements store.OperatorLinks.
func (db *DB) OperatorLink(ctx context.Context, secret store.Hash, now time.Time) (store.OperatorLink, error) {
	l := store.OperatorLink{Secret: secret}
	err := db.read.QueryRowContext(ctx, `SELECT first, created_at, expires_at FROM operator_links WHERE`+openLink, secret[:], ms(now)).
		Scan(&l.First, at{&l.CreatedAt}, at{&l.ExpiresAt})
	if err != nil {
		return store.OperatorLink{}, fmt.Errorf("reading an operators' link: %w", db.missing(err))
	}
	return l, nil
}

// RedeemOperatorLink implements store.OperatorLinks. Removing the link is the gate.
func (db *DB) RedeemOperatorLink(ctx context.Context, secret store.Hash, u store.User, create bool, now time.Time) error {
	err := db.changeOperators(ctx, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `DELETE FROM operator_links WHERE`+openLink, secret[:], ms(now)); err != nil {
			return nil, err
		}
		var told []occurrence
		if create {
			if err := db.createUser(ctx, tx, u); err != nil {
				return nil, err
			}
			told = append(told, aboutUser(store.UserCreated, u))
		} else if err := execOne(ctx, tx, `UPDATE users SET id = id WHERE id = $1 AND NOT banned AND NOT locked`, u.ID); err != nil {
			return nil, err
		}
		added, err := addOperator(ctx, tx, u.ID, now)
		told = append(told, added...)
		for i := range told {
			told[i].by = store.Actor{Kind: store.ByUser, ID: u.ID}
		}
		return told, err
	})
	return wrapped("redeeming an operators' link", db.missing(err))
}

// DeleteExpiredOperatorLinks implements store.OperatorLinks.
func (db *DB) DeleteExpiredOperatorLinks(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM operator_links WHERE secret IN (
		SELECT secret FROM operator_links WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("deleting expired operators' links", err)
}
