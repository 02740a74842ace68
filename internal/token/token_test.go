package token

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var grant = oauth.Grant{
	ID: oauth.GrantID{1, 2, 3}, ClientID: "client", UserID: "user_1", SessionID: "sess_1",
	Scopes: oauth.Scopes{"profile", "email"}, Generation: 1,
	RotatedAt: now, ExpiresAt: now.Add(72 * time.Hour), EndsAt: now.Add(90 * 24 * time.Hour),
}

var code = oauth.Code{
	GrantID: oauth.GrantID{9, 8, 7}, ClientID: "client", UserID: "user_1", SessionID: "sess_1",
	RedirectURI: "https://client.example/cb?x=1", RedirectRequested: true,
	Scopes: oauth.Scopes{"profile", "email"}, Challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
	AuthorizedAt: now, ExpiresAt: now.Add(time.Minute), Nonce: "n-0S6_WzA2Mj",
	Details: oauth.Details{AuthTime: now.Add(-time.Hour), Methods: []string{"pwd"}, UserInfoClaims: []string{"name"}, IDTokenClaims: []string{"email"}, Resources: []string{"https://api.example"}},
}

// opaque makes tokens that are never signed.
func opaque() *Tokens { return New(keyring.Generate(), nil, "https://id.example") }

func mint(tokens *Tokens, g oauth.Grant, scopes oauth.Scopes, lifetime time.Duration) Pair {
	client := oauth.Client{Lifetimes: oauth.Lifetimes{AccessToken: lifetime}}
	pair, err := tokens.Mint(context.Background(), Order{Grant: g, Client: client, Scopes: scopes, Resources: g.Resources})
	if err != nil {
		panic(err) // only signing can fail
	}
	return pair
}

func TestCodeRoundTrip(t *testing.T) {
	tokens := opaque()
	seen := code
	seen.OrganizationID = "org_1"
	for _, want := range []oauth.Code{code, seen, {Scopes: nil, AuthorizedAt: now, ExpiresAt: now}} {
		got, err := tokens.OpenCode(tokens.SealCode(want))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, (-want +got)\n%s", err, diff)
		}
	}
	sealed := tokens.SealCode(code)
	if !strings.HasPrefix(sealed, "oac_") || strings.Contains(sealed, "client") {
		t.Errorf("the code %q shows its inside or lacks its prefix", sealed)
	}
}

func TestMint(t *testing.T) {
	tokens := opaque()
	pair := mint(tokens, grant, grant.Scopes, 2*time.Hour)
	if again := mint(tokens, grant, grant.Scopes, 2*time.Hour); cmp.Diff(pair, again) != "" {
		t.Errorf("minting again gave other tokens: %v, %v", pair, again)
	}
	next := grant
	next.Generation++
	if other := mint(tokens, next, grant.Scopes, 2*time.Hour); other.Refresh == pair.Refresh || other.Access == pair.Access {
		t.Error("the next generation has the same tokens")
	}
	if !strings.HasPrefix(pair.Access, "oat_") || !strings.HasPrefix(pair.Refresh, "ort_") {
		t.Errorf("prefixes of %q and %q", pair.Access, pair.Refresh)
	}
	access, err := tokens.OpenAccess(context.Background(), pair.Access)
	want := oauth.AccessToken{GrantID: grant.ID, Generation: 1, IssuedAt: now, ExpiresAt: now.Add(2 * time.Hour), ID: nameOf(pair.Access)}
	if diff := cmp.Diff(want, access); err != nil || diff != "" {
		t.Errorf("access token: %v, (-want +got)\n%s", err, diff)
	}
	refresh, err := tokens.OpenRefresh(pair.Refresh)
	if err != nil || refresh != (oauth.RefreshToken{GrantID: grant.ID, Generation: 1}) {
		t.Errorf("refresh token: %+v, %v", refresh, err)
	}
}

func TestMintNarrowed(t *testing.T) {
	tokens := opaque()
	for _, scopes := range []oauth.Scopes{{"email"}, {}} {
		access, err := tokens.OpenAccess(context.Background(), mint(tokens, grant, scopes, time.Hour).Access)
		if err != nil || access.Scopes(grant).String() != scopes.String() {
			t.Errorf("narrowed to %q: got %q, %v", scopes, access.Scopes(grant), err)
		}
	}
}

func TestAccessTokenEndsWithItsGrant(t *testing.T) {
	g := grant
	g.ExpiresAt = now.Add(time.Minute)
	if pair := mint(opaque(), g, g.Scopes, 2*time.Hour); !pair.AccessExpiry.Equal(g.ExpiresAt) {
		t.Errorf("expires at %v, want %v", pair.AccessExpiry, g.ExpiresAt)
	}
}

func TestKindsDoNotPassForOneAnother(t *testing.T) {
	tokens, others := opaque(), opaque()
	pair := mint(tokens, grant, grant.Scopes, time.Hour)
	sealed := tokens.SealCode(code)
	for _, text := range []string{pair.Refresh, sealed, "oat_" + pair.Refresh[4:], "oat_" + sealed[4:], "", "oat_", pair.Access[4:]} {
		if _, err := tokens.OpenAccess(context.Background(), text); !errors.Is(err, oauth.ErrForgedAccessToken) {
			t.Errorf("OpenAccess(%q) = %v, want a refusal", text, err)
		}
	}
	for _, text := range []string{pair.Access, "ort_" + pair.Access[4:], "ort_" + sealed[4:], ""} {
		if _, err := tokens.OpenRefresh(text); !errors.Is(err, oauth.ErrForgedRefreshToken) {
			t.Errorf("OpenRefresh(%q) = %v, want a refusal", text, err)
		}
	}
	for _, text := range []string{pair.Access, "oac_" + pair.Access[4:], "oac_" + pair.Refresh[4:], ""} {
		if _, err := tokens.OpenCode(text); !errors.Is(err, oauth.ErrForgedCode) {
			t.Errorf("OpenCode(%q) = %v, want a refusal", text, err)
		}
	}
	if _, err := others.OpenAccess(context.Background(), pair.Access); err == nil {
		t.Error("another ring opens the access token")
	}
	if _, err := others.OpenRefresh(pair.Refresh); err == nil {
		t.Error("another ring opens the refresh token")
	}
	if _, err := others.OpenCode(sealed); err == nil {
		t.Error("another ring opens the code")
	}
}

// seeds are texts near a real token: a character changed, cut, padded, in
// another case.
func seeds(f *testing.F, real string) {
	for _, text := range []string{
		real, real[:len(real)-1], real + "=", real + "A", strings.ToUpper(real), real[:10] + "_" + real[11:],
		real[4:], real[:4], "", real + "\n", real[:20] + "\r\n" + real[20:],
	} {
		f.Add(text)
	}
}

func FuzzOpenCode(f *testing.F) {
	tokens := opaque()
	issued := tokens.SealCode(code)
	seeds(f, issued)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := tokens.OpenCode(text); err == nil && text != issued {
			t.Errorf("%q opens, but only %q was issued", text, issued)
		}
	})
}

func FuzzOpenAccess(f *testing.F) {
	tokens := opaque()
	issued := mint(tokens, grant, grant.Scopes, time.Hour).Access
	seeds(f, issued)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := tokens.OpenAccess(context.Background(), text); err == nil && text != issued {
			t.Errorf("%q opens, but only %q was issued", text, issued)
		}
	})
}

func FuzzOpenRefresh(f *testing.F) {
	tokens := opaque()
	issued := mint(tokens, grant, grant.Scopes, time.Hour).Refresh
	seeds(f, issued)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := tokens.OpenRefresh(text); err == nil && text != issued {
			t.Errorf("%q opens, but only %q was issued", text, issued)
		}
	})
}

func BenchmarkMint(b *testing.B) {
	tokens := opaque()
	for b.Loop() {
		mint(tokens, grant, grant.Scopes, time.Hour)
	}
}

func BenchmarkOpenAccess(b *testing.B) {
	tokens := opaque()
	text := mint(tokens, grant, grant.Scopes, time.Hour).Access
	for b.Loop() {
		if _, err := tokens.OpenAccess(context.Background(), text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenCode(b *testing.B) {
	tokens := opaque()
	text := tokens.SealCode(code)
	for b.Loop() {
		if _, err := tokens.OpenCode(text); err != nil {
			b.Fatal(err)
		}
	}
}
