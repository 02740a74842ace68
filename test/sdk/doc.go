// Package sdk drives a running Signet with Clerk's official SDKs, as published:
// clerk-sdk-go and the command line here, @clerk/backend and @clerk/express in node.
// It is a module of its own, so that nobody who builds Signet downloads them.
//
// A whole run compares docs/compatibility.md with the methods that were called and
// what became of them; -args -update writes the page anew. scope.json says what is
// not offered, and why.
//
// Without further ado it builds cmd/signet and starts it twice, over SQLite and
// over a fresh database of the PostgreSQL that SIGNET_TEST_POSTGRES names. With
// SIGNET_TEST_URL and SIGNET_TEST_SECRET_KEY it drives that server instead.
package sdk
