package sdk

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

var nobody = "user_" + strings.Repeat("0", 27)

func TestChangingUsers(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := users.Create(t.Context(), &user.CreateParams{Username: &word, Password: clerk.String(password)})
		if err != nil {
			t.Fatal(err)
		}
		one, two := json.RawMessage(`{"a":1,"b":{"c":1}}`), json.RawMessage(`{"a":null,"b":{"d":2}}`)
		if got, err := users.Update(t.Context(), u.ID, &user.UpdateParams{FirstName: clerk.String("Ada"), PublicMetadata: &one}); err != nil || *got.FirstName != "Ada" {
			t.Errorf("Update = %+v, %v", got, err)
		}
		if got, err := users.UpdateMetadata(t.Context(), u.ID, &user.UpdateMetadataParams{PublicMetadata: &two}); err != nil || string(got.PublicMetadata) != `{"b":{"c":1,"d":2}}` {
			t.Errorf("UpdateMetadata = %s, %v", got.PublicMetadata, err)
		}
		if got, err := users.ReplaceMetadata(t.Context(), u.ID, &user.ReplaceMetadataParams{PublicMetadata: &one}); err != nil || string(got.PublicMetadata) != string(one) {
			t.Errorf("ReplaceMetadata = %s, %v", got.PublicMetadata, err)
		}
		if got, err := users.Lock(t.Context(), u.ID); err != nil || !got.Locked {
			t.Errorf("Lock = %+v, %v", got, err)
		}
		if got, err := users.Unlock(t.Context(), u.ID); err != nil || got.Locked {
			t.Errorf("Unlock = %+v, %v", got, err)
		}
		if got, err := users.VerifyPassword(t.Context(), &user.VerifyPasswordParams{UserID: u.ID, Password: password}); err != nil || !got.Verified {
			t.Errorf("VerifyPassword = %+v, %v", got, err)
		}
		_, err = users.VerifyPassword(t.Context(), &user.VerifyPasswordParams{UserID: u.ID, Password: "wrong"})
		if refusedWith(t, err) != "422 incorrect_password password" {
			t.Errorf("a wrong password: %v", err)
		}
		list, err := users.List(t.Context(), &user.ListParams{Query: &word, OrderBy: clerk.String("-last_active_at")})
		if err != nil || list.TotalCount != 1 {
			t.Errorf("List = %+v, %v", list, err)
		}
		for name, call := range map[string]func() error{
			"Update": func() error { _, err := users.Update(t.Context(), nobody, &user.UpdateParams{}); return err },
			"UpdateMetadata": func() error {
				_, err := users.UpdateMetadata(t.Context(), nobody, &user.UpdateMetadataParams{})
				return err
			},
			"ReplaceMetadata": func() error {
				_, err := users.ReplaceMetadata(t.Context(), nobody, &user.ReplaceMetadataParams{})
				return err
			},
			"Lock":   func() error { _, err := users.Lock(t.Context(), nobody); return err },
			"Unlock": func() error { _, err := users.Unlock(t.Context(), nobody); return err },
			"Ban":    func() error { _, err := users.Ban(t.Context(), nobody); return err },
			"Unban":  func() error { _, err := users.Unban(t.Context(), nobody); return err },
			"Delete": func() error { _, err := users.Delete(t.Context(), nobody); return err },
		} {
			if got := refusedWith(t, call()); got != "404 resource_not_found" {
				t.Errorf("%s of nobody: %s", name, got)
			}
		}
		if _, err := users.Count(t.Context(), &user.ListParams{ExternalIDs: []string{strings.Repeat("x", 513)}}); refusedWith(t, err) != "422 form_param_max_length_exceeded external_id" {
			t.Errorf("Count by a long value: %v", err)
		}
	})
}

func TestEmailAddresses(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		addresses := emailaddress.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{Username: &word})
		if err != nil {
			t.Fatal(err)
		}
		made, err := addresses.Create(t.Context(), &emailaddress.CreateParams{UserID: &u.ID, EmailAddress: clerk.String(word + "@example.com"), Verified: clerk.Bool(true)})
		if err != nil || made.EmailAddress != word+"@example.com" || made.Verification.Status != "verified" {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		if got, err := addresses.Get(t.Context(), made.ID); err != nil || got.ID != made.ID {
			t.Errorf("Get = %+v, %v", got, err)
		}
		if got, err := addresses.Update(t.Context(), made.ID, &emailaddress.UpdateParams{Primary: clerk.Bool(true)}); err != nil || got.ID != made.ID {
			t.Errorf("Update = %+v, %v", got, err)
		}
		if got, err := addresses.Delete(t.Context(), made.ID); err != nil || !got.Deleted {
			t.Errorf("Delete = %+v, %v", got, err)
		}
		for name, call := range map[string]func() error{
			"Get": func() error { _, err := addresses.Get(t.Context(), made.ID); return err },
			"Update": func() error {
				_, err := addresses.Update(t.Context(), made.ID, &emailaddress.UpdateParams{})
				return err
			},
			"Delete": func() error { _, err := addresses.Delete(t.Context(), made.ID); return err },
			"Create": func() error {
				_, err := addresses.Create(t.Context(), &emailaddress.CreateParams{UserID: &nobody, EmailAddress: clerk.String(word + "@example.com")})
				return err
			},
		} {
			if got := refusedWith(t, call()); got != "404 resource_not_found" {
				t.Errorf("%s of none: %s", name, got)
			}
		}
	})
}

func TestSessions(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		sessions := session.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{EmailAddresses: &[]string{word + "@example.com"}, Password: clerk.String(password)})
		if err != nil {
			t.Fatal(err)
		}
		signIn(t, s.url+"/sign-in", word+"@example.com")
		list, err := sessions.List(t.Context(), &session.ListParams{UserID: &u.ID, Status: clerk.String("active")})
		if err != nil || list.TotalCount != 1 || len(list.Sessions) != 1 || list.Sessions[0].UserID != u.ID {
			t.Fatalf("List = %+v, %v", list, err)
		}
		id := list.Sessions[0].ID
		if got, err := sessions.Get(t.Context(), id); err != nil || got.Status != "active" {
			t.Errorf("Get = %+v, %v", got, err)
		}
		if got, err := sessions.Revoke(t.Context(), &session.RevokeParams{ID: id}); err != nil || got.Status != "revoked" {
			t.Errorf("Revoke = %+v, %v", got, err)
		}
		if _, err := sessions.Get(t.Context(), id); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("Get then: %v", err)
		}
		if _, err := sessions.Revoke(t.Context(), &session.RevokeParams{ID: id}); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("Revoke again: %v", err)
		}
		if _, err := sessions.List(t.Context(), &session.ListParams{}); refusedWith(t, err) != "400 missing_query_parameter user_id" {
			t.Errorf("List of nobody: %v", err)
		}
	})
}
