package oauth

// The paths of the protocol endpoints below the issuer.
const (
	AuthorizePath  = "/oauth/authorize"
	TokenPath      = "/oauth/token"
	UserInfoPath   = "/oauth/userinfo"
	RevokePath     = "/oauth/token/revoke"
	IntrospectPath = "/oauth/token_info"
	DevicePath     = "/oauth/device_authorization"
	RegisterPath   = "/oauth/register"
	LogoutPath     = "/oauth/logout"
	JWKSPath       = "/.well-known/jwks.json"
	MetadataPath   = "/.well-known/oauth-authorization-server"
	ResourcePath   = "/.well-known/oauth-protected-resource" // followed by the path of the resource
	ErrorPath      = "/errors/"                              // followed by the id of a refused request
	OpenIDPath     = "/.well-known/openid-configuration"
)

// Metadata describes the server to clients (RFC 8414 §2, OIDC Discovery §3). Both
// documents are this one: what a client of one family does not know it ignores.
type Metadata struct {
	Issuer                string      `json:"issuer"`
	AuthorizationEndpoint string      `json:"authorization_endpoint"`
	TokenEndpoint         string      `json:"token_endpoint"`
	UserInfoEndpoint      string      `json:"userinfo_endpoint"`
	JWKSURI               string      `json:"jwks_uri"`
	RevocationEndpoint    string      `json:"revocation_endpoint"`
	IntrospectionEndpoint string      `json:"introspection_endpoint"`
	DeviceEndpoint        string      `json:"device_authorization_endpoint"`
	EndSessionEndpoint    string      `json:"end_session_endpoint"`
	RegistrationEndpoint  string      `json:"registration_endpoint,omitempty"`
	Scopes                []string    `json:"scopes_supported"`
	ResponseTypes         []string    `json:"response_types_supported"`
	ResponseModes         []string    `json:"response_modes_supported"`
	GrantTypes            []string    `json:"grant_types_supported"`
	SubjectTypes          []string    `json:"subject_types_supported"`
	IDTokenAlgorithms     []Algorithm `json:"id_token_signing_alg_values_supported"`
	AuthMethods           []string    `json:"token_endpoint_auth_methods_supported"`
	ChallengeMethods      []string    `json:"code_challenge_methods_supported"`
	ContextClasses        []string    `json:"acr_values_supported"`
	Prompts               []string    `json:"prompt_values_supported"`
	Displays              []string    `json:"display_values_supported"`
	UILocales             []string    `json:"ui_locales_supported,omitempty"`
	ClaimTypes            []string    `json:"claim_types_supported"`
	Claims                []string    `json:"claims_supported"`
	ClaimsParameter       bool        `json:"claims_parameter_supported"`
	RequestParameter      bool        `json:"request_parameter_supported"`
	RequestURIParameter   bool        `json:"request_uri_parameter_supported"` // true if left out
	IssuerInResponse      bool        `json:"authorization_response_iss_parameter_supported"`
	MetadataDocuments     bool        `json:"client_id_metadata_document_supported,omitempty"`
	BackchannelLogout     bool        `json:"backchannel_logout_supported"`
	FrontchannelLogout    bool        `json:"frontchannel_logout_supported"`
}

// Features are what an operator can switch on.
type Features struct {
	Registration      bool     // RFC 7591
	MetadataDocuments bool     // clients may be known by a document alone
	Scopes            Scopes   // custom ones that are advertised
	UILocales         []string // the languages of the pages
	Organizations     bool     // users can belong together
}

// NewMetadata computes the description from the tables that the rules use, so
// that it promises what is kept.
func NewMetadata(issuer string, f Features) Metadata {
	m := Metadata{
		Issuer:                issuer,
		AuthorizationEndpoint: issuer + AuthorizePath,
		TokenEndpoint:         issuer + TokenPath,
		UserInfoEndpoint:      issuer + UserInfoPath,
		JWKSURI:               issuer + JWKSPath,
		RevocationEndpoint:    issuer + RevokePath,
		IntrospectionEndpoint: issuer + IntrospectPath,
		DeviceEndpoint:        issuer + DevicePath,
		EndSessionEndpoint:    issuer + LogoutPath,
		Scopes:                BuiltInScopes(f.Organizations).Or(f.Scopes),
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{string(ModeQuery), string(ModeFormPost)},
		GrantTypes:            GrantTypes(),
		SubjectTypes:          []string{"public"},
		IDTokenAlgorithms:     Algorithms(),
		AuthMethods:           []string{"client_secret_basic", "client_secret_post", "none"},
		ChallengeMethods:      []string{"S256"},
		ContextClasses:        ContextClasses(),
		Prompts:               []string{"none", "login", "consent", "select_account"},
		Displays:              []string{"page"},
		UILocales:             f.UILocales,
		ClaimTypes:            []string{"normal"},
		Claims:                append([]string{}, idTokenClaims...),
		ClaimsParameter:       true,
		IssuerInResponse:      true,
	}
	if f.Registration {
		m.RegistrationEndpoint = issuer + RegisterPath
	}
	m.MetadataDocuments = f.MetadataDocuments
	for _, c := range userClaims {
		if c.scope != ScopeOrganization || f.Organizations {
			m.Claims = append(m.Claims, c.name)
		}
	}
	return m
}
