package ui

import (
	"io"

	"github.com/signet-auth/signet/internal/lang"
)

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

// Fields are what a new account needs.
func (p OperatorSetup) Fields() []field {
	return p.Mistakes.mark([]field{
		{Name: "email_address", Label: "E-mail address", Type: "email", Value: p.Address, Required: true, Complete: "username"},
		{Name: "first_name", Label: "First name", Type: "text", Value: p.FirstName, Half: true, Complete: "given-name"},
		{Name: "last_name", Label: "Last name", Type: "text", Value: p.LastName, Half: true, Complete: "family-name"},
		{Name: "password", Label: "Password", Type: "password", Required: true, Complete: "new-password", Hint: "At least 8 characters. A few words that do not belong together are good."},
	})
}

// Render writes the page.
func (p OperatorSetup) Render(w io.Writer, v View) error {
	v.Language = lang.English
	return renderIn(w, v, "boardcard.html", "board/setup", frame{View: v, Page: p})
}

// OperatorsOnly tells somebody why the dashboard does not open.
type OperatorsOnly struct {
	User         Person
	SecondFactor bool // the account is an operator's, and this sign-in lacks the second factor
	CSRF         string
}

// Render writes the page.
func (p OperatorsOnly) Render(w io.Writer, v View) error {
	v.Language = lang.English
	return renderIn(w, v, "boardcard.html", "board/only", frame{View: v, Page: p})
}

// BoardOutside tells something to whoever is no operator, or not known to be one.
type BoardOutside struct{ Title, Text string }

// Render writes the page.
func (p BoardOutside) Render(w io.Writer, v View) error {
	v.Language = lang.English
	return renderIn(w, v, "boardcard.html", "board/outside", frame{View: v, Page: p})
}
