package doctor

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// general is advice by the rule that refused, where the request itself tells no
// more.
var general = map[string]string{
	"RFC 6749 §4.1.2.1":      "Ask only for scopes that the application has (its field scopes), or give it the missing ones.",
	"RFC 6749 §2.3":          "Authenticate once: by Basic, or with client_secret in the body.",
	"RFC 6749 §2.3.1":        "Form-encode id and secret before joining them for Basic: a percent sign or a plus in a secret is written %25 or %2B.",
	"RFC 6749 §3.2.1":        "Send client_id, and the secret if the application is confidential.",
	"RFC 6749 §6":            "Ask for scopes that were granted, with a refresh token of this application.",
	"RFC 6749 §3.1":          "Send every parameter once.",
	"RFC 6749 §3.1.1":        "Send response_type=code: the implicit and hybrid flows are not offered (RFC 9700 §2.1.2).",
	"RFC 6749 §3.3":          "Separate scopes by single spaces.",
	"RFC 7636 §4.4.1":        "Send code_challenge and code_challenge_method=S256: this application must use PKCE.",
	"RFC 9700 §2.1.1":        "Send code_challenge_method=S256; plain is not offered.",
	"RFC 9700 §4.7":          "Send state, or use PKCE.",
	"RFC 6749 §5.2":          "Compare the token with the one that was issued: it may be truncated, from another instance, or from before a change of the root key.",
	"RFC 8707 §2":            "Name a resource that the application may use, as an absolute URI.",
	"RFC 9700 §4.14.2":       "Keep the newest refresh token of each answer, and refresh from one place: an old one was sent after its grace was over.",
	"OIDC Core §3.1.2.6":     "With prompt=none the user has to be signed in and to have agreed; begin again without it.",
	"OIDC Core §6.1":         "Send the parameters themselves instead of request.",
	"OIDC Core §6.2":         "Send the parameters themselves instead of request_uri.",
	"RFC 6749 §4.4":          "Allow client_credentials to the application, and give it scopes of its own.",
	"RFC 8628 §3.1":          "Allow the device grant to the application (device_authorization_grant_enabled).",
	"RFC 6749 §3.2":          "Send the parameters as application/x-www-form-urlencoded in the body.",
	"RP-Initiated Logout §3": "Register the address among the application's post_logout_redirect_uris.",
}

// mend says how the request could be made to work.
func (n *Note) mend(refused *oauth.Error, now time.Time) []string {
	advice := []string{}
	add := func(format string, args ...any) { advice = append(advice, fmt.Sprintf(format, args...)) }
	switch {
	case n.unknown && refused.Code == oauth.InvalidClient, n.unknown && refused.Spec == "RFC 6749 §4.1.2.1":
		add("There is no application with this client_id on this instance. Check for a typing mistake, or whether it was deleted.")
		return advice
	case n.client == nil:
	case refused.Code == oauth.InvalidClient:
		advice = append(advice, n.mendAuthentication()...)
	case refused.Spec == "RFC 9700 §2.1" || refused.Spec == "RFC 6749 §4.1.3":
		advice = append(advice, n.mendRedirectURI()...)
	}
	if n.code != nil {
		advice = append(advice, n.mendCode(refused, now)...)
	}
	if len(advice) == 0 && general[refused.Spec] != "" {
		add("%s", general[refused.Spec])
	}
	return advice
}

func (n *Note) mendAuthentication() []string {
	switch x := n.credentials; {
	case n.client.Public && x.Secret != "":
		return []string{"The application is public and has no secret: send client_id alone, or make it confidential."}
	case x.Secret == "":
		return []string{"The application is confidential: send its secret by Basic or as client_secret, or make it public and use PKCE."}
	case strings.TrimSpace(x.Secret) != x.Secret:
		return []string{"The secret has white space around it."}
	case oauth.HashSecret(strings.TrimSpace(x.Secret)) != n.client.SecretHash && len(x.Secret) != 32:
		return []string{fmt.Sprintf("The secret has %d characters; secrets made here have 32. Was it cut or encoded twice?", len(x.Secret))}
	}
	return []string{"The secret is another one than the application has now. Was it rotated? Rotate it again to see a new one."}
}

// mendRedirectURI compares what was sent with what is registered, and with the
// request that the code answers.
func (n *Note) mendRedirectURI() []string {
	sent := n.form.Get("redirect_uri")
	known := n.client.RedirectURIs
	if n.code != nil {
		if n.code.ClientID != n.client.ID {
			return []string{"The code was issued to another application: the client_id of the token request is not that of the authorization request."}
		}
		known = []string{n.code.RedirectURI}
	}
	if sent == "" {
		return []string{"Send redirect_uri as in the authorization request."}
	}
	for _, uri := range known {
		if why := difference(sent, uri); why != "" {
			return []string{fmt.Sprintf("%s was expected: %s.", uri, why)}
		}
	}
	return []string{"Register " + shown("", sent) + ", or send one that is registered."}
}

// difference says how two redirect URIs differ, if they nearly agree.
func difference(sent, known string) string {
	a, errA := url.Parse(sent)
	b, errB := url.Parse(known)
	switch {
	case errA != nil || errB != nil || sent == known:
		return ""
	case strings.TrimSuffix(sent, "/") == strings.TrimSuffix(known, "/"):
		return "a slash at the end is there or missing"
	case strings.EqualFold(sent, known):
		return "capital and small letters differ"
	}
	same := func(x, y *url.URL) bool { return x.Path == y.Path && x.RawQuery == y.RawQuery }
	hostA, hostB := a.Hostname(), b.Hostname()
	switch {
	case a.Scheme != b.Scheme && a.Host == b.Host && same(a, b):
		return "the scheme differs, " + a.Scheme + " and " + b.Scheme
	case hostA != hostB && isLocal(hostA) && isLocal(hostB) && same(a, b):
		return hostA + " and " + hostB + " are two names to OAuth (RFC 8252 §8.3); use 127.0.0.1, for which any port will do"
	case hostA == hostB && a.Port() != b.Port() && same(a, b):
		return "the port differs; any port will do only for 127.0.0.1 and [::1] by http"
	case a.Host == b.Host && a.Path == b.Path:
		return "the query differs"
	case a.Host == b.Host:
		return "the path differs"
	}
	return ""
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// mendCode looks at the code that was sent.
func (n *Note) mendCode(refused *oauth.Error, now time.Time) (advice []string) {
	switch refused.Spec {
	case "RFC 6749 §4.1.2":
		if n.grant != nil {
			return []string{fmt.Sprintf("The code bought tokens at %s already. A second exchange, by a retry, a reload of the callback or an attacker, revokes them.", n.grant.RotatedAt.UTC().Format(time.RFC3339))}
		}
		if n.code.AuthorizedAt.After(now) {
			return []string{fmt.Sprintf("The code was issued at %s, which is later than it is here: the clocks of the nodes differ. Run NTP on all of them.", n.code.AuthorizedAt.UTC().Format(time.RFC3339))}
		}
		late := now.Sub(n.code.ExpiresAt).Round(time.Second)
		return []string{fmt.Sprintf("The code expired at %s, %s before it was sent. Exchange it at once, or raise code_lifetime.", n.code.ExpiresAt.UTC().Format(time.RFC3339), late)}
	case "RFC 7636 §4.6":
		verifier := n.form.Get("code_verifier")
		sum := sha256.Sum256([]byte(verifier))
		advice = append(advice, fmt.Sprintf("S256 of the verifier is %s, but the authorization request had the challenge %s.",
			base64.RawURLEncoding.EncodeToString(sum[:]), string(n.code.Challenge)))
		if verifier == string(n.code.Challenge) {
			advice = append(advice, "The challenge was sent where the verifier belongs.")
		} else {
			advice = append(advice, "Keep the verifier of each sign-in apart: two that run at once, or a reload, may have overwritten it.")
		}
	case "RFC 7636 §4.5":
		advice = append(advice, "The authorization request had a code_challenge, so the token request needs its code_verifier.")
	case "RFC 9700 §4.8.2":
		advice = append(advice, "The authorization request had no code_challenge: send it there, or leave code_verifier out.")
	}
	return advice
}
