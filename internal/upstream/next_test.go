package upstream

import "testing"

func TestNext(t *testing.T) {
	verified := Identity{Address: "ada@example.com", Verified: true}
	for _, x := range []struct {
		what     string
		identity Identity
		known    Known
		want     Step
	}{
		{"known", verified, Known{Owner: "u"}, SignIn},
		{"known, the address is another user's now", verified, Known{Owner: "u", AddressTaken: true, AddressProved: true}, SignIn},
		{"known, without an address", Identity{}, Known{Owner: "u"}, SignIn},
		{"nobody's", verified, Known{MayJoin: true}, Join},
		{"nobody's, and nobody may join", verified, Known{}, NoAccount},
		{"a user's", verified, Known{AddressTaken: true, AddressProved: true, MayJoin: true}, OwnAccount},
		{"a user's who has not proved it", verified, Known{AddressTaken: true, MayJoin: true}, UnprovedAccount},
		{"not verified", Identity{Address: "ada@example.com"}, Known{MayJoin: true}, NoAddress},
		{"not verified, a user's", Identity{Address: "ada@example.com"}, Known{AddressTaken: true, AddressProved: true}, NoAddress},
		{"no address", Identity{Verified: true}, Known{MayJoin: true}, NoAddress},
		{"to connect", verified, Known{Visitor: "u"}, Connect},
		{"to connect, not verified", Identity{}, Known{Visitor: "u"}, Connect},
		{"to connect, another user's address", verified, Known{Visitor: "u", AddressTaken: true, AddressProved: true}, Connect},
		{"to connect once more", verified, Known{Visitor: "u", Owner: "u"}, Connected},
		{"to connect another user's", verified, Known{Visitor: "u", Owner: "v"}, Taken},
	} {
		if got := Next(x.identity, x.known); got != x.want {
			t.Errorf("%s: got %d, want %d", x.what, got, x.want)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Settings{Kind: OpenID, ID: "uni", Name: "University", Issuer: "https://login.uni.example", ClientID: "c", ClientSecret: "s"}
	for what, x := range map[string]struct {
		change   func(*Settings)
		problems int
	}{
		"good":                 {func(*Settings) {}, 0},
		"on this machine":      {func(s *Settings) { s.Issuer = "http://127.0.0.1:9000" }, 0},
		"google alone":         {func(s *Settings) { *s = Settings{Kind: Google, ClientID: "c", ClientSecret: "s"} }, 0},
		"nothing":              {func(s *Settings) { *s = Settings{} }, 4},
		"an odd kind":          {func(s *Settings) { s.Kind = "saml" }, 1},
		"http":                 {func(s *Settings) { s.Issuer = "http://login.uni.example" }, 1},
		"a query":              {func(s *Settings) { s.Issuer += "?x" }, 1},
		"an id with a slash":   {func(s *Settings) { s.ID = "a/b" }, 1},
		"a long id":            {func(s *Settings) { s.ID = "abcdefghijabcdefghijabcdefghijabc" }, 1},
		"no name nor issuer":   {func(s *Settings) { s.Name, s.Issuer = "", "" }, 2},
		"a scope with a space": {func(s *Settings) { s.Scopes = []string{"a b"} }, 1},
	} {
		s := good
		x.change(&s)
		if problems := s.Filled().Check(); len(problems) != x.problems {
			t.Errorf("%s: %v, want %d problems", what, problems, x.problems)
		}
	}
}

func TestCleaned(t *testing.T) {
	for _, x := range []struct{ given, want Identity }{
		{Identity{FirstName: " Ada\n Augusta ", Address: "ada@example.com", Verified: true}, Identity{FirstName: "Ada Augusta", Address: "ada@example.com", Verified: true}},
		{Identity{LastName: string(make([]byte, 5)) + "\xff"}, Identity{}},
		{Identity{Address: "a b@example.com", Verified: true}, Identity{}},
		{Identity{Address: "a\x00@example.com", Verified: true}, Identity{}},
	} {
		if got := x.given.cleaned(); got != x.want {
			t.Errorf("%+v became %+v, want %+v", x.given, got, x.want)
		}
	}
}
