package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// What stands between the words of an address or a name, and letters for it, which
// user_texts.letters has instead. The index of PostgreSQL holds three letters or digits in
// a row and no more than a word, so that it would look for "a.be" among all who have a
// word that begins with be.
const (
	between        = ".@-_+ "
	lettersBetween = "zqjxkv"
)

// inLetters is a text as it is in user_texts.letters.
func inLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(between, r); i >= 0 {
			return rune(lettersBetween[i])
		}
		return r
	}, text)
}

// searched has PostgreSQL look for a text by its index, and then at what it finds. Of
// an address the index looks for what stands before the @: so many have the rest that to
// find them takes longest.
func searched(c *conditions, x lookup) string {
	if x.column != "anything" && x.column != "address" { // which have few gaps, if any
		return looked(c, x)
	}
	part := x.text
	if local, _, ok := strings.Cut(part, "@"); ok && utf8.RuneCountInString(local) >= localLength {
		part = local + "@"
	}
	return looked(c, lookup{"letters", inLetters(strings.ToLower(part))}) + ` AND ` + passed(c, x)
}

// localLength is how many characters of an address before the @ tell it from most others.
const localLength = 8

// indexTexts makes the indexes by which PostgreSQL finds parts of texts. The
// extension that it needs comes with PostgreSQL and any owner of a database may
// have it; where it is missing users are found all the same, one by one, and the
// log says so. Nodes that start together may meet here, and one is enough.
func indexTexts(ctx context.Context, db *sql.DB, log *slog.Logger) {
	const texts = `anything gin_trgm_ops, address gin_trgm_ops, username gin_trgm_ops, name gin_trgm_ops, beginnings gin_trgm_ops`
	for _, statement := range []string{
		`CREATE EXTENSION IF NOT EXISTS pg_trgm`,
		unhurried + `CREATE INDEX IF NOT EXISTS user_texts_letters ON user_texts USING gin (letters gin_trgm_ops, username gin_trgm_ops, name gin_trgm_ops, beginnings gin_trgm_ops) WITH (gin_pending_list_limit = 128)`,
		unhurried + `CREATE INDEX IF NOT EXISTS user_texts_banned ON user_texts USING gin (` + texts + `) WHERE banned`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			if !hasSearch(ctx, db) {
				log.Warn("users will be searched for without an index: let an owner of the database run CREATE EXTENSION pg_trgm", "err", err)
			}
			return
		}
	}
}

// hasSearch reports whether the indexes are there.
func hasSearch(ctx context.Context, db *sql.DB) bool {
	var n int
	err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_indexes WHERE indexname IN ('user_texts_letters', 'user_texts_banned')`).Scan(&n)
	return err == nil && n == 2
}
