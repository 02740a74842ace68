package admin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// found lists the problems of err as "field kind".
func found(err error) string {
	var mistake *Error
	if !errors.As(err, &mistake) {
		return fmt.Sprint(err)
	}
	var all []string
	for _, p := range mistake.Problems {
		all = append(all, fmt.Sprintf("%s %d", p.Field, p.Kind))
	}
	return strings.Join(all, ", ")
}

func is(field string, k Kind) string { return fmt.Sprintf("%s %d", field, k) }

func many(n int) []string {
	uris := make([]string, n)
	for i := range uris {
		uris[i] = fmt.Sprintf("https://app.example/cb/%d", i)
	}
	return uris
}

func TestApplicationRules(t *testing.T) {
	no, yes := new(bool), new(true)
	public := store.Client{Client: oauth.Client{Public: true, RequirePKCE: true}}
	registered := store.Client{Client: oauth.Client{DynamicallyRegistered: true}}
	tests := []struct {
		name   string
		before store.Client
		fields ApplicationFields
		want   string
	}{
		{"nothing given", public, ApplicationFields{}, "<nil>"},
		{"empty name", public, ApplicationFields{Name: new("")}, is("name", Empty)},
		{"blank name", public, ApplicationFields{Name: new(" \t")}, is("name", Empty)},
		{"longest name", public, ApplicationFields{Name: new(strings.Repeat("ü", 256))}, "<nil>"},
		{"long name", public, ApplicationFields{Name: new(strings.Repeat("x", 257))}, is("name", TooLong)},
		{"NUL in the name", public, ApplicationFields{Name: new("a\x00b")}, is("name", Malformed)},
		{"line end in the name", public, ApplicationFields{Name: new("a\nb")}, is("name", Malformed)},
		{"right-to-left override in the name", public, ApplicationFields{Name: new("a\u202eb")}, is("name", Malformed)},
		{"name that is not UTF-8", public, ApplicationFields{Name: new("a\xffb")}, is("name", Malformed)},
		{"redirect with user information", public, ApplicationFields{RedirectURIs: []string{"https://a@b.example/"}}, is("redirect_uris", Malformed)},
		{"redirect with a fragment", public, ApplicationFields{RedirectURIs: []string{"https://b.example/#x"}}, is("redirect_uris", Malformed)},
		{"redirect that runs code", public, ApplicationFields{RedirectURIs: []string{"javascript:alert(1)"}}, is("redirect_uris", Malformed)},
		{"redirect over http", public, ApplicationFields{RedirectURIs: []string{"http://b.example/"}}, is("redirect_uris", Malformed)},
		{"redirect to loopback over http", public, ApplicationFields{RedirectURIs: []string{"http://127.0.0.1:8080/cb"}}, "<nil>"},
		{"redirect to an app", public, ApplicationFields{RedirectURIs: []string{"myapp://cb"}}, "<nil>"},
		{"empty redirect", public, ApplicationFields{RedirectURIs: []string{""}}, is("redirect_uris", Malformed)},
		{"longest redirect", public, ApplicationFields{RedirectURIs: []string{"https://b.example/" + strings.Repeat("x", 1006)}}, "<nil>"},
		{"long redirect", public, ApplicationFields{RedirectURIs: []string{"https://b.example/" + strings.Repeat("x", 1007)}}, is("redirect_uris", Malformed)},
		{"redirect twice", public, ApplicationFields{RedirectURIs: []string{"https://b.example/", "https://b.example/"}}, is("redirect_uris", Repeated)},
		{"fifty redirects", public, ApplicationFields{RedirectURIs: many(50)}, "<nil>"},
		{"fifty-one redirects", public, ApplicationFields{RedirectURIs: many(51)}, is("redirect_uris", TooMany)},
		{"fifty and the callback", public, ApplicationFields{RedirectURIs: many(50), CallbackURL: new("https://b.example/")}, is("redirect_uris", TooMany)},
		{"bad callback", public, ApplicationFields{CallbackURL: new("/cb")}, is("callback_url", Malformed)},
		{"empty callback", public, ApplicationFields{CallbackURL: new("")}, "<nil>"},
		{"unknown scope", public, ApplicationFields{Scopes: new("profile admin")}, is("scopes", UnknownScope)},
		{"malformed scopes", public, ApplicationFields{Scopes: new("profile  email")}, is("scopes", UnknownScope)},
		{"long scopes", public, ApplicationFields{Scopes: new(strings.Repeat("profile ", 200))}, is("scopes", TooLong)},
		{"every scope", public, ApplicationFields{Scopes: new("profile email public_metadata private_metadata")}, "<nil>"},
		{"public without PKCE", public, ApplicationFields{RequirePKCE: no}, is("pkce_required", PublicWithoutPKCE)},
		{"made public without PKCE", store.Client{}, ApplicationFields{Public: yes, RequirePKCE: no}, is("pkce_required", PublicWithoutPKCE)},
		{"made public", store.Client{}, ApplicationFields{Public: yes}, "<nil>"},
		{"made confidential without PKCE", public, ApplicationFields{Public: no, RequirePKCE: no}, "<nil>"},
		{"no consent after registering itself", registered, ApplicationFields{ConsentScreen: no}, is("consent_screen_enabled", ConsentRequired)},
		{"no consent", store.Client{}, ApplicationFields{ConsentScreen: no}, "<nil>"},
		{
			"everything wrong", public,
			ApplicationFields{Name: new(""), RedirectURIs: []string{"x"}, CallbackURL: new("y"), Scopes: new("z"), RequirePKCE: no},
			strings.Join([]string{is("name", Empty), is("redirect_uris", Malformed), is("callback_url", Malformed), is("scopes", UnknownScope), is("pkce_required", PublicWithoutPKCE)}, ", "),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.before
			if got := found(tt.fields.applyTo(&c, store.Settings{})); got != tt.want {
				t.Errorf("problems: got %s, want %s", got, tt.want)
			}
			if c.Public && !c.RequirePKCE {
				t.Error("the application is public and need not use PKCE")
			}
		})
	}
}

func TestNewApplicationRules(t *testing.T) {
	var c store.Client
	if got, want := found(ApplicationFields{}.applyToNew(&c, store.Settings{})), is("name", Missing); got != want {
		t.Errorf("without a name: got %s, want %s", got, want)
	}
	c = store.Client{}
	fields := ApplicationFields{Name: new(" spa "), Public: new(true), RequirePKCE: new(false)}
	if err := fields.applyToNew(&c, store.Settings{}); err != nil || !c.RequirePKCE || c.Name != "spa" {
		t.Errorf("public with its zero values: %v, PKCE %v, name %q", err, c.RequirePKCE, c.Name)
	}
	fields = ApplicationFields{Name: new("intranet"), RedirectURIs: []string{"http://intranet.example/cb"}}
	if err := fields.applyToNew(&c, store.Settings{AllowHTTPRedirectURIs: true}); err != nil {
		t.Errorf("http where the instance admits it: %v", err)
	}
}

func TestJoinRedirectURIs(t *testing.T) {
	tests := []struct {
		name           string
		current, given []string
		callback       string
		want           []string
	}{
		{"only callback_url, on creation", nil, nil, "a", []string{"a"}},
		{"only redirect_uris", nil, []string{"a", "b"}, "", []string{"a", "b"}},
		{"both, callback_url on the list", nil, []string{"a", "b"}, "b", []string{"a", "b"}},
		{"both, callback_url not on the list", nil, []string{"a", "b"}, "c", []string{"a", "b", "c"}},
		{"neither, on creation", nil, nil, "", nil},
		{"neither, on change", []string{"a"}, nil, "", []string{"a"}},
		{"callback_url replaces the first", []string{"a", "b", "c"}, nil, "x", []string{"x", "b", "c"}},
		{"callback_url moves to the front", []string{"a", "b", "c"}, nil, "b", []string{"b", "c"}},
		{"redirect_uris replace all", []string{"a", "b"}, []string{"c"}, "", []string{"c"}},
		{"redirect_uris emptied", []string{"a", "b"}, []string{}, "", []string{}},
	}
	for _, tt := range tests {
		if got := joinRedirectURIs(tt.current, tt.given, tt.callback); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
