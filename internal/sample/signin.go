package sample

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// app is the application while it runs.
type app struct {
	config  Config
	clients map[string]oauth2.Config
	visits  *visits
	http    *http.Client
}

// The two clients, as they are named in URLs.
const (
	confidential = "confidential"
	public       = "public"
)

func newApp(c Config) *app {
	endpoint := oauth2.Endpoint{AuthURL: c.Issuer + "/oauth/authorize", TokenURL: c.Issuer + "/oauth/token"}
	client := func(id, secret string, style oauth2.AuthStyle) oauth2.Config {
		endpoint := endpoint
		endpoint.AuthStyle = style
		return oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: endpoint, RedirectURL: c.URL + CallbackPath, Scopes: c.Scopes}
	}
	return &app{
		config: c,
		clients: map[string]oauth2.Config{
			confidential: client(c.ClientID, c.ClientSecret, oauth2.AuthStyleInHeader),
			public:       client(c.PublicID, "", oauth2.AuthStyleInParams),
		},
		visits: newVisits(),
		http:   &http.Client{Timeout: 10 * time.Second},
	}
}

// signIn sends the browser to the server, with a state and a PKCE challenge that
// only this visit can answer.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("client")
	client, ok := a.clients[name]
	if !ok {
		a.fail(w, http.StatusNotFound, problem{Title: "There is no such client", Code: "not_found"})
		return
	}
	v := visit{client: name, state: oauth2.GenerateVerifier(), verifier: oauth2.GenerateVerifier()}
	a.visits.begin(w, v)
	http.Redirect(w, r, client.AuthCodeURL(v.state, oauth2.S256ChallengeOption(v.verifier)), http.StatusSeeOther)
}

// callback receives the server's answer, buys tokens with the code and fetches
// the user info.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v, ok := a.visits.get(r)
	if !ok || v.state == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(v.state)) != 1 {
		a.fail(w, http.StatusBadRequest, problem{
			Title: "This answer was not asked for", Code: "state_mismatch",
			Text: "The state in the answer is not the one this browser was sent away with. Was the sign-in begun in another tab or browser?",
		})
		return
	}
	if q.Get("iss") != a.config.Issuer { // RFC 9207 §2.4
		a.fail(w, http.StatusBadRequest, problem{
			Title: "This answer is from another server", Code: "issuer_mismatch",
			Text: "The iss parameter of the answer does not name the server that was asked.",
		})
		return
	}
	if code := q.Get("error"); code != "" {
		a.visits.end(w, r)
		a.fail(w, http.StatusOK, refused(code, q.Get("error_description")))
		return
	}
	client := a.clients[v.client]
	token, err := client.Exchange(a.context(r), q.Get("code"), oauth2.VerifierOption(v.verifier))
	if err != nil {
		a.failed(w, "The code could not be exchanged", err)
		return
	}
	v = visit{client: v.client, token: token}
	v.scope, _ = token.Extra("scope").(string)
	if err := a.fetchUser(r, &v); err != nil {
		a.failed(w, "The user info could not be fetched", err)
		return
	}
	a.visits.end(w, r) // a new session id for a visitor who is now known
	a.visits.begin(w, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// refresh trades the refresh token for new tokens.
func (a *app) refresh(w http.ResponseWriter, r *http.Request) {
	v, ok := a.visits.get(r)
	if !ok || v.token == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	client := a.clients[v.client]
	token, err := client.TokenSource(a.context(r), &oauth2.Token{RefreshToken: v.token.RefreshToken}).Token()
	if err != nil {
		a.failed(w, "The tokens could not be refreshed", err)
		return
	}
	v.token = token
	v.refreshes++
	if scope, ok := token.Extra("scope").(string); ok {
		v.scope = scope
	}
	if err := a.fetchUser(r, &v); err != nil {
		a.failed(w, "The user info could not be fetched", err)
		return
	}
	a.visits.put(r, v)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut forgets the tokens. The user stays signed in at the server.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	a.visits.end(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// fetchUser asks the server who the access token speaks for.
func (a *app) fetchUser(r *http.Request, v *visit) error {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, a.config.Issuer+"/oauth/userinfo", http.NoBody)
	if err != nil {
		return err
	}
	v.token.SetAuthHeader(req)
	res, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("user info answered %s", res.Status)
	}
	if v.claims, err = readClaims(body); err != nil {
		return err
	}
	var names struct{ Name, Email, Sub string }
	if err := json.Unmarshal(body, &names); err != nil {
		return err
	}
	for _, name := range []string{names.Sub, names.Email, names.Name} {
		if name != "" {
			v.name = name
		}
	}
	return nil
}

// context makes oauth2 use the client with a timeout.
func (a *app) context(r *http.Request) context.Context {
	return context.WithValue(r.Context(), oauth2.HTTPClient, a.http)
}

// failed shows what the server said to a request that the browser did not see.
func (a *app) failed(w http.ResponseWriter, title string, err error) {
	p := problem{Title: title, Code: "no_answer", Text: "The server did not answer as expected."}
	var refusal *oauth2.RetrieveError
	if errors.As(err, &refusal) {
		p = problem{Title: title, Text: "The server refused.", Code: refusal.ErrorCode, Description: refusal.ErrorDescription}
	}
	a.config.Log.Warn("the sample client failed", "what", strings.ToLower(title), "code", p.Code)
	a.fail(w, http.StatusBadGateway, p)
}

// refused words the errors of RFC 6749 §4.1.2.1.
func refused(code, description string) problem {
	p := problem{Title: "The server refused to sign you in", Code: code, Description: description}
	if code == "access_denied" {
		p.Title = "You did not allow access"
		p.Text = "Nothing was shared with this application. You can change your mind by signing in again."
	}
	return p
}
