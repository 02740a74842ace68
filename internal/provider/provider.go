package provider

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

// Users reads the user that an ID token is about.
type Users interface {
	// UserByID finds a user, or store.ErrNotFound.
	UserByID(ctx context.Context, id string) (store.User, error)
}

// Deps are what a Provider stands on. All of them are needed.
type Deps struct {
	Issuer      string // without a trailing slash
	InstanceID  string
	Clients     store.Clients
	Grants      store.Grants
	Users       Users
	Connections store.Connections
	Instances   store.Instances
	Sessions    *session.Sessions
	Tokens      *token.Tokens
	Keys        *token.Keys
	Now         func() time.Time
	Log         *slog.Logger
}

// A Provider serves the protocol endpoints. It is safe for concurrent use.
type Provider struct {
	issuer      string
	instanceID  string
	clients     store.Clients
	grants      store.Grants
	users       Users
	connections store.Connections
	instances   store.Instances
	sessions    *session.Sessions
	tokens      *token.Tokens
	keys        *token.Keys
	now         func() time.Time
	log         *slog.Logger
}

// New makes a provider.
func New(d Deps) *Provider {
	return &Provider{
		issuer:      d.Issuer,
		instanceID:  d.InstanceID,
		clients:     d.Clients,
		grants:      d.Grants,
		users:       d.Users,
		connections: d.Connections,
		instances:   d.Instances,
		sessions:    d.Sessions,
		tokens:      d.Tokens,
		keys:        d.Keys,
		now:         d.Now,
		log:         d.Log,
	}
}

// Routes adds the endpoints to mux. Pages of other origins may read token, user
// info and metadata, but never authorize.
func (p *Provider) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+oauth.AuthorizePath, p.answerBrowser(p.authorize))
	mux.Handle("POST "+oauth.AuthorizePath, p.answerBrowser(p.authorizePost))
	mux.HandleFunc("HEAD "+oauth.AuthorizePath, refuseHead)

	for path, endpoint := range map[string]struct {
		methods []string
		handler http.Handler
	}{
		oauth.TokenPath:    {[]string{"POST"}, p.answerJSON(p.token)},
		oauth.UserInfoPath: {[]string{"GET", "POST"}, p.answerBearer(p.userInfo)},
		oauth.MetadataPath: {[]string{"GET"}, p.answerPublic(p.metadata)},
		oauth.OpenIDPath:   {[]string{"GET"}, p.answerPublic(p.metadata)},
		oauth.JWKSPath:     {[]string{"GET"}, p.answerPublic(p.jwks)},
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
