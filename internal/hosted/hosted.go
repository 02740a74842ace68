// Package hosted serves the pages on which users sign in, agree and sign out.
// Each page knows one thing and sends the browser back to /oauth/authorize,
// which alone decides what comes next.
//
// Every form carries a token bound to the browser, and what is agreed to comes
// from the sealed continuation and the session, never from the form. Read Routes
// first, then signin.go and consent.go.
package hosted

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/peer"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/throttle"
	"github.com/signet-auth/signet/internal/ui"
	"github.com/signet-auth/signet/internal/upstream"
)

// maxBody bounds the body of a form, in bytes.
const maxBody = 64 << 10

// An Authenticator finds out whom an identifier and a password belong to. It
// fails with account.ErrWrongCredentials, account.ErrBusy or an
// *account.TooManyError; any other error is a fault.
type Authenticator interface {
	SignIn(ctx context.Context, c account.Caller, identifier, password string) (store.User, error)
}

// Clients finds the applications that ask.
type Clients interface {
	// Asking finds a client, kept or not, or fails with store.ErrNotFound or an
	// *oauth.Error.
	Asking(ctx context.Context, clientID string) (store.Client, error)
	// Admit keeps a client that a user has agreed to.
	Admit(ctx context.Context, clientID string) error
}

// Organizations tells whom users belong to.
type Organizations interface {
	// Belonging gives the organizations that a user is a member of, limit at the most.
	Belonging(ctx context.Context, userID string, limit int) ([]oauth.Organization, error)
	// BelongsTo finds an organization that the user is a member of, or store.ErrNotFound.
	BelongsTo(ctx context.Context, userID, organizationID string) (oauth.Organization, error)
}

// Requests answers authorization requests.
type Requests interface {
	// Parse applies the rules to a form-encoded request. A refusal is an *oauth.Error,
	// or an *oauth.RedirectError once it is known where the client may be answered.
	Parse(ctx context.Context, params string) (oauth.AuthorizationRequest, error)
	// Resume answers the browser as /oauth/authorize would, had it come with c.
	Resume(w http.ResponseWriter, r *http.Request, c session.Continuation)
}

// Deps are what the pages need.
type Deps struct {
	Origin       string // of the pages themselves
	Requests     Requests
	Sessions     *session.Sessions
	Clients      Clients
	Connections  store.Connections
	Devices      store.Devices
	Instances    store.Instances
	Accounts     Authenticator
	Proofs       *account.Proofs // nil if no mail can be sent
	SignUps      SignUps
	Peers        peer.Finder
	Users        store.Users
	SignInTokens store.SignInTokens
	Invitations  Invitations
	Tickets      Tickets
	Factors      Factors
	Passkeys     Passkeys
	KeptPasskeys store.Passkeys
	OwnSessions  OwnSessions
	Self         Self
	Upstreams    upstream.Providers
	Identities   store.Identities
	Joining      Joining
	// RememberDevices is for how long a device may be spared the second factor; 0 never.
	RememberDevices time.Duration
	IssuerName      string // as an authenticator app shows it
	Pictures        string // what the URLs of pictures that were uploaded begin with
	Cases           *doctor.Book
	Now             func() time.Time
	Log             *slog.Logger

	Organizations Organizations
}

// Hosted serves the pages. It is safe for concurrent use.
type Hosted struct {
	origin       string
	requests     Requests
	sessions     *session.Sessions
	clients      Clients
	connections  store.Connections
	devices      store.Devices
	instances    store.Instances
	guesses      *throttle.Pace // of user codes, by user
	accounts     Authenticator
	proofs       *account.Proofs
	signUps      SignUps
	peers        peer.Finder
	users        store.Users
	signInTokens store.SignInTokens
	invitations  Invitations
	tickets      Tickets
	factors      Factors
	passkeys     Passkeys
	keptPasskeys store.Passkeys
	ownSessions  OwnSessions
	self         Self
	upstreams    upstream.Providers
	identities   store.Identities
	joining      Joining
	issuerName   string
	pictures     string
	cases        *doctor.Book
	now          func() time.Time
	log          *slog.Logger
	crossOrigin  *http.CrossOriginProtection

	organizations Organizations
	passwordTries *throttle.Pace // of the current password, by user
	factorTries   *throttle.Pace // of codes that confirm a secret, by user
	decoders      chan struct{}  // as many as may decode a picture at once

	rememberDevices time.Duration // for how long a device is spared the second factor; 0 never
}

// New makes the pages.
func New(d Deps) *Hosted {
	return &Hosted{
		origin:       d.Origin,
		requests:     d.Requests,
		sessions:     d.Sessions,
		clients:      d.Clients,
		connections:  d.Connections,
		devices:      d.Devices,
		instances:    d.Instances,
		guesses:      throttle.NewPace(guessesPerMinute, guessesAtOnce),
		accounts:     d.Accounts,
		proofs:       d.Proofs,
		signUps:      d.SignUps,
		peers:        d.Peers,
		users:        d.Users,
		signInTokens: d.SignInTokens,
		invitations:  d.Invitations,
		tickets:      d.Tickets,
		factors:      d.Factors,
		passkeys:     d.Passkeys,
		keptPasskeys: d.KeptPasskeys,
		ownSessions:  d.OwnSessions,
		self:         d.Self,
		upstreams:    d.Upstreams,
		identities:   d.Identities,
		joining:      d.Joining,
		issuerName:   d.IssuerName,
		pictures:     d.Pictures,
		cases:        d.Cases,
		now:          d.Now,
		log:          d.Log,
		crossOrigin:  http.NewCrossOriginProtection(),

		organizations: d.Organizations,
		passwordTries: throttle.NewPace(passwordsPerMinute, passwordsAtOnce),
		factorTries:   throttle.NewPace(guessesPerMinute, guessesAtOnce),
		decoders:      make(chan struct{}, decoders),

		rememberDevices: d.RememberDevices,
	}
}

// Routes registers the pages.
func (h *Hosted) Routes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", h.page(h.home))
	mux.Handle("GET /sign-in", h.page(h.showSignIn))
	mux.Handle("POST /sign-in", h.form(h.signIn))
	mux.Handle("GET /sign-in/token", h.page(h.showSignInToken))
	mux.Handle("POST /sign-in/token", h.form(h.redeemSignInToken))
	h.mailRoutes(mux)
	h.upstreamRoutes(mux)
	mux.Handle("POST /sign-in/passkey", h.form(h.signInByPasskey))
	mux.Handle("GET "+secondFactorPath, h.page(h.showSecondFactor))
	mux.Handle("POST "+secondFactorPath, h.form(h.giveSecondFactor))
	mux.Handle("GET /sign-up", h.page(h.showSignUp))
	mux.Handle("POST /sign-up", h.form(h.signUp))
	mux.Handle("GET /select-account", h.page(h.showAccounts))
	mux.Handle("POST /select-account", h.form(h.selectAccount))
	mux.Handle("GET /consent", h.page(h.showConsent))
	mux.Handle("POST /consent", h.form(h.decide))
	mux.Handle("GET /sign-out", h.page(h.showSignOut))
	mux.Handle("POST /sign-out", h.form(h.signOut))
	mux.Handle("GET /signed-out", h.page(h.signedOut))
	mux.Handle("POST /v1/me/oauth/device/lookup", h.json(h.lookUpDevice))
	mux.Handle("POST /v1/me/oauth/device", h.json(h.verifyDevice))
	mux.Handle("GET "+consentAPIPath+"{client_id}", h.ownPage(h.tellConsent))
	mux.Handle("POST "+consentAPIPath+"{client_id}", h.ownPage(h.takeConsent))
	mux.Handle("GET "+oauth.ErrorPath+"{id}", h.page(h.showRefusal))
	mux.Handle("GET /device", h.page(h.showDevice))
	mux.Handle("POST /device", h.form(h.decideDevice))
	h.accountRoutes(mux)
	mux.Handle("POST "+lookPath, h.form(h.choose))
	mux.Handle("GET /assets/", ui.Assets())
}

// An answer is a page with a status, or a place to go on to.
type answer struct {
	status int
	page   interface {
		Render(io.Writer, ui.View) error
	}
	location string
	// formTargets are where the form on the page may lead beside this server.
	formTargets []string
	retryAfter  string // seconds
	scripts     bool   // the page has use for our scripts
	download    []byte // JSON to be saved, instead of a page
}

// see sends the browser on with a GET.
func see(location string) answer { return answer{location: location} }

// seeWith sends the browser on with a continuation, if there is one.
func seeWith(path, continuation string) answer {
	if continuation == "" {
		return see(path)
	}
	return see(path + "?" + url.Values{"continue": {continuation}}.Encode())
}

// page adapts a handler of a GET, which is given the query.
func (h *Hosted) page(serve func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := readOnce(r.URL.RawQuery)
		a := answer{}
		if err == nil {
			a, err = serve(w, r, query)
		}
		h.write(w, r, query, a, err)
	})
}

// form adapts a handler of a POST, which is given the body. Requests from other
// sites do not get there.
func (h *Hosted) form(serve func(http.ResponseWriter, *http.Request, oauth.Form) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, a := oauth.Form{}, answer{}
		err := h.checkOrigin(r)
		if err == nil {
			body, err = readBody(w, r)
		}
		if err == nil {
			a, err = serve(w, r, body)
		}
		h.write(w, r, body, a, err)
	})
}

// checkOrigin refuses a form that another site's page submitted. A browser that
// sends no Sec-Fetch-Site, as all do to plain http, calls the origin of our own
// pages null, since they have the policy no-referrer; then the token of the form
// has to decide alone.
func (h *Hosted) checkOrigin(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return nil
	}
	if h.crossOrigin.Check(r) != nil {
		return errCrossOrigin
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request) (oauth.Form, error) {
	if contentType(r) != "application/x-www-form-urlencoded" {
		return oauth.Form{}, errBadForm
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return oauth.Form{}, errBadForm
	}
	return readOnce(string(body))
}

// readOnce reads a form in which nothing comes twice.
func readOnce(encoded string) (oauth.Form, error) {
	f, err := oauth.ParseForm(encoded)
	if err == nil {
		err = f.Once()
	}
	if err != nil {
		return oauth.Form{}, errBadForm
	}
	return f, nil
}

// write is the only place that answers. The form is what the request came with.
func (h *Hosted) write(w http.ResponseWriter, r *http.Request, form oauth.Form, a answer, err error) {
	if err != nil {
		a = h.failed(r, err)
	}
	ui.Headers(w, a.formTargets...)
	if a.scripts {
		ui.AllowScripts(w)
	}
	if a.location != "" {
		w.Header().Del("Content-Type")
		w.Header().Set("Location", a.location)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	if a.download != nil {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
		w.Write(a.download) // a browser that went away needs no answer
		return
	}
	var b bytes.Buffer
	if err := a.page.Render(&b, h.view(r, form)); err != nil {
		h.log.ErrorContext(r.Context(), "page failed", "err", err)
		http.Error(w, "something went wrong", http.StatusInternalServerError)
		return
	}
	if a.status == http.StatusTooManyRequests {
		h.log.InfoContext(r.Context(), "paced", "route", r.Pattern, "network", h.peers.Network(r))
	}
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	w.WriteHeader(a.status)
	w.Write(b.Bytes()) // a browser that went away needs no answer
}

// failed logs an error and turns it into the page that tells of it.
func (h *Hosted) failed(r *http.Request, err error) answer {
	var refused *refusal
	retryAfter := ""
	switch {
	case errors.As(err, &refused):
		h.log.InfoContext(r.Context(), "form refused", "code", refused.code, "route", r.Pattern)
	case errors.Is(err, store.ErrUnavailable):
		refused, retryAfter = errUnavailable, busySeconds
		h.log.WarnContext(r.Context(), "page not served", "route", r.Pattern, "err", err)
	default:
		refused = errFault
		if r.Context().Err() == nil { // otherwise the browser has gone, which explains it
			h.log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "err", err)
		}
	}
	return answer{status: refused.status, retryAfter: retryAfter, page: ui.Error{
		Trouble:   refused.trouble,
		Code:      refused.code,
		RequestID: reqid.From(r.Context()),
	}}
}
