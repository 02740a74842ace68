package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWay(t *testing.T) {
	known := []Field{{"redirect_uri", "https://app.example/cb"}}
	for _, tt := range []struct {
		c    Case
		want string
	}{
		{Case{Request: "GET /oauth/authorize", Code: "invalid_request", Rule: "RFC 9700 §2.1", Registered: known}, "board.way.address_is_registered"},
		{Case{Request: "GET /oauth/authorize", Code: "invalid_request", Rule: "RFC 6749 §4.1.2.1"}, "board.way.application_is_known"},
		{Case{Request: "GET /oauth/authorize", Code: "invalid_scope", Rule: "RFC 6749 §4.1.2.1", Registered: known}, "board.way.parameters_are_right"},
		{Case{Request: "POST /oauth/authorize", Code: "login_required", Rule: "OIDC Core §3.1.2.6", Registered: known}, "board.way.user_signs_in"},
		{Case{Request: "GET /oauth/authorize", Code: "access_denied", Rule: "RFC 6749 §4.1.2.1", Registered: known}, "board.way.user_agrees"},
		{Case{Request: "POST /oauth/token", Code: "invalid_client", Rule: "RFC 6749 §5.2"}, "board.way.application_proves_itself"},
		{Case{Request: "POST /oauth/token", Code: "unauthorized_client", Rule: "RFC 6749 §4.4"}, "board.way.grant_type_is_allowed"},
		{Case{Request: "POST /oauth/token", Code: "invalid_grant", Rule: "RFC 6749 §4.1.2"}, "board.way.code_or_token_is_good"},
		{Case{Request: "POST /oauth/token", Code: "invalid_grant", Rule: "RFC 6749 §4.1.3"}, "board.way.address_is_the_same"},
		{Case{Request: "POST /oauth/token", Code: "invalid_grant", Rule: "RFC 7636 §4.6"}, "board.way.pkce_matches"},
		{Case{Request: "POST /oauth/token", Code: "invalid_request", Rule: "RFC 6749 §3.2"}, "board.way.request_arrives"},
		{Case{Request: "POST /oauth/introspect", Code: "invalid_client", Rule: "RFC 6749 §5.2"}, "board.way.application_proves_itself"},
		{Case{Request: "GET /oauth/userinfo", Code: "invalid_token", Rule: "RFC 6750 §3.1"}, "board.way.what_it_asks_is_right"},
		{Case{}, "board.way.what_it_asks_is_right"},
	} {
		got, passing := "", true
		for _, s := range tt.c.Way() {
			switch {
			case s.State == Failed:
				got, passing = s.Name, false
			case passing != (s.State == Passed):
				t.Errorf("%+v: %s is %s", tt.c, s.Name, s.State)
			}
		}
		if got != tt.want {
			t.Errorf("%+v failed at %q, want %q", tt.c, got, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	c := Case{
		Received: []Field{{"state", "x"}, {"redirect_uri", "https://app.example/cb/"}, {"scope", "email profile"}, {"state", "y"}},
		Registered: []Field{
			{"redirect_uri", "https://app.example/cb"}, {"redirect_uri", "http://127.0.0.1/cb"}, {"kind", "public"}, {"scope", "profile email openid"},
		},
	}
	want := []Comparison{
		{"redirect_uri", []string{"https://app.example/cb/"}, []string{"https://app.example/cb", "http://127.0.0.1/cb"}, true},
		{"scope", []string{"email profile"}, []string{"profile email openid"}, false},
		{"kind", nil, []string{"public"}, false},
		{"state", []string{"x", "y"}, nil, false},
	}
	if diff := cmp.Diff(want, c.Compare()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := (Case{}).Compare(); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
