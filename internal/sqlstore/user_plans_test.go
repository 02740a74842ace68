package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// manyUsers are enough for planners to prefer indexes: n of them, a minute apart.
// Every tenth belongs to org_wide, the first tenth to org_old; one in a hundred is
// banned.
const manyUsers = 20_000

var fillManyUsers = []string{
	`INSERT INTO users (id, username, first_name, last_name, locale, image_url, password_digest, primary_email_id, public_metadata, private_metadata,
		unsafe_metadata, banned, not_before, last_sign_in_at, created_at, updated_at, last_active_at, address_key)
	WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 19999),
		people AS (SELECT n, substr('abcdefghijklmnoprstv', n % 20 + 1, 1) || substr('aeiou', n / 20 % 5 + 1, 1) || 'mi' AS first,
			substr('abcdefghijklmnoprstv', n / 100 % 20 + 1, 1) || substr('aeiou', n % 5 + 1, 1) || 'rgo' AS last FROM numbers)
	SELECT 'user_' || CAST(100000 + n AS TEXT), '', first, last, '', '', '', 'idn_' || CAST(100000 + n AS TEXT), '{}', '{}',
		'{}', n % 100 = 0, 0, n * 60000, n * 60000, n * 60000, n * 60000, first || CAST(n AS TEXT) || '@example.com' FROM people`,
	`INSERT INTO emails (id, user_id, position, address, address_key, verified, created_at, proof)
	SELECT primary_email_id, id, 0, address_key, address_key, TRUE, created_at, '' FROM users WHERE address_key <> ''`,
	`INSERT INTO user_texts (/*SQLITE place, SQLITE*/ user_id, created_at, address, username, name, anything, beginnings, banned)
	SELECT /*SQLITE (created_at >> 10) << 20, SQLITE*/ id, created_at, address_key, '', first_name || ' ' || last_name, id || ' ' || address_key || '  ' || first_name || ' ' || last_name, '
a' || substr(first_name, 1, 2) || '
n' || substr(last_name, 1, 2) || '
q' || substr(first_name, 1, 2) || '
q' || substr(last_name, 1, 2), banned FROM users`,
	`INSERT INTO memberships (organization_id, user_id, id, role, public_metadata, private_metadata, created_at, updated_at, user_created_at)
	SELECT 'org_old', id, 'old' || id, 'org:member', '{}', '{}', 0, 0, created_at FROM users WHERE created_at < 120000000
	UNION ALL SELECT 'org_wide', id, 'wide' || id, 'org:member', '{}', '{}', 0, 0, created_at FROM users WHERE created_at / 60000 % 10 = 0`,
	`UPDATE user_counts SET number = 20000 WHERE part = 0`,
}

// A watched store notes what it reads with.
type watched struct {
	querier
	statements []selection
}

func (w *watched) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	w.statements = append(w.statements, selection{statement, args})
	return w.querier.QueryContext(ctx, statement, args...)
}

func (w *watched) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	w.statements = append(w.statements, selection{statement, args})
	return w.querier.QueryRowContext(ctx, statement, args...)
}

// No list looks at a good part of all users, wherever it begins and whatever it
// wants: PostgreSQL says how many rows it looked at, SQLite how it means to find them.
func TestListsLookAtFewUsers(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			db := open(t, engines[name](t))
			for _, statement := range fillManyUsers {
				if _, err := db.engine.exec(t.Context(), db.dialect.schema(statement)); err != nil {
					t.Fatalf("%.60s: %v", statement, err)
				}
			}
			if name == "postgres" {
				if _, err := db.engine.exec(t.Context(), `VACUUM ANALYZE`); err != nil { // as it does by itself
					t.Fatal(err)
				}
			}
			db.maxFew, db.stretch = 250, 500
			w := &watched{querier: db.read}
			db.read = w
			for _, q := range boundedQueries() {
				w.statements = nil
				q.Limit = 20
				if _, err := db.ListUsers(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				look(t, w, name, fmt.Sprintf("%+v", q))
			}
			w.statements = nil
			if n, err := db.CountUsers(t.Context(), store.UserQuery{}); n != manyUsers || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
			look(t, w, name, "the count")
		})
	}
}

func boundedQueries() (all []store.UserQuery) {
	yes, no := true, false
	const middle = "user_110000"
	for _, descending := range []bool{false, true} {
		for by := range userOrders {
			all = append(all, store.UserQuery{OrderBy: by, Descending: descending}, store.UserQuery{OrderBy: by, Descending: descending, Banned: &no})
		}
		for _, q := range []store.UserQuery{
			{After: middle},
			{Query: "b"},
			{Query: "ba"},
			{Query: "zz"},
			{NameQuery: "bargo"},
			{Query: "nobody"},
			{Query: "bami", Banned: &yes},
			{Query: "zz", Banned: &no, OrderBy: store.UsersByLastSignIn},
			{Query: "ba", Banned: &yes, OrderBy: store.UsersByLastSignIn},
			{Banned: &yes},
			{Banned: &yes, OrderBy: store.UsersByLastName},
			{Organizations: []string{"org_wide"}, OrderBy: store.UsersByLastName},
			{Organizations: []string{"org_old"}, NameQuery: "bargo"},
			{Organizations: []string{"org_wide"}},
			{Organizations: []string{"org_old"}},
			{Organizations: []string{"org_old"}, After: middle},
			{ExceptOrganizations: []string{"org_wide"}, ExceptIDs: []string{middle}},
			{EmailAddresses: []string{"bami1@example.com"}},
			{Created: store.Period{After: now.AddDate(-1, 0, 0)}, OrderBy: store.UsersByFirstName},
			{Created: store.Period{After: time.UnixMilli(600_000), Before: time.UnixMilli(1_200_000)}, OrderBy: store.UsersByFirstName},
			{LastSignedIn: store.Period{After: time.UnixMilli(600_000), Before: time.UnixMilli(1_200_000)}},
		} {
			q.Descending = descending
			all = append(all, q)
		}
	}
	return all
}

// endless is a step of SQLite that goes through a table without an index, or tries
// each of those that are banned with each text that was found.
var endless = regexp.MustCompile(`^SCAN (p|u|e|t|x|b|users|emails|memberships|user_texts)$|user_id=. AND rowid=.`)

func look(t *testing.T, w *watched, engine, what string) {
	t.Helper()
	const most = 6_000 // rows of all tables, and entries of indexes, for one list
	looked := 0
	for _, s := range w.statements {
		if engine == "sqlite" {
			rows, err := w.querier.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+s.sql, s.args...)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var step string
				if err := rows.Scan(new(int), new(int), new(int), &step); err != nil {
					t.Fatal(err)
				}
				if endless.MatchString(step) {
					t.Errorf("%s: %s\n%s", what, step, s.sql)
				}
			}
			continue
		}
		var text string
		if err := w.querier.QueryRowContext(t.Context(), `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) `+s.sql, s.args...).Scan(&text); err != nil {
			t.Fatal(err)
		}
		var plans []struct{ Plan planNode }
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			t.Fatal(err)
		}
		looked += plans[0].Plan.rows()
	}
	if looked > most {
		t.Errorf("%s: %d rows were looked at, want %d at most", what, looked, most)
	}
}

// A planNode is a step of PostgreSQL.
type planNode struct {
	Relation string     `json:"Relation Name"`
	Rows     float64    `json:"Actual Rows"`
	Loops    float64    `json:"Actual Loops"`
	Filtered float64    `json:"Rows Removed by Filter"`
	Wrong    float64    `json:"Rows Removed by Index Recheck"`
	Plans    []planNode `json:"Plans"`
}

// rows are how many rows of tables this step and those below it looked at.
func (p planNode) rows() (n int) {
	if p.Relation != "" {
		n = int((p.Rows + p.Filtered + p.Wrong) * p.Loops)
	}
	for _, below := range p.Plans {
		n += below.rows()
	}
	return n
}
