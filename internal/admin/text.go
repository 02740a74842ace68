package admin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxText is the most characters of a name and similar texts.
const maxText = 256

// line reads a text that people are shown on one line: without surrounding
// space, composed (NFC), at most 256 characters.
func (p *problems) line(field, s string) string {
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case !isLine(s):
		p.add(field, Malformed, field+" must be a text without control characters.")
	case utf8.RuneCountInString(s) > maxText:
		p.add(field, TooLong, field+" must be at most 256 characters long.")
	}
	return s
}

// isLine reports whether s is UTF-8 without control characters, line separators
// and characters that turn the direction of writing, with which a name on the
// consent page could pass for another.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
	})
}
