package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
)

// The pages that an authorization request may lead to.
const (
	signInPage  = "/sign-in"
	consentPage = "/consent"
)

// A pending is an authorization request that is being worked on: as it came, and
// what the user has done about it so far.
type pending struct {
	params    string // form-encoded
	startedAt time.Time
	progress  oauth.Progress
}

// authorize serves GET /oauth/authorize (RFC 6749 §4.1.1) and returns where the
// browser goes. Pages send the browser back here after each step, and everything
// is parsed and decided again.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) (location string, err error) {
	ctx := r.Context()
	asked, err := p.pending(r)
	if err != nil {
		return "", err
	}
	request, client, err := p.authorizationRequest(ctx, asked.params)
	if err != nil {
		return "", err
	}
	current, signedIn, err := p.sessions.Current(r)
	if err != nil {
		return "", fmt.Errorf("reading the session: %w", err)
	}
	var user *oauth.User
	var connection store.Connection
	if signedIn {
		connection, err = p.connections.Connection(ctx, current.User.ID, client.ID)
		if err != nil {
			return "", fmt.Errorf("reading the connection: %w", err)
		}
		user = &oauth.User{ID: current.User.ID, Agreed: connection.Scopes}
	}

	step, err := request.Next(user, asked.progress)
	switch {
	case err != nil:
		return "", err
	case step == oauth.SignIn:
		return p.page(w, r, signInPage, request, asked), nil
	case step == oauth.Ask:
		return p.page(w, r, consentPage, request, asked), nil
	case step == oauth.Agree:
		err := p.connections.Agree(ctx, current.User.ID, client.ID, request.Scopes(), p.now())
		if err != nil {
			return "", fmt.Errorf("noting the agreement: %w", err)
		}
	}
	return p.answer(ctx, request, current, connection)
}

// authorizePost serves POST /oauth/authorize. A form that another site submits
// comes without cookies (SameSite=Lax), so the browser is made to ask with GET.
func (p *Provider) authorizePost(_ http.ResponseWriter, r *http.Request) (location string, err error) {
	form, err := readBody(r)
	if err != nil {
		return "", err
	}
	if _, _, err := p.authorizationRequest(r.Context(), form.Encode()); err != nil {
		return "", err
	}
	if err := form.Once(); err != nil {
		return "", err
	}
	return oauth.AuthorizePath + "?" + form.Encode(), nil
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
	return pending{
		params:    c.Params,
		startedAt: c.StartedAt,
		progress:  oauth.Progress{AgreedBy: c.AgreedBy, Denied: c.Denied},
	}, nil
}

// authorizationRequest parses the parameters and applies the rules to them.
func (p *Provider) authorizationRequest(ctx context.Context, params string) (oauth.AuthorizationRequest, oauth.Client, error) {
	none := oauth.AuthorizationRequest{}
	form, err := oauth.ParseForm(params)
	if err != nil {
		return none, oauth.Client{}, err
	}
	read, err := oauth.ReadParams(form)
	if err != nil {
		return none, oauth.Client{}, err
	}
	client, err := p.clients.ClientByClientID(ctx, read.ClientID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return none, oauth.Client{}, oauth.ErrUnknownClient
	case err != nil:
		return none, oauth.Client{}, fmt.Errorf("looking up the client: %w", err)
	}
	request, err := oauth.Authorize(read, client.Client)
	return request, client.Client, err
}

// page is the address of a page that knows how to go on with the request.
func (p *Provider) page(w http.ResponseWriter, r *http.Request, path string, request oauth.AuthorizationRequest, asked pending) string {
	continuation := p.sessions.SealContinuation(p.sessions.Browser(w, r), session.Continuation{
		Params:      asked.params,
		ClientID:    request.Client().ID,
		RedirectURI: request.Target().URI(),
		Scopes:      request.Scopes(),
		StartedAt:   asked.startedAt,
	})
	return path + "?continue=" + url.QueryEscape(continuation)
}

// answer issues the code (RFC 6749 §4.1.2, RFC 9207 §2). Nothing is written: the
// code carries the grant that it will buy.
func (p *Provider) answer(ctx context.Context, request oauth.AuthorizationRequest, current session.Current, connection store.Connection) (location string, err error) {
	instance, err := p.instances.Instance(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the instance: %w", err)
	}
	now := p.now().Truncate(time.Millisecond) // as the store keeps not-before times: within one, neither is later
	if err := p.connections.Touch(ctx, current.User.ID, request.Client().ID, now); err != nil {
		return "", fmt.Errorf("noting the use of the connection: %w", err)
	}
	var random [10]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	code := request.Code(oauth.NewGrantID(now, random), current.User.ID, current.Session.ID, now,
		instance.NotBefore, request.Client().NotBefore, current.User.NotBefore, connection.NotBefore)
	return request.Target().With(
		"code", p.tokens.SealCode(code),
		"state", request.State(),
		"iss", p.issuer,
	), nil
}
