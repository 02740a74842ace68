package backendapi

import (
	"encoding/json"

	"github.com/signet-auth/signet/internal/store"
)

// A userObject is a user as Clerk's SDKs read it. What Signet does not have is
// there with the value that says so, since the Python SDK refuses objects with
// members missing, and the schema admits no members of our own.
type userObject struct {
	ID                            string          `json:"id"`
	Object                        string          `json:"object"`
	ExternalID                    *string         `json:"external_id"`
	PrimaryEmailAddressID         *string         `json:"primary_email_address_id"`
	PrimaryPhoneNumberID          *string         `json:"primary_phone_number_id"`
	PrimaryWeb3WalletID           *string         `json:"primary_web3_wallet_id"`
	Username                      *string         `json:"username"`
	FirstName                     *string         `json:"first_name"`
	LastName                      *string         `json:"last_name"`
	Locale                        *string         `json:"locale"`
	ProfileImageURL               string          `json:"profile_image_url"`
	ImageURL                      string          `json:"image_url"`
	HasImage                      bool            `json:"has_image"`
	PublicMetadata                json.RawMessage `json:"public_metadata"`
	PrivateMetadata               json.RawMessage `json:"private_metadata"`
	UnsafeMetadata                json.RawMessage `json:"unsafe_metadata"`
	EmailAddresses                []emailObject   `json:"email_addresses"`
	PhoneNumbers                  [0]struct{}     `json:"phone_numbers"`
	Web3Wallets                   [0]struct{}     `json:"web3_wallets"`
	Passkeys                      []passkeyObject `json:"passkeys"`
	PasswordEnabled               bool            `json:"password_enabled"`
	TwoFactorEnabled              bool            `json:"two_factor_enabled"`
	TOTPEnabled                   bool            `json:"totp_enabled"`
	BackupCodeEnabled             bool            `json:"backup_code_enabled"`
	MFAEnabledAt                  *int64          `json:"mfa_enabled_at"`
	MFADisabledAt                 *int64          `json:"mfa_disabled_at"`
	PasswordLastUpdatedAt         *int64          `json:"password_last_updated_at"`
	ExternalAccounts              [0]struct{}     `json:"external_accounts"`
	SAMLAccounts                  [0]struct{}     `json:"saml_accounts"`
	EnterpriseAccounts            [0]struct{}     `json:"enterprise_accounts"`
	LastSignInAt                  *int64          `json:"last_sign_in_at"`
	Banned                        bool            `json:"banned"`
	Locked                        bool            `json:"locked"`
	Deprovisioned                 bool            `json:"deprovisioned"`
	LockoutExpiresInSeconds       *int64          `json:"lockout_expires_in_seconds"`
	VerificationAttemptsRemaining *int64          `json:"verification_attempts_remaining"`
	CreatedAt                     int64           `json:"created_at"`
	UpdatedAt                     int64           `json:"updated_at"`
	DeleteSelfEnabled             bool            `json:"delete_self_enabled"`
	CreateOrganizationEnabled     bool            `json:"create_organization_enabled"`
	CreateOrganizationsLimit      *int            `json:"create_organizations_limit"`
	LastActiveAt                  *int64          `json:"last_active_at"`
	LegalAcceptedAt               *int64          `json:"legal_accepted_at"`
	BypassClientTrust             bool            `json:"bypass_client_trust"`
	SCIM                          *struct{}       `json:"scim"`
}

// An emailObject is an e-mail address of a user.
type emailObject struct {
	ID                   string              `json:"id"`
	Object               string              `json:"object"`
	EmailAddress         string              `json:"email_address"`
	Reserved             bool                `json:"reserved"`
	Verification         *verificationObject `json:"verification"`
	LinkedTo             [0]struct{}         `json:"linked_to"` // an array even if empty: the JavaScript SDK maps over it
	MatchesSSOConnection bool                `json:"matches_sso_connection"`
	CreatedAt            int64               `json:"created_at"`
	UpdatedAt            int64               `json:"updated_at"`
}

// A verificationObject says how it is known that an address is the user's.
type verificationObject struct {
	Object   string `json:"object"`
	Status   string `json:"status"`
	Strategy string `json:"strategy"`
	Attempts *int64 `json:"attempts"`
	ExpireAt *int64 `json:"expire_at"`
}

func newUserObject(u store.User, proofs store.Proofs) userObject {
	o := userObject{
		ID:                    u.ID,
		Object:                "user",
		ExternalID:            orNull(u.ExternalID),
		PrimaryEmailAddressID: orNull(u.PrimaryEmailID),
		Username:              orNull(u.Username),
		FirstName:             orNull(u.FirstName),
		LastName:              orNull(u.LastName),
		Locale:                orNull(u.Locale),
		ProfileImageURL:       u.ImageURL,
		ImageURL:              u.ImageURL,
		HasImage:              u.ImageURL != "",
		PublicMetadata:        orEmptyObject(u.PublicMetadata),
		PrivateMetadata:       orEmptyObject(u.PrivateMetadata),
		UnsafeMetadata:        orEmptyObject(u.UnsafeMetadata),
		EmailAddresses:        []emailObject{},
		Passkeys:              []passkeyObject{},
		PasswordEnabled:       u.PasswordDigest != "",
		TwoFactorEnabled:      proofs.Enabled(),
		TOTPEnabled:           proofs.Enabled(),
		BackupCodeEnabled:     len(proofs.BackupCodes) > 0,
		MFAEnabledAt:          millisOrNull(proofs.EnabledAt),
		MFADisabledAt:         millisOrNull(proofs.DisabledAt),
		LastSignInAt:          millisOrNull(u.LastSignInAt),
		Banned:                u.Banned,
		Locked:                u.Locked,
		LastActiveAt:          millisOrNull(u.LastActiveAt),
		PasswordLastUpdatedAt: millisOrNull(u.PasswordUpdatedAt),
		LegalAcceptedAt:       millisOrNull(u.LegalAcceptedAt),
		DeleteSelfEnabled:     !u.KeepsAccount,

		CreateOrganizationEnabled: u.CreatesOrganizations,
		CreateOrganizationsLimit:  u.OrganizationsLimit,
		BypassClientTrust:         u.BypassesClientTrust,
		CreatedAt:                 u.CreatedAt.UnixMilli(),
		UpdatedAt:                 u.UpdatedAt.UnixMilli(),
	}
	for _, e := range u.Emails {
		o.EmailAddresses = append(o.EmailAddresses, newEmailObject(e))
	}
	for _, k := range proofs.Passkeys {
		o.Passkeys = append(o.Passkeys, newPasskeyObject(k))
	}
	return o
}

func newEmailObject(e store.Email) emailObject {
	o := emailObject{
		ID:           e.ID,
		Object:       "email_address",
		EmailAddress: e.Address,
		Reserved:     e.Reserved,
		CreatedAt:    e.CreatedAt.UnixMilli(),
		UpdatedAt:    e.CreatedAt.UnixMilli(),
	}
	if e.Verified {
		o.Verification = verification(e.Proof)
	}
	return o
}

func verification(proof store.EmailProof) *verificationObject {
	v := &verificationObject{Object: "verification_admin", Status: "verified", Strategy: "admin"}
	switch proof {
	case store.ProvedByCode:
		v.Object, v.Strategy = "verification_otp", "email_code"
	case store.ProvedByLink:
		v.Object, v.Strategy = "verification_email_link", "email_link"
	case store.ProvedByTicket:
		v.Object, v.Strategy = "verification_ticket", "ticket"
	case store.ProvedByProvider:
		v.Object, v.Strategy = "verification_oauth", "from_oauth"
	}
	return v
}

func orEmptyObject(metadata json.RawMessage) json.RawMessage {
	if len(metadata) == 0 {
		return json.RawMessage("{}")
	}
	return metadata
}
