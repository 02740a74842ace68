// Package crash proves that nothing is lost which Signet has acknowledged. It
// kills Signet, or the PostgreSQL under it, in mid-load, and compares what there
// is afterwards with the journals of the clients: what they have sent, and which
// answers came back whole.
//
// SIGNET_CRASH_KILLS says how often each test kills (8), SIGNET_CRASH_SEED makes
// the same choices again that a run before has printed.
package crash
