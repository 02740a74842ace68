package ui

import (
	"io"
	"time"
)

// An Upstream is another provider that people may sign in with.
type Upstream struct{ ID, Name string }

// UpstreamChoices are the providers that a page offers.
type UpstreamChoices struct {
	All      []Upstream
	Continue string
}

// Choices are the providers that the page offers.
func (p SignIn) Choices() UpstreamChoices { return UpstreamChoices{p.Upstreams, p.Continue} }

// Choices are the providers that the page offers.
func (p Password) Choices() UpstreamChoices { return UpstreamChoices{p.Upstreams, p.Continue} }

// Choices are the providers that the page offers.
func (p AskAddress) Choices() UpstreamChoices { return UpstreamChoices{p.Upstreams, p.Continue} }

// An Identity is an account elsewhere that signs the user in.
type Identity struct {
	ID, Provider, Name, Address string
	CreatedAt, LastUsed         time.Time
}

// An UpstreamTrouble is why a provider signed nobody in.
type UpstreamTrouble string

// The troubles.
const (
	UpstreamUnreachable UpstreamTrouble = "upstream.unreachable"
	UpstreamRefused     UpstreamTrouble = "upstream.refused"
	UpstreamCancelled   UpstreamTrouble = "upstream.cancelled"
	UpstreamTaken       UpstreamTrouble = "upstream.taken"
)

// UpstreamTroubles lists them.
func UpstreamTroubles() []UpstreamTrouble {
	return []UpstreamTrouble{UpstreamUnreachable, UpstreamRefused, UpstreamCancelled, UpstreamTaken}
}

// Message is the key of what is told.
func (x UpstreamTrouble) Message() string { return string(x) }

// UpstreamFailed tells that a provider signed nobody in.
type UpstreamFailed struct {
	Name     string
	Trouble  UpstreamTrouble
	Account  bool // the user is signed in and wanted to connect an account there
	Continue string
}

// Render writes the page.
func (p UpstreamFailed) Render(w io.Writer, v View) error { return render(w, v, "upstream_failed", p) }

// An AccountFirstReason is why somebody who comes from a provider has to sign in here
// first.
type AccountFirstReason string

// The reasons.
const (
	ThereIsAnAccount         AccountFirstReason = "upstream.own"
	ThereIsAnUnprovedAccount AccountFirstReason = "upstream.unproved"
	ThereIsNoAccount         AccountFirstReason = "upstream.none"
	ThereIsNoAddress         AccountFirstReason = "upstream.no_address"
)

// AccountFirstReasons lists them.
func AccountFirstReasons() []AccountFirstReason {
	return []AccountFirstReason{ThereIsAnAccount, ThereIsAnUnprovedAccount, ThereIsNoAccount, ThereIsNoAddress}
}

// Message is the key of what is told.
func (x AccountFirstReason) Message() string { return string(x) }

// Named reports whether the message names the provider.
func (x AccountFirstReason) Named() bool { return x == ThereIsNoAccount || x == ThereIsNoAddress }

// AccountFirst asks somebody who comes from a provider to sign in here first.
type AccountFirst struct {
	Name     string
	Address  string // at the provider, or ""
	Reason   AccountFirstReason
	SignUp   bool // or to make an account
	Continue string
}

// Render writes the page.
func (p AccountFirst) Render(w io.Writer, v View) error { return render(w, v, "account_first", p) }

// Connect asks whether an account elsewhere is to sign the user in.
type Connect struct {
	ID, Name string // of the provider
	There    string // who the user is there
	User     Person // here
	Arrival  string
	Continue string
	CSRF     string
}

// Render writes the page.
func (p Connect) Render(w io.Writer, v View) error { return render(w, v, "connect", p) }

// JoinFrom asks whether to make an account for somebody who comes from a provider.
type JoinFrom struct {
	ID, Name            string // of the provider
	Address             string
	FirstName, LastName string
	Problem             Problem
	Field               string // the field that the problem is about, or ""
	Arrival             string
	Continue            string
	CSRF                string
}

// Wrong reports whether the problem is about this field.
func (p JoinFrom) Wrong(field string) bool { return p.Problem != NoProblem && p.Field == field }

// Render writes the page.
func (p JoinFrom) Render(w io.Writer, v View) error { return render(w, v, "join_from", p) }
