package ui

import (
	"fmt"
	"html/template"
	"net/url"

	"github.com/signet-auth/signet/internal/lang"
)

// phrases are what templates of one language say.
type phrases struct{ language lang.Language }

// functions are what templates can call.
func (p phrases) functions() template.FuncMap {
	return template.FuncMap{
		"t": p.text, "say": p.say, "name": name, "code": code, "plain": plain, "inert": inert,
		"asset": assetPath, "initial": initial, "icon": icon, "languages": lang.All,
		"onward": onward,
		"day":    day, "moment": moment, "spaced": spaced,
	}
}

// text says a message; pairs are the names and values of its placeholders. What is
// no HTML already is escaped, the text of the message too.
func (p phrases) text(key string, pairs ...any) (template.HTML, error) {
	args := lang.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return "", fmt.Errorf("the message %q is given %v as the name of a value", key, pairs[i])
		}
		args[name] = pairs[i+1]
		if html, ok := pairs[i+1].(template.HTML); ok {
			args[name] = lang.Verbatim(html)
		}
	}
	said, err := p.language.Format(key, args, template.HTMLEscapeString)
	return template.HTML(said), err
}

// say says what a constant stands for.
func (p phrases) say(what any) (template.HTML, error) {
	switch x := what.(type) {
	case Problem:
		if n, counted := problemNumbers[x]; counted {
			return p.text("problem."+string(x), lang.Number, n)
		}
		return p.text("problem." + string(x))
	case Notice:
		return p.text("notice." + string(x))
	case Theme:
		if x == "" {
			return p.text("look.system")
		}
		return p.text("look." + string(x))
	}
	return "", fmt.Errorf("%T says nothing", what)
}

// onward is a page of ours with the continuation, if there is one.
func onward(path, sealed string) string {
	if sealed == "" {
		return path
	}
	return path + "?" + url.Values{"continue": {sealed}}.Encode()
}

// name shows what somebody is called, isolated from the text around it.
func name(s string) template.HTML {
	return `<bdi class="name">` + template.HTML(template.HTMLEscapeString(plain(s))) + `</bdi>`
}

// code shows what has to be read letter by letter. It is from left to right in
// every language.
func code(s string) template.HTML {
	return `<code>` + template.HTML(template.HTMLEscapeString(plain(s))) + `</code>`
}

// A Problem is why something that was entered is not accepted.
type Problem string

// The problems.
const (
	NoProblem            Problem = ""
	PasswordMissing      Problem = "password_missing"
	PasswordTooShort     Problem = "password_short"
	PasswordTooLong      Problem = "password_long"
	PasswordOdd          Problem = "password_odd"
	PasswordIsIdentifier Problem = "password_identifier"
	PasswordCommon       Problem = "password_common"
	NameTooLong          Problem = "name_long"
	AddressTaken         Problem = "address_taken"
	AddressOdd           Problem = "address_odd"
	OtherProblem         Problem = "unacceptable"

	PasswordNotYours Problem = "password_not_yours"
	CodeWrong        Problem = "code_wrong"
	TriedTooOften    Problem = "too_often"
	PictureUnusable  Problem = "picture"
	LastIdentifier   Problem = "last_identifier"
	LastWayIn        Problem = "last_way_in"
	PasskeysTooMany  Problem = "passkeys_many"
	PasskeyNotMade   Problem = "passkey_not_made"
)

// Problems lists them.
func Problems() []Problem {
	return []Problem{
		PasswordMissing, PasswordTooShort, PasswordTooLong, PasswordOdd, PasswordIsIdentifier, PasswordCommon, NameTooLong, AddressTaken, AddressOdd, OtherProblem,
		PasswordNotYours, CodeWrong, TriedTooOften, PictureUnusable, LastIdentifier, LastWayIn, PasskeysTooMany, PasskeyNotMade,
	}
}

// LeastPassword is how many characters a new password has at least.
const LeastPassword = 8

// problemNumbers are the numbers in what problems say.
var problemNumbers = map[Problem]int{PasswordTooShort: LeastPassword, NameTooLong: 256}

// A Trouble is why there is no page to show.
type Trouble string

// The troubles.
const (
	TroubleRequest      Trouble = "request" // an authorization request was refused
	TroubleContinuation Trouble = "continuation"
	TroubleTicket       Trouble = "ticket"
	TroubleInvitation   Trouble = "invitation"
	TroubleForm         Trouble = "form"
	TroubleCrossOrigin  Trouble = "cross_origin"
	TroubleStale        Trouble = "stale"
	TroubleClientGone   Trouble = "client_gone"
	TroubleNotYours     Trouble = "not_yours"
	TroubleUnavailable  Trouble = "unavailable"
	TroubleFault        Trouble = "fault"
	TroubleNoMail       Trouble = "no_mail"
	TroubleSignUpClosed Trouble = "sign_up_closed"
)

// Troubles lists them.
func Troubles() []Trouble {
	return []Trouble{
		TroubleRequest, TroubleContinuation, TroubleTicket, TroubleInvitation, TroubleForm, TroubleCrossOrigin,
		TroubleStale, TroubleClientGone, TroubleNotYours, TroubleUnavailable, TroubleFault, TroubleNoMail, TroubleSignUpClosed,
	}
}

// Title is the key of the message that names it.
func (x Trouble) Title() string { return "trouble." + string(x) + ".title" }

// Text is the key of the message that explains it.
func (x Trouble) Text() string { return "trouble." + string(x) + ".text" }
