// Package oauth holds the rules of OAuth 2.0 as plain functions: parsed values
// in, a value or a refusal out. It reads no clock, no request and no database,
// so every rule can be tested with a line in a table.
//
// Read error.go first, then authorize.go, exchange.go and refresh.go, which list
// the checks of the main requests in the order they run. Each other file holds
// the rules of one concern, named after it, with the section it enforces beside
// it.
package oauth
