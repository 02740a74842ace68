// Package admin is what an operator can do, one function each: create and change
// applications and users, keep the instance and its keys. The Backend API, the
// command line and the dashboard all call it, so each rule about applications and
// users has one home. It knows no HTTP and no JSON.
//
// Read applications.go first; the rules it applies are in application_rules.go,
// and those for users in user_rules.go. What an operator got wrong comes back as
// an *Error that lists every problem at once; see error.go.
package admin
