package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"
)

// CallbackPath is where a provider sends browsers back, below the issuer; the operator
// registers it there. The provider is part of it, so that one cannot answer in the
// place of another (RFC 9700 §4.4, mix-up).
func CallbackPath(id string) string { return "/sign-in/with/" + id + "/callback" }

// Why a provider does not say who somebody is.
var (
	// ErrUnreachable means that the provider did not answer, or not as it should.
	ErrUnreachable = errors.New("the provider cannot be reached")
	// ErrRefused means that what came back does not hold: a code that is no good, an
	// ID token that is not for us, or is not the answer to what was asked.
	ErrRefused = errors.New("the provider's answer does not hold")
)

const (
	timeout   = 10 * time.Second
	maxAnswer = 1 << 20 // bytes of an answer that are read
)

// An Attempt is what a browser is sent away with. All but State is kept from it.
type Attempt struct {
	State     string
	Nonce     string
	Verifier  string // of PKCE (RFC 7636)
	LoginHint string
	Again     bool      // the user has to prove who they are there once more
	StartedAt time.Time // when the browser was sent
}

// An Identity is an account elsewhere, as its provider has vouched for it.
type Identity struct {
	Provider  string // Settings.ID
	Issuer    string
	Subject   string
	Address   string // e-mail address, or ""
	Verified  bool   // the provider says that the user reads the mail of Address
	FirstName string
	LastName  string
}

// A Provider is one that is set up. It is safe for concurrent use.
type Provider struct {
	Settings
	conversation
}

// A conversation is how a provider is spoken to.
type conversation interface {
	// authorize gives the URL to send the browser to.
	authorize(ctx context.Context, a Attempt) (string, error)
	// identify turns a code into an identity. issuer is what the answer named, or "".
	identify(ctx context.Context, code, issuer string, a Attempt) (Identity, error)
}

// Providers are all that are set up.
type Providers []*Provider

// New makes providers of settings that are filled and checked. origin is what comes
// before the paths of this server; now is the time by which ID tokens expire.
func New(settings []Settings, origin string, now func() time.Time) Providers {
	client := newClient()
	all := make(Providers, 0, len(settings))
	for _, s := range settings {
		p := &Provider{Settings: s}
		redirect := origin + CallbackPath(s.ID)
		if s.Kind == GitHub {
			p.conversation = newGitHub(s, redirect, client)
		} else {
			p.conversation = newOpenID(s, redirect, client, now)
		}
		all = append(all, p)
	}
	return all
}

// Find finds the one with an id; nil if there is none.
func (all Providers) Find(id string) *Provider {
	i := slices.IndexFunc(all, func(p *Provider) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return all[i]
}

// Authorize gives the URL at the provider to send a browser to, or fails with
// ErrUnreachable.
func (p *Provider) Authorize(ctx context.Context, a Attempt) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.authorize(ctx, a)
}

// Identify takes the code that a browser has come back with. issuer is the parameter
// iss of the answer (RFC 9207), or "". It fails with ErrUnreachable or ErrRefused.
func (p *Provider) Identify(ctx context.Context, code, issuer string, a Attempt) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	x, err := p.identify(ctx, code, issuer, a)
	if err != nil {
		return Identity{}, err
	}
	x.Provider = p.ID
	if x.Subject == "" || len(x.Subject) > maxSubject {
		return Identity{}, fmt.Errorf("%w: the subject is missing or too long", ErrRefused)
	}
	return x.cleaned(), nil
}

// newClient makes a client that follows no redirect, since none of these endpoints has
// a reason to send it anywhere, and reads a bounded answer.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     bounded{http.DefaultTransport.(*http.Transport).Clone()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers off.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxAnswer), response.Body}
	}
	return response, err
}

// exchange buys tokens with a code.
func exchange(ctx context.Context, c oauth2.Config, code string, a Attempt) (*oauth2.Token, error) {
	t, err := c.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError:
		return nil, fmt.Errorf("%w: the token endpoint answers %d %s", ErrRefused, refused.Response.StatusCode, shown(refused.ErrorCode))
	case errors.As(err, &refused):
		return nil, fmt.Errorf("%w: the token endpoint answers %d", ErrUnreachable, refused.Response.StatusCode)
	case err != nil:
		return nil, fmt.Errorf("%w: the token endpoint: %w", ErrUnreachable, err)
	}
	return t, nil
}
