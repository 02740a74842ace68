package account

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CanonicalIdentifier gives the one spelling under which an e-mail address or a
// user name is looked up and counted: without surrounding space, composed (NFC)
// and in lower case. Two spellings that look alike to a user must not be two
// accounts, nor two counters of failed attempts (threats SE06).
func CanonicalIdentifier(identifier string) string {
	lower := strings.ToLower(norm.NFC.String(strings.TrimSpace(identifier)))
	return norm.NFC.String(lower) // lower-casing can leave letters decomposed
}

// CanonicalEmail is CanonicalIdentifier for an e-mail address. The part before
// the @ is lower-cased too: RFC 5321 §2.4 lets it be case-sensitive, and nobody
// makes it so.
func CanonicalEmail(address string) string { return CanonicalIdentifier(address) }

// IsEmail reports whether address can be an e-mail address as people have them:
// one @, a local part of at most 64 bytes without spaces, quotes or brackets, and
// a domain name of two labels or more (RFC 5321 §4.5.3.1), 254 bytes in all.
func IsEmail(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > 254 || len(local) > 64 || !isText(address) {
		return false
	}
	return isDotted(local, isLocalRune) && isDotted(domain, isDomainRune) && strings.Contains(domain, ".") && !hasEdgeHyphen(domain)
}

// isDotted reports whether s is non-empty parts of admitted characters with dots
// between them.
func isDotted(s string, admitted func(rune) bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !admitted(r) }) {
			return false
		}
	}
	return true
}

// isLocalRune admits the atext of RFC 5322 §3.2.3 and, as RFC 6531 does, letters
// and digits beyond ASCII.
func isLocalRune(r rune) bool {
	return isDomainRune(r) || strings.ContainsRune("!#$%&'*+/=?^_`{|}~", r)
}

func hasEdgeHyphen(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return true
		}
	}
	return false
}

func isDomainRune(r rune) bool {
	return r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// A UsernameProblem says why a text cannot be a user name.
type UsernameProblem string

// The problems.
const (
	UsernameLength    UsernameProblem = "a user name has 4 to 64 characters"
	UsernameCharacter UsernameProblem = "a user name consists of the letters A to Z, digits, '_', '-' and '.'"
	UsernameAllDigits UsernameProblem = "a user name has at least one character that is not a digit"
)

// Error implements error.
func (p UsernameProblem) Error() string { return string(p) }

// CheckUsername decides whether a user name is admitted. It returns a
// UsernameProblem. ASCII keeps look-alikes of other alphabets out, and the
// absence of @ keeps user names and e-mail addresses apart.
func CheckUsername(name string) error {
	if len(name) < 4 || len(name) > 64 {
		return UsernameLength
	}
	digits := true
	for i := range len(name) {
		c := name[i]
		switch {
		case '0' <= c && c <= '9':
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_', c == '-', c == '.':
			digits = false
		default:
			return UsernameCharacter
		}
	}
	if digits {
		return UsernameAllDigits
	}
	return nil
}
