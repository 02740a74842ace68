package provider

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/store"
)

// registrationsPerMinute is how many clients may register from one address. What
// they register is kept nowhere, so that this saves work rather than room.
const registrationsPerMinute = 60

// A registered client is what it is told (RFC 7591 §3.2.1, RFC 7592 §3).
type registered struct {
	ClientID        string   `json:"client_id"`
	ClientSecret    string   `json:"client_secret,omitempty"`
	IssuedAt        int64    `json:"client_id_issued_at"`      // seconds
	SecretExpiresAt int64    `json:"client_secret_expires_at"` // 0: never
	Name            string   `json:"client_name"`
	URI             string   `json:"client_uri,omitempty"`
	LogoURI         string   `json:"logo_uri,omitempty"`
	RedirectURIs    []string `json:"redirect_uris"`
	PostLogoutURIs  []string `json:"post_logout_redirect_uris,omitempty"`
	GrantTypes      []string `json:"grant_types"`
	ResponseTypes   []string `json:"response_types"`
	Scope           string   `json:"scope"`
	AuthMethod      string   `json:"token_endpoint_auth_method"`
	ManagementURI   string   `json:"registration_client_uri,omitempty"`
	ManagementToken string   `json:"registration_access_token,omitempty"`
}

func (p *Provider) registered(id string, m oauth.ClientMetadata, c registration.Credential) registered {
	r := registered{
		ClientID: id, ClientSecret: c.Secret, IssuedAt: p.now().Unix(), Name: m.Name, URI: m.URI, LogoURI: m.LogoURI,
		RedirectURIs: m.RedirectURIs, PostLogoutURIs: m.PostLogout, Scope: m.Scope, AuthMethod: m.AuthMethod,
		GrantTypes: []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken}, ResponseTypes: []string{"code"},
	}
	if r.Name == "" {
		r.Name = id
	}
	if !m.Public() { // one whose id others have too is nobody's to manage
		r.ManagementToken = c.ManagementToken
		r.ManagementURI = p.issuer + oauth.RegisterPath + "/" + id
	}
	return r
}

// register serves POST /oauth/register (RFC 7591 §3). Nothing is kept.
func (p *Provider) register(r *http.Request) (any, error) {
	instance, err := p.instances.Instance(r.Context())
	switch s := instance.Settings; {
	case err != nil:
		return nil, err
	case !s.DynamicRegistration:
		return nil, oauth.ErrRegistrationOff
	case s.RegistrationTokenRequired && !p.statements.AdmitsRegistration(bearerOf(r), p.now()):
		return nil, oauth.ErrRegistrationToken
	case !p.registrationPace.Allow(p.peers.Network(r)):
		return nil, errTooMany
	}
	m, err := p.readMetadata(r, instance.Settings)
	if err != nil {
		return nil, err
	}
	id, credential, err := p.statements.Make(m)
	if err != nil {
		return nil, err
	}
	return p.registered(id, m, credential), nil
}

func (p *Provider) readMetadata(r *http.Request, s store.Settings) (oauth.ClientMetadata, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return oauth.ClientMetadata{}, errNotJSON
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, oauth.MaxMetadata))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return oauth.ClientMetadata{}, errTooLong
	case err != nil:
		return oauth.ClientMetadata{}, errNotJSON
	}
	return oauth.ReadClientMetadata(body, s.Scopes(), s.DefaultScopes)
}

var errNotJSON = &oauth.Error{
	Code: oauth.InvalidClientMetadata, Spec: "RFC 7591 §3.1",
	Description: "the content type must be application/json",
}

// errNotManager refuses whoever may not manage a client, whether there is such a
// client or not (RFC 7592 §2).
var errNotManager = &oauth.Error{
	Code: oauth.InvalidToken, Spec: "RFC 7592 §2",
	Description: "the registration access token is not that of this client",
}

// errNotKept refuses to change a client of which nothing is kept.
var errNotKept = &oauth.Error{
	Code: oauth.AccessDenied, Spec: "RFC 7592 §2.2",
	Description: "nobody has agreed to this client yet, so nothing of it is kept; register again instead, and it lapses by itself",
}

// managed finds the client that a management request is about (RFC 7592 §2).
func (p *Provider) managed(r *http.Request) (store.Client, error) {
	client, err := p.registry.Asking(r.Context(), r.PathValue("id"))
	var refused *oauth.Error
	switch {
	case errors.Is(err, store.ErrNotFound), errors.As(err, &refused):
		return store.Client{}, errNotManager
	case err != nil:
		return store.Client{}, err
	case client.Public || !client.DynamicallyRegistered || !registration.Manages(bearerOf(r), client.SecretHash):
		return store.Client{}, errNotManager
	}
	return client, nil
}

// showRegistration serves GET on the management address (RFC 7592 §2.1).
func (p *Provider) showRegistration(r *http.Request) (any, error) {
	client, err := p.managed(r)
	if err != nil {
		return nil, err
	}
	return p.managedAnswer(r, client), nil
}

func (p *Provider) managedAnswer(r *http.Request, c store.Client) registered {
	m := oauth.ClientMetadata{
		RedirectURIs: c.RedirectURIs, AuthMethod: "client_secret_basic", Name: c.Name, URI: c.ClientURI,
		Scope: c.Scopes.String(), PostLogout: c.PostLogoutURIs,
	}
	return p.registered(c.ID, m, registration.Credential{ManagementToken: bearerOf(r)})
}

// changeRegistration serves PUT on the management address (RFC 7592 §2.2). Other
// redirect URIs are another client to the user, so what was granted before dies.
func (p *Provider) changeRegistration(r *http.Request) (any, error) {
	client, err := p.managed(r)
	switch {
	case err != nil:
		return nil, err
	case client.ApplicationID == "":
		return nil, errNotKept
	}
	instance, err := p.instances.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	m, err := p.readMetadata(r, instance.Settings)
	switch {
	case err != nil:
		return nil, err
	case m.Public():
		return nil, errStaysConfidential
	}
	now := p.now()
	changed := m.Client(client.ID, client.SecretHash)
	client.RedirectURIs, client.PostLogoutURIs, client.Name, client.ClientURI = m.RedirectURIs, m.PostLogout, m.Name, m.URI
	client.Scopes = changed.Scopes
	client.NotBefore, client.UpdatedAt = now, now
	if err := p.changeable.UpdateClient(asClient(r, client), client); err != nil {
		return nil, err
	}
	return p.managedAnswer(r, client), nil
}

var errStaysConfidential = &oauth.Error{
	Code: oauth.InvalidClientMetadata, Spec: "RFC 7592 §2.2",
	Description: "a client with a secret keeps it; register another one without",
}

// deleteRegistration serves DELETE on the management address (RFC 7592 §2.3).
func (p *Provider) deleteRegistration(r *http.Request) (any, error) {
	client, err := p.managed(r)
	switch {
	case err != nil:
		return nil, err
	case client.ApplicationID == "":
		return nil, errNotKept
	}
	return nil, p.changeable.DeleteClient(asClient(r, client), client.ApplicationID)
}

// asClient says that the client does what the request asks for.
func asClient(r *http.Request, c store.Client) context.Context {
	return store.WithActor(r.Context(), store.Actor{Kind: store.ByClient, ID: c.ID})
}

// answerRegistration is the one place that answers registrations (RFC 7591 §3.2).
func (p *Provider) answerRegistration(success int, serve func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = noted(r)
		answer, err := serve(r)
		code := success
		if err != nil {
			refused := p.refusal(r, err)
			answer, code = refused, status(refused)
			switch refused.Code {
			case oauth.InvalidToken:
				code = http.StatusUnauthorized
				w.Header().Set("WWW-Authenticate", challenge(refused))
			case oauth.AccessDenied:
				code = http.StatusForbidden
				if refused.Spec == "RFC 7591 §3" { // off: as Clerk has it
					code, answer = http.StatusUnprocessableEntity, clerkRefusal(r, refused, "feature is off", "dynamic_client_registration_disabled")
				}
			}
		}
		if answer == nil {
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		writeJSON(w, code, answer)
	})
}

// bearerOf is the bearer token of a request, or "".
func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
