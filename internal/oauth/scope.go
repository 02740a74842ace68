package oauth

import (
	"slices"
	"strings"
)

// Scopes is a set of scope names in the order they were given (RFC 6749 §3.3).
type Scopes []string

// The scopes that a new client may ask for if its owner names none.
const DefaultScopes = "profile email"

// The built-in scopes.
const (
	ScopeOpenID          = "openid"           // OIDC Core §3.1.2.1
	ScopeOfflineAccess   = "offline_access"   // OIDC Core §11
	ScopeProfile         = "profile"          // OIDC Core §5.4
	ScopeEmail           = "email"            // OIDC Core §5.4
	ScopePublicMetadata  = "public_metadata"  // Clerk: public and unsafe metadata
	ScopePrivateMetadata = "private_metadata" // Clerk: private metadata
	ScopeOrganization    = "user:org:read"    // Clerk: the organization that the user chooses
)

// maxScopes bounds how many scopes one value may name.
const maxScopes = 64

// ParseScopes reads a scope value: names of printable ASCII other than space,
// '"' and '\', separated by single spaces. A name given twice counts once. The
// empty value is the empty set.
func ParseScopes(value string) (Scopes, error) {
	if value == "" {
		return nil, nil
	}
	names := strings.Split(value, " ")
	if len(names) > maxScopes {
		return nil, refuse(InvalidScope, "RFC 6749 §3.3", "scope names too many scopes")
	}
	scopes := make(Scopes, 0, len(names))
	for _, name := range names {
		if !isScopeToken(name) {
			return nil, refuse(InvalidScope, "RFC 6749 §3.3", "scope is not a list of scope names separated by single spaces")
		}
		if !scopes.Has(name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, nil
}

// isScopeToken reports whether name is a scope-token: 1*( %x21 / %x23-5B / %x5D-7E ).
func isScopeToken(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// BuiltInScopes lists the scopes that nobody has to make, in the order the metadata
// shows them: those of every server, and with organizations the one for them.
func BuiltInScopes(organizations bool) Scopes {
	if organizations {
		return slices.Clone(builtIn)
	}
	return builtIn.Without(ScopeOrganization)
}

// IsBuiltIn reports whether a scope is one that nobody has to make, whether it exists
// at the moment or not.
func IsBuiltIn(name string) bool { return builtIn.Has(name) }

var builtIn = Scopes{ScopeOpenID, ScopeProfile, ScopeEmail, ScopePublicMetadata, ScopePrivateMetadata, ScopeOfflineAccess, ScopeOrganization}

// Has reports whether the set names the scope.
func (s Scopes) Has(name string) bool { return slices.Contains(s, name) }

// Within reports whether every scope of s is also in other.
func (s Scopes) Within(other Scopes) bool {
	for _, name := range s {
		if !other.Has(name) {
			return false
		}
	}
	return true
}

// And gives the scopes of s that are also in other, in the order of s.
func (s Scopes) And(other Scopes) Scopes {
	var both Scopes
	for _, name := range s {
		if other.Has(name) {
			both = append(both, name)
		}
	}
	return both
}

// Or gives the scopes of s followed by those that only other has.
func (s Scopes) Or(other Scopes) Scopes {
	either := slices.Clone(s)
	for _, name := range other {
		if !either.Has(name) {
			either = append(either, name)
		}
	}
	return either
}

// Without gives the set without one scope.
func (s Scopes) Without(name string) Scopes {
	return slices.DeleteFunc(slices.Clone(s), func(other string) bool { return other == name })
}

// String gives the set in wire format.
func (s Scopes) String() string { return strings.Join(s, " ") }
