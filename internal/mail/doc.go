// Package mail writes the letters that Signet sends and sees to it that they
// arrive: a letter is kept, sealed, in the transaction that makes it necessary,
// and sent from there at least once, so that no request waits for a mail server
// and no crash loses what was promised.
//
// Read letter.go for what is written, outbox.go for how it is sent, smtp.go for
// what it is sent through.
package mail
