// Package account knows who a user is: how an identifier is spelled, which
// passwords are admitted, whether a password is the user's, and whether somebody
// reads the mail of an address. It knows no HTTP and keeps no session.
//
// Read account.go first; gate.go bounds how many passwords are hashed at the same
// time, and guard.go how often somebody may guess. proofs.go sends and takes codes
// and links, proven.go does what they prove. Digest formats are in digest.go.
//
// Second factors are in factor.go, with authenticator apps in totp.go and backup codes
// in backupcode.go.
package account
