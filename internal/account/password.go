package account

import (
	"strings"
	"unicode/utf8"
)

// A PasswordProblem says why a text cannot be a password.
type PasswordProblem string

// The problems.
const (
	PasswordTooShort     PasswordProblem = "a password has at least 8 characters"
	PasswordTooLong      PasswordProblem = "a password has at most 1024 bytes"
	PasswordNotText      PasswordProblem = "a password is UTF-8 text without NUL"
	PasswordCommon       PasswordProblem = "the password is one that many people use or that has become public"
	PasswordIsIdentifier PasswordProblem = "the password must not be what the user signs in with"
)

// Error implements error.
func (p PasswordProblem) Error() string { return string(p) }

const (
	minPassword = 8    // characters
	maxPassword = 1024 // bytes: hashing a megabyte would cost more than the hash
)

// CheckPassword decides whether a new password is admitted for somebody who signs
// in with these identifiers. It returns a PasswordProblem (NIST SP 800-63B
// §3.1.1.2: length is what counts, any character may be used, and what everybody
// tries first is refused).
func CheckPassword(password string, identifiers ...string) error {
	if err := CheckDigestible(password); err != nil {
		return err
	}
	if utf8.RuneCountInString(password) < minPassword {
		return PasswordTooShort
	}
	if isCommon(password) {
		return PasswordCommon
	}
	canonical := CanonicalIdentifier(password)
	for _, identifier := range identifiers {
		whole := CanonicalIdentifier(identifier)
		local, _, _ := strings.Cut(whole, "@")
		if canonical == whole || canonical == local {
			return PasswordIsIdentifier
		}
	}
	return nil
}

// CheckDigestible decides whether a password, however weak, has a digest of its
// own. It returns a PasswordProblem. NUL is refused because bcrypt ends or repeats
// a password there, so that different ones would match.
func CheckDigestible(password string) error {
	switch {
	case len(password) > maxPassword:
		return PasswordTooLong
	case !isText(password):
		return PasswordNotText
	}
	return nil
}
