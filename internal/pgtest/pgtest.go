// Package pgtest gives each test a PostgreSQL database of its own.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
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
	server := os.Getenv(Variable)
	if server == "" {
		t.Fatalf("%s is not set: run \"make test\", which starts a PostgreSQL, or \"scripts/with-postgres go test ./...\"", Variable)
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ToLower(ksuid.New().String())
	run(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
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
