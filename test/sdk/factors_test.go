package sdk

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/descope/virtualwebauthn"
)

const totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DP"

func TestSecondFactors(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := users.Create(t.Context(), &user.CreateParams{
			Username: &word, Password: clerk.String(password), TOTPSecret: clerk.String(totpSecret), BackupCodes: &[]string{"abcde-fghij"},
		})
		if err != nil || !u.TOTPEnabled || !u.BackupCodeEnabled || !u.TwoFactorEnabled || u.MFAEnabledAt == nil {
			t.Fatalf("Create = %+v, %v", u, err)
		}
		if got, err := users.DeleteTOTP(t.Context(), u.ID); err != nil || got.UserID != u.ID {
			t.Errorf("DeleteTOTP = %+v, %v", got, err)
		}
		if got, err := users.DeleteBackupCode(t.Context(), u.ID); err != nil || got.UserID != u.ID {
			t.Errorf("DeleteBackupCode = %+v, %v", got, err)
		}
		got, err := users.Update(t.Context(), u.ID, &user.UpdateParams{TOTPSecret: clerk.String(totpSecret), BackupCodes: &[]string{"abcde-fghij"}})
		if err != nil || !got.TOTPEnabled {
			t.Errorf("Update = %+v, %v", got, err)
		}
		if got, err := users.DeleteMFA(t.Context(), &user.DeleteMFAParams{ID: u.ID}); err != nil || got.UserID != u.ID {
			t.Errorf("DeleteMFA = %+v, %v", got, err)
		}
		if got, err := users.Get(t.Context(), u.ID); err != nil || got.TOTPEnabled || got.BackupCodeEnabled || got.MFADisabledAt == nil {
			t.Errorf("Get then = %+v, %v", got, err)
		}
		_, err = users.Update(t.Context(), u.ID, &user.UpdateParams{TOTPSecret: clerk.String("x")})
		if refusedWith(t, err) != "422 form_param_format_invalid totp_secret" {
			t.Errorf("a secret that is none: %v", err)
		}
		for name, call := range map[string]func() error{
			"DeleteTOTP":       func() error { _, err := users.DeleteTOTP(t.Context(), nobody); return err },
			"DeleteBackupCode": func() error { _, err := users.DeleteBackupCode(t.Context(), nobody); return err },
			"DeleteMFA":        func() error { _, err := users.DeleteMFA(t.Context(), &user.DeleteMFAParams{ID: nobody}); return err },
		} {
			if got := refusedWith(t, call()); got != "404 resource_not_found" {
				t.Errorf("%s of nobody: %s", name, got)
			}
		}
	})
}

func TestPasskeys(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		address := unique() + "@example.com"
		u, err := users.Create(t.Context(), &user.CreateParams{EmailAddresses: &[]string{address}, Password: clerk.String(password)})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := signIn(t, s.url+"/sign-in", address)
		b.addPasskey(s.url)
		got, err := users.Get(t.Context(), u.ID)
		if err != nil || len(got.Passkeys) != 1 || got.Passkeys[0].Name != "Phone" || got.Passkeys[0].Verification.Status != "verified" {
			t.Fatalf("Get = %+v, %v", got, err)
		}
		id := got.Passkeys[0].ID
		if gone, err := users.DeletePasskey(t.Context(), u.ID, id); err != nil || !gone.Deleted || gone.ID != id {
			t.Errorf("DeletePasskey = %+v, %v", gone, err)
		}
		if _, err := users.DeletePasskey(t.Context(), u.ID, id); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("DeletePasskey again: %v", err)
		}
	})
}

// addPasskey makes one on the page for that, as the script of the page would.
func (b browser) addPasskey(issuer string) {
	b.t.Helper()
	page := b.read(b.client.Get(issuer + "/account/passkeys/new"))
	_, options, _ := strings.Cut(page, `data-options="`)
	options, _, _ = strings.Cut(options, `"`)
	parsed, err := virtualwebauthn.ParseAttestationOptions(html.UnescapeString(options))
	if err != nil {
		b.t.Fatalf("%v in\n%s", err, page)
	}
	party := virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: issuer}
	made := virtualwebauthn.CreateAttestationResponse(party, virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA), *parsed)
	b.submit(issuer, page, "/account/passkeys", url.Values{"name": {"Phone"}, "response": {made}})
}
