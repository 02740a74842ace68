// Package journal is load that knows what to expect. Each client does things with
// a Signet at random, notes what it has sent and which answers came back whole,
// and reports every answer that its notes do not allow. Start at Client.
package journal
