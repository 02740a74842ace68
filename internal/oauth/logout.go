package oauth

import "slices"

// Logout is a request of a client to sign the user out (OpenID Connect
// RP-Initiated Logout 1.0 §2).
type Logout struct {
	Hint     *Hint // what id_token_hint says; nil without one, or if it was not issued here
	ClientID string
	Target   string // post_logout_redirect_uri
	State    string
}

// ReadLogout reads the parameters of a logout request, but for the hint, which is
// returned as it came.
func ReadLogout(f Form) (l Logout, hint string, err error) {
	if err := f.Once(); err != nil {
		return Logout{}, "", err
	}
	l = Logout{ClientID: f.Get("client_id"), Target: f.Get("post_logout_redirect_uri"), State: f.Get("state")}
	if len(l.State) > maxState || !isLineText(l.State) {
		return Logout{}, "", refuse(InvalidRequest, "RP-Initiated Logout §2", "state is too long or holds control characters")
	}
	return l, f.Get("id_token_hint"), nil
}

// Client is whose request it is, or "" if nothing proves it.
func (l Logout) Client() string {
	if l.Hint == nil {
		return ""
	}
	return l.Hint.Audience
}

// Check refuses a request that contradicts itself. c is the client that Client
// names, if there is one.
func (l Logout) Check(c Client) error {
	switch {
	case l.Hint != nil && l.ClientID != "" && l.ClientID != l.Hint.Audience:
		return refuse(InvalidRequest, "RP-Initiated Logout §2", "client_id is not the client of id_token_hint")
	case l.Hint != nil && l.Target != "" && !slices.Contains(c.PostLogoutURIs, l.Target):
		return refuse(InvalidRequest, "RP-Initiated Logout §3", "post_logout_redirect_uri is not one that the client has registered")
	}
	return nil
}

// Ends reports whether the session may end without a question: only for a client
// that shows an ID token of that very session or of its user. Anybody else's page
// could make a browser ask.
func (l Logout) Ends(sessionID, userID string) bool {
	return l.Hint != nil && (l.Hint.SessionID == sessionID || l.Hint.Subject == userID)
}

// Redirect is where the browser goes after Check has passed; ok is false if it
// stays here.
func (l Logout) Redirect() (t RedirectTarget, ok bool) {
	if l.Hint == nil || l.Target == "" {
		return RedirectTarget{}, false
	}
	return RedirectTarget{l.Target}, true
}
