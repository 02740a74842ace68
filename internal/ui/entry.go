package ui

import "io"

// A Failure says why somebody did not get in.
type Failure int

// The failures.
const (
	NoFailure Failure = iota
	WrongCredentials
	TooBusy
	TooMany     // attempts
	WrongCode   // or one that was used, or is too old
	TooSoon     // to send another code
	NotAnEmail  // what was entered as an address
	WrongDomain // of an address that may not sign up
)

// failures are the messages that tell of them.
var failures = map[Failure]string{
	WrongCredentials: "sign_in.wrong", TooBusy: "sign_in.busy", TooMany: "sign_in.too_many",
	WrongCode: "code.wrong", TooSoon: "code.soon", NotAnEmail: "address.wrong", WrongDomain: "address.domain",
}

// A Trial is what became of an attempt to get in.
type Trial struct {
	Failure Failure
	Minutes int    // to wait, after too many attempts
	Code    string // as entered before
}

// Failed reports whether there is something to tell.
func (t Trial) Failed() bool { return t.Failure != NoFailure }

// Message is the key of what is told.
func (t Trial) Message() string { return failures[t.Failure] }

// Counted reports whether the message has a number.
func (t Trial) Counted() bool { return t.Failure == TooMany }

// SignIn asks who somebody is.
type SignIn struct {
	Application string // name of the one that waits, or ""
	Identifier  string // as entered before, or hinted at
	SignUp      bool   // whoever has no account can make one
	Passkey     *PasskeyForm
	Upstreams   []Upstream
	Refused     bool   // a passkey, or it came too late
	Continue    string // the sealed continuation, or ""
	CSRF        string
}

// Render writes the page.
func (p SignIn) Render(w io.Writer, v View) error { return render(w, v, "sign_in", p) }

// Password asks for the password of whoever has said who they are, whether there is
// such an account or not.
type Password struct {
	Application string
	Identifier  string
	Trial       Trial
	Again       bool // the user of Identifier is signed in and has to prove it once more
	Codes       bool // a code can be sent instead
	Upstreams   []Upstream
	Passkey     *PasskeyForm
	Continue    string
	CSRF        string
}

// Wrong reports whether the credentials were wrong.
func (p Password) Wrong() bool { return p.Trial.Failure == WrongCredentials }

// Render writes the page.
func (p Password) Render(w io.Writer, v View) error { return render(w, v, "password", p) }

// EnterCode asks for the code that was sent, to sign in or to prove an address.
type EnterCode struct {
	Identifier string // that a code was asked for with
	Address    bool   // it is an address of the user who is signed in
	Adds       bool   // it will be
	Trial      Trial
	Continue   string
	CSRF       string
}

// Action is where the code goes.
func (p EnterCode) Action() string {
	switch {
	case p.Adds:
		return "/account/addresses/confirm"
	case p.Address:
		return "/verify-address/code"
	}
	return "/sign-in/code"
}

// Resend is where another one is asked for.
func (p EnterCode) Resend() string {
	switch {
	case p.Adds:
		return "/account/addresses"
	case p.Address:
		return "/verify-address"
	}
	return "/sign-in/send-code"
}

// Render writes the page.
func (p EnterCode) Render(w io.Writer, v View) error { return render(w, v, "code", p) }

// AskAddress asks for the address to make an account with.
type AskAddress struct {
	Application string
	Address     string // as entered before
	Trial       Trial
	Upstreams   []Upstream
	Continue    string
	CSRF        string
}

// Render writes the page.
func (p AskAddress) Render(w io.Writer, v View) error { return render(w, v, "ask_address", p) }

// Join asks whoever makes an account for the code that was sent, unless a link has
// proved the address, and for what is missing.
type Join struct {
	Address             string
	FirstName, LastName string // as entered before
	Problem             Problem
	Field               string // the field that the problem is about, or ""
	Trial               Trial
	Ticket              string // of the link that was followed, or ""
	Continue            string
	CSRF                string
}

// Wrong reports whether the problem is about this field.
func (p Join) Wrong(field string) bool { return p.Problem != NoProblem && p.Field == field }

// LeastPassword is how long a password has to be.
func (p Join) LeastPassword() int { return LeastPassword }

// Render writes the page.
func (p Join) Render(w io.Writer, v View) error { return render(w, v, "join", p) }

// Forgot asks who has forgotten a password.
type Forgot struct {
	Identifier string // as entered before
	Trial      Trial
	Continue   string
	CSRF       string
}

// Render writes the page.
func (p Forgot) Render(w io.Writer, v View) error { return render(w, v, "forgot", p) }

// NewPassword asks for the code that was sent, unless a link was followed, and for
// another password.
type NewPassword struct {
	Identifier string
	Problem    Problem
	Trial      Trial
	Ticket     string // of the link that was followed, or ""
	Continue   string
	CSRF       string
}

// LeastPassword is how long a password has to be.
func (p NewPassword) LeastPassword() int { return LeastPassword }

// Render writes the page.
func (p NewPassword) Render(w io.Writer, v View) error { return render(w, v, "new_password", p) }

// FollowLink asks before a link that was mailed signs somebody in or proves an
// address.
type FollowLink struct {
	User    Person
	Address string // that is proved, or "" to sign in
	Adds    bool   // the address is added to the account
	Ticket  string
	CSRF    string
}

// Action is where the form leads.
func (p FollowLink) Action() string {
	switch {
	case p.Adds:
		return "/account/addresses/link"
	case p.Address != "":
		return "/verify-address/link"
	}
	return "/sign-in/link"
}

// Render writes the page.
func (p FollowLink) Render(w io.Writer, v View) error { return render(w, v, "follow_link", p) }

// VerifyAddress offers to prove the addresses that are not proved.
type VerifyAddress struct {
	User      Person
	Addresses []string
	Trial     Trial
	CSRF      string
}

// Render writes the page.
func (p VerifyAddress) Render(w io.Writer, v View) error { return render(w, v, "verify_address", p) }
