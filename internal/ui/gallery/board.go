package gallery

import (
	"math"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/chart"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// moment is when the dashboard is looked at.
var moment = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const issuer = "https://id.example.com"

func board(section string) ui.Board {
	return ui.Board{User: ada, CSRF: "token", Section: ui.DashboardPath + section}
}

func saved(b ui.Board) ui.Board {
	b.Done = "saved"
	return b
}

// shopper is an application with everything.
func shopper() store.Client {
	return store.Client{
		Client: oauth.Client{
			ID: "q3ZXc8Kx1pVnRw7T", RedirectURIs: []string{"https://shop.example/callback", "http://127.0.0.1:3000/callback"}, Scopes: oauth.Scopes{"openid", "profile", "email"},
			AskConsent: true, RequirePKCE: true, PostLogoutURIs: []string{"https://shop.example/bye"},
		},
		ApplicationID: "oa_2vQ0000000000000000000000a", Name: "Difference Shop", CreatedAt: moment, UpdatedAt: moment,
	}
}

func public() store.Client {
	c := shopper()
	c.Public, c.DeviceGrant, c.DynamicallyRegistered, c.Name, c.ApplicationID = true, true, true, Hostile, "oa_2vQ0000000000000000000000b"
	return c
}

func somebody() store.User {
	return store.User{
		ID: "user_2vQ0000000000000000000000a", FirstName: "Grace", LastName: "Hopper", PrimaryEmailID: "idn_1", CreatedAt: moment, LastSignInAt: moment, LastActiveAt: moment,
		Emails: []store.Email{
			{ID: "idn_1", Address: "grace@example.com", Verified: true, CreatedAt: moment}, {ID: "idn_2", Address: "hopper@navy.example", CreatedAt: moment},
		},
		PasswordDigest: "x", UserOptions: store.UserOptions{PasswordUpdatedAt: moment},
	}
}

func someoneOdd() store.User {
	return store.User{ID: "user_2vQ0000000000000000000000b", FirstName: Hostile, Username: Hostile, Banned: true, Locked: true, CreatedAt: moment}
}

// wave is an invented series.
func wave(n int, size, phase float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Round(size * (1.3 + math.Sin(float64(i)/float64(n)*9+phase)))
	}
	return values
}

func homeCharts() []chart.Chart {
	const n = 48
	base := chart.Chart{Step: 30 * time.Minute}
	for i := range n {
		base.Times = append(base.Times, moment.Add(time.Duration(i-n+1)*base.Step))
	}
	signIns, tokens, failures, latency := base, base, base, base
	signIns.ID, signIns.Title, signIns.Summary, signIns.Kind = "sign-ins", "Sign-ins", "Sign-ins: 2900 succeeded, 210 were refused.", chart.Areas
	signIns.Series = []chart.Series{{Name: "Succeeded", Tone: 1, Values: wave(n, 50, 0)}, {Name: "Refused", Tone: 6, Values: wave(n, 4, 2)}}
	tokens.ID, tokens.Title, tokens.Summary, tokens.Kind = "tokens", "Tokens issued", "9 800 answers with tokens.", chart.Bars
	tokens.Series = []chart.Series{{Name: "Refresh", Tone: 1, Values: wave(n, 90, 1)}, {Name: "Code", Tone: 2, Values: wave(n, 45, 0)}, {Name: "Device", Tone: 3, Values: wave(n, 9, 4)}}
	failures.ID, failures.Title, failures.Summary, failures.Kind = "failures", "Refused requests", "310 protocol requests were refused.", chart.Bars
	failures.Series = []chart.Series{{Name: "invalid_grant", Tone: 6, Values: wave(n, 5, 3)}, {Name: "invalid_client", Tone: 3, Values: wave(n, 2, 5)}}
	latency.ID, latency.Title, latency.Summary, latency.Kind, latency.Format, latency.Gaps = "latency", "How long answers take", "The median of 14 000 answers over time, and how fast 95 of 100 were.", chart.Lines, chart.Milliseconds, true
	latency.Series = []chart.Series{{Name: "Median", Tone: 2, Values: wave(n, 2, 0)}, {Name: "95 of 100 are faster", Tone: 3, Values: wave(n, 7, 0.4)}}
	return []chart.Chart{signIns, tokens, failures, latency}
}

func boards() []State {
	var all []State
	for _, pages := range [][]State{boardHomes(), boardApplications(), boardUsers(), boardLists(), boardEvents(), boardRefusals(), boardSettings()} {
		all = append(all, pages...)
	}
	return all
}

func boardHomes() []State {
	full := ui.BoardHome{
		Board: board(""), Span: "day", Charts: homeCharts(),
		Totals: []ui.Total{{Name: "Users", Value: "12\u202f408"}, {Name: "Applications", Value: "31"}, {Name: "Sign-ins", Value: "2\u202f900"}, {Name: "Answers with tokens", Value: "9\u202f800"}, {Name: "Refused requests", Value: "310"}},
		Faces:  []ui.FaceFigures{{Name: "token", Requests: 9800, Median: 1400 * time.Microsecond, Slow: 6 * time.Millisecond}, {Name: "pages", Requests: 3100, Median: 900 * time.Microsecond, Slow: 24 * time.Millisecond}},
		Nodes:  []store.Node{{ID: "K3BZ7QAAAAAA", Name: "signet-1", Version: "1.2.0", StartedAt: moment, SeenAt: moment}, {ID: "P7XR2MAAAAAA", Name: "signet-2", Version: "1.2.0", StartedAt: moment, SeenAt: moment}},
		Health: []ui.Check{{Name: "Database", Value: "Answers in 0.2 ms", Good: true}, {Name: "Signing keys", Value: "Next rotation 3 Feb 2027", Good: true}, {Name: "Version", Value: "1.1.0, 1.2.0"}},
	}
	none := ui.BoardHome{Board: board(""), Span: "hour", Charts: []chart.Chart{{ID: "sign-ins", Title: "Sign-ins", Summary: "Nothing."}}}
	return []State{
		{Name: "board_home", Page: full},
		{Name: "board_home_new", Page: none},
		{Name: "board_problem", Page: ui.BoardProblem{Board: board("/users"), Title: "There is nothing here", Text: "What you are looking for does not exist, or not any more.", Back: "/dashboard/users"}},
		{Name: "board_fault", Page: ui.BoardProblem{Board: board(""), Title: Hostile, Text: Hostile, RequestID: requestID}},
		{Name: "operator_setup", Page: ui.OperatorSetup{First: true, Token: "token", CSRF: "token"}},
		{Name: "operator_setup_wrong", Page: ui.OperatorSetup{Token: "token", CSRF: "token", Address: "nonsense", Mistakes: ui.Mistakes{"email_address": "email_address must be a valid e-mail address.", "": "Nothing was saved yet."}}},
		{Name: "operator_setup_signed_in", Page: ui.OperatorSetup{First: true, User: &ada, Token: "token", CSRF: "token"}},
		{Name: "operators_only", Page: ui.OperatorsOnly{User: ada, CSRF: "token"}},
		{Name: "operators_factor", Page: ui.OperatorsOnly{User: nobody, SecondFactor: true, CSRF: "token"}},
		{Name: "board_outside", Page: ui.BoardOutside{Title: "This link does not work any more", Text: "It works once and for a limited time."}},
	}
}

func scopeChoices() []ui.ScopeChoice {
	return []ui.ScopeChoice{
		{Name: "openid", Chosen: true},
		{Name: "email", Chosen: true},
		{Name: "offline_access"},
		{Name: "notes:read", Text: "Read your notes"},
	}
}

func boardApplications() []State {
	frame := ui.ApplicationFrame{Board: board("/applications"), Client: shopper(), Logo: logo}
	odd := ui.ApplicationFrame{Board: board("/applications"), Client: public()}
	noLogo := func(store.Client) string { return "" }
	list := ui.BoardApplications{Board: board("/applications"), Page: ui.Page{First: 26, Last: 27, Total: 60, Newer: "/dashboard/applications", Older: "/dashboard/applications?from=50"}, Applications: []store.Client{shopper(), public()}, Logo: noLogo}
	web, _ := ui.KindNamed("web")
	choices := ui.Choices{
		Name: "Difference Shop", RedirectURIs: "https://shop.example/callback", Scopes: scopeChoices(), Consent: true, PKCE: true, IDTokenAlgorithm: "RS256", RefreshPolicy: "rotate",
		Lifetimes: []ui.LifetimeChoice{{Name: "access_token_lifetime", Label: "Access token", Value: "", Instance: "7200"}, {Name: "code_lifetime", Label: "Code", Value: "1", Instance: "60"}},
	}
	steps := []ui.PlaygroundStep{{Title: "The application sends the browser to Signet", Text: "With a PKCE challenge.", Wire: "GET " + issuer + "/oauth/authorize?client_id=q3ZXc8Kx1pVnRw7T\n  &response_type=code"}, {Title: "The browser comes back", Wire: "GET " + issuer + "/dashboard/playground/callback?code=oac_01234567..."}}
	return []State{
		{Name: "board_applications", Page: list},
		{Name: "board_applications_none", Page: ui.BoardApplications{Board: board("/applications"), Logo: noLogo}},
		{Name: "board_applications_found_none", Page: ui.BoardApplications{Board: board("/applications"), Page: ui.Page{Query: Hostile}, Logo: noLogo}},
		{Name: "board_new_application", Page: ui.BoardNewApplication{Board: board("/applications")}},
		{Name: "board_new_web", Page: ui.BoardNewApplication{Board: board("/applications"), Kind: web, Scopes: scopeChoices()}},
		{Name: "board_new_web_wrong", Page: ui.BoardNewApplication{Board: board("/applications"), Kind: web, Name: Hostile, RedirectURIs: Hostile, Scopes: scopeChoices(), Mistakes: ui.Mistakes{"redirect_uris": "redirect_uris must hold valid URIs.", "": "Nothing was saved yet."}}},
		{Name: "board_application", Page: ui.BoardApplication{ApplicationFrame: frame, Choices: choices}},
		{Name: "board_application_wrong", Page: ui.BoardApplication{ApplicationFrame: odd, Choices: choices, Mistakes: ui.Mistakes{"code_lifetime": "code_lifetime must be 1 second to 10 minutes (RFC 6749 §4.1.2).", "": "Nothing was saved yet."}}},
		{Name: "board_credentials", Page: ui.BoardCredentials{ApplicationFrame: frame, Issuer: issuer, Secrets: []ui.SecretLine{{MadeAt: moment, LastUsedAt: moment}, {MadeAt: moment, ExpiresAt: moment}}}},
		{Name: "board_credentials_new", Page: ui.BoardCredentials{ApplicationFrame: frame, Issuer: issuer, Secret: "0123456789abcdef0123456789abcdef", Secrets: []ui.SecretLine{{}}}},
		{Name: "board_credentials_public", Page: ui.BoardCredentials{ApplicationFrame: odd, Issuer: issuer}},
		{Name: "board_connect", Page: ui.BoardConnect{ApplicationFrame: frame, Issuer: issuer}},
		{Name: "board_playground", Page: ui.BoardPlayground{ApplicationFrame: frame, Address: issuer + "/dashboard/playground/callback"}},
		{Name: "board_playground_ready", Page: ui.BoardPlayground{ApplicationFrame: frame, Allowed: true, Scopes: scopeChoices()}},
		{Name: "board_playground_back", Page: ui.BoardPlayground{ApplicationFrame: frame, Allowed: true, Steps: steps, Pending: "sealed", Secret: true}},
		{Name: "board_playground_done", Page: ui.BoardPlayground{ApplicationFrame: frame, Allowed: true, Steps: steps}},
		{Name: "board_danger", Page: ui.BoardDanger{ApplicationFrame: frame, Now: moment}},
		{Name: "board_application_users", Page: ui.BoardApplicationConnections{ApplicationFrame: frame, People: map[string]store.User{somebody().ID: somebody()}, More: "/dashboard", Agreements: agreements()}},
		{Name: "board_application_nobody", Page: ui.BoardApplicationConnections{ApplicationFrame: frame}},
	}
}

func agreements() []store.Agreement {
	one := store.Agreement{Connection: store.Connection{UserID: somebody().ID, ClientID: "x", Scopes: oauth.Scopes{"openid", "profile"}, AgreedAt: moment, LastUsedAt: moment}, ApplicationID: shopper().ApplicationID, Name: "Difference Shop"}
	two := one
	two.UserID, two.Name, two.LastUsedAt = someoneOdd().ID, Hostile, time.Time{}
	return []store.Agreement{one, two}
}

func boardUsers() []State {
	frame := ui.UserFrame{Board: board("/users"), Who: somebody(), Operator: true}
	odd := ui.UserFrame{Board: board("/users"), Who: someoneOdd()}
	device := func(string) string { return "Firefox on Linux" }
	return []State{
		{Name: "board_users", Page: ui.BoardUsers{Board: board("/users"), Page: ui.Page{Older: "/dashboard/users?after=x"}, Users: []store.User{somebody(), someoneOdd()}}},
		{Name: "board_users_none", Page: ui.BoardUsers{Board: board("/users")}},
		{Name: "board_users_found_none", Page: ui.BoardUsers{Board: board("/users"), Page: ui.Page{Query: "nobody"}}},
		{Name: "board_new_user", Page: ui.BoardNewUser{Board: board("/users")}},
		{Name: "board_new_user_wrong", Page: ui.BoardNewUser{Board: board("/users"), Address: "x", Mistakes: ui.Mistakes{"email_address": "email_address must be a valid e-mail address.", "": "Nothing was saved yet."}}},
		{Name: "board_user", Page: ui.BoardUser{UserFrame: ui.UserFrame{Board: saved(board("/users")), Who: somebody(), Operator: true}, FirstName: "Grace", LastName: "Hopper"}},
		{Name: "board_user_hostile", Page: ui.BoardUser{UserFrame: odd, FirstName: Hostile, Username: Hostile, Mistakes: ui.Mistakes{"username": "no", "": "Nothing was saved yet."}}},
		{Name: "board_metadata", Page: ui.BoardMetadata{UserFrame: frame, Public: "{\n  \"plan\": \"gold\"\n}", Private: "{}", Unsafe: "{}"}},
		{Name: "board_sessions", Page: ui.BoardSessions{UserFrame: frame, Device: device, Here: "sess_1", Sessions: []store.Session{{ID: "sess_1", Methods: []string{"pwd", "otp", "mfa"}, SignedInAt: moment, ExpiresAt: moment}, {ID: "sess_2", SignedInAt: moment, ExpiresAt: moment}}}},
		{Name: "board_sessions_none", Page: ui.BoardSessions{UserFrame: frame, Device: device}},
		{Name: "board_user_connections", Page: ui.BoardUserConnections{UserFrame: frame, Agreements: agreements()}},
		{Name: "board_user_connections_none", Page: ui.BoardUserConnections{UserFrame: frame}},
		{Name: "board_access", Page: ui.BoardAccess{UserFrame: frame}},
		{Name: "board_access_link", Page: ui.BoardAccess{UserFrame: odd, Link: issuer + "/sign-in/token?ticket=" + strings.Repeat("x", 80), LinkEnds: moment}},
	}
}

func boardLists() []State {
	invited := []store.Invitation{{ID: "inv_1", Address: "bob@example.com", Status: store.TicketPending, CreatedAt: moment, ExpiresAt: moment}, {ID: "inv_2", Address: "eve@example.com", Status: store.TicketExpired, CreatedAt: moment, ExpiresAt: moment}}
	keys := []ui.KeyLine{{APIKey: store.APIKey{ID: "key_1", Name: "first start", Prefix: "sk_live_0123", CreatedAt: moment}, LastUsedAt: moment}, {APIKey: store.APIKey{ID: "key_2", Name: Hostile, Prefix: "sk_live_4567", CreatedAt: moment, ExpiresAt: moment}}}
	signing := []ui.SigningLine{{SigningKey: store.SigningKey{ID: "rs-1", Algorithm: oauth.RS256, ActiveFrom: moment}, Signs: true}, {SigningKey: store.SigningKey{ID: "es-1", Algorithm: oauth.ES256, ActiveFrom: moment.Add(time.Hour)}}, {SigningKey: store.SigningKey{ID: "rs-0", Algorithm: oauth.RS256, ActiveFrom: moment, RetiredAt: moment}}}
	return []State{
		{Name: "board_connections", Page: ui.BoardConnections{Board: board("/connections"), Applications: []store.Client{shopper(), public()}, Now: moment}},
		{Name: "board_connections_none", Page: ui.BoardConnections{Board: board("/connections"), Now: moment, Mistakes: ui.Mistakes{"confirm": "Type everything. Nothing was revoked."}}},
		{Name: "board_invitations", Page: ui.BoardInvitations{Board: board("/invitations"), Page: ui.Page{First: 1, Last: 2, Total: 2}, Invitations: invited, Link: issuer + "/sign-up?ticket=x"}},
		{Name: "board_invitations_none", Page: ui.BoardInvitations{Board: board("/invitations"), Address: Hostile, Mistakes: ui.Mistakes{"email_address": "no"}}},
		{Name: "board_scopes", Page: ui.BoardScopes{Board: board("/scopes"), BuiltIn: oauth.BuiltInScopes(true), Custom: []store.CustomScope{{Name: "notes:read", Description: "Read your notes", Advertised: true}, {Name: "notes:write", Description: Hostile}}}},
		{Name: "board_scopes_none", Page: ui.BoardScopes{Board: board("/scopes"), BuiltIn: oauth.BuiltInScopes(true), Name: "a b", Mistakes: ui.Mistakes{"name": "no"}}},
		{Name: "board_secret_keys", Page: ui.BoardSecretKeys{Board: board("/secret-keys"), Keys: keys, Now: moment, Made: "sk_live_0123456789"}},
		{Name: "board_signing_keys", Page: ui.BoardSigningKeys{Board: board("/signing-keys"), Keys: signing, Now: moment}},
		{Name: "board_operators", Page: ui.BoardOperators{Board: board("/operators"), Operators: []store.Operator{{User: somebody(), AddedAt: moment}, {User: someoneOdd(), AddedAt: moment}}, Link: issuer + "/dashboard/setup?token=x"}},
	}
}

// refused is a request that came back with a slash too many.
func refused() doctor.Case {
	return doctor.Case{
		ID: requestID, At: moment, Request: "GET /oauth/authorize", Code: "invalid_request", Rule: "RFC 9700 §2.1", ClientID: shopper().ID,
		Description: "redirect_uri is not registered for the application",
		Received:    []doctor.Field{{Name: "client_id", Value: shopper().ID}, {Name: "redirect_uri", Value: "https://shop.example/callback/"}, {Name: "scope", Value: "openid email"}, {Name: "code_challenge_method", Value: "S256"}},
		Registered:  []doctor.Field{{Name: "redirect_uri", Value: "https://shop.example/callback"}, {Name: "redirect_uri", Value: "http://127.0.0.1:3000/callback"}, {Name: "kind", Value: "confidential"}, {Name: "scope", Value: "openid profile email"}},
		Mend:        []string{"The address differs from https://shop.example/callback in a slash at the end. Addresses are compared letter by letter: send it as it is registered, or register it as it is sent."},
	}
}

func happened() []store.Event {
	one := store.Event{
		ID: store.NewEventID(moment, 1, [8]byte{}), Type: store.UserUpdated, Actor: store.Actor{Kind: store.ByUser, ID: somebody().ID}, ObjectID: someoneOdd().ID, UserID: someoneOdd().ID,
		Data: []byte(`{"object":"user","banned":true}`),
	}
	two := store.Event{
		ID: store.NewEventID(moment, 0, [8]byte{}), Type: store.ApplicationCreated, Actor: store.Actor{Kind: store.BySecretKey, ID: "key_1", Name: Hostile}, ObjectID: shopper().ApplicationID, ClientID: shopper().ID,
		Data: []byte(`{"name":"` + "\u202e" + `"}`),
	}
	return []store.Event{one, two}
}

func boardEvents() []State {
	return []State{
		{Name: "board_events", Page: ui.BoardEvents{Board: board("/events"), Events: happened(), More: "/dashboard/events?after=x"}},
		{Name: "board_events_none", Page: ui.BoardEvents{Board: board("/events"), Type: "user.created", Object: Hostile}},
		{Name: "board_event", Page: ui.BoardEvent{Board: board("/events"), Event: happened()[0]}},
		{Name: "board_event_odd", Page: ui.BoardEvent{Board: board("/events"), Event: happened()[1]}},
	}
}

func boardRefusals() []State {
	odd := doctor.Case{ID: requestID, At: moment, Request: "POST /oauth/token", Rule: "RFC 6750 §3", ClientID: Hostile, Received: []doctor.Field{{Name: Hostile, Value: Hostile}}}
	return []State{
		{Name: "board_refusals", Page: ui.BoardRefusals{Board: board("/refusals"), Cases: []doctor.Case{refused(), odd}}},
		{Name: "board_refusals_none", Page: ui.BoardRefusals{Board: board("/refusals")}},
		{Name: "board_refusals_found_none", Page: ui.BoardRefusals{Board: board("/refusals"), Query: Hostile}},
		{Name: "board_refusal", Page: ui.BoardRefusal{Board: board("/refusals"), Case: refused(), Application: "Difference Shop", AppPath: "/dashboard/applications/x"}},
		{Name: "board_refusal_odd", Page: ui.BoardRefusal{Board: board("/refusals"), Case: odd}},
	}
}

func boardSettings() []State {
	lifetimes := []ui.LifetimeChoice{{Name: "access_token_lifetime", Label: "Access token", Value: "7200", Instance: "7200"}, {Name: "code_lifetime", Label: "Code", Value: "60", Instance: "60"}}
	own := ui.Brand{Name: "Babbage & Co.", Logo: logo, Accent: "#0e7490"}
	return []State{
		{Name: "board_settings", Page: ui.BoardSettings{Board: board("/settings"), Lifetimes: lifetimes, Registration: true, EventsKept: "90"}},
		{Name: "board_settings_wrong", Page: ui.BoardSettings{Board: board("/settings"), Lifetimes: lifetimes, MayRequireFactor: true, SecondFactor: true, Mistakes: ui.Mistakes{"code_lifetime": "no", "": "Nothing was saved yet."}}},
		{Name: "board_branding", Page: ui.BoardBranding{Board: board("/settings"), Saved: true}},
		{Name: "board_branding_preview", Page: ui.BoardBranding{Board: board("/settings"), Brand: own, Accent: own.Accent}},
		{Name: "board_branding_hostile", Page: ui.BoardBranding{Board: board("/settings"), Brand: ui.Brand{Name: Hostile, Accent: Hostile}, Accent: Hostile, Mistakes: ui.Mistakes{"brand_accent": "no"}}},
	}
}
