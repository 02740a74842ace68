package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
)

// The pages that an authorization request may lead to.
const (
	signInPage  = "/sign-in"
	choosePage  = "/select-account"
	consentPage = "/consent"
)

// A pending is an authorization request that is being worked on: as it came, and
// what the user has done about it so far.
type pending struct {
	params    string // form-encoded
	startedAt time.Time
	grantID   oauth.GrantID // what every answer to it buys; zero until the user was shown a page
	shown     bool          // a page was shown, and the languages were settled then
	uiLocales string
	progress  oauth.Progress
}

// authorize serves GET /oauth/authorize (RFC 6749 §4.1.1, OIDC Core §3.1.2) and
// returns where the browser goes. Pages send the browser back here after each
// step, and everything is parsed and decided again.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) (reply, error) {
	asked, err := p.pending(r)
	if err != nil {
		return reply{}, err
	}
	return p.proceed(w, r, asked)
}

// Parse applies the rules to a form-encoded authorization request. A refusal is an
// *oauth.Error, or an *oauth.RedirectError once it is known where the client may be
// answered.
func (p *Provider) Parse(ctx context.Context, params string) (oauth.AuthorizationRequest, error) {
	request, _, err := p.authorizationRequest(ctx, params)
	return request, err
}

// Resume answers the browser as /oauth/authorize would, had it come with c.
func (p *Provider) Resume(w http.ResponseWriter, r *http.Request, c session.Continuation) {
	p.answerBrowser(func(w http.ResponseWriter, r *http.Request) (reply, error) {
		return p.proceed(w, r, resumed(c))
	}).ServeHTTP(w, r)
}

// proceed takes the request as far as it goes without the user.
func (p *Provider) proceed(w http.ResponseWriter, r *http.Request, asked pending) (reply, error) {
	ctx := r.Context()
	request, client, err := p.authorizationRequest(ctx, asked.params)
	if err != nil {
		return reply{}, err
	}
	current, signedIn, err := p.sessions.Current(r)
	if err != nil {
		return reply{}, fmt.Errorf("reading the session: %w", err)
	}
	var user *oauth.User
	var connection store.Connection
	if signedIn {
		connection, err = p.connections.Connection(ctx, current.User.ID, client.ID)
		if err != nil {
			return reply{}, fmt.Errorf("reading the connection: %w", err)
		}
		user = &oauth.User{ID: current.User.ID, SessionID: current.Session.ID, SignedInAt: current.SignedInAt, Methods: current.Methods, Agreed: connection.Scopes}
		if err := p.belonging(ctx, request, user, asked.progress, connection.OrganizationID); err != nil {
			return reply{}, err
		}
	}
	step, err := request.Next(user, asked.progress, p.now())
	switch {
	case err != nil:
		return reply{}, err
	case step == oauth.SignIn, step == oauth.SignInAgain:
		return p.page(w, r, signInPage, request, asked, step), nil
	case step == oauth.Choose:
		return p.page(w, r, choosePage, request, asked, step), nil
	case step == oauth.Ask:
		return p.page(w, r, consentPage, request, asked, step), nil
	case step == oauth.Agree:
		err := p.connections.Agree(ctx, user.ID, client.ID, request.Consents(), p.now())
		if err != nil {
			return reply{}, fmt.Errorf("noting the agreement: %w", err)
		}
	}
	return p.answer(ctx, request, *user, asked.grantID, current.User.NotBefore, connection)
}

// authorizePost serves POST /oauth/authorize. A form that another site submits
// comes without cookies (SameSite=Lax), so the browser is made to ask with GET.
func (p *Provider) authorizePost(_ http.ResponseWriter, r *http.Request) (reply, error) {
	form, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	if _, _, err := p.authorizationRequest(r.Context(), form.Encode()); err != nil {
		return reply{}, err
	}
	if err := form.Once(); err != nil {
		return reply{}, err
	}
	return reply{page: oauth.AuthorizePath + "?" + form.Encode()}, nil
}

// pending reads the request from the query, or from the continuation that a page
// sends the browser back with.
func (p *Provider) pending(r *http.Request) (pending, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !query.Has("continue") {
		return pending{params: r.URL.RawQuery, startedAt: p.now()}, nil
	}
	c, err := p.sessions.OpenContinuation(r, query.Get("continue"))
	if err != nil {
		return pending{}, errContinuation
	}
	return resumed(c), nil
}

// resumed is the request that a continuation is about.
func resumed(c session.Continuation) pending {
	return pending{
		params:    c.Params,
		startedAt: c.StartedAt,
		grantID:   c.GrantID,
		shown:     true,
		uiLocales: c.UILocales,
		progress:  oauth.Progress{SignedIn: c.SignedIn, Chosen: c.Chosen, AgreedBy: c.AgreedBy, Denied: c.Denied, Organization: c.Organization},
	}
}

// authorizationRequest parses the parameters and applies the rules to them.
func (p *Provider) authorizationRequest(ctx context.Context, params string) (oauth.AuthorizationRequest, oauth.Client, error) {
	none := oauth.AuthorizationRequest{}
	form, err := oauth.ParseForm(params)
	if err != nil {
		return none, oauth.Client{}, err
	}
	doctor.From(ctx).Form(form)
	read, err := oauth.ReadParams(form)
	if err != nil {
		return none, oauth.Client{}, err
	}
	client, err := p.registry.Asking(ctx, read.ClientID)
	doctor.From(ctx).Client(client.Client, err == nil)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return none, oauth.Client{}, oauth.ErrUnknownClient
	case err != nil: // a fault, or a client that is not admitted
		return none, oauth.Client{}, fmt.Errorf("looking up the client: %w", err)
	}
	if read.IDTokenHint != "" {
		hint, ok, err := p.tokens.OpenHint(ctx, read.IDTokenHint)
		if err != nil {
			return none, oauth.Client{}, fmt.Errorf("reading id_token_hint: %w", err)
		}
		if ok {
			read.Hinted = &hint
		}
	}
	request, err := oauth.Authorize(read, client.Client)
	return request, client.Client, err
}

// page leads to a page that knows how to go on with the request.
func (p *Provider) page(w http.ResponseWriter, r *http.Request, path string, request oauth.AuthorizationRequest, asked pending, step oauth.Step) reply {
	if asked.grantID == (oauth.GrantID{}) {
		asked.grantID = newGrantID(asked.startedAt)
	}
	if !asked.shown {
		asked.uiLocales = request.UILocales()
	}
	continuation := p.sessions.SealContinuation(p.sessions.Browser(w, r), session.Continuation{
		Params:      asked.params,
		ClientID:    request.Client().ID,
		RedirectURI: request.Target().URI(),
		Scopes:      request.Consents(),
		StartedAt:   asked.startedAt,
		GrantID:     asked.grantID,
		LoginHint:   request.LoginHint(),
		UILocales:   asked.uiLocales,
		Again:       step == oauth.SignInAgain,
		SignedIn:    asked.progress.SignedIn,
		Chosen:      asked.progress.Chosen,
	})
	return reply{page: path + "?continue=" + url.QueryEscape(continuation)}
}

// answer issues the code (RFC 6749 §4.1.2, RFC 9207 §2). Nothing is written: the
// code carries the grant that it will buy.
func (p *Provider) answer(ctx context.Context, request oauth.AuthorizationRequest, user oauth.User, grantID oauth.GrantID, userNotBefore time.Time, connection store.Connection) (reply, error) {
	instance, err := p.instances.Instance(ctx)
	if err != nil {
		return reply{}, fmt.Errorf("reading the instance: %w", err)
	}
	now := p.now().Truncate(time.Millisecond) // as the store keeps not-before times: within one, neither is later
	if err := p.connections.Touch(ctx, user.ID, request.Client().ID, now); err != nil {
		return reply{}, fmt.Errorf("noting the use of the connection: %w", err)
	}
	if grantID == (oauth.GrantID{}) {
		grantID = newGrantID(now)
	} else if standing, err := p.standing(ctx, grantID); err != nil {
		return reply{}, err
	} else if standing.ID == grantID {
		return reply{}, errCompleted // a form sent again from the history
	}
	code := request.Code(grantID, user, now,
		instance.NotBefore, request.Client().NotBefore, userNotBefore, connection.NotBefore)
	return reply{
		target: request.Target(),
		mode:   request.Mode(),
		params: []string{"code", p.tokens.SealCode(code), "state", request.State(), "iss", p.issuer},
	}, nil
}

func newGrantID(now time.Time) oauth.GrantID {
	var random [10]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	return oauth.NewGrantID(now, random)
}
