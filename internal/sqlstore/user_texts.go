package sqlstore

import (
	"context"
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

// addTexts keeps what parts of the user are searched for.
func addTexts(ctx context.Context, tx querier, u store.User) error {
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
	_, err := tx.ExecContext(ctx, `INSERT INTO user_texts (user_id, created_at, address, username, name, anything, beginnings, banned)
		VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT u.banned FROM users u WHERE u.id = $1))`,
		u.ID, ms(u.CreatedAt), address, username, name, strings.Join([]string{strings.ToLower(u.ID), address, username, name}, " "), beginnings.String())
	return err
}
