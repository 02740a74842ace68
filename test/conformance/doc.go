// Package conformance goes through what OpenID certification tests of a provider:
// the Basic, Form Post, Config and RP-Initiated Logout profiles, one named test for
// each of their modules, over https with a certificate of its own. The client side
// is coreos/go-oidc and x/oauth2.
//
// Where certification would give a warning rather than pass, the test says so and
// why.
package conformance
