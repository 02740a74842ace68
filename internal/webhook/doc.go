// Package webhook sends events to the endpoints of operators: signed, again and again
// until they are taken, and from any number of nodes. It knows how a message looks to
// HTTP, and nothing of what is in it.
//
// Deliverer (deliverer.go) claims what is due and sends it (send.go) over a client
// that reaches public addresses alone (address.go). Secrets (secrets.go) are kept
// sealed.
package webhook
