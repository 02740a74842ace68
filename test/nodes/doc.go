// Package nodes runs three processes over one PostgreSQL and checks that they
// behave as one: in races, when something is revoked on one of them, when one is
// killed, and when one is paused and wakes with an old memory.
//
// SIGNET_NODES_PAUSE says for how many seconds a node is paused (3).
package nodes
