// Package bench measures an OAuth server from outside: it drives it with requests
// of one kind after the other, checks every answer, and says how many a second it
// served, how long they took and how much CPU the server spent on each. Beside
// that it measures the machine: a bare net/http server under the same load, and
// an fsync.
//
// Run in run.go is where to start. A Target (target.go) says where the endpoints
// are and who to be there; Own (own.go) starts this program as a server and gives
// the Target for it; work.go has the kinds of work; conn.go is an HTTP client that
// costs little, since the load shares the machine with the server.
package bench
