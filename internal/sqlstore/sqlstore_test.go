package sqlstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/store/storetest"
)

// engines are where a new, empty database can be made.
var engines = map[string]func(*testing.T) string{
	"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "signet.db") },
	"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	"postgres serializable": func(t *testing.T) string {
		return pgtest.URL(t) + "&default_transaction_isolation=serializable"
	},
}

func open(t *testing.T, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// prepared are where a database of the present version can be made within a test: a
// copy of one, since to make it takes longer than most promises do.
func prepared(owner *testing.T) map[string]func(*testing.T) string {
	dir, copies := owner.TempDir(), &pgtest.Copies{}
	prepare := func(url string) {
		db, err := Open(owner.Context(), Options{URL: url})
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			owner.Fatal(err)
		}
	}
	original := sync.OnceValues(func() ([]byte, error) {
		file := filepath.Join(dir, "signet.db")
		prepare(file)
		return os.ReadFile(file)
	})
	postgres := func(t *testing.T) string { return copies.URL(t, owner, prepare) }
	return map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string {
			content, err := original()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "signet.db")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return file
		},
		"postgres":              postgres,
		"postgres serializable": func(t *testing.T) string { return postgres(t) + "&default_transaction_isolation=serializable" },
	}
}

func TestPromises(t *testing.T) {
	for name, url := range prepared(t) {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, url(t)) })
		})
	}
}

// Lists are the same whether a walk finds the users or an index, or the one and then
// the other.
func TestUserListsAreFoundEitherWay(t *testing.T) {
	for name, url := range prepared(t) {
		for _, most := range []int{0, 1, 3} {
			t.Run(fmt.Sprintf("%s, %d", name, most), func(t *testing.T) {
				storetest.RunUserLists(t, func(t *testing.T) storetest.Store {
					db := open(t, url(t))
					db.maxFew, db.stretch = most, most
					return db
				})
			})
		}
	}
}

func TestManyOpenOneNewDatabase(t *testing.T) {
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					db, err := Open(t.Context(), Options{URL: address})
					if err != nil {
						t.Error(err)
						return
					}
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			db := open(t, address)
			if _, err := db.engine.exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), Options{URL: address})
			if err == nil || !strings.Contains(err.Error(), "newer Signet") {
				t.Errorf("got %v, want a refusal that names the newer version", err)
			}
		})
	}
}

func TestSQLiteIsDurable(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "signet.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		err := db.engine.transaction(t.Context(), func(q querier) error {
			return q.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", pragma, got, err, want)
		}
	}
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	open(t, path)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		f, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := f.Mode().Perm(); mode != 0o600 {
			t.Errorf("signet.db%s has mode %o, want 600", suffix, mode)
		}
	}
}
