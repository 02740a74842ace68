package oauth

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RegisteredScopes are what a client gets that registers itself without naming
// scopes, unless the instance says otherwise.
var RegisteredScopes = Scopes{ScopeOpenID, ScopeProfile, ScopeEmail}

// Bounds of what a client may say of itself.
const (
	maxClientName          = 256 // characters
	maxClientURI           = 1024
	maxRegistered          = 10 // redirect URIs
	MaxMetadata            = 16 << 10
	authNone               = "none"
	authBasic              = "client_secret_basic"
	authPost               = "client_secret_post"
	maxDocument            = 5 << 10
	maxClientIDURL         = 512
	applicationTypeDefault = "web"
)

// ClientMetadata is what a client says of itself (RFC 7591 §2). Members that are
// not here are ignored, as §2 wants.
type ClientMetadata struct {
	RedirectURIs []string `json:"redirect_uris"`
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty"`
	Name         string   `json:"client_name,omitempty"`
	URI          string   `json:"client_uri,omitempty"`
	LogoURI      string   `json:"logo_uri,omitempty"`
	Scope        string   `json:"scope,omitempty"`
	PostLogout   []string `json:"post_logout_redirect_uris,omitempty"`
}

// ReadClientMetadata reads and checks a registration request (RFC 7591 §3.1). What
// comes back is what is registered: defaults filled in, and of the scopes those
// that a client which nobody vouches for may have.
func ReadClientMetadata(body []byte, known, defaults Scopes) (ClientMetadata, error) {
	var m ClientMetadata
	if err := json.Unmarshal(body, &m); err != nil || !utf8.Valid(body) {
		return m, refuse(InvalidClientMetadata, "RFC 7591 §3.1", "the request is not a JSON object of client metadata")
	}
	switch m.AuthMethod {
	case "":
		m.AuthMethod = authBasic
	case authNone, authBasic, authPost:
	default:
		return m, refuse(InvalidClientMetadata, "RFC 7591 §2", "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post")
	}
	if err := m.check(); err != nil {
		return m, err
	}
	return m, m.readScopes(known, defaults)
}

// check decides about everything but scopes and the method.
func (m ClientMetadata) check() error {
	if len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > maxRegistered {
		return refuse(InvalidRedirectURI, "RFC 7591 §2", "redirect_uris must name one to ten URIs")
	}
	for _, uri := range slices.Concat(m.RedirectURIs, m.PostLogout) {
		if CheckRedirectURI(uri, false) != nil {
			return refuse(InvalidRedirectURI, "RFC 7591 §3.2.2", "a redirect URI is not one that can be registered")
		}
	}
	if len(m.PostLogout) > maxRegistered || utf8.RuneCountInString(m.Name) > maxClientName || !isName(m.Name) {
		return refuse(InvalidClientMetadata, "RFC 7591 §2", "client_name or post_logout_redirect_uris is too long or holds control characters")
	}
	for _, uri := range []string{m.URI, m.LogoURI} {
		if uri != "" && !isWebURL(uri) {
			return refuse(InvalidClientMetadata, "RFC 7591 §2", "client_uri and logo_uri must be https URLs")
		}
	}
	return nil
}

func (m *ClientMetadata) readScopes(known, defaults Scopes) error {
	asked, err := ParseScopes(m.Scope)
	if err != nil {
		return refuse(InvalidClientMetadata, "RFC 7591 §2", "scope is not a list of scope names")
	}
	if !asked.Within(known) {
		return refuse(InvalidClientMetadata, "RFC 7591 §2", "scope names a scope that does not exist here")
	}
	if len(asked) == 0 {
		if asked = defaults; len(asked) == 0 {
			asked = RegisteredScopes
		}
	}
	// Metadata of users is for applications that the operator knows.
	scopes := slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return s == ScopePublicMetadata || s == ScopePrivateMetadata })
	m.Scope = scopes.Or(Scopes{ScopeOfflineAccess}).String()
	return nil
}

func isName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
	})
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxClientURI && isURIText(s) && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// Client is the client that the metadata describes. Nobody vouches for it, so the
// user is always asked.
func (m ClientMetadata) Client(id string, secret Hash) Client {
	scopes, err := ParseScopes(m.Scope)
	if err != nil {
		scopes = nil // the metadata was checked before
	}
	public := m.AuthMethod == authNone
	return Client{
		ID: id, Public: public, RequirePKCE: public, AskConsent: true, DynamicallyRegistered: true,
		RedirectURIs: m.RedirectURIs, PostLogoutURIs: m.PostLogout, Scopes: scopes, SecretHash: secret,
	}
}

// Public reports whether the client cannot keep a secret.
func (m ClientMetadata) Public() bool { return m.AuthMethod == authNone }

// IsDocumentURL reports whether a client_id is the URL of a client ID metadata
// document rather than an id that was issued here, which never begins like one.
func IsDocumentURL(clientID string) bool { return strings.HasPrefix(clientID, "https://") }

// CheckDocumentURL decides whether a client_id may be fetched at all, before any
// name is resolved (OAuth Client ID Metadata Document §3). allowedHosts are hosts
// with a port that are let through for tests.
func CheckDocumentURL(clientID string, allowedHosts []string) error {
	u, err := url.Parse(clientID)
	switch {
	case err != nil || len(clientID) > maxClientIDURL || !isURIText(clientID) || u.Scheme != "https",
		u.User != nil, strings.Contains(clientID, "#"), u.Path == "" || u.Path == "/", u.String() != clientID,
		hasDotSegment(u.EscapedPath()):
		return refuse(InvalidClient, "CIMD §3", "client_id is not an https URL with a path, without user, fragment and dot segments")
	case slices.Contains(allowedHosts, u.Host):
		return nil
	case u.Port() != "" && u.Port() != "443", isNumericHost(u.Hostname()), !strings.Contains(strings.Trim(u.Hostname(), "."), "."),
		strings.HasSuffix(u.Hostname(), "."), u.Host != strings.ToLower(u.Host):
		return refuse(InvalidClient, "CIMD §3", "the host of client_id is not a public domain name on the port of https")
	}
	return nil
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(strings.ToLower(path), "/") {
		switch strings.ReplaceAll(segment, "%2e", ".") {
		case ".", "..":
			return true
		}
	}
	return false
}

// isNumericHost reports whether a host is an IP address in any spelling: its last
// label is a number, which no domain's is.
func isNumericHost(host string) bool {
	if strings.Contains(host, ":") {
		return true
	}
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	last = strings.TrimSuffix(last, ".")
	return last == "" || last[0] >= '0' && last[0] <= '9'
}

// ReadDocument reads a client ID metadata document that was fetched from the URL
// (CIMD §4.1). The client is public, and its scopes are not the document's to say.
func ReadDocument(body []byte, clientID string, defaults Scopes) (ClientMetadata, error) {
	var doc struct {
		ClientMetadata
		ID     string          `json:"client_id"`
		Secret json.RawMessage `json:"client_secret"`
	}
	if len(body) > maxDocument || !utf8.Valid(body) || json.Unmarshal(body, &doc) != nil {
		return ClientMetadata{}, refuse(InvalidClient, "CIMD §4.1", "the document of the client is no JSON object of at most 5 KB")
	}
	m := doc.ClientMetadata
	switch {
	case doc.ID != clientID:
		return m, refuse(InvalidClient, "CIMD §4.1", "the document of the client names another client_id")
	case doc.Secret != nil || m.AuthMethod != "" && m.AuthMethod != authNone:
		return m, refuse(InvalidClient, "CIMD §4.1", "the document of the client has a secret or a method that needs one")
	case m.Name == "":
		return m, refuse(InvalidClient, "CIMD §4.1", "the document of the client has no client_name")
	}
	m.AuthMethod, m.Scope = authNone, ""
	if err := m.check(); err != nil {
		return m, refuse(InvalidClient, "CIMD §4.1", "the document of the client has metadata that cannot be registered")
	}
	return m, m.readScopes(defaults.Or(builtIn), defaults)
}

// ErrDocumentUnreachable refuses a client whose document could not be fetched.
var ErrDocumentUnreachable = refuse(InvalidClient, "CIMD §4", "the document of the client could not be fetched")

// ErrDocumentsNotAdmitted refuses clients that the operator does not admit.
var ErrDocumentsNotAdmitted = refuse(InvalidClient, "CIMD §6.2", "clients are not admitted here by their document alone")

// ErrRegistrationOff refuses registration where it is off.
var ErrRegistrationOff = refuse(AccessDenied, "RFC 7591 §3", "clients cannot register themselves here")

// ErrRegistrationToken refuses a registration without the token that it needs.
var ErrRegistrationToken = refuse(InvalidToken, "RFC 7591 §3", "registration needs an initial access token, and this is none or has expired")

// ErrMetadataTooLong refuses metadata that does not fit into a client_id.
var ErrMetadataTooLong = refuse(InvalidClientMetadata, "RFC 7591 §3.2.2", "the metadata is too long; use fewer and shorter URIs")
