package provider

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// The pages of signing out.
const (
	signOutPage   = "/sign-out"
	signedOutPage = "/signed-out"
)

// logout serves GET /oauth/logout (RP-Initiated Logout §2). What a client cannot
// prove the user is asked; and the browser goes back only to a registered address
// of a client that can.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) (reply, error) {
	ctx := r.Context()
	form, err := oauth.ParseForm(r.URL.RawQuery)
	if err != nil {
		return reply{}, err
	}
	request, hint, err := oauth.ReadLogout(form)
	if err != nil {
		return reply{}, err
	}
	if hint != "" {
		if opened, ok, err := p.tokens.OpenHint(ctx, hint); err != nil {
			return reply{}, err
		} else if ok {
			request.Hint = &opened
		}
	}
	client := store.Client{}
	if id := request.Client(); id != "" {
		client, err = p.clients.ClientByClientID(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return reply{}, fmt.Errorf("looking up the client: %w", err)
		}
	}
	if err := request.Check(client.Client); err != nil {
		return reply{}, err
	}
	current, signedIn, err := p.sessions.Current(r)
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("reading the session: %w", err)
	case signedIn && !request.Ends(current.Session.ID, current.User.ID):
		return reply{page: signOutPage}, nil
	case signedIn:
		if err := p.sessions.End(w, r); err != nil {
			return reply{}, err
		}
	}
	if target, ok := request.Redirect(); ok {
		return reply{target: target, params: []string{"state", request.State}}, nil
	}
	return reply{page: signedOutPage}, nil
}

// logoutPost serves POST /oauth/logout. A form that another site submits comes
// without cookies, so the browser is made to ask with GET.
func (p *Provider) logoutPost(_ http.ResponseWriter, r *http.Request) (reply, error) {
	form, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	if _, _, err := oauth.ReadLogout(form); err != nil {
		return reply{}, err
	}
	return reply{page: oauth.LogoutPath + "?" + form.Encode()}, nil
}
