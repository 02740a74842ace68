// Package account knows who a user is: how an identifier is spelled, which
// passwords are admitted, and whether a password is the user's. It knows no HTTP
// and keeps no session.
//
// Read account.go first. Digest formats are in digest.go; gate.go bounds how many
// passwords are hashed at the same time.
package account
