package gallery

import (
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

// Hostile is a name that tries everything a name can.
const Hostile = "</title><script>alert(1)</script>\" onload='x' \u202egro.elpmaxe\u2066 & `${x}` {{.CSRF}}"

const (
	engine    = "Analytical Engine"
	requestID = "0123456789abcdef0123456789abcdef"
)

var (
	ada    = ui.Person{Name: "Ada Lovelace", Identifier: "ada@example.com"}
	layla  = ui.Person{Name: "ليلى الحسن", Identifier: "layla@example.com"}
	nobody = ui.Person{Name: Hostile, Identifier: Hostile}
)

// States are the states of every page.
func States() []State {
	var all []State
	for _, pages := range [][]State{boards(), signing(), arriving(), mailed(), consents(), devices(), others(), wide(), accounts()} {
		all = append(all, pages...)
	}
	return all
}

func signing() []State {
	wrong := ui.Password{Application: engine, Identifier: "ada@example.com", Trial: ui.Trial{Failure: ui.WrongCredentials}, Codes: true, Continue: "sealed", CSRF: "token"}
	invited := ui.SignUp{Address: "bob@example.com", Ticket: "ticket", CSRF: "token"}
	short := invited
	short.FirstName, short.Field, short.Problem = "Bob", "password", ui.PasswordTooShort
	taken := invited
	taken.Problem = ui.AddressTaken
	key := &ui.PasskeyForm{Options: `{"challenge":"AAAA"}`, Challenge: "challenge", Continue: "sealed", CSRF: "token"}
	odd := ui.PasskeyForm{Options: `{"challenge":"</form>"}`, Challenge: Hostile, Continue: Hostile, CSRF: Hostile}
	busy := invited
	busy.Busy = true
	return []State{
		{Name: "sign_in", Page: ui.SignIn{CSRF: "token"}},
		{Name: "sign_in_application", Page: ui.SignIn{Application: engine, Continue: "sealed", CSRF: "token"}},
		{Name: "sign_in_open", Page: ui.SignIn{Identifier: "ada@example.com", SignUp: true, Continue: "sealed", CSRF: "token"}},
		{Name: "sign_in_upstreams", Page: ui.SignIn{Application: engine, SignUp: true, Upstreams: upstreams, Continue: "sealed", CSRF: "token"}},
		{Name: "password", Page: ui.Password{Identifier: "ada@example.com", CSRF: "token"}},
		{Name: "password_codes", Page: ui.Password{Application: engine, Identifier: "ada@example.com", Codes: true, Continue: "sealed", CSRF: "token"}},
		{Name: "password_wrong", Page: wrong},
		{Name: "password_busy", Page: ui.Password{Identifier: "ada@example.com", Trial: ui.Trial{Failure: ui.TooBusy}, CSRF: "token"}},
		{Name: "password_too_many", Page: ui.Password{Identifier: "ada@example.com", Trial: ui.Trial{Failure: ui.TooMany, Minutes: 10}, Codes: true, CSRF: "token"}},
		{Name: "password_again", Page: ui.Password{Application: engine, Identifier: "ada@example.com", Again: true, Continue: "sealed", CSRF: "token"}},
		{Name: "password_hostile", Page: ui.Password{Application: Hostile, Identifier: Hostile, Trial: ui.Trial{Failure: ui.WrongCredentials}, Codes: true, Continue: Hostile, CSRF: Hostile}},
		{Name: "sign_in_brand", Page: ui.SignIn{CSRF: "token"}, Brand: ui.Brand{Name: "Babbage & Co.", Logo: logo, Accent: "#0e7490"}},
		{Name: "sign_in_brand_yellow", Page: wrong, Brand: ui.Brand{Name: "مكتب بابيج", Accent: "#ffd60a"}},
		{Name: "sign_in_hostile", Page: ui.SignIn{Application: Hostile, Identifier: Hostile, SignUp: true, Continue: Hostile, CSRF: Hostile}, Brand: ui.Brand{Name: Hostile, Accent: Hostile}},
		{Name: "sign_in_passkey", Page: ui.SignIn{Application: engine, Passkey: key, Continue: "sealed", CSRF: "token"}},
		{Name: "sign_in_no_passkey", Page: ui.SignIn{Refused: true, Passkey: &odd, CSRF: "token"}},
		{Name: "second_factor", Page: ui.SecondFactor{Application: engine, Continue: "sealed", CSRF: "token", RememberDays: 30}},
		{Name: "second_factor_wrong", Page: ui.SecondFactor{Application: Hostile, Failure: ui.WrongCredentials, Continue: Hostile, CSRF: Hostile}},
		{Name: "second_factor_many", Page: ui.SecondFactor{Failure: ui.TooMany, CSRF: "token"}},
		{Name: "second_factor_busy", Page: ui.SecondFactor{Failure: ui.TooBusy, CSRF: "token"}},
		{Name: "sign_in_token", Page: ui.SignInToken{User: ada, Ticket: "ticket", CSRF: "token"}},
		{Name: "sign_in_token_odd", Page: ui.SignInToken{User: nobody, Ticket: Hostile, CSRF: Hostile}},
		{Name: "sign_up", Page: invited},
		{Name: "sign_up_problem", Page: short},
		{Name: "sign_up_taken", Page: taken},
		{Name: "sign_up_busy", Page: busy},
		{Name: "sign_up_hostile", Page: ui.SignUp{Address: Hostile, FirstName: Hostile, LastName: Hostile, Problem: ui.NameTooLong, Field: "first_name", Ticket: Hostile, CSRF: Hostile}},
		{Name: "select_account", Page: ui.SelectAccount{Application: engine, User: ada, Continue: "sealed", CSRF: "token"}},
	}
}

var upstreams = []ui.Upstream{{ID: "google", Name: "Google"}, {ID: "github", Name: "GitHub"}, {ID: "uni", Name: Hostile}}

// arriving are the pages for those who come from another provider.
func arriving() (all []State) {
	for _, trouble := range ui.UpstreamTroubles() {
		all = append(all, State{Name: strings.ReplaceAll(string(trouble), ".", "_"), Page: ui.UpstreamFailed{Name: "Google", Trouble: trouble, Continue: "sealed"}})
	}
	for _, reason := range ui.AccountFirstReasons() {
		all = append(all, State{Name: "account_first_" + strings.TrimPrefix(string(reason), "upstream."), Page: ui.AccountFirst{Name: "Google", Address: "ada@example.com", Reason: reason, SignUp: reason == ui.ThereIsNoAddress, Continue: "sealed"}})
	}
	join := ui.JoinFrom{ID: "google", Name: "Google", Address: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Arrival: "sealed", CSRF: "token"}
	wrong := join
	wrong.Field, wrong.Problem = "first_name", ui.NameTooLong
	return append(
		all,
		State{Name: "upstream_not_connected", Page: ui.UpstreamFailed{Name: Hostile, Trouble: ui.UpstreamTaken, Account: true}},
		State{Name: "account_first_hostile", Page: ui.AccountFirst{Name: Hostile, Address: Hostile, Reason: ui.ThereIsAnAccount, Continue: Hostile}},
		State{Name: "connect", Page: ui.Connect{ID: "google", Name: "Google", There: "ada@gmail.example", User: ada, Arrival: "sealed", Continue: "sealed", CSRF: "token"}},
		State{Name: "connect_hostile", Page: ui.Connect{ID: "uni", Name: Hostile, There: Hostile, User: nobody, Arrival: Hostile, Continue: Hostile, CSRF: Hostile}},
		State{Name: "join_from", Page: join},
		State{Name: "join_from_problem", Page: wrong},
		State{Name: "join_from_hostile", Page: ui.JoinFrom{ID: "uni", Name: Hostile, Address: Hostile, FirstName: Hostile, LastName: Hostile, Arrival: Hostile, Continue: Hostile, CSRF: Hostile}},
		State{Name: "ask_address_upstreams", Page: ui.AskAddress{Upstreams: upstreams[:2], CSRF: "token"}},
		State{Name: "password_upstreams", Page: ui.Password{Identifier: "ada@example.com", Codes: true, Upstreams: upstreams[:2], CSRF: "token"}},
	)
}

// mailed are the pages around codes and links.
func mailed() []State {
	const address = "ada@example.com"
	join := ui.Join{Address: address, Continue: "sealed", CSRF: "token"}
	common := join
	common.FirstName, common.Field, common.Problem, common.Trial = "Ada", "password", ui.PasswordCommon, ui.Trial{Code: "493027"}
	wrongCode, byLink := join, join
	wrongCode.Trial, byLink.Ticket = ui.Trial{Failure: ui.WrongCode, Code: "000000"}, "token"
	reset := ui.NewPassword{Identifier: address, CSRF: "token"}
	short, guessed, linked := reset, reset, reset
	short.Problem, short.Trial = ui.PasswordTooShort, ui.Trial{Code: "493027"}
	guessed.Trial, linked.Ticket = ui.Trial{Failure: ui.TooMany, Minutes: 1}, "token"
	return []State{
		{Name: "code", Page: ui.EnterCode{Identifier: address, Continue: "sealed", CSRF: "token"}},
		{Name: "code_wrong", Page: ui.EnterCode{Identifier: address, Trial: ui.Trial{Failure: ui.WrongCode, Code: "12 34 56"}, CSRF: "token"}},
		{Name: "code_soon", Page: ui.EnterCode{Identifier: address, Trial: ui.Trial{Failure: ui.TooSoon}, CSRF: "token"}},
		{Name: "code_address", Page: ui.EnterCode{Identifier: address, Address: true, CSRF: "token"}},
		{Name: "code_new_address", Page: ui.EnterCode{Identifier: address, Address: true, Adds: true, CSRF: "token"}},
		{Name: "code_hostile", Page: ui.EnterCode{Identifier: Hostile, Trial: ui.Trial{Failure: ui.WrongCode, Code: Hostile}, Continue: Hostile, CSRF: Hostile}},
		{Name: "ask_address", Page: ui.AskAddress{Application: engine, Continue: "sealed", CSRF: "token"}},
		{Name: "ask_address_wrong", Page: ui.AskAddress{Address: "ada", Trial: ui.Trial{Failure: ui.NotAnEmail}, CSRF: "token"}},
		{Name: "ask_address_domain", Page: ui.AskAddress{Address: Hostile, Trial: ui.Trial{Failure: ui.WrongDomain}, CSRF: "token"}},
		{Name: "join", Page: join},
		{Name: "join_problem", Page: common},
		{Name: "join_wrong_code", Page: wrongCode},
		{Name: "join_link", Page: byLink},
		{Name: "join_hostile", Page: ui.Join{Address: Hostile, FirstName: Hostile, LastName: Hostile, Problem: ui.NameTooLong, Field: "first_name", Trial: ui.Trial{Code: Hostile}, Continue: Hostile, CSRF: Hostile}},
		{Name: "forgot", Page: ui.Forgot{CSRF: "token"}},
		{Name: "forgot_too_many", Page: ui.Forgot{Identifier: Hostile, Trial: ui.Trial{Failure: ui.TooMany, Minutes: 1}, Continue: "sealed", CSRF: "token"}},
		{Name: "new_password", Page: reset},
		{Name: "new_password_problem", Page: short},
		{Name: "new_password_too_many", Page: guessed},
		{Name: "new_password_link", Page: linked},
		{Name: "follow_link", Page: ui.FollowLink{User: ada, Ticket: "ticket", CSRF: "token"}},
		{Name: "follow_link_verify", Page: ui.FollowLink{User: nobody, Address: Hostile, Ticket: Hostile, CSRF: Hostile}},
		{Name: "follow_link_add", Page: ui.FollowLink{User: ada, Address: "countess@example.com", Adds: true, Ticket: "ticket", CSRF: "token"}},
		{Name: "verify_address", Page: ui.VerifyAddress{User: ada, Addresses: []string{address, "countess@example.com"}, CSRF: "token"}},
		{Name: "verify_address_none", Page: ui.VerifyAddress{User: layla, CSRF: "token"}},
		{Name: "verify_address_soon", Page: ui.VerifyAddress{User: layla, Addresses: []string{Hostile}, Trial: ui.Trial{Failure: ui.TooSoon}, CSRF: "token"}},
	}
}

func consent(application string, user ui.Person, redirectURI string, scopes ...string) ui.Consent {
	return ui.Consent{Application: application, User: user, Scopes: scopes, RedirectURI: redirectURI, Continue: "sealed", CSRF: "token"}
}

func consents() []State {
	const callback = "https://app.engine.example.co.uk/callback"
	withLogo := consent(engine, ada, callback, "profile", "email", "offline_access")
	withLogo.Logo = logo
	unverified := consent("Agent", ada, "http://127.0.0.1:7777/callback", "openid", "profile", "offline_access")
	unverified.Unverified = true
	document := unverified
	document.At = "agent.example"
	organizations := consent(engine, ada, callback, "profile", "user:org:read")
	organizations.Organizations = []ui.Organization{{ID: "org_1", Name: "Royal Society"}, {ID: "org_2", Name: "الجمعية الملكية"}, {ID: "org_3", Name: strings.Repeat("Long", 30)}}
	organizations.Organization = "org_2"
	custom := consent(engine, layla, callback, "notes:read", "notes:write")
	custom.Custom = map[string]string{"notes:read": "قراءة ملاحظاتك", "notes:write": "Write notes in your name"}
	return []State{
		{Name: "consent", Page: consent(engine, ada, callback, "profile", "email")},
		{Name: "consent_logo", Page: withLogo},
		{Name: "consent_no_name", Page: consent(engine, ui.Person{Identifier: "ada"}, "https://engine.example/cb", "public_metadata", "private_metadata", "openid", "offline_access", "notes:read")},
		{Name: "consent_no_scopes", Page: consent(engine, ada, "https://engine.example/cb")},
		{Name: "consent_right_to_left", Page: custom},
		{Name: "consent_device", Page: consent("Engine CLI", ada, "http://127.0.0.1:49152/callback", "profile")},
		{Name: "consent_many", Page: consent(engine, ada, "https://engine.example/cb", manyScopes()...)},
		{Name: "consent_unverified", Page: unverified},
		{Name: "consent_document", Page: document},
		{Name: "consent_organizations", Page: organizations},
		{Name: "consent_hostile", Page: consent(Hostile, nobody, "https://engine.example/cb?x=%22%3E<script>", "a<b>", "'x'")},
		{Name: "consent_long", Page: consent(strings.Repeat("Longname", 1250), ui.Person{Name: strings.Repeat("ا", 10000), Identifier: strings.Repeat("x", 10000)}, "https://engine.example/"+strings.Repeat("x", 1000), "profile")},
	}
}

func manyScopes() oauth.Scopes {
	scopes := oauth.Scopes{"profile", "email"}
	for i := range 38 {
		scopes = append(scopes, fmt.Sprintf("https://api.example.com/auth/resource-%02d.readonly", i))
	}
	return scopes
}

func devices() []State {
	return []State{
		{Name: "device", Page: ui.Device{User: ada}},
		{Name: "device_unknown", Page: ui.Device{User: ada, UserCode: Hostile, Failure: ui.DeviceUnknown}},
		{Name: "device_decided", Page: ui.Device{User: ada, UserCode: "BCDF-GHJK", Failure: ui.DeviceDecided}},
		{Name: "device_too_many", Page: ui.Device{User: ada, UserCode: "BCDF-GHJK", Failure: ui.DeviceTooMany}},
		{Name: "device_consent", Page: ui.DeviceConsent{Application: "Television", User: ada, UserCode: "BCDF-GHJK", Scopes: oauth.Scopes{"openid", "files:read", "offline_access"}, Custom: map[string]string{"files:read": "Read your files"}, CSRF: "token"}},
		{Name: "device_consent_organizations", Page: ui.DeviceConsent{Application: "Television", User: ada, UserCode: "BCDF-GHJK", Scopes: oauth.Scopes{"user:org:read"}, Organizations: []ui.Organization{{ID: "org_1", Name: Hostile}}, Organization: "org_1", CSRF: "token"}},
		{Name: "device_allowed", Page: ui.DeviceDone{Application: "Television", Allowed: true}},
		{Name: "device_denied", Page: ui.DeviceDone{Application: "Television"}},
	}
}

func others() []State {
	held := ui.Error{Trouble: ui.TroubleRequest, Detail: "scope asks for more than the application is allowed", Code: "invalid_scope", RequestID: requestID, Back: "https://agent.example/cb?error=invalid_scope", BackTo: "https://agent.example/cb"}
	app := held
	app.Back, app.BackTo = "com.example.app:/cb?error=invalid_scope", "com.example.app:/cb"
	states := []State{
		{Name: "error", Page: ui.Error{Trouble: ui.TroubleTicket, Code: "invalid_ticket", RequestID: requestID}},
		{Name: "error_bare", Page: ui.Error{Trouble: ui.TroubleFault}},
		{Name: "error_held", Page: held},
		{Name: "error_held_app", Page: app},
		{Name: "error_hostile", Page: ui.Error{Trouble: ui.TroubleRequest, Detail: Hostile, Code: Hostile, RequestID: Hostile}},
		{Name: "home", Page: ui.Home{User: &ada, CSRF: "token"}},
		{Name: "home_hostile", Page: ui.Home{User: &nobody, CSRF: "token"}},
		{Name: "home_nobody", Page: ui.Home{}},
		{Name: "form_post", Page: ui.FormPost{Action: "https://app.engine.example.co.uk/callback?a=1", Fields: []ui.Field{{Name: "code", Value: "oac_x"}, {Name: "state", Value: Hostile}}}},
		{Name: "form_post_app", Page: ui.FormPost{Action: "com.example.app:/cb", Fields: []ui.Field{{Name: "error", Value: "access_denied"}}}},
		{Name: "sign_out", Page: ui.SignOut{User: ada, CSRF: "token"}},
		{Name: "signed_out", Page: ui.SignedOut{}},
		{Name: "refusal", Page: ui.Refusal{ID: requestID, Code: "invalid_grant", Description: "code_verifier does not match code_challenge", Rule: "RFC 7636 §4.6"}},
		{Name: "refusal_forgotten", Page: ui.Refusal{ID: Hostile}},
	}
	for _, x := range ui.Troubles() {
		states = append(states, State{Name: "trouble_" + string(x), Page: ui.Error{Trouble: x, Code: string(x)}})
	}
	for _, x := range ui.Problems() {
		states = append(states, State{Name: "problem_" + string(x), Page: ui.SignUp{Address: "bob@example.com", Problem: x, Ticket: "ticket", CSRF: "token"}})
	}
	return states
}

func wide() []State {
	shell := ui.Shell{User: ada, CSRF: "token", Sections: []ui.Section{
		{Label: "section.overview", Href: "#overview", Icon: "chart"},
		{Label: "section.applications", Href: "#applications", Icon: "apps", Current: true},
		{Label: "section.sessions", Href: "#sessions", Icon: "device"},
		{Label: "section.settings", Href: "#settings", Icon: "settings"},
	}}
	odd := shell
	odd.User = nobody
	return []State{
		{Name: "specimen", Page: ui.Specimen{Shell: shell}},
		{Name: "specimen_empty", Page: ui.Specimen{Shell: odd, Empty: true}, Brand: ui.Brand{Name: strings.Repeat("Babbage ", 8), Accent: "#d9480f"}},
		{Name: "confirm", Page: ui.Confirm{}},
	}
}
