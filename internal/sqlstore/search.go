package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
)

// indexTexts makes the indexes by which PostgreSQL finds parts of texts. The
// extension that it needs comes with PostgreSQL and any owner of a database may
// have it; where it is missing users are found all the same, one by one, and the
// log says so. Nodes that start together may meet here, and one is enough.
func indexTexts(ctx context.Context, db *sql.DB, log *slog.Logger) {
	const texts = ` ON user_texts USING gin (anything gin_trgm_ops, address gin_trgm_ops, username gin_trgm_ops, name gin_trgm_ops, beginnings gin_trgm_ops)`
	for _, statement := range []string{
		`CREATE EXTENSION IF NOT EXISTS pg_trgm`,
		unhurried + `CREATE INDEX IF NOT EXISTS user_texts_search` + texts,
		unhurried + `CREATE INDEX IF NOT EXISTS user_texts_banned` + texts + ` WHERE banned`,
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
	err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_indexes WHERE indexname IN ('user_texts_search', 'user_texts_banned')`).Scan(&n)
	return err == nil && n == 2
}
