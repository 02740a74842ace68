package backendapi

import (
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
)

// An applicationObject is an OAuth application as Clerk's SDKs read it: the 13
// members of 2024 and those that came since. Every member is on every answer,
// but for the secret.
type applicationObject struct {
	Object                string   `json:"object"`
	ID                    string   `json:"id"`
	InstanceID            string   `json:"instance_id"`
	Name                  string   `json:"name"`
	ClientID              string   `json:"client_id"`
	ClientSecret          string   `json:"client_secret,omitempty"` // never null: the Python SDK wants a string or nothing
	ClientURI             *string  `json:"client_uri"`
	ClientImageURL        *string  `json:"client_image_url"`
	DynamicallyRegistered bool     `json:"dynamically_registered"`
	ConsentScreenEnabled  bool     `json:"consent_screen_enabled"`
	PKCERequired          bool     `json:"pkce_required"`
	Public                bool     `json:"public"`
	DeviceGrant           bool     `json:"device_authorization_grant_enabled"`
	Scopes                string   `json:"scopes"`
	RedirectURIs          []string `json:"redirect_uris"`
	CallbackURL           string   `json:"callback_url"` // never null, for the same reason
	AuthorizeURL          string   `json:"authorize_url"`
	TokenFetchURL         string   `json:"token_fetch_url"`
	UserInfoURL           string   `json:"user_info_url"`
	DiscoveryURL          string   `json:"discovery_url"`
	TokenIntrospectionURL string   `json:"token_introspection_url"`
	CreatedAt             int64    `json:"created_at"`
	UpdatedAt             int64    `json:"updated_at"`
}

func (a *API) applicationObject(app admin.Application, instanceID string) applicationObject {
	o := applicationObject{
		Object:                "oauth_application",
		ID:                    app.ApplicationID,
		InstanceID:            instanceID,
		Name:                  app.Name,
		ClientID:              app.ID,
		ClientSecret:          app.Secret,
		ClientURI:             orNull(app.ClientURI),
		ClientImageURL:        orNull(app.ImageURL),
		DynamicallyRegistered: app.DynamicallyRegistered,
		ConsentScreenEnabled:  app.AskConsent,
		PKCERequired:          app.RequirePKCE,
		Public:                app.Public,
		DeviceGrant:           app.DeviceGrant,
		Scopes:                app.Scopes.String(),
		RedirectURIs:          app.RedirectURIs,
		AuthorizeURL:          a.issuer + oauth.AuthorizePath,
		TokenFetchURL:         a.issuer + oauth.TokenPath,
		UserInfoURL:           a.issuer + oauth.UserInfoPath,
		DiscoveryURL:          a.issuer + "/.well-known/openid-configuration",
		TokenIntrospectionURL: a.issuer + "/oauth/token_info",
		CreatedAt:             app.CreatedAt.UnixMilli(),
		UpdatedAt:             app.UpdatedAt.UnixMilli(),
	}
	if len(app.RedirectURIs) == 0 {
		o.RedirectURIs = []string{}
	} else {
		o.CallbackURL = app.RedirectURIs[0]
	}
	return o
}

// A page is one page of a list, and how many objects there are in all.
type page struct {
	Data       []any `json:"data"`
	TotalCount int   `json:"total_count"`
}

// A deletedObject says what is no more. SDKs tell it by having both object and
// deleted.
type deletedObject struct {
	Object  string `json:"object"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// orNull is null for "none".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// millisOrNull is null for "never".
func millisOrNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}
