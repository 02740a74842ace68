// Package provider serves the protocol endpoints below /oauth and /.well-known:
// parse, ask the rules, ask the store, answer. It decides nothing that a rule in
// package oauth could decide.
//
// Read provider.go for the routes, then authorize.go and token.go, which tell
// the two main requests from top to bottom. errors.go is the one place that
// writes refusals.
package provider
