package sqlstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// userOptions are how store.UserOptions are kept: most users have none.
type userOptions struct {
	LegalAcceptedAt      int64 `json:"legal_accepted_at,omitempty"` // milliseconds
	PasswordUpdatedAt    int64 `json:"password_updated_at,omitempty"`
	PasswordCompromised  bool  `json:"password_compromised,omitempty"`
	KeepsAccount         bool  `json:"keeps_account,omitempty"`
	CreatesOrganizations bool  `json:"creates_organizations,omitempty"`
	OrganizationsLimit   *int  `json:"organizations_limit,omitempty"`
	BypassesClientTrust  bool  `json:"bypasses_client_trust,omitempty"`
}

func formatUserOptions(o store.UserOptions) string {
	text, err := json.Marshal(userOptions{
		ms(o.LegalAcceptedAt), ms(o.PasswordUpdatedAt), o.PasswordCompromised, o.KeepsAccount,
		o.CreatesOrganizations, o.OrganizationsLimit, o.BypassesClientTrust,
	})
	if err != nil {
		panic(err) // numbers and booleans always marshal
	}
	return string(text)
}

// optionsField reads the options of a user.
type optionsField struct{ into *store.UserOptions }

// Scan implements sql.Scanner.
func (f optionsField) Scan(value any) error {
	var raw json.RawMessage
	if err := (jsonField{&raw}).Scan(value); err != nil {
		return err
	}
	if *f.into = (store.UserOptions{}); string(raw) == "{}" { // as almost always
		return nil
	}
	var o userOptions
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("options of a user: %w", err)
	}
	*f.into = store.UserOptions{
		LegalAcceptedAt: fromMS(o.LegalAcceptedAt), PasswordUpdatedAt: fromMS(o.PasswordUpdatedAt), PasswordCompromised: o.PasswordCompromised,
		KeepsAccount: o.KeepsAccount, CreatesOrganizations: o.CreatesOrganizations, OrganizationsLimit: o.OrganizationsLimit,
		BypassesClientTrust: o.BypassesClientTrust,
	}
	return nil
}

// primaryKey is the primary address as it is compared.
func primaryKey(u store.User) string {
	e, _ := u.PrimaryEmail()
	return strings.ToLower(e.Address)
}

// dayOf is the day of t (UTC).
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(day) }
