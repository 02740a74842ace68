package oauth

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxNonce bounds what is carried into the ID token, in bytes.
const maxNonce = 2 << 10

// maxMaxAge is what a larger max_age counts as: no session is that old.
const maxMaxAge = 10 * 365 * 24 * time.Hour

// The Authentication Context Class that a password or any other single proof
// reaches, and the list of those that exist (OIDC Core §2).
const ACROneFactor = "urn:signet:acr:1"

// ContextClasses lists the classes in the order the metadata shows them.
func ContextClasses() []string { return []string{ACROneFactor} }

// prompts is what the client wants the user to be shown (OIDC Core §3.1.2.1).
type prompts struct{ none, login, consent, selectAccount bool }

func parsePrompts(value string) (p prompts, err error) {
	for name := range strings.FieldsSeq(value) {
		switch name {
		case "none":
			p.none = true
		case "login":
			p.login = true
		case "consent":
			p.consent = true
		case "select_account":
			p.selectAccount = true
		default:
			return prompts{}, refuse(InvalidRequest, "OIDC Core §3.1.2.1", "prompt must be made of none, login, consent and select_account")
		}
	}
	if p.none && (p.login || p.consent || p.selectAccount) {
		return prompts{}, refuse(InvalidRequest, "OIDC Core §3.1.2.1", "prompt none was sent together with another prompt")
	}
	return p, nil
}

// A maxAge is how old the sign-in may be; nil is any age.
type maxAge *time.Duration

func parseMaxAge(value string) (maxAge, error) {
	if value == "" {
		return nil, nil
	}
	if strings.Trim(value, "0123456789") != "" {
		return nil, refuse(InvalidRequest, "OIDC Core §3.1.2.1", "max_age must be a number of seconds")
	}
	age := maxMaxAge
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err == nil && seconds < int64(maxMaxAge/time.Second) {
		age = time.Duration(seconds) * time.Second
	}
	return &age, nil
}

// A ResponseMode is how the answer reaches the client.
type ResponseMode string

// The modes; "" is the query, the default of response_type code (OAuth 2.0
// Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode).
const (
	ModeQuery    ResponseMode = "query"
	ModeFormPost ResponseMode = "form_post"
)

// responseMode comes first, as the refusals of what follows it travel by it.
func (a *authorization) responseMode() error {
	switch mode := ResponseMode(a.params.ResponseMode); mode {
	case "", ModeQuery:
		return nil
	case ModeFormPost:
		a.request.mode = mode
		return nil
	}
	return refuse(UnsupportedResponseMode, "OAuth 2.0 Multiple Response Types §2.1", "response_mode must be query or form_post")
}

// noRequestObject refuses what would change the request and is not read: to
// ignore it would be to answer another request than the client made.
func (a *authorization) noRequestObject() error {
	switch {
	case a.params.Request:
		return refuse(RequestNotSupported, "OIDC Core §6.1", "request objects are not supported; send the parameters themselves")
	case a.params.RequestURI:
		return refuse(RequestURINotSupported, "OIDC Core §6.2", "request_uri is not supported; send the parameters themselves")
	case a.params.Registration:
		return refuse(RegistrationNotSupported, "OIDC Core §7.2.1", "the registration parameter is not supported")
	}
	return nil
}

// openID reads what only OpenID Connect has. Without the scope openid it is
// checked all the same, but for the redirect URI.
func (a *authorization) openID() (err error) {
	p, r := a.params, &a.request
	if a.request.scopes.Has(ScopeOpenID) && p.RedirectURI == "" {
		return refuse(InvalidRequest, "OIDC Core §3.1.2.1", "redirect_uri is missing, and the scope openid asks for it")
	}
	if len(p.Nonce) > maxNonce || !isLineText(p.Nonce) {
		return refuse(InvalidRequest, "OIDC Core §3.1.2.1", "nonce is too long or holds control characters")
	}
	r.nonce = p.Nonce
	if r.prompts, err = parsePrompts(p.Prompt); err != nil {
		return err
	}
	if r.maxAge, err = parseMaxAge(p.MaxAge); err != nil {
		return err
	}
	if r.claims, err = parseClaimsRequest(p.Claims); err != nil {
		return err
	}
	r.claims = r.claims.allowed(a.client.Scopes)
	if len(r.claims.contextClasses) > 0 && !slices.ContainsFunc(r.claims.contextClasses, func(class string) bool { return slices.Contains(ContextClasses(), class) }) {
		return refuse(UnmetAuthentication, "OIDC Core §5.5.1.1", "the acr that claims asks for as essential cannot be reached here")
	}
	return a.subject()
}

// subject finds out whether the client wants one user in particular: by an ID
// token it had before, or by the value of the claim sub.
func (a *authorization) subject() error {
	p, r := a.params, &a.request
	if p.IDTokenHint != "" {
		if p.Hinted == nil || p.Hinted.Audience != a.client.ID {
			return refuse(InvalidRequest, "OIDC Core §3.1.2.1", "id_token_hint is not an ID token that was issued here to this client")
		}
		r.subject = p.Hinted.Subject
	}
	if sub := r.claims.subject; sub != "" {
		if r.subject != "" && r.subject != sub {
			return refuse(InvalidRequest, "OIDC Core §5.5.1", "id_token_hint and claims name different users")
		}
		r.subject = sub
	}
	return nil
}

// A Hint is what an ID token says that was sent as id_token_hint, once its
// signature is checked. It may have expired.
type Hint struct {
	Subject   string
	Audience  string // client_id
	SessionID string
}

// isLineText reports whether s has no control characters.
func isLineText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
