package backendapi

import (
	"context"
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
	Signet                extras   `json:"signet"`
}

// extras are what Signet has beyond Clerk, under a key of their own. Lifetimes are
// in seconds; null is as the instance has it.
type extras struct {
	IDTokenAlgorithm  oauth.Algorithm `json:"id_token_signed_response_alg"`
	TokenFormat       *string         `json:"access_token_format"`
	RefreshPolicy     string          `json:"refresh_token_policy"`
	ClientCredentials bool            `json:"client_credentials_grant_enabled"`
	Resources         []string        `json:"resources"`
	PostLogoutURIs    []string        `json:"post_logout_redirect_uris"`
	Code              *int64          `json:"code_lifetime"`
	AccessToken       *int64          `json:"access_token_lifetime"`
	IDToken           *int64          `json:"id_token_lifetime"`
	RefreshToken      *int64          `json:"refresh_token_lifetime"`
	Grant             *int64          `json:"grant_lifetime"`
	RefreshGrace      *int64          `json:"refresh_grace"`
	ClientSecrets     []secretObject  `json:"secrets"` // that work, the newest first
}

// A secretObject tells of a client secret all but what it is.
type secretObject struct {
	CreatedAt  *int64 `json:"created_at"`
	ExpiresAt  *int64 `json:"expires_at"`
	LastUsedAt *int64 `json:"last_used_at"` // to the minute
}

func extrasOf(app admin.Application, secrets []admin.ClientSecret) extras {
	own := app.Own.Lifetimes
	x := extras{
		IDTokenAlgorithm:  app.Signs(),
		TokenFormat:       orNull(string(app.Own.TokenFormat)),
		RefreshPolicy:     admin.RotateRefresh,
		ClientCredentials: app.ClientCredentials,
		Resources:         append([]string{}, app.Own.Resources...),
		PostLogoutURIs:    append([]string{}, app.PostLogoutURIs...),
		Code:              secondsOrNull(own.Code),
		AccessToken:       secondsOrNull(own.AccessToken),
		IDToken:           secondsOrNull(own.IDToken),
		RefreshToken:      secondsOrNull(own.RefreshToken),
		Grant:             secondsOrNull(own.Grant),
		RefreshGrace:      secondsOrNull(own.RefreshGrace),
	}
	x.ClientSecrets = []secretObject{}
	for _, s := range secrets {
		x.ClientSecrets = append(x.ClientSecrets, secretObject{millisOrNull(s.MadeAt), millisOrNull(s.ExpiresAt), millisOrNull(s.LastUsedAt)})
	}
	if app.StickyRefresh {
		x.RefreshPolicy = admin.StickyRefresh
	}
	return x
}

func secondsOrNull(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return new(int64(d / time.Second))
}

func (a *API) applicationObject(ctx context.Context, app admin.Application, instanceID string) (applicationObject, error) {
	secrets, err := a.admin.ClientSecrets(ctx, app.Client)
	if err != nil {
		return applicationObject{}, err
	}
	return newApplicationObject(a.issuer, app, secrets, instanceID), nil
}

func newApplicationObject(issuer string, app admin.Application, secrets []admin.ClientSecret, instanceID string) applicationObject {
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
		AuthorizeURL:          issuer + oauth.AuthorizePath,
		TokenFetchURL:         issuer + oauth.TokenPath,
		UserInfoURL:           issuer + oauth.UserInfoPath,
		DiscoveryURL:          issuer + oauth.OpenIDPath,
		TokenIntrospectionURL: issuer + oauth.IntrospectPath,
		CreatedAt:             app.CreatedAt.UnixMilli(),
		UpdatedAt:             app.UpdatedAt.UnixMilli(),
		Signet:                extrasOf(app, secrets),
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
