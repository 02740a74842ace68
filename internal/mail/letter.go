package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"slices"
	"strings"
	"text/template"

	"github.com/signet-auth/signet/internal/lang"
)

// A Kind is what a letter is about.
type Kind string

// The kinds.
const (
	SignIn          Kind = "sign_in"          // a code and a link to sign in with
	SignUp          Kind = "sign_up"          // to make an account with
	AlreadyHere     Kind = "already_here"     // to somebody who wants to sign up and has an account
	Reset           Kind = "reset"            // to choose a new password with
	Verify          Kind = "verify"           // to prove an address with
	PasswordChanged Kind = "password_changed" // so that nobody's password is changed in silence

	// The same of what else one signs in with.
	SecondFactorOn  Kind = "second_factor_on"
	SecondFactorOff Kind = "second_factor_off"
	PasskeyAdded    Kind = "passkey_added"
	PasskeyRemoved  Kind = "passkey_removed"
	AddressAdded    Kind = "address_added"
	PrimaryChanged  Kind = "primary_changed" // to the address that was it before
	AddressRemoved  Kind = "address_removed"
	BackupCodes     Kind = "backup_codes" // new ones, for those before
	IdentityAdded   Kind = "identity_added"
	IdentityRemoved Kind = "identity_removed"
)

// Kinds are all that there are.
var Kinds = slices.Concat([]Kind{SignIn, SignUp, AlreadyHere, Reset, Verify}, news)

// news are the kinds of letters that tell what has changed, and what to do about it,
// which is the same for all.
var news = []Kind{
	PasswordChanged, SecondFactorOn, SecondFactorOff, PasskeyAdded, PasskeyRemoved, AddressAdded, PrimaryChanged, AddressRemoved, BackupCodes,
	IdentityAdded, IdentityRemoved,
}

func (k Kind) isNews() bool { return slices.Contains(news, k) }

// A Letter is what is to be said to somebody. Nothing in it comes from another
// person than the one it goes to.
type Letter struct {
	Kind     Kind
	To       string // an e-mail address
	Code     string // "" if the kind has none
	Link     string // where its button leads, or ""
	Language lang.Language
}

// A Message is a letter in words.
type Message struct {
	ID      string `json:"id"` // the same each time it is sent
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

//go:embed templates/*
var files embed.FS

var (
	asText = template.Must(template.ParseFS(files, "templates/letter.txt"))
	asHTML = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/letter.html"))
)

// ErrAddress refuses to write to what is no address on one line.
var ErrAddress = errors.New("not an e-mail address")

// shown is what a template is given.
type shown struct {
	Language, Direction         string
	Subject, Lead, Button, Note string
	Code, Link                  string
	OrLink, SentBy              string
}

// Compose puts a letter of the installation at host into words.
func Compose(l Letter, host string) (Message, error) {
	if a, err := mail.ParseAddress(l.To); err != nil || a.Address != l.To || a.Name != "" || strings.ContainsAny(l.To, "\r\n\x00") {
		return Message{}, ErrAddress
	}
	s := shown{Language: l.Language.Tag(), Direction: "ltr", Code: l.Code, Link: l.Link}
	if l.Language.RTL() {
		s.Direction = "rtl"
	}
	about := "letter." + string(l.Kind) + "."
	todo, by := about, "letter.sent_by"
	if l.Kind.isNews() {
		todo, by = "letter.password_changed.", "letter.sent_to_user"
	}
	for _, x := range []struct {
		into *string
		key  string
		args lang.Args
	}{
		{&s.Subject, about + "subject", codeIf(l)},
		{&s.Lead, about + "lead", lang.Args{"site": host}},
		{&s.Button, todo + "button", nil},
		{&s.Note, todo + "note", noteArgs(l.Kind, host)},
		{&s.OrLink, "letter.or_link", nil},
		{&s.SentBy, by, lang.Args{"site": host}},
	} {
		said, err := l.Language.Format(x.key, x.args, func(text string) string { return text }) // the templates escape
		if err != nil {
			return Message{}, fmt.Errorf("writing a letter: %w", err)
		}
		*x.into = said
	}
	var text, html bytes.Buffer
	if err := errors.Join(asText.Execute(&text, s), asHTML.Execute(&html, s)); err != nil {
		return Message{}, fmt.Errorf("writing a letter: %w", err)
	}
	return Message{To: l.To, Subject: s.Subject, Text: text.String(), HTML: html.String()}, nil
}

// codeIf is the code for subjects, which name it.
func codeIf(l Letter) lang.Args {
	if !l.Kind.HasCode() {
		return nil
	}
	return lang.Args{"code": l.Code}
}

// noteArgs are the values in the note: that to sign in names the site.
func noteArgs(k Kind, host string) lang.Args {
	if k != SignIn {
		return nil
	}
	return lang.Args{"site": host}
}

// HasCode reports whether letters of the kind tell a code.
func (k Kind) HasCode() bool { return k != AlreadyHere && !k.isNews() }
