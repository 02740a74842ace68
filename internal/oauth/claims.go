package oauth

import "encoding/json"

// A Profile is what may be said of a user. Empty strings are unknown.
type Profile struct {
	UserID, InstanceID             string
	Email                          string
	EmailVerified                  bool
	GivenName, FamilyName          string
	Username                       string
	Picture                        string
	PublicMetadata, UnsafeMetadata json.RawMessage
	PrivateMetadata                json.RawMessage
}

// A claim is one member of a user info answer: the scope that buys it, and how
// it is read from a profile.
type claim struct {
	name  string
	scope string // "" is bought by every access token
	value func(Profile) any
}

// userClaims is the one table of claims. The user info answer and the metadata
// are both computed from it.
var userClaims = []claim{
	{"object", "", func(Profile) any { return "oauth_user_info" }},
	{"instance_id", "", func(p Profile) any { return p.InstanceID }},
	{"user_id", "", func(p Profile) any { return p.UserID }},
	{"sub", "", func(p Profile) any { return p.UserID }}, // OIDC Core §5.3.2
	{"email", ScopeEmail, func(p Profile) any { return known(p.Email) }},
	{"email_verified", ScopeEmail, func(p Profile) any { return p.EmailVerified }},
	{"family_name", ScopeProfile, func(p Profile) any { return known(p.FamilyName) }},
	{"given_name", ScopeProfile, func(p Profile) any { return known(p.GivenName) }},
	{"name", ScopeProfile, func(p Profile) any { return known(p.fullName()) }},
	{"username", ScopeProfile, func(p Profile) any { return known(p.Username) }},
	{"preferred_username", ScopeProfile, func(p Profile) any { return known(p.Username) }},
	{"picture", ScopeProfile, func(p Profile) any { return known(p.Picture) }},
	{"public_metadata", ScopePublicMetadata, func(p Profile) any { return object(p.PublicMetadata) }},
	{"unsafe_metadata", ScopePublicMetadata, func(p Profile) any { return object(p.UnsafeMetadata) }},
	{"private_metadata", ScopePrivateMetadata, func(p Profile) any { return object(p.PrivateMetadata) }},
}

// UserInfo gives the members of a user info answer that the scopes buy. A member
// that was bought but is unknown is null, so that the shape tells what was
// granted; the others are left out.
func UserInfo(p Profile, scopes Scopes) map[string]any {
	answer := make(map[string]any, len(userClaims))
	for _, c := range userClaims {
		if c.scope == "" || scopes.Has(c.scope) {
			answer[c.name] = c.value(p)
		}
	}
	return answer
}

func (p Profile) fullName() string {
	if p.GivenName == "" || p.FamilyName == "" {
		return p.GivenName + p.FamilyName
	}
	return p.GivenName + " " + p.FamilyName
}

func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func object(m json.RawMessage) json.RawMessage {
	if len(m) == 0 {
		return json.RawMessage("{}")
	}
	return m
}
