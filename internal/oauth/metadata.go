package oauth

// The paths of the protocol endpoints below the issuer.
const (
	AuthorizePath = "/oauth/authorize"
	TokenPath     = "/oauth/token"
	UserInfoPath  = "/oauth/userinfo"
	MetadataPath  = "/.well-known/oauth-authorization-server"
)

// Metadata describes the server to clients (RFC 8414 §2).
type Metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserInfoEndpoint      string   `json:"userinfo_endpoint"` // OIDC Discovery §3
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	Claims                []string `json:"claims_supported"`
	IssuerInResponse      bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

// NewMetadata computes the description from the tables that the rules use, so
// that it promises what is kept.
func NewMetadata(issuer string) Metadata {
	m := Metadata{
		Issuer:                issuer,
		AuthorizationEndpoint: issuer + AuthorizePath,
		TokenEndpoint:         issuer + TokenPath,
		UserInfoEndpoint:      issuer + UserInfoPath,
		Scopes:                BuiltInScopes(),
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		GrantTypes:            []string{GrantAuthorizationCode, GrantRefreshToken},
		AuthMethods:           []string{"client_secret_basic", "client_secret_post", "none"},
		ChallengeMethods:      []string{"S256"},
		IssuerInResponse:      true,
	}
	for _, c := range userClaims {
		m.Claims = append(m.Claims, c.name)
	}
	return m
}
