package dashboard

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// SigningKeys are the keys that sign tokens.
type SigningKeys interface {
	Rotate(ctx context.Context) error
	RotateNow(ctx context.Context) error
}

// Tickets are the secrets behind the ids of sign-in tokens and invitations.
type Tickets interface {
	SignIn(id string) string
	Invitation(id string) string
}

// Factors tells what users prove who they are with, beside a password.
type Factors interface {
	// Of gives the second factor of a user, which is not enabled if there is none.
	Of(ctx context.Context, userID string) (store.SecondFactor, error)
}

// Deps are what the dashboard stands on; all of them are required.
type Deps struct {
	Issuer    string
	Admin     *admin.Admin
	Sessions  *session.Sessions
	Cases     *doctor.Book
	Keys      store.SigningKeys
	Signing   SigningKeys
	Tickets   Tickets
	Factors   Factors
	Ring      *keyring.Ring
	PictureAt string     // what the URLs of pictures begin with that were uploaded
	Figures   admin.Sums // up to now
	Ready     func(ctx context.Context) error
	Waiting   func() int          // operations that wait for the database on this node
	Self      func() http.Handler // the whole server, for the playground
	Now       func() time.Time
	Log       *slog.Logger
}

// A Dashboard serves the pages. It is safe for concurrent use.
type Dashboard struct {
	Deps
	flows       *keyring.Sealer // of the playground
	crossOrigin *http.CrossOriginProtection
}

// New makes the dashboard.
func New(d Deps) *Dashboard {
	return &Dashboard{Deps: d, flows: d.Ring.Sealer("playground"), crossOrigin: http.NewCrossOriginProtection()}
}

const (
	root      = ui.DashboardPath
	setUpPath = root + "/setup"
)

// SetUpLink is the path of the page that makes somebody an operator, with the secret
// of a link.
func SetUpLink(secret string) string {
	return setUpPath + "?" + url.Values{"token": {secret}}.Encode()
}

// A handler serves an operator.
type handler func(*visit) (answer, error)

// operatorRoutes are all there is for operators, by method and path below the
// dashboard.
func (d *Dashboard) operatorRoutes() map[string]handler {
	all := d.instanceRoutes()
	maps.Copy(all, d.applicationRoutes())
	maps.Copy(all, d.userRoutes())
	return all
}

// applicationRoutes are the pages of applications, and the playground.
func (d *Dashboard) applicationRoutes() map[string]handler {
	return map[string]handler{
		"GET /applications":                                   d.applications,
		"GET /applications/new":                               d.showNewApplication,
		"POST /applications":                                  d.createApplication,
		"GET /applications/{id}":                              d.showApplication,
		"POST /applications/{id}":                             d.updateApplication,
		"POST /applications/{id}/logo":                        d.setLogo,
		"GET /applications/{id}/credentials":                  d.showCredentials,
		"POST /applications/{id}/secret":                      d.rotateSecret,
		"GET /applications/{id}/connect":                      d.showConnect,
		"GET /applications/{id}/danger":                       d.showDanger,
		"POST /applications/{id}/revoke":                      d.revokeApplication,
		"POST /applications/{id}/delete":                      d.deleteApplication,
		"GET /applications/{id}/connections":                  d.applicationConnections,
		"POST /applications/{id}/connections/{user}/withdraw": d.withdrawFromApplication,
		"GET /applications/{id}/playground":                   d.showPlayground,
		"POST /applications/{id}/playground":                  d.startPlayground,
		"POST /applications/{id}/playground/allow":            d.allowPlayground,
		"POST /applications/{id}/playground/forbid":           d.forbidPlayground,
		"POST /applications/{id}/playground/exchange":         d.exchangePlayground,
		"POST /applications/{id}/playground/service":          d.servicePlayground,
		"GET /playground/callback":                            d.playgroundCallback,
	}
}

// userRoutes are the pages of users.
func (d *Dashboard) userRoutes() map[string]handler {
	return map[string]handler{
		"GET /users":                                  d.users,
		"GET /users/new":                              d.showNewUser,
		"POST /users":                                 d.createUser,
		"GET /users/{id}":                             d.showUser,
		"POST /users/{id}":                            d.updateUser,
		"POST /users/{id}/emails":                     d.addEmail,
		"POST /users/{id}/emails/{email}/verify":      d.verifyEmail,
		"POST /users/{id}/emails/{email}/primary":     d.makePrimary,
		"POST /users/{id}/emails/{email}/delete":      d.deleteEmail,
		"GET /users/{id}/metadata":                    d.showMetadata,
		"POST /users/{id}/metadata":                   d.updateMetadata,
		"GET /users/{id}/sessions":                    d.showSessions,
		"POST /users/{id}/sessions/{session}/revoke":  d.revokeSession,
		"GET /users/{id}/connections":                 d.userConnections,
		"POST /users/{id}/connections/{app}/withdraw": d.withdrawFromUser,
		"GET /users/{id}/access":                      d.showAccess,
		"POST /users/{id}/sign-in-link":               d.makeSignInLink,
		"POST /users/{id}/password":                   d.setPassword,
		"POST /users/{id}/revoke":                     d.revokeUser,
		"POST /users/{id}/ban":                        d.banned(true),
		"POST /users/{id}/unban":                      d.banned(false),
		"POST /users/{id}/lock":                       d.locked(true),
		"POST /users/{id}/unlock":                     d.locked(false),
		"POST /users/{id}/delete":                     d.deleteUser,
		"POST /users/{id}/operator/add":               d.addOperator,
		"POST /users/{id}/operator/remove":            d.removeOperator,
	}
}

// instanceRoutes are all other pages.
func (d *Dashboard) instanceRoutes() map[string]handler {
	return map[string]handler{
		"GET ":                                d.home,
		"GET /{$}":                            func(*visit) (answer, error) { return see(root), nil },
		"GET /{x...}":                         func(*visit) (answer, error) { return answer{}, store.ErrNotFound },
		"GET /invitations":                    d.invitations,
		"POST /invitations":                   d.invite,
		"POST /invitations/{id}/revoke":       d.revokeInvitation,
		"GET /connections":                    d.connections,
		"POST /connections/revoke":            d.revokeInstance,
		"GET /events":                         d.events,
		"GET /events/{id}":                    d.event,
		"GET /refusals":                       d.refusals,
		"GET /refusals/{id}":                  d.refusal,
		"GET /scopes":                         d.scopes,
		"POST /scopes":                        d.createScope,
		"POST /scopes/{name}":                 d.changeScope,
		"GET /secret-keys":                    d.secretKeys,
		"POST /secret-keys":                   d.createSecretKey,
		"POST /secret-keys/{id}/revoke":       d.revokeSecretKey,
		"GET /signing-keys":                   d.signingKeys,
		"POST /signing-keys/rotate":           d.rotateKeys,
		"POST /signing-keys/replace":          d.replaceKeys,
		"GET /operators":                      d.operators,
		"POST /operators/invite":              d.inviteOperator,
		"GET /settings":                       d.showSettings,
		"POST /settings":                      d.updateSettings,
		"GET /settings/branding":              d.showBranding,
		"POST /settings/branding":             d.updateBranding,
		"POST /settings/branding/logo":        d.uploadBrandLogo,
		"POST /settings/branding/logo/remove": d.removeBrandLogo,
	}
}

// Routes registers the pages.
func (d *Dashboard) Routes(mux *http.ServeMux) {
	for pattern, serve := range d.operatorRoutes() {
		method, path, _ := cutPattern(pattern)
		mux.Handle(method+" "+root+path, d.forOperators(serve))
	}
	mux.Handle("GET "+setUpPath, d.forAll(d.showSetUp))
	mux.Handle("POST "+setUpPath, d.forAll(d.setUp))
	mux.Handle("POST "+root+"/sign-in", d.forAll(d.signInAgain))
}

// An answer is a page with a status, or a place to go on to.
type answer struct {
	status int // 0 is 200
	page   interface {
		Render(io.Writer, ui.View) error
	}
	location string
	// formTargets are where the form on the page may lead beside this server.
	formTargets []string
}

// see sends the browser on with a GET.
func see(location string) answer { return answer{location: location} }

// done sends the browser on to a page that says what was done.
func done(location, what string) answer {
	return see(location + "?" + url.Values{"done": {what}}.Encode())
}
