// Package harness is what the tests of whole Signets share: people who fill in
// forms, clients that read answers, and processes that can be killed. It knows
// Signet only from outside, by its addresses and its binary.
package harness
