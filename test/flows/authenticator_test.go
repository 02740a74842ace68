package flows

import (
	"net/url"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"
	"golang.org/x/net/html"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// named gives the Signet a host with a name: there are no passkeys at an address.
func named(c *config.Config) { c.Issuer = strings.Replace(c.Issuer, "127.0.0.1", "localhost", 1) }

// An authenticator holds one key, and answers for the script of the pages.
type authenticator struct {
	party virtualwebauthn.RelyingParty
	owner virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func newAuthenticator(issuer string) *authenticator {
	u, _ := url.Parse(issuer)
	return &authenticator{
		party: virtualwebauthn.RelyingParty{Name: u.Hostname(), ID: u.Hostname(), Origin: issuer},
		owner: virtualwebauthn.NewAuthenticator(), key: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA),
	}
}

// options are what a page hands to the browser.
func options(t testing.TB, page harness.Page) string {
	t.Helper()
	_, after, ok := strings.Cut(page.Body, `data-options="`)
	if !ok {
		t.Fatalf("the page has no options:\n%s", page.Body)
	}
	text, _, _ := strings.Cut(after, `"`)
	return html.UnescapeString(text)
}

// create makes the key.
func (a *authenticator) create(t testing.TB, page harness.Page) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options(t, page))
	if err != nil {
		t.Fatal(err)
	}
	a.owner.Options.UserHandle = []byte(o.UserID)
	a.owner.AddCredential(a.key)
	return virtualwebauthn.CreateAttestationResponse(a.party, a.owner, a.key, *o)
}

// sign proves that the key is here.
func (a *authenticator) sign(t testing.TB, page harness.Page) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options(t, page))
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAssertionResponse(a.party, a.owner, a.key, *o)
}
