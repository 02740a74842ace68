package gallery

import (
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

var spring = time.Date(2026, 5, 3, 14, 7, 0, 0, time.UTC)

// qrPath is enough of a QR code to see where it is.
const qrPath = "M0 0h7v1h-7zM0 1h1v5h-1zM6 1h1v5h-1zM0 6h7v1h-7zM2 2h3v3h-3zM14 0h7v7h-7zM0 14h7v7h-7zM9 9h2v3h-2zM12 8h3v1h-3z"

// accounts are the pages on which users see to their account.
func accounts() []State {
	frame := func(section string) ui.Shell { return ui.AccountShell(ada, "token", section) }
	return append(append(accountSecurity(frame), accountOthers(frame)...), accountHostile()...)
}

func accountSecurity(frame func(string) ui.Shell) []State {
	shell := frame(ui.AccountSecurity)
	full := ui.Security{
		Shell: shell, Password: true, PasswordChangedAt: spring, PasskeysOffered: true, SecondFactor: true, SecondFactorSince: spring, BackupCodes: 7,
		Passkeys: []ui.Passkey{
			{ID: "idn_1", Name: "Phone", Synced: true, CreatedAt: spring, LastUsed: spring.AddDate(0, 6, 0)},
			{ID: "idn_2", Name: "مفتاح", CreatedAt: spring},
		},
	}
	elsewhere := ui.Security{
		Shell: shell, Password: true, Connectable: upstreams[1:],
		Identities: []ui.Identity{{ID: "eac_1", Provider: "google", Name: "Google", Address: "ada@gmail.example", CreatedAt: spring, LastUsed: spring.AddDate(0, 1, 0)}, {ID: "eac_2", Provider: "old", Name: "old", CreatedAt: spring}},
	}
	wrong := full
	wrong.Told = ui.Told{Problem: ui.PasswordNotYours, Field: "current_password"}
	setup := ui.NewSecondFactor{Shell: shell, Size: 21, Path: qrPath, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Sealed: "sealed"}
	mistyped := setup
	mistyped.Told = ui.Told{Problem: ui.CodeWrong, Field: "code"}
	key := ui.NewPasskey{Shell: shell, Name: "Firefox, Linux", Form: ui.PasskeyForm{Options: `{"challenge":"AAAA"}`, Challenge: "challenge", CSRF: "token"}}
	failed := key
	failed.Told = ui.Told{Problem: ui.PasskeyNotMade}
	states := []State{
		{Name: "account_security", Page: full},
		{Name: "account_security_empty", Page: ui.Security{Shell: shell}},
		{Name: "account_security_wrong", Page: wrong},
		{Name: "account_security_identities", Page: elsewhere},
		{Name: "account_second_factor", Page: setup},
		{Name: "account_second_factor_wrong", Page: mistyped},
		{Name: "account_backup_codes", Page: ui.BackupCodes{Shell: shell, Codes: []string{"abcde-fghij", "kmnpq-rstuv", "wxyz2-34567"}}},
		{Name: "account_passkey", Page: key},
		{Name: "account_passkey_failed", Page: failed},
	}
	for _, n := range ui.Notices() {
		states = append(states, State{Name: "notice_" + string(n), Page: ui.Security{Shell: shell, Told: ui.Told{Notice: n}}})
	}
	for _, q := range ui.Questions() {
		states = append(states, State{Name: "ask_" + string(q), Page: ui.Ask{Shell: shell, Question: q, About: engine, Action: "/account/x", Back: "/account"}})
	}
	return states
}

func accountOthers(frame func(string) ui.Shell) []State {
	line := ui.ConnectionLine{
		ID: "oa_1", Name: engine, Logo: logo, Since: spring, LastUsed: spring.AddDate(0, 6, 0),
		Scopes: oauth.Scopes{"openid", "profile", "files:read"}, Custom: map[string]string{"files:read": "Read your files"},
	}
	other := line
	other.ID, other.Name, other.Logo = "oa_2", "محرك التحليل", ""
	many := ui.AccountDetails{Shell: frame(ui.AccountProfile), Mail: true, Picture: logo, FirstName: "Ada", LastName: "Lovelace", Username: "ada", Addresses: []ui.Address{
		{ID: "idn_1", Address: "ada@example.com", Primary: true, Verified: true},
		{ID: "idn_2", Address: "countess@example.com", Verified: true},
		{ID: "idn_3", Address: "new@example.com"},
	}}
	long := many
	long.Told = ui.Told{Problem: ui.NameTooLong, Field: "first_name"}
	odd := many
	odd.Told = ui.Told{Problem: ui.AddressOdd, Field: "identifier"}
	return []State{
		{Name: "account", Page: ui.Account{Shell: frame(ui.AccountOverview), Passwords: true, Passkeys: 2, SecondFactor: true, Sessions: 3, Applications: 1}},
		{Name: "account_empty", Page: ui.Account{Shell: frame(ui.AccountOverview), Picture: logo}},
		{Name: "account_profile", Page: many},
		{Name: "account_profile_empty", Page: ui.AccountDetails{Shell: frame(ui.AccountProfile)}},
		{Name: "account_profile_wrong", Page: long},
		{Name: "account_profile_address", Page: odd},
		{Name: "account_sessions", Page: ui.Sessions{Shell: frame(ui.AccountSessions), List: []ui.SessionLine{
			{ID: "sess_1", Browser: "Firefox", System: "Linux", SignedInAt: spring, This: true},
			{ID: "sess_2", Browser: "Safari", SignedInAt: spring},
			{ID: "sess_3", System: "Android", SignedInAt: spring},
			{ID: "sess_4", SignedInAt: spring},
		}}},
		{Name: "account_applications", Page: ui.Connections{Shell: frame(ui.AccountApplications), List: []ui.ConnectionLine{line, other}}},
		{Name: "account_applications_none", Page: ui.Connections{Shell: frame(ui.AccountApplications)}},
		{Name: "account_data", Page: ui.AccountDataPage{Shell: frame(ui.AccountData), MayDelete: true}},
		{Name: "account_data_kept", Page: ui.AccountDataPage{Shell: frame(ui.AccountData)}},
	}
}

// accountHostile has names that try everything.
func accountHostile() []State {
	frame := func(section string) ui.Shell { return ui.AccountShell(nobody, Hostile, section) }
	return []State{
		{Name: "account_hostile", Page: ui.Account{Shell: frame(ui.AccountOverview)}},
		{Name: "account_profile_hostile", Page: ui.AccountDetails{
			Shell: frame(ui.AccountProfile), FirstName: Hostile, LastName: Hostile, Username: Hostile, Addresses: []ui.Address{{ID: "idn_1", Address: Hostile, Verified: true}},
		}},
		{Name: "account_security_hostile", Page: ui.Security{Shell: frame(ui.AccountSecurity), Passkeys: []ui.Passkey{{ID: "idn_1", Name: Hostile, CreatedAt: spring}}}},
		{Name: "account_sessions_hostile", Page: ui.Sessions{Shell: frame(ui.AccountSessions), List: []ui.SessionLine{{ID: "sess_1", Browser: Hostile, System: Hostile, SignedInAt: spring}}}},
		{Name: "account_applications_hostile", Page: ui.Connections{Shell: frame(ui.AccountApplications), List: []ui.ConnectionLine{{
			ID: "oa_1", Name: Hostile, Scopes: oauth.Scopes{"a<b>"}, Custom: map[string]string{"a<b>": Hostile}, Since: spring, LastUsed: spring,
		}}}},
		{Name: "ask_hostile", Page: ui.Ask{Shell: frame(ui.AccountApplications), Question: ui.AskDisconnect, About: Hostile, Action: "/account/x", Back: "/account"}},
	}
}
