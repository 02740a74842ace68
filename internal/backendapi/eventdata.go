package backendapi

import (
	"fmt"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// Describe makes the data of events of what they are about: the objects of this API,
// without anything secret. A new sort of object is a case here.
func Describe(issuer string) store.Described {
	return func(instanceID string, about any) (any, error) {
		switch x := about.(type) {
		case store.UserThen:
			return newUserObject(x.User, x.Proofs), nil
		case store.SessionThen:
			return newSessionObject(x.Session, x.Status), nil
		case store.SignInToken:
			return newSignInTokenObject(x), nil
		case store.Invitation:
			return newInvitationObject(x), nil
		case store.Organization:
			return newOrganizationObject(x), nil
		case store.Member:
			return newMembershipObject(x), nil
		case store.Machine:
			return newMachineObject(x, instanceID), nil
		case store.MachineScope:
			return newMachineScope(x), nil
		case store.ScopeTakenBack:
			return deletedScope{"machine_scope", x.From, x.To, true}, nil
		case store.M2MToken:
			return newM2MToken(admin.M2MToken{M2MToken: x}, x.UpdatedAt), nil
		case store.SubjectKey:
			return newAPIKeyObject(admin.SubjectKey{SubjectKey: x}, x.UpdatedAt), nil
		case store.Client:
			return newApplicationObject(issuer, admin.Application{Client: x}, admin.SecretsOf(x, x.UpdatedAt, nil), instanceID), nil
		case store.APIKey:
			return newSecretKeyObject(admin.SecretKey{APIKey: x}, x.CreatedAt), nil
		case store.SigningKey:
			return newSigningKeyObject(x), nil
		case store.Webhook:
			x.URL = originOf(x.URL)
			return newWebhookObject(x, x.UpdatedAt), nil
		case store.Instance:
			return newInstanceSettings(instanceID, x.Settings), nil
		case store.Authorization:
			return authorizationObject{"oauth_authorization", x.UserID, x.ClientID, append([]string{}, x.Scopes...)}, nil
		case store.GrantThen:
			return grantObject{"oauth_grant", x.ID, x.UserID, x.ClientID, x.SessionID, append([]string{}, x.Scopes...), x.Reason, x.RevokedAt.UnixMilli()}, nil
		case store.CutOff:
			return revocationObject{Object: "revocation", ID: x.ID, NotBefore: x.NotBefore.UnixMilli()}, nil
		case store.Deleted:
			return deletedObject{Object: x.Object, ID: x.ID, Deleted: true}, nil
		}
		return nil, fmt.Errorf("nobody has said what %T looks like in an event", about)
	}
}

// originOf leaves of a URL what is no secret: others are told of an endpoint too, and
// whoever knows the whole may be let in by it.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// An authorizationObject is what a user has agreed to; without scopes, nothing any more.
type authorizationObject struct {
	Object   string   `json:"object"`
	UserID   string   `json:"user_id"`
	ClientID string   `json:"client_id"`
	Scopes   []string `json:"scopes"`
}

// A grantObject is a completed authorization that was revoked.
type grantObject struct {
	Object    string   `json:"object"`
	ID        string   `json:"id"`
	UserID    string   `json:"user_id"`
	ClientID  string   `json:"client_id"`
	SessionID string   `json:"session_id"`
	Scopes    []string `json:"scopes"`
	Reason    string   `json:"revocation_reason"`
	RevokedAt int64    `json:"revoked_at"`
}

// A signingKeyObject is a key that signs tokens, without the key.
type signingKeyObject struct {
	Object     string `json:"object"`
	ID         string `json:"id"` // the kid
	Algorithm  string `json:"alg"`
	CreatedAt  int64  `json:"created_at"`
	ActiveFrom int64  `json:"active_from"`
	RetiredAt  *int64 `json:"retired_at"`
}

func newSigningKeyObject(k store.SigningKey) signingKeyObject {
	return signingKeyObject{"signing_key", k.ID, string(k.Algorithm), k.CreatedAt.UnixMilli(), k.ActiveFrom.UnixMilli(), millisOrNull(k.RetiredAt)}
}

// instanceSettings are all settings of the instance; lifetimes are in seconds.
type instanceSettings struct {
	Object            string        `json:"object"`
	ID                string        `json:"id"`
	OAuthApplications oauthSettings `json:"oauth_application_settings"`
	CustomScopes      []scopeObject `json:"custom_scopes"`
	HTTPRedirectURIs  bool          `json:"allow_http_redirect_uris"`
	TokenRequired     bool          `json:"registration_token_required"`
	Resources         []string      `json:"resources"`
	AllowedOrigins    []string      `json:"allowed_origins"`
	Code              int64         `json:"code_lifetime"`
	AccessToken       int64         `json:"access_token_lifetime"`
	IDToken           int64         `json:"id_token_lifetime"`
	RefreshToken      int64         `json:"refresh_token_lifetime"`
	Grant             int64         `json:"grant_lifetime"`
	RefreshGrace      int64         `json:"refresh_grace"`
	EventsKept        int64         `json:"events_kept"`
	Brand             brandObject   `json:"brand"`
	SecondFactor      bool          `json:"operators_need_second_factor"`
	SignUp            string        `json:"sign_up"`
	SignUpDomains     []string      `json:"sign_up_domains"`
	Organizations     bool          `json:"organizations_enabled"`
	MaxMembers        int           `json:"max_allowed_memberships"`
	AdminsDelete      bool          `json:"admin_delete_enabled"`
}

// A brandObject is whose the pages are; empty is Signet's own.
type brandObject struct {
	Name   string `json:"name"`
	Logo   string `json:"logo"`
	Accent string `json:"accent"`
}

func newInstanceSettings(id string, s store.Settings) instanceSettings {
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	l := s.Lifetimes
	o := instanceSettings{
		Object: "instance_settings", ID: id, OAuthApplications: settingsObject(s), CustomScopes: []scopeObject{},
		HTTPRedirectURIs: s.AllowHTTPRedirectURIs, TokenRequired: s.RegistrationTokenRequired,
		Resources: append([]string{}, s.Resources...), AllowedOrigins: append([]string{}, s.AllowedOrigins...),
		Code: seconds(l.Code), AccessToken: seconds(l.AccessToken), IDToken: seconds(l.IDToken),
		RefreshToken: seconds(l.RefreshToken), Grant: seconds(l.Grant), RefreshGrace: seconds(l.RefreshGrace),
		EventsKept: seconds(admin.EventsKept(s)), Brand: brandObject(s.Brand), SecondFactor: s.OperatorsNeedSecondFactor,
		SignUp: admin.SignUpPolicyName(s.SignUp.Policy), SignUpDomains: append([]string{}, s.SignUp.Domains...),
		Organizations: s.Organizations.Enabled, MaxMembers: s.Organizations.MaxMembers, AdminsDelete: !s.Organizations.AdminsKeep,
	}
	for _, x := range s.CustomScopes {
		o.CustomScopes = append(o.CustomScopes, asScope(x))
	}
	return o
}
