package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const challengeColumns = `id, purpose, address, user_id, code, link, sent_at, expires_at`

func scanChallenge(r row) (c store.Challenge, err error) {
	err = r.Scan(idField{c.ID[:]}, &c.Purpose, &c.Address, &c.UserID, idField{c.Code[:]}, idField{c.Link[:]}, at{&c.SentAt}, at{&c.ExpiresAt})
	return c, err
}

// PutChallenge implements store.Challenges.
func (db *DB) PutChallenge(ctx context.Context, c store.Challenge, l *store.Letter, sentBy time.Time) error {
	if err := db.roomForLetter(ctx); err != nil { // asked for nobody's letter too, so that it takes the same time
		return err
	}
	err := db.engine.transaction(ctx, func(tx querier) error {
		err := execOne(ctx, tx, `INSERT INTO challenges (`+challengeColumns+`, tries, taken) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, FALSE)
			ON CONFLICT (id) DO UPDATE SET address = excluded.address, user_id = excluded.user_id, code = excluded.code, link = excluded.link,
				tries = 0, taken = FALSE, sent_at = excluded.sent_at, expires_at = excluded.expires_at
			WHERE challenges.sent_at <= $9`,
			c.ID[:], string(c.Purpose), c.Address, c.UserID, c.Code[:], c.Link[:], ms(c.SentAt), ms(c.ExpiresAt), ms(sentBy))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return store.ErrConflict
		case err != nil || l == nil:
			return err
		}
		return putLetter(ctx, tx, *l)
	})
	return wrapped("keeping a challenge", err)
}

// AnswerChallenge implements store.Challenges. The statement that counts the try is
// the one that takes the challenge.
func (db *DB) AnswerChallenge(ctx context.Context, id, code store.Hash, now time.Time) (c store.Challenge, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		c, err = scanChallenge(tx.QueryRowContext(ctx, `UPDATE challenges SET tries = tries + 1, taken = (code = $2)
			WHERE id = $1 AND NOT taken AND tries < $3 AND expires_at > $4 RETURNING `+challengeColumns,
			id[:], code[:], store.MaxTries, ms(now)))
		return err
	})
	switch {
	case err != nil:
		return store.Challenge{}, fmt.Errorf("answering a challenge: %w", db.missing(err))
	case c.Code != code:
		return store.Challenge{}, store.ErrNotFound
	}
	return c, nil
}

// ChallengeByLink implements store.Challenges.
func (db *DB) ChallengeByLink(ctx context.Context, link store.Hash, now time.Time) (store.Challenge, error) {
	c, err := scanChallenge(db.read.QueryRowContext(ctx, `SELECT `+challengeColumns+` FROM challenges
		WHERE link = $1 AND NOT taken AND expires_at > $2`, link[:], ms(now)))
	if err != nil {
		return store.Challenge{}, fmt.Errorf("reading a challenge: %w", db.missing(err))
	}
	return c, nil
}

// FollowChallenge implements store.Challenges.
func (db *DB) FollowChallenge(ctx context.Context, link store.Hash, now time.Time) (c store.Challenge, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		c, err = scanChallenge(tx.QueryRowContext(ctx, `UPDATE challenges SET taken = TRUE
			WHERE link = $1 AND NOT taken AND expires_at > $2 RETURNING `+challengeColumns, link[:], ms(now)))
		return err
	})
	if err != nil {
		return store.Challenge{}, fmt.Errorf("following the link of a challenge: %w", db.missing(err))
	}
	return c, nil
}

// DeleteExpiredChallenges implements store.Challenges.
func (db *DB) DeleteExpiredChallenges(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteExpired(ctx, "challenges", before, limit)
}

// deleteExpired removes rows of a table of ours that have an id and an expiry.
func (db *DB) deleteExpired(ctx context.Context, table string, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM `+table+` WHERE id IN (
		SELECT id FROM `+table+` WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("deleting expired "+table, err)
}

// CountAttempt implements store.Attempts.
func (db *DB) CountAttempt(ctx context.Context, key store.Hash, now time.Time, window time.Duration) (n int, until time.Time, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		return tx.QueryRowContext(ctx, `INSERT INTO attempts (id, number, expires_at) VALUES ($1, 1, $2)
			ON CONFLICT (id) DO UPDATE SET
				number = CASE WHEN attempts.expires_at <= $3 THEN 1 ELSE attempts.number + 1 END,
				expires_at = CASE WHEN attempts.expires_at <= $3 THEN excluded.expires_at ELSE attempts.expires_at END
			RETURNING number, expires_at`, key[:], ms(now.Add(window)), ms(now)).Scan(&n, at{&until})
	})
	return n, until, wrapped("counting an attempt", err)
}

// TakeBackAttempt implements store.Attempts.
func (db *DB) TakeBackAttempt(ctx context.Context, key store.Hash) error {
	_, err := db.engine.exec(ctx, `UPDATE attempts SET number = number - 1 WHERE id = $1 AND number > 0`, key[:])
	return wrapped("taking an attempt back", err)
}

// DeleteOldAttempts implements store.Attempts.
func (db *DB) DeleteOldAttempts(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteExpired(ctx, "attempts", before, limit)
}
