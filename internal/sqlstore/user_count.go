package sqlstore

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/signet-auth/signet/internal/store"
)

// countParts is into how many parts user_counts divides the number of users; its
// migration made as many.
const countParts = 64

// recountUsers notes that a user has come (1) or gone (-1).
func recountUsers(ctx context.Context, tx querier, id string, by int) error {
	sum := fnv.New32a()
	sum.Write([]byte(id))
	return execOne(ctx, tx, `UPDATE user_counts SET number = number + $2 WHERE part = $1`, int64(sum.Sum32()%countParts), by)
}

// everybody is how many users there are.
const everybody = `(SELECT CAST(SUM(number) AS BIGINT) FROM user_counts)`

// CountUsers implements store.Users. Everybody has been counted as they came; those
// who are banned are few, and the others are all but them.
func (db *DB) CountUsers(ctx context.Context, q store.UserQuery) (int, error) {
	if !textual(q) {
		return 0, nil
	}
	var s selection
	c := db.userConditions(q, found{})
	switch texts, ok := db.textConditions(q, found{}); {
	case len(c.all) == 0:
		s.sql = `SELECT ` + everybody
	case len(c.all) == 1 && q.Banned != nil && !*q.Banned:
		s.sql = `SELECT ` + everybody + ` - (SELECT COUNT(*) FROM users p WHERE p.banned)`
	case ok:
		s = selection{`SELECT COUNT(*) FROM user_texts t ` + texts.where(), texts.args}
	default:
		s = selection{`SELECT COUNT(*) FROM users p ` + c.where(), c.args}
	}
	var n int
	if err := db.read.QueryRowContext(ctx, s.sql, s.args...).Scan(&n); err != nil {
		return 0, db.nothing(fmt.Errorf("counting users: %w", err))
	}
	return n, nil
}
