package oauth

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestClientGrant(t *testing.T) {
	service := web
	service.ClientCredentials = true
	service.Scopes = Scopes{"profile", "jobs:run", "jobs:read"}
	tests := []struct {
		name, form string
		change     func(*Client)
		want       string
		scopes     string
	}{
		{"all of its own", "", nil, "", "jobs:run jobs:read"},
		{"some", "scope=jobs:read", nil, "", "jobs:read"},
		{"about users", "scope=profile", nil, "invalid_scope, RFC 6749 §4.4", ""},
		{"SC01 beyond the ceiling", "scope=jobs:stop", nil, "invalid_scope, RFC 6749 §4.4", ""},
		{"not allowed", "", func(c *Client) { c.ClientCredentials = false }, "unauthorized_client, RFC 6749 §4.4", ""},
		{"public", "", func(c *Client) { c.Public = true }, "unauthorized_client, RFC 6749 §4.4", ""},
		{"resource not permitted", "resource=https://b.example", func(c *Client) { c.Resources = []string{"https://a.example"} }, "invalid_target, RFC 8707 §2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := service
			if tt.change != nil {
				tt.change(&c)
			}
			x, err := ReadClientGrant(form(t, tt.form))
			if err != nil {
				t.Fatal(err)
			}
			got, err := x.Token(AuthenticatedClient{c}, TokenID{1}, now, now)
			if refusedBy(err) != tt.want || got.Narrowed.String() != tt.scopes {
				t.Errorf("got %q, %q, want %q, %q", got.Narrowed, refusedBy(err), tt.scopes, tt.want)
			}
			if err == nil && !got.IssuedAt.After(now) {
				t.Errorf("issued at %v, which the cut-off at that time kills", got.IssuedAt)
			}
		})
	}
}

func TestDeviceAuthorization(t *testing.T) {
	tv := spa
	tv.DeviceGrant = true
	for name, x := range map[string]struct {
		form   string
		client Client
		want   string
	}{
		"all it may have":      {"", tv, ""},
		"some":                 {"scope=email", tv, ""},
		"beyond the ceiling":   {"scope=admin", tv, "invalid_scope, RFC 8628 §3.1"},
		"not allowed":          {"", spa, "unauthorized_client, RFC 8628 §3.1"},
		"nonce with newline":   {"nonce=a%0Ab", tv, "invalid_request, OIDC Core §3.1.2.1"},
		"resource is relative": {"resource=x", tv, "invalid_target, RFC 8707 §2"},
	} {
		if _, err := ReadDeviceAuthorization(form(t, x.form), AuthenticatedClient{x.client}); refusedBy(err) != x.want {
			t.Errorf("%s: refused by %q, want %q", name, refusedBy(err), x.want)
		}
	}
}

func TestDevicePoll(t *testing.T) {
	later := now.Add(time.Minute)
	for name, x := range map[string]struct {
		poll DevicePoll
		want string
	}{
		"pending":               {DevicePoll{ExpiresAt: later}, "authorization_pending, RFC 8628 §3.5"},
		"too soon":              {DevicePoll{ExpiresAt: later, TooSoon: true}, "slow_down, RFC 8628 §3.5"},
		"denied":                {DevicePoll{ExpiresAt: later, Denied: true}, "access_denied, RFC 8628 §3.5"},
		"expired":               {DevicePoll{ExpiresAt: now}, "expired_token, RFC 8628 §3.5"},
		"approved, but expired": {DevicePoll{ExpiresAt: now, Approved: true}, "expired_token, RFC 8628 §3.5"},
		"approved":              {DevicePoll{ExpiresAt: later, Approved: true}, ""},
	} {
		if got := refusedBy(x.poll.Check(now)); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	if _, err := ReadDeviceCode(Form{}); refusedBy(err) != "invalid_request, RFC 8628 §3.4" {
		t.Errorf("no device code: %q", refusedBy(err))
	}
	if got := refusedBy(ErrForgedDeviceCode); got != "invalid_grant, RFC 8628 §3.5" {
		t.Errorf("a forged device code: %q", got)
	}
}

func TestUserCodes(t *testing.T) {
	code, ok := NewUserCode([]byte{255, 0, 1, 2, 3, 20, 21, 22, 239, 9})
	if !ok || code != "BCDFBCDZ" || ShowUserCode(code) != "BCDF-BCDZ" {
		t.Errorf("got %q, %v", code, ok)
	}
	if _, ok := NewUserCode(bytes.Repeat([]byte{250}, 32)); ok {
		t.Error("a code was made of bytes that are not fair")
	}
	for typed, want := range map[string]bool{"bcdf-bcdz": true, " BCDF BCDZ ": true, "BCDFBCD": false, "ABCDEFGH": false, "": false, "BCDF-BCDZ-": true} {
		if got, ok := ParseUserCode(typed); ok != want || ok && got != "BCDFBCDZ" {
			t.Errorf("ParseUserCode(%q) = %q, %v", typed, got, ok)
		}
	}
}

func TestIntrospection(t *testing.T) {
	if _, err := ReadTokenQuestion(Form{}); refusedBy(err) != "invalid_request, RFC 7662 §2.1" {
		t.Errorf("no token: %q", refusedBy(err))
	}
	if got := refusedBy(AuthenticatedClient{spa}.Confidential()); got != "invalid_client, RFC 7662 §2.1" {
		t.Errorf("a public client: %q", got)
	}
	if got := refusedBy(ErrCannotRevokeJWT); got != "unsupported_token_type, RFC 7009 §2.2.1" {
		t.Errorf("revoking a JWT: %q", got)
	}
	g := Grant{ClientID: "c", UserID: "user_1", Scopes: Scopes{"email"}, ExpiresAt: now.Add(time.Hour)}
	token := AccessToken{ExpiresAt: now.Add(time.Minute)}
	for name, x := range map[string]struct {
		info   Introspection
		client string
		asked  Scopes
		at     time.Time
		active bool
	}{
		"own":               {token.OfAccess(g, "i"), "c", nil, now, true},
		"with its scope":    {token.OfAccess(g, "i"), "c", Scopes{"email"}, now, true},
		"without the scope": {token.OfAccess(g, "i"), "c", Scopes{"profile"}, now, false},
		"RS06 another's":    {token.OfAccess(g, "i"), "b", nil, now, false},
		"expired":           {token.OfAccess(g, "i"), "c", nil, now.Add(time.Minute), false},
		"refresh token":     {OfRefresh(g, "i"), "c", nil, now, true},
		"of no grant":       {Introspection{}, "", nil, now, false},
	} {
		got := x.info.For(x.client, x.asked, x.at)
		if got.Active != x.active || !got.Active && got.ClientID+got.Subject+got.Scope != "" {
			t.Errorf("%s: %+v, want active %v", name, got, x.active)
		}
	}
}

func TestLogout(t *testing.T) {
	client := web
	client.PostLogoutURIs = []string{"https://client.example/bye"}
	hint := &Hint{Subject: "user_1", Audience: client.ID, SessionID: "sess_1"}
	for name, x := range map[string]struct {
		logout   Logout
		want     string
		ends     bool
		redirect string
	}{
		"nothing":                    {Logout{}, "", false, ""},
		"hint":                       {Logout{Hint: hint}, "", true, ""},
		"hint and target":            {Logout{Hint: hint, Target: "https://client.example/bye"}, "", true, "https://client.example/bye"},
		"RU24 target not registered": {Logout{Hint: hint, Target: "https://client.example/bye?x=1"}, "invalid_request, RP-Initiated Logout §3", true, ""},
		"target without hint":        {Logout{Target: "https://client.example/bye", ClientID: client.ID}, "", false, ""},
		"another client_id":          {Logout{Hint: hint, ClientID: "b"}, "invalid_request, RP-Initiated Logout §2", true, ""},
		"LO01 hint of another":       {Logout{Hint: &Hint{Subject: "user_2", Audience: client.ID, SessionID: "sess_2"}}, "", false, ""},
	} {
		if got := refusedBy(x.logout.Check(client)); got != x.want {
			t.Errorf("%s: refused by %q, want %q", name, got, x.want)
		}
		if x.logout.Ends("sess_1", "user_1") != x.ends {
			t.Errorf("%s: ends the session is %v, want %v", name, !x.ends, x.ends)
		}
		if x.want != "" {
			continue
		}
		if target, ok := x.logout.Redirect(); ok != (x.redirect != "") || ok && target.URI() != x.redirect {
			t.Errorf("%s: redirects to %v, want %q", name, target, x.redirect)
		}
	}
	if _, _, err := ReadLogout(form(t, "state=a%0Ab")); refusedBy(err) != "invalid_request, RP-Initiated Logout §2" {
		t.Errorf("a state with a line break: %q", refusedBy(err))
	}
}

func TestMetadataNamesWhatIsServed(t *testing.T) {
	m := NewMetadata("https://id.example", Features{Registration: true})
	if !slices.Contains(m.GrantTypes, GrantDeviceCode) || !slices.Contains(m.Scopes, "openid") || m.IDTokenAlgorithms[0] != RS256 || m.RequestURIParameter {
		t.Errorf("got %+v", m)
	}
}
