package oauth

import (
	"encoding/json"
	"slices"
	"time"
)

// A Profile is what may be said of a user. Empty strings are unknown.
type Profile struct {
	UserID, InstanceID             string
	Email                          string
	EmailVerified                  bool
	GivenName, FamilyName          string
	Username                       string
	Picture                        string
	Locale                         string
	UpdatedAt                      time.Time
	PublicMetadata, UnsafeMetadata json.RawMessage
	PrivateMetadata                json.RawMessage
	Organization                   Organization
}

// An Organization is what may be said of one that a user belongs to, by Clerk's
// names. The zero one stands for none.
type Organization struct{ ID, Name, Slug string }

// A claim is one member of a user info answer: the scope that buys it, how it is
// read from a profile, and whether ID tokens hold it too.
type claim struct {
	name    string
	scope   string // "" is bought by every access token
	value   func(Profile) any
	idToken bool
}

// userClaims is the one table of claims. The user info answer and the metadata
// are both computed from it.
var userClaims = []claim{
	{"object", "", func(Profile) any { return "oauth_user_info" }, false},
	{"instance_id", "", func(p Profile) any { return p.InstanceID }, false},
	{"user_id", "", func(p Profile) any { return p.UserID }, false},
	{"sub", "", func(p Profile) any { return p.UserID }, false}, // OIDC Core §5.3.2; ID tokens have it anyway
	{"email", ScopeEmail, func(p Profile) any { return known(p.Email) }, true},
	{"email_verified", ScopeEmail, func(p Profile) any { return p.EmailVerified }, true},
	{"family_name", ScopeProfile, func(p Profile) any { return known(p.FamilyName) }, true},
	{"given_name", ScopeProfile, func(p Profile) any { return known(p.GivenName) }, true},
	{"name", ScopeProfile, func(p Profile) any { return known(p.fullName()) }, true},
	{"username", ScopeProfile, func(p Profile) any { return known(p.Username) }, false},
	{"preferred_username", ScopeProfile, func(p Profile) any { return known(p.Username) }, true},
	{"picture", ScopeProfile, func(p Profile) any { return known(p.Picture) }, true},
	{"locale", ScopeProfile, func(p Profile) any { return known(p.Locale) }, true},
	{"updated_at", ScopeProfile, func(p Profile) any { return p.UpdatedAt.Unix() }, true}, // OIDC Core §5.1: seconds
	{"public_metadata", ScopePublicMetadata, func(p Profile) any { return object(p.PublicMetadata) }, true},
	{"unsafe_metadata", ScopePublicMetadata, func(p Profile) any { return object(p.UnsafeMetadata) }, true},
	{"private_metadata", ScopePrivateMetadata, func(p Profile) any { return object(p.PrivateMetadata) }, true},
	{"org_id", ScopeOrganization, func(p Profile) any { return known(p.Organization.ID) }, true},
	{"org_name", ScopeOrganization, func(p Profile) any { return known(p.Organization.Name) }, false},
	{"org_slug", ScopeOrganization, func(p Profile) any { return known(p.Organization.Slug) }, false},
}

// UserInfo gives the members of a user info answer that the scopes buy, and those
// that were asked for one by one. A member that was bought but is unknown is null,
// so that the shape tells what was granted, as Clerk has it; with the scope openid
// it is left out, as OIDC Core §5.3.2 has it. So is the organization of a user who
// is seen in none.
func UserInfo(p Profile, scopes Scopes, asked []string) map[string]any {
	answer := make(map[string]any, len(userClaims))
	for _, c := range userClaims {
		if c.scope != "" && !scopes.Has(c.scope) && !slices.Contains(asked, c.name) {
			continue
		}
		if value := c.value(p); value != nil || !scopes.Has(ScopeOpenID) && c.scope != ScopeOrganization {
			answer[c.name] = value
		}
	}
	return answer
}

// scopeOf names the scope that buys a claim; "" if every token does.
func scopeOf(name string) string {
	for _, c := range userClaims {
		if c.name == name {
			return c.scope
		}
	}
	return ""
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
