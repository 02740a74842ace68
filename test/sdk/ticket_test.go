package sdk

import (
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/invitation"
	"github.com/clerk/clerk-sdk-go/v2/signintoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

func TestSignInTokens(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		tokens := signintoken.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{Username: &word})
		if err != nil {
			t.Fatal(err)
		}
		made, err := tokens.Create(t.Context(), &signintoken.CreateParams{UserID: &u.ID, ExpiresInSeconds: clerk.Int64(60)})
		if err != nil || made.Status != "pending" || made.UserID != u.ID || made.Token == "" || made.URL == nil || !strings.HasPrefix(*made.URL, s.url+"/") {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		revoked, err := tokens.Revoke(t.Context(), made.ID)
		if err != nil || revoked.Status != "revoked" || revoked.Token != "" {
			t.Errorf("Revoke = %+v, %v", revoked, err)
		}
		if _, err := tokens.Revoke(t.Context(), made.ID); refusedWith(t, err) != "400 sign_in_token_cannot_be_revoked" {
			t.Errorf("Revoke again = %v", err)
		}
		if _, err := tokens.Create(t.Context(), &signintoken.CreateParams{}); refusedWith(t, err) != "422 form_param_missing user_id" {
			t.Errorf("Create for nobody = %v", err)
		}
	})
}

func TestInvitations(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		invitations := invitation.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		made, err := invitations.Create(t.Context(), &invitation.CreateParams{EmailAddress: word + "@example.com", RedirectURL: clerk.String("https://app.example/"), ExpiresInDays: clerk.Int64(1)})
		if err != nil || made.Status != "pending" || made.URL == "" || made.ExpiresAt == nil {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		bulk, err := invitations.BulkCreate(t.Context(), &invitation.BulkCreateParams{Invitations: []*invitation.CreateParams{
			{EmailAddress: word + "1@example.com"}, {EmailAddress: word + "@example.com", IgnoreExisting: clerk.Bool(true)},
		}})
		if err != nil || len(bulk.Invitations) != 2 {
			t.Fatalf("BulkCreate = %+v, %v", bulk, err)
		}
		list, err := invitations.List(t.Context(), &invitation.ListParams{Query: &word, Statuses: []string{"pending"}, OrderBy: clerk.String("-email_address")})
		if err != nil || list.TotalCount != 3 || len(list.Invitations) != 3 || list.Invitations[0].EmailAddress != word+"@example.com" {
			t.Errorf("List = %+v, %v", list, err)
		}
		revoked, err := invitations.Revoke(t.Context(), made.ID)
		if err != nil || !revoked.Revoked || revoked.Status != "revoked" {
			t.Errorf("Revoke = %+v, %v", revoked, err)
		}
		if _, err := invitations.Revoke(t.Context(), made.ID); refusedWith(t, err) != "400 invitation_already_revoked" {
			t.Errorf("Revoke again = %v", err)
		}
		if _, err := invitations.Create(t.Context(), &invitation.CreateParams{EmailAddress: word + "1@example.com"}); refusedWith(t, err) != "400 duplicate_record email_address" {
			t.Errorf("Create again = %v", err)
		}
	})
}
