// Package clients signs in to Signet with clients that other people wrote and that
// are not Go: openid-client, oauth4webapi, passport-openidconnect, Auth.js and the
// MCP SDK from npm, and mod_auth_openidc in a real Apache, over http on loopback and
// over https with a certificate of its own. Signet is the program itself.
package clients
