// Package pgtest gives each test a PostgreSQL database of its own.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/ksuid"
)

// Variable names the environment variable with the address of the server, as
// its superuser.
const Variable = "SIGNET_TEST_POSTGRES"

// URL makes a database, drops it when the test is over, and returns its address.
// Without a server the test fails: a promise that was not tested is not kept.
func URL(t testing.TB) string {
	t.Helper()
	return database(t, t, "")
}

// Copies makes databases that are copies of one, which is made for the first of them
// and stays as long as the test that it is given.
type Copies struct {
	once     sync.Once
	original string
}

// URL is URL for a copy of what prepare leaves in a database; it has to close its
// connections. The first caller's owner is the test that all the others are within.
func (c *Copies) URL(t, owner testing.TB, prepare func(address string)) string {
	t.Helper()
	c.once.Do(func() {
		address := database(t, owner, "")
		prepare(address)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		c.original = strings.TrimPrefix(u.Path, "/")
	})
	return database(t, t, " TEMPLATE "+c.original)
}

// database makes one that goes with its owner, and returns its address.
func database(t, owner testing.TB, how string) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		t.Fatalf("%s is not set: run \"make test\", which starts a PostgreSQL, or \"scripts/with-postgres go test ./...\"", Variable)
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ToLower(ksuid.New().String())
	run(t, server, "CREATE DATABASE "+name+how)
	owner.Cleanup(func() { run(owner, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	address.Path = "/" + name
	return address.String()
}

func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx := context.Background() // t.Context() has ended at cleanup
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(fmt.Errorf("connecting to the test server: %w", err))
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}
