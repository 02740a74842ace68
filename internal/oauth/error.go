package oauth

import "fmt"

// An ErrorCode is an error code from the IANA registry "OAuth Extensions Error".
type ErrorCode string

// The error codes in use, with the section that defines each.
const (
	InvalidRequest          ErrorCode = "invalid_request"           // RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3.1
	InvalidClient           ErrorCode = "invalid_client"            // RFC 6749 §5.2
	InvalidGrant            ErrorCode = "invalid_grant"             // RFC 6749 §5.2
	UnauthorizedClient      ErrorCode = "unauthorized_client"       // RFC 6749 §4.1.2.1, §5.2
	UnsupportedGrantType    ErrorCode = "unsupported_grant_type"    // RFC 6749 §5.2
	UnsupportedResponseType ErrorCode = "unsupported_response_type" // RFC 6749 §4.1.2.1
	InvalidScope            ErrorCode = "invalid_scope"             // RFC 6749 §4.1.2.1, §5.2
	AccessDenied            ErrorCode = "access_denied"             // RFC 6749 §4.1.2.1
	ServerError             ErrorCode = "server_error"              // RFC 6749 §4.1.2.1
	TemporarilyUnavailable  ErrorCode = "temporarily_unavailable"   // RFC 6749 §4.1.2.1
	InvalidToken            ErrorCode = "invalid_token"             // RFC 6750 §3.1
	InvalidRedirectURI      ErrorCode = "invalid_redirect_uri"      // RFC 7591 §3.2.2

	AuthorizationPending ErrorCode = "authorization_pending" // RFC 8628 §3.5
	SlowDown             ErrorCode = "slow_down"             // RFC 8628 §3.5
	ExpiredToken         ErrorCode = "expired_token"         // RFC 8628 §3.5

	InvalidClientMetadata ErrorCode = "invalid_client_metadata" // RFC 7591 §3.2.2

	LoginRequired            ErrorCode = "login_required"                    // OIDC Core §3.1.2.6
	ConsentRequired          ErrorCode = "consent_required"                  // OIDC Core §3.1.2.6
	AccountSelectionRequired ErrorCode = "account_selection_required"        // OIDC Core §3.1.2.6
	RequestNotSupported      ErrorCode = "request_not_supported"             // OIDC Core §3.1.2.6
	RequestURINotSupported   ErrorCode = "request_uri_not_supported"         // OIDC Core §3.1.2.6
	RegistrationNotSupported ErrorCode = "registration_not_supported"        // OIDC Core §3.1.2.6
	UnmetAuthentication      ErrorCode = "unmet_authentication_requirements" // OIDC Unmet Authentication Requirements 1.0 §2
	InvalidTarget            ErrorCode = "invalid_target"                    // RFC 8707 §2
	InsufficientScope        ErrorCode = "insufficient_scope"                // RFC 6750 §3.1
	UnsupportedTokenType     ErrorCode = "unsupported_token_type"            // RFC 7009 §2.2.1
	UnsupportedResponseMode  ErrorCode = "unsupported_response_mode"         // OAuth 2.0 Multiple Response Types §2.1, as Clerk answers
)

// An Error is a refusal the client may read. Any other error is a fault of ours:
// it is logged in full and reaches the client only as server_error.
type Error struct {
	Code        ErrorCode `json:"error,omitempty"`
	Description string    `json:"error_description,omitempty"` // a constant, never input: it ends up in URLs and logs
	URI         string    `json:"error_uri,omitempty"`         // a page about this very refusal
	Spec        string    `json:"-"`                           // the rule that refused, such as "RFC 7636 §4.6"; logged
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.Code, e.Description, e.Spec)
}

// A RedirectError is a refusal to send to the client through the browser. It can
// only be made with a RedirectTarget, so it cannot become an open redirect.
type RedirectError struct {
	Target  RedirectTarget
	State   string // returned to the client as it came
	Mode    ResponseMode
	Hold    bool // nobody vouches for the client and the user has decided nothing: show it first (RFC 9700 §4.11.2)
	Refusal error
}

// Error implements error.
func (e *RedirectError) Error() string { return e.Refusal.Error() }

// Unwrap gives the refusal itself.
func (e *RedirectError) Unwrap() error { return e.Refusal }

// refuse makes a refusal. Its return type is error, so that a nil *Error never
// passes for a refusal.
func refuse(code ErrorCode, spec, description string) error {
	return &Error{Code: code, Spec: spec, Description: description}
}
