package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// The migrations of texts keep those of all users, and find them as before.
func TestTextsAreMovedWithTheirUsers(t *testing.T) {
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			db := seeded(t, url(t))
			for i, name := range []string{"Ada", "Grace", "Adam"} {
				u := store.User{ID: fmt.Sprintf("user_%d", i+10), FirstName: name, LastName: "Byron", CreatedAt: now.Add(time.Duration(i) * time.Hour), UpdatedAt: now}
				u.Emails = []store.Email{{ID: u.ID + "a", Address: "X" + name + "@example.com", CreatedAt: now}, {ID: u.ID + "b", Address: "y." + name, CreatedAt: now}}
				if err := db.CreateUser(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
			for _, again := range []string{"00050_user_texts.sql", "00051_user_beginnings.sql", "00090_banned_texts.sql", "00092_text_order.sql"} {
				text, err := migrations.ReadFile("migrations/" + again)
				if err != nil {
					t.Fatal(err)
				}
				if again == "00050_user_texts.sql" { // the tables that came after it
					text = append([]byte(`/*SQLITE DROP TRIGGER user_texts_added; DROP TRIGGER user_texts_gone; DROP TABLE user_beginnings; SQLITE*/
						/*SQLITE CREATE TRIGGER user_texts_added AFTER INSERT ON user_texts BEGIN SELECT 1; END; SQLITE*/
						/*SQLITE CREATE TRIGGER user_texts_gone AFTER INSERT ON user_texts BEGIN SELECT 1; END; SQLITE*/`), text...)
				}
				err = db.engine.transaction(t.Context(), func(tx querier) error {
					_, err := tx.ExecContext(t.Context(), db.dialect.schema(string(text)))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			users, err := db.ListUsers(t.Context(), store.UserQuery{NameQuery: "ada", Limit: 10, Descending: true})
			if err != nil || len(users) != 2 || users[0].FirstName != "Adam" {
				t.Errorf("found %v, %v", users, err)
			}
			if err := db.DeleteUser(t.Context(), "user_12"); err != nil {
				t.Fatal(err)
			}
			for text, want := range map[string]int{"ADAM": 0, "GRACE": 1, "By": 2, "A": 2, "xG": 1, "y": 2, "ac": 0} {
				if n, err := db.CountUsers(t.Context(), store.UserQuery{Query: text}); err != nil || n != want {
					t.Errorf("%s: counted %d, %v, want %d", text, n, err, want)
				}
			}
		})
	}
}

// Each change adds a part to SQLite's index of texts, and a search looks at all: they are
// merged, and the same is found.
func TestTextsAreMerged(t *testing.T) {
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			db := seeded(t, url(t))
			const many = 60
			for i := range many {
				u := store.User{ID: fmt.Sprintf("user_%d", i+1000), FirstName: "Merged", LastName: fmt.Sprint(i), CreatedAt: now.Add(time.Duration(i) * time.Hour), UpdatedAt: now}
				if err := db.CreateUser(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
			parts := func() (n int) {
				t.Helper()
				for _, table := range db.dialect.textTables {
					var of int
					if err := db.read.QueryRowContext(t.Context(), `SELECT COUNT(DISTINCT segid) FROM `+table+`_idx`).Scan(&of); err != nil {
						t.Fatal(err)
					}
					n = max(n, of)
				}
				return n
			}
			before, steps := parts(), 0
			for more := true; more; steps++ {
				var err error
				if more, err = db.MergeTexts(t.Context(), 10); err != nil || steps > 100 {
					t.Fatalf("after %d steps: %v", steps, err)
				}
			}
			if after := parts(); after > 1 && after >= before/2 {
				t.Errorf("the index has %d parts after %d steps, and had %d", after, steps, before)
			}
			if n, err := db.CountUsers(t.Context(), store.UserQuery{NameQuery: "merged"}); err != nil || n != many {
				t.Errorf("found %d, %v", n, err)
			}
		})
	}
}
