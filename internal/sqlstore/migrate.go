package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Of several processes that start at once
// one migrates: on PostgreSQL a lease in a table decides, on SQLite the write
// lock, as each migration is one transaction with the note that it was done.
func migrate(ctx context.Context, db *sql.DB, d dialect) error {
	known, err := series(d)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithGoMigrations(known...),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	}
	if d.goose == goose.DialectPostgres {
		locker, err := lock.NewPostgresTableLocker(
			lock.WithTableLockTimeout(200*time.Millisecond, 300),
			lock.WithTableLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			return err
		}
		options = append(options, goose.WithLocker(locker))
	}
	provider, err := goose.NewProvider(d.goose, db, nil, options...)
	if err != nil {
		return err
	}
	return up(ctx, provider)
}

func up(ctx context.Context, provider *goose.Provider) error {
	const tries = 10 // a process that loses to another one finds its work done
	for i := 1; ; i++ {
		_, err := provider.Up(ctx)
		if err == nil {
			return notNewer(ctx, provider)
		}
		if i == tries || ctx.Err() != nil {
			return err
		}
	}
}

// notNewer refuses a schema that this version does not know.
func notNewer(ctx context.Context, provider *goose.Provider) error {
	has, knows, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > knows {
		return fmt.Errorf("the database has schema %d, which a newer Signet made; this one knows %d: start the newer version, or restore a backup from before the upgrade", has, knows)
	}
	return nil
}

// series reads the migrations, in the engine's own SQL.
func series(d dialect) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		statements := d.schema(string(text))
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, statements)
				return err
			},
		}, nil))
	}
	return all, nil
}
