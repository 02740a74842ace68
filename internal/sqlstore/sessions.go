package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// CreateSession implements store.Sessions. The insert reads the user, so that
// one banned or deleted meanwhile gets none.
func (db *DB) CreateSession(ctx context.Context, s store.Session) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutSession(store.SessionCreated, s)}, createSession(ctx, tx, s)
	})
	return wrapped("creating a session", db.missing(err))
}

// aboutSession tells what became of a session.
func aboutSession(kind store.EventType, s store.Session) occurrence {
	status := "active"
	if kind != store.SessionCreated {
		_, status, _ = strings.Cut(string(kind), ".")
	}
	return occurrence{
		kind: kind, objectID: s.ID, userID: s.UserID, by: ownBusiness(s.UserID),
		about: store.SessionThen{Session: s, Status: status},
	}
}

// endSessions ends the sessions that the condition selects, and tells it.
func endSessions(ctx context.Context, tx querier, kind store.EventType, condition string, args ...any) ([]occurrence, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM sessions WHERE `+condition+` RETURNING `+strings.ReplaceAll(sessionColumns, "s.", ""), args...)
	if err != nil {
		return nil, err
	}
	ended, err := all(rows, scanSession)
	if err != nil {
		return nil, err
	}
	told := make([]occurrence, len(ended))
	for i, s := range ended {
		told[i] = aboutSession(kind, s)
	}
	return told, nil
}

func createSession(ctx context.Context, tx querier, s store.Session) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO sessions (cookie, id, user_id, user_agent, signed_in_at, expires_at, methods)
		SELECT $1, $2, u.id, $4,
			CASE WHEN u.not_before >= CAST($5 AS BIGINT) THEN u.not_before + 1 ELSE CAST($5 AS BIGINT) END, $6, $7
		FROM users u WHERE u.id = $3 AND NOT u.banned AND NOT u.locked`,
		s.Cookie[:], s.ID, s.UserID, s.UserAgent, ms(s.SignedInAt), ms(s.ExpiresAt), strings.Join(s.Methods, " "))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%w: no such user, or banned or locked (%v)", store.ErrNotFound, err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE users SET last_sign_in_at = $2, last_active_at = CASE WHEN last_active_at > $3 THEN last_active_at ELSE $3 END WHERE id = $1`,
		s.UserID, ms(s.SignedInAt), ms(dayOf(s.SignedInAt)))
	return err
}

// SessionWithUser implements store.Sessions.
func (db *DB) SessionWithUser(ctx context.Context, cookie store.Hash, now time.Time) (store.Session, store.User, error) {
	var s store.Session
	rows, err := db.read.QueryContext(ctx, `SELECT `+sessionColumns+`, `+userColumns+`
		FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN emails e ON e.user_id = u.id
		WHERE s.cookie = $1 AND s.expires_at > $2 AND NOT u.banned AND u.not_before < s.signed_in_at
			AND s.signed_in_at > (SELECT not_before FROM instance)
		ORDER BY e.position`, cookie[:], ms(now))
	if err != nil {
		return store.Session{}, store.User{}, fmt.Errorf("reading a session: %w", err)
	}
	users, err := scanUsers(rows, sessionFields(&s)...)
	switch {
	case err != nil:
		return store.Session{}, store.User{}, fmt.Errorf("reading a session: %w", err)
	case len(users) == 0:
		return store.Session{}, store.User{}, store.ErrNotFound
	}
	return s, users[0], nil
}

// ExtendSession implements store.Sessions.
func (db *DB) ExtendSession(ctx context.Context, id string, until, now time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE sessions SET expires_at = $2 WHERE id = $1 AND expires_at < $2 AND expires_at > $3`, id, ms(until), ms(now))
	return wrapped("extending a session", err)
}

// EndSession implements store.Sessions.
func (db *DB) EndSession(ctx context.Context, id string, _ time.Time) error {
	kind := store.SessionRemoved
	if by := store.ActorOf(ctx, store.Actor{Kind: store.ByUser}); by.Kind != store.ByUser {
		kind = store.SessionRevoked
	}
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		return endSessions(ctx, tx, kind, `id = $1`, id)
	})
	return wrapped("ending a session", db.nothing(err))
}

// liveSession selects sessions that still hold, beside their users.
const liveSession = ` FROM sessions s JOIN users u ON u.id = s.user_id
	WHERE s.expires_at > $1 AND NOT u.banned AND u.not_before < s.signed_in_at
		AND s.signed_in_at > (SELECT not_before FROM instance)`

const sessionColumns = `s.cookie, s.id, s.user_id, s.user_agent, s.signed_in_at, s.expires_at, s.methods`

// sessionFields are where sessionColumns are read to.
func sessionFields(s *store.Session) []any {
	return []any{idField{s.Cookie[:]}, &s.ID, &s.UserID, &s.UserAgent, at{&s.SignedInAt}, at{&s.ExpiresAt}, wordsField{&s.Methods}}
}

func scanSession(r row) (s store.Session, err error) {
	err = r.Scan(sessionFields(&s)...)
	return s, err
}

// SessionByID implements store.Sessions.
func (db *DB) SessionByID(ctx context.Context, id string, now time.Time) (store.Session, error) {
	s, err := scanSession(db.read.QueryRowContext(ctx, `SELECT `+sessionColumns+liveSession+` AND s.id = $2`, ms(now), id))
	if err != nil {
		return store.Session{}, fmt.Errorf("reading a session: %w", db.missing(err))
	}
	return s, nil
}

// SessionsOf implements store.Sessions.
func (db *DB) SessionsOf(ctx context.Context, userID string, now time.Time, limit, offset int) ([]store.Session, int, error) {
	var total int
	err := db.read.QueryRowContext(ctx, `SELECT COUNT(*)`+liveSession+` AND s.user_id = $2`, ms(now), userID).Scan(&total)
	if err != nil {
		return nil, 0, db.nothing(fmt.Errorf("counting sessions: %w", err))
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+sessionColumns+liveSession+` AND s.user_id = $2
		ORDER BY s.signed_in_at DESC, s.id DESC LIMIT $3 OFFSET $4`, ms(now), userID, limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("listing sessions: %w", err)
	}
	defer rows.Close()
	sessions := []store.Session{}
	for rows.Next() {
		s, err := scanSession(rows)
		if err != nil {
			return nil, 0, fmt.Errorf("listing sessions: %w", err)
		}
		sessions = append(sessions, s)
	}
	return sessions, total, rows.Err()
}

// EndSessionOf implements store.UserSessions.
func (db *DB) EndSessionOf(ctx context.Context, userID, id string) error {
	n, err := db.endOwn(ctx, `user_id = $1 AND id = $2`, userID, id)
	if err == nil && n == 0 {
		err = store.ErrNotFound
	}
	return wrapped("ending a session of a user", err)
}

// EndOtherSessions implements store.UserSessions.
func (db *DB) EndOtherSessions(ctx context.Context, userID, id string) (int, error) {
	n, err := db.endOwn(ctx, `user_id = $1 AND id <> $2`, userID, id)
	return n, wrapped("ending the other sessions of a user", err)
}

// endOwn ends sessions as their user wants, and counts them.
func (db *DB) endOwn(ctx context.Context, condition string, args ...any) (n int, err error) {
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		ended, err := endSessions(ctx, tx, store.SessionRemoved, condition, args...)
		n = len(ended)
		return ended, err
	})
	return n, db.nothing(err)
}

// DeleteExpiredSessions implements store.Sessions.
func (db *DB) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM sessions WHERE cookie IN (
		SELECT cookie FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	if err != nil {
		return 0, fmt.Errorf("deleting expired sessions: %w", err)
	}
	return int(n), nil
}
