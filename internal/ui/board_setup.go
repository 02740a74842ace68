package ui

import "io"

// OperatorSetup makes somebody an operator: with a new account, or the one that is
// signed in.
type OperatorSetup struct {
	First     bool    // nobody is one yet
	User      *Person // nil: nobody is signed in
	Token     string
	Address   string // as entered before
	FirstName string
	LastName  string
	Mistakes  Mistakes
	CSRF      string
}

// fields are what a new account needs.
func (p OperatorSetup) fields(v View) []field {
	return p.Mistakes.mark([]field{
		{Name: "email_address", Label: v.Say("board.word.e_mail_address"), Type: "email", Value: p.Address, Required: true, Complete: "username"},
		{Name: "first_name", Label: v.Say("board.word.first_name"), Type: "text", Value: p.FirstName, Half: true, Complete: "given-name"},
		{Name: "last_name", Label: v.Say("board.word.last_name"), Type: "text", Value: p.LastName, Half: true, Complete: "family-name"},
		{Name: "password", Label: v.Say("board.word.password"), Type: "password", Required: true, Complete: "new-password", Hint: v.Say("board.setup.password_hint")},
	})
}

// Render writes the page.
func (p OperatorSetup) Render(w io.Writer, v View) error {
	return renderIn(w, v, "boardcard.html", "board/setup", frame{View: v, Page: struct {
		OperatorSetup
		Fields []field
	}{p, p.fields(v)}})
}

// OperatorsOnly tells somebody why the dashboard does not open.
type OperatorsOnly struct {
	User         Person
	SecondFactor bool // the account is an operator's, and this sign-in lacks the second factor
	CSRF         string
}

// Render writes the page.
func (p OperatorsOnly) Render(w io.Writer, v View) error {
	return renderIn(w, v, "boardcard.html", "board/only", frame{View: v, Page: p})
}

// BoardOutside tells something to whoever is no operator, or not known to be one.
type BoardOutside struct{ Title, Text string }

// Render writes the page.
func (p BoardOutside) Render(w io.Writer, v View) error {
	return renderIn(w, v, "boardcard.html", "board/outside", frame{View: v, Page: p})
}
