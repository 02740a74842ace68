// Package token makes and opens what the protocol endpoints hand out: sealed
// authorization codes, opaque access tokens and refresh tokens. All of them are
// derived from a grant and the root key; none is stored.
//
// It knows formats and keys, not rules: what an opened token is good for is
// decided in package oauth.
package token
