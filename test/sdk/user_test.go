package sdk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// password must not be found in any log.
const password = "correct horse battery marker"

// unique is a word that no other run has used.
func unique() string { return "go" + time.Now().UTC().Format("20060102150405.000") }

func TestUsers(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		metadata := json.RawMessage(`{"plan":"pro"}`)
		u, err := users.Create(t.Context(), &user.CreateParams{
			EmailAddresses: &[]string{word + "@example.com", word + "@example.org"}, Username: &word, Password: clerk.String(password),
			FirstName: clerk.String("Ada"), LastName: clerk.String("Lovelace"), ExternalID: &word, PublicMetadata: &metadata,
			Locale: clerk.String("en-GB"), CreatedAt: clerk.String("2015-12-10T00:00:00Z"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(u.EmailAddresses) != 2 || u.PrimaryEmailAddressID == nil || *u.PrimaryEmailAddressID != u.EmailAddresses[0].ID ||
			u.EmailAddresses[0].EmailAddress != word+"@example.com" || u.EmailAddresses[0].Verification.Status != "verified" ||
			!u.PasswordEnabled || *u.Username != word || string(u.PublicMetadata) != `{"plan":"pro"}` || u.CreatedAt != 1449705600000 {
			t.Errorf("created as %+v", u)
		}
		got, err := users.Get(t.Context(), u.ID)
		if err != nil || got.ID != u.ID || *got.FirstName != "Ada" || got.LastSignInAt != nil {
			t.Errorf("Get = %+v, %v", got, err)
		}
		list, err := users.List(t.Context(), &user.ListParams{EmailAddresses: []string{strings.ToUpper(word) + "@example.org"}, OrderBy: clerk.String("-created_at")})
		if err != nil || list.TotalCount != 1 || len(list.Users) != 1 || list.Users[0].ID != u.ID {
			t.Errorf("List = %+v, %v", list, err)
		}
		count, err := users.Count(t.Context(), &user.ListParams{Query: &word})
		if err != nil || count.TotalCount != 1 {
			t.Errorf("Count = %+v, %v", count, err)
		}
		if banned, err := users.Ban(t.Context(), u.ID); err != nil || !banned.Banned {
			t.Errorf("Ban = %+v, %v", banned, err)
		}
		if banned, err := users.Unban(t.Context(), u.ID); err != nil || banned.Banned {
			t.Errorf("Unban = %+v, %v", banned, err)
		}
		deleted, err := users.Delete(t.Context(), u.ID)
		if err != nil || deleted.ID != u.ID || !deleted.Deleted || deleted.Object != "user" {
			t.Errorf("Delete = %+v, %v", deleted, err)
		}
		if _, err := users.Get(t.Context(), u.ID); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("Get after deletion = %v", err)
		}
	})
}

func TestUserRefusals(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		taken, err := users.Create(t.Context(), &user.CreateParams{EmailAddresses: &[]string{word + "@example.com"}, Username: &word, ExternalID: &word})
		if err != nil {
			t.Fatal(err)
		}
		other := "other_" + word
		tests := []struct {
			name   string
			params user.CreateParams
			want   string
		}{
			{"nothing", user.CreateParams{}, "422 form_data_missing email_address"},
			{"taken address", user.CreateParams{EmailAddresses: &[]string{strings.ToUpper(word) + "@example.com"}}, "422 form_identifier_exists email_address"},
			{"taken user name", user.CreateParams{Username: &word}, "422 form_identifier_exists username"},
			{"taken external id", user.CreateParams{Username: &other, ExternalID: &word}, "422 form_identifier_exists external_id"},
			{"malformed address", user.CreateParams{EmailAddresses: &[]string{"ada"}}, "422 form_param_format_invalid email_address"},
			{"short password", user.CreateParams{Username: &other, Password: clerk.String("short")}, "422 form_password_length_too_short password"},
			{"phone number", user.CreateParams{Username: &other, PhoneNumbers: &[]string{"+15555550100"}}, "422 form_param_value_invalid phone_number"},
			{"unknown hasher", user.CreateParams{Username: &other, PasswordDigest: clerk.String("x"), PasswordHasher: clerk.String("awscognito")}, "422 form_param_value_invalid password_hasher"},
		}
		for _, tt := range tests {
			if _, err := users.Create(t.Context(), &tt.params); refusedWith(t, err) != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, refusedWith(t, err), tt.want)
			}
		}
		if _, err := users.List(t.Context(), &user.ListParams{OrderBy: clerk.String("password")}); refusedWith(t, err) != "422 form_param_value_invalid order_by" {
			t.Errorf("List by password: %v", err)
		}
		if _, err := users.Delete(t.Context(), taken.ID); err != nil {
			t.Error(err)
		}
	})
}
