// Package upstream asks other providers who somebody is: OpenID Connect issuers, and
// GitHub, which speaks OAuth 2.0 alone. It sends a browser there, takes the code that
// comes back, and gives an Identity that has been verified. What becomes of it is not
// decided here: package hosted does, by the rules in next.go.
//
// Read provider.go first; openid.go and github.go are the two kinds of conversation.
package upstream
