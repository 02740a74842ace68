package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// A Challenge is an S256 code challenge, or empty if the client sent none
// (RFC 7636 §4.2). The method plain is not offered, so nothing else remembers a
// method and a token request cannot change it.
type Challenge string

// challengeLength is that of an unpadded base64url SHA-256 digest.
const challengeLength = 43

// parseChallenge reads code_challenge and code_challenge_method.
func parseChallenge(challenge, method string) (Challenge, error) {
	switch {
	case challenge == "" && method == "":
		return "", nil
	case challenge == "":
		return "", refuse(InvalidRequest, "RFC 7636 §4.3", "code_challenge_method was sent without code_challenge")
	case method != "S256":
		return "", refuse(InvalidRequest, "RFC 9700 §2.1.1", "code_challenge_method must be S256")
	case len(challenge) != challengeLength || !isUnreserved(challenge):
		return "", refuse(InvalidRequest, "RFC 7636 §4.2", "code_challenge is not the base64url of a SHA-256 digest without padding")
	}
	return Challenge(challenge), nil
}

// Verify proves that whoever redeems a code is whoever asked for it.
func (c Challenge) Verify(verifier string) error {
	switch {
	case c == "" && verifier == "":
		return nil // a confidential client that did not use PKCE
	case c == "":
		return refuse(InvalidGrant, "RFC 9700 §4.8.2", "code_verifier was sent but the authorization request had no code_challenge")
	case verifier == "":
		return refuse(InvalidGrant, "RFC 7636 §4.5", "code_verifier is missing")
	}
	sum := sha256.Sum256([]byte(verifier))
	got := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(got), []byte(c)) != 1 {
		return refuse(InvalidGrant, "RFC 7636 §4.6", "code_verifier does not match code_challenge")
	}
	return nil
}

// checkVerifier checks the form of a verifier: 43 to 128 unreserved characters.
func checkVerifier(verifier string) error {
	if verifier != "" && (len(verifier) < 43 || len(verifier) > 128 || !isUnreserved(verifier)) {
		return refuse(InvalidRequest, "RFC 7636 §4.1", "code_verifier is not 43 to 128 unreserved characters")
	}
	return nil
}

// isUnreserved reports whether s consists of A-Z a-z 0-9 - . _ ~ (RFC 3986 §2.3).
func isUnreserved(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}
