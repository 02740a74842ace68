package provider

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/cache"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/peer"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/throttle"
	"github.com/signet-auth/signet/internal/token"
)

// devicesPerMinute is how many devices of one client may begin to wait in a
// minute: each is a row for some minutes, and public clients prove nothing.
const devicesPerMinute = 120

// How many wrong secrets of one client are looked at from one network. A secret is
// random and long, so this saves work and shows in the log; networks of others are
// not touched by it.
const (
	wrongSecretsPerWindow = 30
	wrongSecretsWindow    = time.Minute
)

// kept finds the clients that are kept.
type kept interface {
	// ClientByClientID finds a client by its client_id, or store.ErrNotFound.
	ClientByClientID(ctx context.Context, clientID string) (store.Client, error)
}

// Users reads the user that an ID token is about.
type Users interface {
	// UserByID finds a user, or store.ErrNotFound.
	UserByID(ctx context.Context, id string) (store.User, error)
}

// Deps are what a Provider stands on. All of them are needed.
type Deps struct {
	Issuer       string // without a trailing slash
	InstanceID   string
	Clients      store.Clients
	Machines     Machines
	Registry     *registration.Clients // over Clients
	Statements   *registration.Statements
	Grants       store.Grants
	Users        Users
	Devices      store.Devices
	ClientTokens store.ClientTokens
	Connections  store.Connections
	Instances    store.Instances
	Sessions     *session.Sessions
	Tokens       *token.Tokens
	Keys         *token.Keys
	Cases        *doctor.Book
	Uses         *cache.Uses            // of client secrets
	Issued       func(grantType string) // counts answers with tokens
	Now          func() time.Time
	Peers        peer.Finder
	Log          *slog.Logger

	Organizations Organizations
}

// A Provider serves the protocol endpoints. It is safe for concurrent use.
type Provider struct {
	issuer           string
	instanceID       string
	clients          kept
	changeable       store.Clients
	registry         *registration.Clients
	statements       *registration.Statements
	registrationPace *throttle.Pace // by network
	grants           store.Grants
	users            Users
	devices          store.Devices
	clientTokens     store.ClientTokens
	devicePace       *throttle.Pace // of new devices, by client
	connections      store.Connections
	organizations    Organizations
	instances        store.Instances
	sessions         *session.Sessions
	tokens           *token.Tokens
	keys             *token.Keys
	cases            *doctor.Book
	uses             *cache.Uses
	issued           func(grantType string)
	peers            peer.Finder
	wrongSecrets     *throttle.Budget // by client and network
	now              func() time.Time
	log              *slog.Logger
}

// New makes a provider.
func New(d Deps) *Provider {
	return &Provider{
		issuer:           d.Issuer,
		instanceID:       d.InstanceID,
		clients:          withMachines{d.Clients, d.Machines},
		changeable:       d.Clients,
		registry:         d.Registry,
		statements:       d.Statements,
		registrationPace: throttle.NewPace(registrationsPerMinute, registrationsPerMinute),
		grants:           d.Grants,
		users:            d.Users,
		devices:          d.Devices,
		clientTokens:     d.ClientTokens,
		devicePace:       throttle.NewPace(devicesPerMinute, devicesPerMinute),
		connections:      d.Connections,
		organizations:    d.Organizations,
		instances:        d.Instances,
		sessions:         d.Sessions,
		tokens:           d.Tokens,
		keys:             d.Keys,
		cases:            d.Cases,
		uses:             d.Uses,
		issued:           d.Issued,
		peers:            d.Peers,
		wrongSecrets:     throttle.NewBudget(wrongSecretsPerWindow, wrongSecretsWindow),
		now:              d.Now,
		log:              d.Log,
	}
}

// Routes adds the endpoints to mux. Pages of other origins may read token, user
// info and metadata, but never authorize.
func (p *Provider) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+oauth.AuthorizePath, p.answerBrowser(p.authorize))
	mux.Handle("POST "+oauth.AuthorizePath, p.answerBrowser(p.authorizePost))
	mux.HandleFunc("HEAD "+oauth.AuthorizePath, refuseHead)
	mux.Handle("GET "+oauth.LogoutPath, p.answerBrowser(p.logout))
	mux.Handle("POST "+oauth.LogoutPath, p.answerBrowser(p.logoutPost))
	mux.HandleFunc("HEAD "+oauth.LogoutPath, refuseHead)
	mux.Handle("GET "+oauth.ResourcePath, anyOrigin(p.answerPublic(p.resourceMetadata)))
	mux.Handle("GET "+oauth.ResourcePath+"/", anyOrigin(p.answerPublic(p.resourceMetadata)))
	const client = oauth.RegisterPath + "/{id}"
	mux.Handle("POST "+oauth.RegisterPath, anyOrigin(p.answerRegistration(http.StatusCreated, p.register)))
	mux.Handle("OPTIONS "+oauth.RegisterPath, preflight([]string{"POST"}))
	mux.Handle("GET "+client, p.answerRegistration(http.StatusOK, p.showRegistration))
	mux.Handle("PUT "+client, p.answerRegistration(http.StatusOK, p.changeRegistration))
	mux.Handle("DELETE "+client, p.answerRegistration(http.StatusNoContent, p.deleteRegistration))

	for path, endpoint := range map[string]struct {
		methods []string
		handler http.Handler
	}{
		oauth.IntrospectPath: {[]string{"POST"}, p.answerJSON(p.introspect)},
		oauth.RevokePath:     {[]string{"POST"}, p.answerJSON(p.revoke)},
		oauth.DevicePath:     {[]string{"POST"}, p.answerJSON(p.deviceAuthorization)},
		oauth.TokenPath:      {[]string{"POST"}, p.answerJSON(p.token)},
		oauth.UserInfoPath:   {[]string{"GET", "POST"}, p.answerBearer(p.userInfo)},
		oauth.MetadataPath:   {[]string{"GET"}, p.answerPublic(p.metadata)},
		oauth.OpenIDPath:     {[]string{"GET"}, p.answerPublic(p.metadata)},
		oauth.JWKSPath:       {[]string{"GET"}, p.answerPublic(p.jwks)},
	} {
		for _, method := range endpoint.methods {
			mux.Handle(method+" "+path, anyOrigin(endpoint.handler))
		}
		mux.Handle("OPTIONS "+path, preflight(endpoint.methods))
	}
}

// refuseHead keeps a HEAD, which mux would serve as GET, from issuing a code.
func refuseHead(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, POST")
	w.WriteHeader(http.StatusMethodNotAllowed)
}
