// Package sdk drives a running Signet with Clerk's official SDKs, as published:
// clerk-sdk-go here, @clerk/backend in node. It is a module of its own, so that
// nobody who builds Signet downloads them.
//
// Without further ado it builds cmd/signet and starts it twice, over SQLite and
// over a fresh database of the PostgreSQL that SIGNET_TEST_POSTGRES names. With
// SIGNET_TEST_URL and SIGNET_TEST_SECRET_KEY it drives that server instead.
package sdk
