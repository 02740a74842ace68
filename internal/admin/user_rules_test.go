package admin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestUserRules(t *testing.T) {
	const digest = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
	ada := []string{"ada@example.com"}
	tests := []struct {
		name string
		user NewUser
		want string
	}{
		{"an address", NewUser{EmailAddresses: ada}, "<nil>"},
		{"a user name", NewUser{Username: "ada1"}, "<nil>"},
		{"nothing", NewUser{}, is("email_address", MissingData)},
		{"malformed address", NewUser{EmailAddresses: []string{"ada"}}, is("email_address", Malformed)},
		{"address twice in other letters", NewUser{EmailAddresses: []string{"ada@example.com", " ADA@example.com"}}, is("email_address", Repeated)},
		{"too many addresses", NewUser{EmailAddresses: make([]string, 51)}, is("email_address", TooMany)},
		{"short user name", NewUser{Username: "ada"}, is("username", UsernameLength)},
		{"address as user name", NewUser{Username: "ada@example.com"}, is("username", UsernameCharacter)},
		{"digits as user name", NewUser{Username: "1815"}, is("username", UsernameAllDigits)},
		{"password", NewUser{EmailAddresses: ada, Password: "correct horse"}, "<nil>"},
		{"short password", NewUser{EmailAddresses: ada, Password: "short"}, is("password", PasswordTooShort)},
		{"short password, unchecked", NewUser{EmailAddresses: ada, Password: "short", SkipPasswordChecks: true}, "<nil>"},
		{"long password, unchecked", NewUser{EmailAddresses: ada, Password: strings.Repeat("x", 1025), SkipPasswordChecks: true}, is("password", PasswordTooLong)},
		{"NUL in the password", NewUser{EmailAddresses: ada, Password: "correct\x00horse"}, is("password", Malformed)},
		{"address as password", NewUser{EmailAddresses: ada, Password: "Ada@Example.com"}, is("password", PasswordIsIdentifier)},
		{"digest", NewUser{EmailAddresses: ada, PasswordDigest: digest, PasswordHasher: "bcrypt"}, "<nil>"},
		{"digest without hasher", NewUser{EmailAddresses: ada, PasswordDigest: digest}, is("password_hasher", MissingCompanion)},
		{"hasher without digest", NewUser{EmailAddresses: ada, PasswordHasher: "bcrypt"}, is("password_digest", MissingCompanion)},
		{"digest of another hasher", NewUser{EmailAddresses: ada, PasswordDigest: digest, PasswordHasher: "argon2id"}, is("password_digest", DigestUnusable)},
		{"hasher not offered", NewUser{EmailAddresses: ada, PasswordDigest: "x", PasswordHasher: "awscognito"}, is("password_hasher", Unacceptable)},
		{"digest and password", NewUser{EmailAddresses: ada, Password: "correct horse", PasswordDigest: digest, PasswordHasher: "bcrypt"}, is("password_digest", Disallowed)},
		{"control character in a name", NewUser{EmailAddresses: ada, FirstName: "A\x07"}, is("first_name", Malformed)},
		{"long name", NewUser{EmailAddresses: ada, LastName: strings.Repeat("x", 257)}, is("last_name", TooLong)},
		{"NUL in the external id", NewUser{EmailAddresses: ada, ExternalID: "a\x00"}, is("external_id", Malformed)},
		{"locale", NewUser{EmailAddresses: ada, Locale: "de-AT"}, "<nil>"},
		{"malformed locale", NewUser{EmailAddresses: ada, Locale: "not a locale"}, is("locale", Malformed)},
		{"long locale", NewUser{EmailAddresses: ada, Locale: strings.Repeat("en-", 30)}, is("locale", TooLong)},
		{"metadata", NewUser{EmailAddresses: ada, PublicMetadata: json.RawMessage(`{"a": [1]}`)}, "<nil>"},
		{"metadata that is no object", NewUser{EmailAddresses: ada, PrivateMetadata: json.RawMessage(`[]`)}, is("private_metadata", Malformed)},
		{"metadata that is no JSON", NewUser{EmailAddresses: ada, UnsafeMetadata: json.RawMessage(`{`)}, is("unsafe_metadata", Malformed)},
		{"large metadata", NewUser{EmailAddresses: ada, PublicMetadata: json.RawMessage(`{"a":"` + strings.Repeat("x", 8*1024) + `"}`)}, is("public_metadata", TooLarge)},
		{"created before 1970", NewUser{EmailAddresses: ada, CreatedAt: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}, is("created_at", NotATime)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := found(tt.user.check()); got != tt.want {
				t.Errorf("problems: got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUserTextsAreKeptComposed(t *testing.T) {
	n := NewUser{EmailAddresses: []string{" Rene\u0301@Example.com "}, FirstName: " Rene\u0301 ", PublicMetadata: json.RawMessage(` { "a" : 1 } `)}
	if err := n.check(); err != nil {
		t.Fatal(err)
	}
	if n.EmailAddresses[0] != "Ren\u00e9@Example.com" || n.FirstName != "Ren\u00e9" || string(n.PublicMetadata) != `{"a":1}` {
		t.Errorf("kept %q, %q, %s", n.EmailAddresses[0], n.FirstName, n.PublicMetadata)
	}
}
