package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// What begins in user_texts.beginnings.
const (
	beginsAny      = "q" // once more for each of the others
	beginsAddress  = "a"
	beginsUsername = "u"
	beginsName     = "n"

	beginningLength = 2 // characters of what begins
)

// lineOf is the line for what begins in this way.
func lineOf(kind, text string) string {
	letters := []rune(strings.ToLower(strings.ReplaceAll(text, "\n", " ")))
	return "\n" + kind + string(letters[:min(beginningLength, len(letters))])
}

// SQLite's index of texts finds rows of user_texts in the order of their places, which
// is that of creation but for those who were created in one span of 1024 ms: a place is
// the number of the span, and one among places for so many.
const (
	spanBits  = 10
	placeBits = 20
)

// firstPlace is the first one of the span in which a time is, in milliseconds.
func firstPlace(created int64) int64 { return created >> spanBits << placeBits }

// lastPlace is the last one of that span.
func lastPlace(created int64) int64 { return firstPlace(created) | (1<<placeBits - 1) }

// insertTexts is a statement that adds a row of user_texts.
func insertTexts(columns, values string) string {
	return `INSERT INTO user_texts (` + columns + `user_id, created_at, address, username, name, anything, beginnings, banned)
		VALUES (` + values + `$1, $2, $3, $4, $5, $6, $7, (SELECT u.banned FROM users u WHERE u.id = $1))`
}

// nextPlace is the first free one of the span in which $2 is.
var nextPlace = fmt.Sprintf(`(SELECT COALESCE(MAX(place), (($2 >> %[1]d) << %[2]d) - 1) + 1 FROM user_texts
		WHERE place BETWEEN ($2 >> %[1]d) << %[2]d AND ((($2 >> %[1]d) + 1) << %[2]d) - 1)`, spanBits, placeBits)

// addTexts keeps what parts of the user are searched for.
func (db *DB) addTexts(ctx context.Context, tx querier, u store.User) error {
	var beginnings strings.Builder
	begins := func(kind, text string) {
		if text != "" {
			beginnings.WriteString(lineOf(kind, text) + lineOf(beginsAny, text))
		}
	}
	addresses := make([]string, len(u.Emails))
	for i, e := range u.Emails {
		addresses[i] = strings.ToLower(e.Address)
		begins(beginsAddress, e.Address)
	}
	begins(beginsUsername, u.Username)
	begins(beginsName, u.FirstName)
	begins(beginsName, u.LastName)
	address, username := strings.Join(addresses, " "), strings.ToLower(u.Username)
	name := strings.ToLower(u.FirstName + " " + u.LastName)
	_, err := tx.ExecContext(ctx, db.dialect.addTexts,
		u.ID, ms(u.CreatedAt), address, username, name, strings.Join([]string{strings.ToLower(u.ID), address, username, name}, " "), beginnings.String())
	return err
}

// MergeTexts merges some pages of the index of texts, of which a part is added with each
// change, and reports whether there may be more to merge. PostgreSQL sees to its own.
func (db *DB) MergeTexts(ctx context.Context, pages int) (more bool, err error) {
	err = db.engine.transaction(ctx, func(tx querier) error {
		more = false
		for _, table := range db.dialect.textTables {
			const changes = `SELECT total_changes()`
			var before, after int
			if err := tx.QueryRowContext(ctx, changes).Scan(&before); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %[1]s (%[1]s, rank) VALUES ('merge', $1)`, table), pages); err != nil {
				return err
			}
			if err := tx.QueryRowContext(ctx, changes).Scan(&after); err != nil {
				return err
			}
			more = more || after-before >= 2 // one is the statement itself (FTS5 §6.8)
		}
		return nil
	})
	return more, wrapped("merging the index of texts", err)
}
