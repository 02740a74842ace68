package upstream

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxSubject = 255 // characters (OpenID Connect Core §2), and bytes, as they are ASCII
	maxName    = 100 // characters
	maxAddress = 254 // bytes
)

// cleaned leaves out what cannot be kept: the texts are somebody else's.
func (x Identity) cleaned() Identity {
	x.FirstName, x.LastName = nameOf(x.FirstName), nameOf(x.LastName)
	if len(x.Address) > maxAddress || !utf8.ValidString(x.Address) || strings.ContainsAny(x.Address, "\x00\r\n ") {
		x.Address, x.Verified = "", false
	}
	return x
}

// nameOf makes a name of a text, on one line, or "" if it is none.
func nameOf(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")), " ")
	if utf8.RuneCountInString(text) > maxName {
		return ""
	}
	return text
}

// split takes the first word of a name for the first name.
func split(name string) (first, last string) {
	first, last, _ = strings.Cut(strings.TrimSpace(name), " ")
	return first, strings.TrimSpace(last)
}

var codeForm = regexp.MustCompile(`^[a-z0-9_.-]{1,60}$`)

// shown is an error code of somebody else's for the log.
func shown(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return "(an odd error)"
}
