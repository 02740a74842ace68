// Package backendapi speaks Clerk's Backend API under /v1: JSON in, a call of
// package admin, JSON out. It holds no rule about applications or users, only the
// spelling of fields, objects and errors that Clerk's SDKs expect.
//
// Read api.go first: it lists the routes, and call.go what happens to every
// request. body.go and fields.go read bodies, query.go query strings, errors.go
// is the table of error codes.
package backendapi
