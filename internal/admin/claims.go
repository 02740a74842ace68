package admin

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxClaims is the most that claims may take, in bytes.
const maxClaims = 4096

// reservedClaims say who issued a token, to whom, for whom and for how long, or what
// its bearer is. No machine says that itself.
var reservedClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scopes",
	"scope", "scp", "client_id", "azp", "act", "sid", "cnf",
}

// claims reads an object of claims and gives it in one form, so that equal claims are
// equal bytes. None and an empty object are nil.
func (p *problems) claims(raw json.RawMessage, reserved []string) json.RawMessage {
	if raw == nil {
		return nil
	}
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		p.add("claims", Malformed, "claims must be a JSON object.")
		return nil
	}
	if slices.ContainsFunc(reserved, func(name string) bool { return hasMember(members, name) }) {
		p.add("claims", ReservedClaim, "claims must not have a member that the server sets itself: iss, sub, aud, exp, nbf, iat, jti, scopes, scope, scp, client_id, azp, act, sid or cnf.")
	}
	if len(members) == 0 {
		return nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		p.add("claims", Malformed, "claims must be a JSON object.")
		return nil
	}
	if text.Len() > maxClaims {
		p.add("claims", TooLarge, "claims must be at most 4096 bytes long.")
	}
	return bytes.TrimSpace(text.Bytes())
}

// hasMember reports whether there is a member that some reader takes for one of this
// name: many, such as Go's, look at neither case nor form of letters.
func hasMember(members map[string]any, name string) bool {
	for member := range members {
		if strings.EqualFold(member, name) {
			return true
		}
	}
	return false
}

// maxReason is the most characters of a reason.
const maxReason = 255

// reason reads why something is revoked.
func (p *problems) reason(s *string) {
	p.note("revocation_reason", s, maxReason)
}

// note reads a text that is kept as it is.
func (p *problems) note(field string, s *string, most int) {
	switch {
	case s == nil:
	case !isLine(*s):
		p.add(field, Malformed, field+" must be a text without control characters.")
	case utf8.RuneCountInString(*s) > most:
		p.add(field, TooLong, field+" must be at most 255 characters long.")
	}
}
