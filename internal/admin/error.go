package admin

import "strings"

// An Error is what an operator got wrong, every problem at once.
type Error struct{ Problems []Problem }

// Error implements error. It holds no secrets: texts are constants.
func (e *Error) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Field + ": " + p.Text
	}
	return strings.Join(texts, "; ")
}

// A Problem is one thing that is wrong with one field.
type Problem struct {
	Field string // as the Backend API names it; "" if it is no field's
	Kind  Kind
	Text  string // a sentence for the operator, without input in it
}

// A Kind says what sort of problem it is, for faces that answer with a code.
type Kind int

// The kinds.
const (
	Missing           Kind = iota // required and not given
	Empty                         // required and given without content
	MissingData                   // a user without anything to sign in with
	MissingCompanion              // another field requires it
	Disallowed                    // another field rules it out
	Malformed                     // not of the right form
	Unacceptable                  // of the right form, but not one of the values admitted
	NotATime                      // not RFC 3339
	TooLong                       // in characters
	TooShort                      // in characters
	TooMany                       // in elements
	TooLarge                      // in bytes, of an object
	Repeated                      // a value given twice
	Taken                         // by another user
	Invited                       // there is an invitation to this address
	NotAPicture                   // of no kind that is shown
	PictureTooLarge               // in pixels
	UnknownScope                  // not a scope of this server
	NeverMet                      // no new token would be good enough
	UnknownMachine                // no machine has this id
	ReservedClaim                 // a claim that says what only the server may say
	PublicWithoutPKCE             // a public client proves itself with PKCE only
	ConsentRequired               // a client that registered itself always asks
	DigestUnusable
	PasswordTooShort
	PasswordTooLong
	PasswordIsIdentifier
	PasswordCommon
	UsernameLength
	UsernameCharacter
	UsernameAllDigits
	NoCreator     // of an organization: there is no such user
	NoRole        // of members
	MemberAlready // of the organization
	NoRoom        // for another member
	LastAdmin     // of the organization
)

// problems collects what is wrong.
type problems []Problem

func (p *problems) add(field string, kind Kind, text string) {
	*p = append(*p, Problem{field, kind, text})
}

// err is nil if nothing is wrong. Its type is error, so that a nil *Error never
// passes for a mistake.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &Error{Problems: p}
}
