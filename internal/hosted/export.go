package hosted

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

func (h *Hosted) showData(v visit) (answer, error) {
	return answer{status: http.StatusOK, page: ui.AccountDataPage{Shell: v.shell(ui.AccountData), Told: v.told(), MayDelete: !v.User.KeepsAccount}}, nil
}

// An exported account is what is kept about a user and the user may know: no secrets,
// and not what an operator has noted in private.
type exported struct {
	ID             string               `json:"id"`
	Username       string               `json:"username,omitempty"`
	FirstName      string               `json:"first_name,omitempty"`
	LastName       string               `json:"last_name,omitempty"`
	Locale         string               `json:"locale,omitempty"`
	Picture        string               `json:"picture,omitempty"`
	CreatedAt      *time.Time           `json:"created_at"`
	LastSignInAt   *time.Time           `json:"last_sign_in_at"`
	HasPassword    bool                 `json:"has_password"`
	SecondFactor   *time.Time           `json:"second_factor_since"`
	PublicMetadata json.RawMessage      `json:"public_metadata"`
	UnsafeMetadata json.RawMessage      `json:"unsafe_metadata"`
	Addresses      []exportedAddress    `json:"email_addresses"`
	Passkeys       []exportedPasskey    `json:"passkeys"`
	Identities     []exportedIdentity   `json:"connected_accounts"`
	Sessions       []exportedSession    `json:"sessions"`
	Applications   []exportedConnection `json:"applications"`
}

type exportedAddress struct {
	Address  string     `json:"address"`
	Primary  bool       `json:"primary"`
	Verified bool       `json:"verified"`
	AddedAt  *time.Time `json:"added_at"`
}

type exportedPasskey struct {
	Name       string     `json:"name"`
	CreatedAt  *time.Time `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

type exportedIdentity struct {
	Provider   string     `json:"provider"`
	Subject    string     `json:"subject"`
	Address    string     `json:"address,omitempty"`
	CreatedAt  *time.Time `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

type exportedSession struct {
	SignedInAt *time.Time `json:"signed_in_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	UserAgent  string     `json:"user_agent"`
	Methods    []string   `json:"methods"`
}

type exportedConnection struct {
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes"`
	AgreedAt   *time.Time `json:"agreed_at"`
	LastUsedAt *time.Time `json:"last_used_at"` // to the day
}

// when is a time, or null for none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// export gives what is kept about the user as a file.
func (h *Hosted) export(v visit) (answer, error) {
	ctx, u := v.r.Context(), v.User
	factor, err := h.factors.Of(ctx, u.ID)
	if err != nil {
		return answer{}, err
	}
	passkeys, err := h.keptPasskeys.PasskeysOf(ctx, u.ID)
	if err != nil {
		return answer{}, err
	}
	identities, err := h.identities.IdentitiesOf(ctx, u.ID)
	if err != nil {
		return answer{}, err
	}
	sessions, _, err := h.ownSessions.SessionsOf(ctx, u.ID, h.now(), maxListed, 0)
	if err != nil {
		return answer{}, err
	}
	agreements, err := h.agreements(v)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(exportOf(u, factor, passkeys[u.ID], identities, sessions, agreements)); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, download: b.Bytes()}, nil
}

func exportOf(u store.User, factor store.SecondFactor, passkeys []store.Passkey, identities []store.Identity, sessions []store.Session, agreements []store.Agreement) exported {
	x := exported{
		ID: u.ID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Locale: u.Locale, Picture: u.ImageURL,
		CreatedAt: when(u.CreatedAt), LastSignInAt: when(u.LastSignInAt), HasPassword: u.PasswordDigest != "",
		PublicMetadata: u.PublicMetadata, UnsafeMetadata: u.UnsafeMetadata,
		Addresses: []exportedAddress{}, Passkeys: []exportedPasskey{}, Identities: []exportedIdentity{}, Sessions: []exportedSession{}, Applications: []exportedConnection{},
	}
	if factor.Enabled() {
		x.SecondFactor = when(factor.EnabledAt)
	}
	for _, e := range u.Emails {
		x.Addresses = append(x.Addresses, exportedAddress{e.Address, e.ID == u.PrimaryEmailID, e.Verified, when(e.CreatedAt)})
	}
	for _, k := range passkeys {
		x.Passkeys = append(x.Passkeys, exportedPasskey{k.Name, when(k.CreatedAt), when(k.LastUsedAt)})
	}
	for _, i := range identities {
		x.Identities = append(x.Identities, exportedIdentity{i.Provider, i.Subject, i.Address, when(i.CreatedAt), when(i.LastUsedAt)})
	}
	for _, s := range sessions {
		x.Sessions = append(x.Sessions, exportedSession{when(s.SignedInAt), when(s.ExpiresAt), s.UserAgent, s.Methods})
	}
	for _, a := range agreements {
		x.Applications = append(x.Applications, exportedConnection{a.Name, a.Scopes, when(a.AgreedAt), when(a.LastUsedAt)})
	}
	return x
}

func (h *Hosted) askDelete(v visit) (answer, error) {
	if v.User.KeepsAccount {
		return see(ui.AccountData), nil
	}
	return v.ask(ui.AccountData, ui.AskDelete, person(v.User).Label()), nil
}

// deleteAccount removes the user for good; what was granted is dead with it.
func (h *Hosted) deleteAccount(v visit) (answer, error) {
	if v.User.KeepsAccount {
		return see(ui.AccountData), nil
	}
	if err := h.self.Delete(v.r.Context(), v.User.ID); err != nil {
		return answer{}, err
	}
	if err := h.sessions.End(v.w, v.r); err != nil {
		return answer{}, err
	}
	return see("/signed-out"), nil
}
