package oauth

import "slices"

// Bounds of an authorization request. It travels sealed in the forms of the
// pages, which are bounded themselves.
const (
	maxState   = 8 << 10
	maxRequest = 16 << 10 // form-encoded
	maxLocales = 256      // of ui_locales; the rest counts for nothing
)

// Params are the parameters of an authorization request as they came
// (RFC 6749 §4.1.1, RFC 7636 §4.3).
type Params struct {
	ResponseType        string
	ClientID            string
	RedirectURI         string
	Scope               string
	State               string
	CodeChallenge       string
	CodeChallengeMethod string
	ResponseMode        string
	Resources           []string
	Nonce               string // OIDC Core §3.1.2.1, as the rest
	Prompt              string
	MaxAge              string
	IDTokenHint         string
	LoginHint           string
	Claims              string
	UILocales           string
	Request             bool     // a request object was sent
	RequestURI          bool     // or a reference to one
	Registration        bool     // or metadata of the client
	Repeated            []string // names of parameters that came more than once

	Hinted *Hint // what IDTokenHint says; nil if it was not issued here
}

// ReadParams picks the parameters of an authorization request out of a form.
// Others are ignored (RFC 6749 §3.1). It refuses only what leaves nobody to send
// a refusal to; the user is shown it.
func ReadParams(f Form) (Params, error) {
	p := Params{
		ResponseType:        f.Get("response_type"),
		ClientID:            f.Get("client_id"),
		RedirectURI:         f.Get("redirect_uri"),
		Scope:               f.Get("scope"),
		State:               f.Get("state"),
		CodeChallenge:       f.Get("code_challenge"),
		CodeChallengeMethod: f.Get("code_challenge_method"),
		ResponseMode:        f.Get("response_mode"),
		Resources:           f.All("resource"),
		Nonce:               f.Get("nonce"),
		Prompt:              f.Get("prompt"),
		MaxAge:              f.Get("max_age"),
		IDTokenHint:         f.Get("id_token_hint"),
		LoginHint:           f.Get("login_hint"),
		Claims:              f.Get("claims"),
		UILocales:           f.Get("ui_locales"),
		Request:             f.Get("request") != "",
		RequestURI:          f.Get("request_uri") != "",
		Registration:        f.Get("registration") != "",
		Repeated:            f.repeated,
	}
	switch {
	case len(f.Encode()) > maxRequest:
		return Params{}, refuse(InvalidRequest, "RFC 6749 §3.1", "the authorization request is too long")
	case slices.Contains(f.repeated, "client_id"), slices.Contains(f.repeated, "redirect_uri"):
		return Params{}, refuse(InvalidRequest, "RFC 6749 §3.1", "client_id or redirect_uri was sent more than once")
	case p.ClientID == "":
		return Params{}, refuse(InvalidRequest, "RFC 6749 §4.1.1", "client_id is missing")
	}
	return p, nil
}

// ErrUnknownClient refuses an authorization request whose client_id nobody has.
var ErrUnknownClient = refuse(InvalidRequest, "RFC 6749 §4.1.2.1", "there is no application with this client_id")

// An AuthorizationRequest has passed every rule. Only Authorize makes one.
type AuthorizationRequest struct {
	target            RedirectTarget
	redirectRequested bool
	client            Client
	scopes            Scopes
	state             string
	challenge         Challenge
	mode              ResponseMode
	resources         []string
	nonce             string
	prompts           prompts
	maxAge            maxAge
	claims            claimsRequest
	subject           string // the one user who may answer; "" for any
	loginHint         string
	uiLocales         string
}

// Target is where the answer goes.
func (r AuthorizationRequest) Target() RedirectTarget { return r.target }

// Scopes are what the client asks for.
func (r AuthorizationRequest) Scopes() Scopes { return r.scopes }

// Consents are the scopes that the user has to agree to: those asked for, and
// those that would buy the claims asked for one by one.
func (r AuthorizationRequest) Consents() Scopes { return r.scopes.Or(r.claims.scopes()) }

// Mode is how the answer reaches the client.
func (r AuthorizationRequest) Mode() ResponseMode { return r.mode }

// LoginHint is what the client thinks the user signs in with, or "".
func (r AuthorizationRequest) LoginHint() string { return r.loginHint }

// UILocales are the languages that the client wants the pages in, best first, as it
// wrote them. Nothing depends on whether they can be read (OIDC Core §3.1.2.1).
func (r AuthorizationRequest) UILocales() string { return r.uiLocales }

// State is the client's own value, to be returned as it came.
func (r AuthorizationRequest) State() string { return r.state }

// Client is who asks.
func (r AuthorizationRequest) Client() Client { return r.client }

// authorization is a request on its way through the rules.
type authorization struct {
	params  Params
	client  Client
	request AuthorizationRequest
}

// authorizeRules are the checks on an authorization request in the order they
// run; the first refusal wins. All of them come after redirectTarget.
var authorizeRules = []func(*authorization) error{
	(*authorization).responseMode,    // OAuth 2.0 Multiple Response Types §2.1
	(*authorization).once,            // RFC 6749 §3.1
	(*authorization).stateIsText,     // RFC 6749 Appendix A.5
	(*authorization).noRequestObject, // OIDC Core §6, §7.2.1
	(*authorization).responseType,    // RFC 6749 §3.1.1
	(*authorization).scope,           // RFC 6749 §3.3
	(*authorization).resources,       // RFC 8707 §2
	(*authorization).openID,          // OIDC Core §3.1.2.1, §5.5
	(*authorization).pkce,            // RFC 7636 §4.3, RFC 9700 §2.1.1
	(*authorization).boundToAgent,    // RFC 9700 §4.7
}

// Authorize applies the rules to p. A refusal is an *Error to show to the user
// or, once the redirect URI is known to be the client's, a *RedirectError.
func Authorize(p Params, c Client) (AuthorizationRequest, error) {
	target, err := redirectTarget(p.RedirectURI, c)
	if err != nil {
		return AuthorizationRequest{}, err
	}
	a := authorization{params: p, client: c, request: AuthorizationRequest{
		target:            target,
		redirectRequested: p.RedirectURI != "",
		client:            c,
		loginHint:         p.LoginHint,
		uiLocales:         p.UILocales[:min(len(p.UILocales), maxLocales)],
	}}
	for _, check := range authorizeRules {
		if err := check(&a); err != nil {
			return AuthorizationRequest{}, &RedirectError{Target: target, State: a.request.state, Mode: a.request.mode, Hold: c.DynamicallyRegistered, Refusal: err}
		}
	}
	return a.request, nil
}

func (a *authorization) once() error {
	if len(a.params.Repeated) > 0 {
		return refuse(InvalidRequest, "RFC 6749 §3.1", "a parameter was sent more than once")
	}
	return nil
}

// stateIsText admits every state that is text, as many clients send more than
// the VSCHAR of the grammar; what it admits goes back byte for byte.
func (a *authorization) stateIsText() error {
	if len(a.params.State) > maxState {
		return refuse(InvalidRequest, "RFC 6749 Appendix A.5", "state is too long")
	}
	for i := range len(a.params.State) {
		if c := a.params.State[i]; c < ' ' || c == 0x7f {
			return refuse(InvalidRequest, "RFC 6749 Appendix A.5", "state holds control characters")
		}
	}
	a.request.state = a.params.State
	return nil
}

func (a *authorization) responseType() error {
	switch a.params.ResponseType {
	case "code":
		return nil
	case "":
		return refuse(InvalidRequest, "RFC 6749 §3.1.1", "response_type is missing")
	}
	return refuse(UnsupportedResponseType, "RFC 6749 §3.1.1", "response_type must be code")
}

// scope reads the scopes; a client that names none asks for all it may have.
func (a *authorization) scope() error {
	scopes, err := ParseScopes(a.params.Scope)
	switch {
	case err != nil:
		return err
	case len(scopes) == 0:
		scopes = a.client.Scopes
	case !scopes.Within(a.client.Scopes):
		return refuse(InvalidScope, "RFC 6749 §4.1.2.1", "scope asks for more than the application is allowed")
	}
	a.request.scopes = scopes
	return nil
}

func (a *authorization) pkce() error {
	challenge, err := parseChallenge(a.params.CodeChallenge, a.params.CodeChallengeMethod)
	switch {
	case err != nil:
		return err
	case challenge == "" && (a.client.Public || a.client.RequirePKCE):
		return refuse(InvalidRequest, "RFC 7636 §4.4.1", "code_challenge is missing, and this client must use PKCE")
	}
	a.request.challenge = challenge
	return nil
}

// boundToAgent refuses a request whose answer the client could not tell from one
// that an attacker slipped to the user.
func (a *authorization) boundToAgent() error {
	if a.request.challenge == "" && a.request.state == "" && a.request.nonce == "" {
		return refuse(InvalidRequest, "RFC 9700 §4.7", "neither state nor nonce nor code_challenge was sent, so nothing protects the client against forged answers")
	}
	return nil
}
