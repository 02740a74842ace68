package oauth

import (
	"slices"
	"testing"
	"time"
)

func TestNextWithOrganizations(t *testing.T) {
	quiet, native := web, spa
	quiet.AskConsent = false
	native.RedirectURIs = []string{"myapp://cb"}
	const one, two = "org_1", "org_2"
	member := func(chosen string, all ...string) *User {
		return &User{ID: "user_1", Agreed: Scopes{ScopeOrganization}, Organization: chosen, Organizations: all}
	}
	stranger := &User{ID: "user_1", Organizations: []string{one}}
	tests := []struct {
		name   string
		client Client
		change func(*Params)
		user   *User
		done   Progress
		want   Step
		bound  string // the organization of the code
		refuse string
	}{
		{"a member of none", web, nil, member(""), Progress{}, Answer, "", ""},
		{"chosen before", web, nil, member(one), Progress{}, Answer, one, ""},
		{"agreed while a member of none", web, nil, member("", one), Progress{}, Ask, "", ""},
		{"has left the one chosen before", web, nil, member("", one, two), Progress{}, Ask, "", ""},
		{"never agreed", web, nil, stranger, Progress{}, Ask, "", ""},
		{"need not ask, one", quiet, nil, member("", one), Progress{}, Answer, one, ""},
		{"need not ask, one, to be noted", quiet, nil, stranger, Progress{}, Agree, one, ""},
		{"need not ask, several", quiet, nil, member("", one, two), Progress{}, Ask, "", ""},
		{"need not ask, none", quiet, nil, member(""), Progress{}, Answer, "", ""},
		{"asks always, chosen now", native, nil, member(two), Progress{AgreedBy: "user_1"}, Answer, two, ""},
		{"asks always, chosen before", native, nil, member(two), Progress{}, Ask, two, ""},
		{"without a page", web, func(p *Params) { p.Prompt = "none" }, member("", one, two), Progress{}, 0, "", "consent_required, OIDC Core §3.1.2.6"},
		{"not asked for", web, func(p *Params) { p.Scope = "profile" }, &User{ID: "user_1", Agreed: Scopes{"profile"}, Organization: one}, Progress{}, Answer, "", ""},
		{"asked for by its claim", web, func(p *Params) { p.Scope, p.Claims = "openid", `{"userinfo":{"org_id":null}}` }, member("", one), Progress{}, Ask, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := validParams
			p.RedirectURI, p.Scope = tt.client.RedirectURIs[0], ScopeOrganization
			if tt.change != nil {
				tt.change(&p)
			}
			tt.client.Scopes = Scopes{"openid", "profile", ScopeOrganization}
			r, err := Authorize(p, tt.client)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Next(tt.user, tt.done, now)
			if got != tt.want || refusedBy(err) != tt.refuse {
				t.Errorf("got %v, %q, want %v, %q", got, refusedBy(err), tt.want, tt.refuse)
			}
			if code := r.Code(GrantID{1}, *tt.user, now); code.OrganizationID != tt.bound || code.Grant(now, Lifetimes{}).Organization.ID != tt.bound {
				t.Errorf("the code is bound to %q, want %q", code.OrganizationID, tt.bound)
			}
		})
	}
}

func TestOrganizationClaims(t *testing.T) {
	society := Organization{ID: "org_1", Name: "Royal Society", Slug: "royal-society"}
	in, out := Profile{UserID: "user_1", Organization: society}, Profile{UserID: "user_1"}
	for _, scopes := range []Scopes{{ScopeOrganization}, {"openid", ScopeOrganization}} {
		told := UserInfo(in, scopes, nil)
		if told["org_id"] != "org_1" || told["org_name"] != "Royal Society" || told["org_slug"] != "royal-society" {
			t.Errorf("%v: %v", scopes, told)
		}
		for _, name := range []string{"org_id", "org_name", "org_slug"} {
			if value, ok := UserInfo(out, scopes, nil)[name]; ok {
				t.Errorf("%v: %s is %v for a member of none", scopes, name, value)
			}
		}
	}
	if _, ok := UserInfo(in, Scopes{"profile"}, nil)["org_id"]; ok {
		t.Error("org_id is told without its scope")
	}
	g := Grant{ClientID: "c", UserID: "user_1", Scopes: Scopes{"openid", ScopeOrganization}, Organization: society, ExpiresAt: now.Add(time.Hour)}
	claims := IDToken{Grant: g, Scopes: g.Scopes, Profile: in, Algorithm: RS256}.Claims()
	if claims["org_id"] != "org_1" || claims["org_name"] != nil {
		t.Errorf("ID token: %v", claims)
	}
	if claims = (IDToken{Grant: g, Scopes: Scopes{"openid"}, Profile: in, Algorithm: RS256}).Claims(); claims["org_id"] != nil {
		t.Errorf("narrowed ID token: %v", claims)
	}
	narrowed := AccessToken{Narrowed: Scopes{"openid"}}
	if got := (AccessToken{}).OfAccess(g, "i").OrgID + narrowed.OfAccess(g, "i").OrgID + "," + OfRefresh(g, "i").OrgID; got != "org_1,org_1" {
		t.Errorf("introspection tells %s", got)
	}
}

func TestOrganizationsInTheMetadata(t *testing.T) {
	for on, want := range map[bool]bool{false: false, true: true} {
		m := NewMetadata("https://id.example", Features{Organizations: on})
		r, _ := NewResourceMetadata("https://id.example", "", nil, on)
		if slices.Contains(m.Scopes, ScopeOrganization) != want || slices.Contains(m.Claims, "org_id") != want || r.Scopes.Has(ScopeOrganization) != want {
			t.Errorf("organizations %v: %v %v %v", on, m.Scopes, m.Claims, r.Scopes)
		}
	}
	if !IsBuiltIn(ScopeOrganization) {
		t.Error("the scope could be made by hand")
	}
}
