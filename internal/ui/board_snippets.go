package ui

import (
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// snippets are how an application is connected, in the words of libraries that
// people use.
func snippets(v View, issuer string, c store.Client) []listing {
	redirect := "https://app.example.com/callback"
	if len(c.RedirectURIs) > 0 {
		redirect = c.RedirectURIs[0]
	}
	secret := "os.Getenv(\"CLIENT_SECRET\")"
	if c.Public {
		secret = `"" /* public: PKCE proves it */`
	}
	quoted := make([]string, len(c.Scopes))
	for i, s := range c.Scopes {
		quoted[i] = `"` + s + `"`
	}
	fill := strings.NewReplacer("ISSUER", issuer, "CLIENT_ID_", c.ID, "REDIRECT", redirect, "GO_SECRET", secret,
		"SCOPES_LIST", strings.Join(quoted, ", "), "SCOPES", c.Scopes.String(), "SPRING", strings.Join(c.Scopes, ",")).Replace
	var all []listing
	for _, x := range snippetTexts {
		if (x.Title == serviceSnippet) != (c.ClientCredentials && len(c.RedirectURIs) == 0) {
			continue
		}
		note := ""
		if x.Note != "" {
			note = v.Say("board.application.snippet_note", "path", x.Note)
		}
		all = append(all, listing{x.Title, fill(x.Text), note})
	}
	return all
}

const serviceSnippet = "Go: golang.org/x/oauth2/clientcredentials"

// snippetTexts are without notes, but with the path that some libraries come back to.
var snippetTexts = []listing{
	{serviceSnippet, `config := clientcredentials.Config{
	ClientID:     "CLIENT_ID_",
	ClientSecret: GO_SECRET,
	TokenURL:     "ISSUER/oauth/token",
	Scopes:       []string{SCOPES_LIST},
}
client := config.Client(ctx) // an *http.Client that fetches and renews tokens`, ""},
	{"Go: golang.org/x/oauth2", `config := oauth2.Config{
	ClientID:     "CLIENT_ID_",
	ClientSecret: GO_SECRET,
	RedirectURL:  "REDIRECT",
	Scopes:       []string{SCOPES_LIST},
	Endpoint: oauth2.Endpoint{
		AuthURL:  "ISSUER/oauth/authorize",
		TokenURL: "ISSUER/oauth/token",
	},
}
verifier := oauth2.GenerateVerifier() // keep it with state in the user's session
url := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
// ... when the user comes back:
token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))`, ""},
	{"Node: openid-client", `import * as client from "openid-client";

const config = await client.discovery(new URL("ISSUER"), "CLIENT_ID_", process.env.CLIENT_SECRET);
const verifier = client.randomPKCECodeVerifier();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: "REDIRECT",
  scope: "SCOPES",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state: client.randomState(),
});
// ... when the user comes back:
const tokens = await client.authorizationCodeGrant(config, currentUrl, { pkceCodeVerifier: verifier, expectedState });`, ""},
	{"Next.js and others: Auth.js", `import NextAuth from "next-auth";

export const { handlers, auth, signIn, signOut } = NextAuth({
  providers: [{
    id: "signet",
    name: "Signet",
    type: "oidc",
    issuer: "ISSUER",
    clientId: "CLIENT_ID_",
    clientSecret: process.env.CLIENT_SECRET,
    authorization: { params: { scope: "SCOPES" } },
    checks: ["pkce", "state"],
  }],
});`, "/api/auth/callback/signet"},
	{"Java: Spring Security", `spring:
  security:
    oauth2:
      client:
        provider:
          signet:
            issuer-uri: ISSUER
        registration:
          signet:
            client-id: CLIENT_ID_
            client-secret: ${CLIENT_SECRET}
            scope: SPRING`, "/login/oauth2/code/signet"},
	{"Python: Django with mozilla-django-oidc", `OIDC_RP_CLIENT_ID = "CLIENT_ID_"
OIDC_RP_CLIENT_SECRET = os.environ["CLIENT_SECRET"]
OIDC_RP_SCOPES = "SCOPES"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True
OIDC_OP_AUTHORIZATION_ENDPOINT = "ISSUER/oauth/authorize"
OIDC_OP_TOKEN_ENDPOINT = "ISSUER/oauth/token"
OIDC_OP_USER_ENDPOINT = "ISSUER/oauth/userinfo"
OIDC_OP_JWKS_ENDPOINT = "ISSUER/.well-known/jwks.json"`, "/oidc/callback/"},
}
