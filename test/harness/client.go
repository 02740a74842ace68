package harness

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// A Client is an application that talks to one node. Its methods fail only if no
// whole answer came; what an answer says is for the caller to judge.
type Client struct {
	Application
	Node string // the address of the node
	HTTP *http.Client
}

// verifier is that of every code which Code asks for.
var verifier = oauth2.GenerateVerifier()

// TryCreateApplication asks for an application.
func (s Site) TryCreateApplication(fields map[string]any) (Answer, error) {
	return s.Try("POST", "/v1/oauth_applications", fields)
}

// Application is what the answer says about one; its secret only if it was made
// by the request.
func (a Answer) Application() Application {
	return Application{a.Text("client_id"), a.Text("client_secret"), a.Text("callback_url"), a.Text("id")}
}

// Code sends a person who has agreed to the application before, or need not, to
// the authorization endpoint. Left is where the browser is sent.
func (c Client) Code(someone *Person) (Page, error) {
	return someone.Try(c.Node + "/oauth/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {c.Callback}, "state": {"af0ifjsldkj"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode())
}

// Exchange sends a code that Code got.
func (c Client) Exchange(code string) (Answer, error) {
	return c.token(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.Callback}, "code_verifier": {verifier},
	})
}

// Refresh sends a refresh token, and scope unless it is empty.
func (c Client) Refresh(token, scope string) (Answer, error) {
	fields := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	if scope != "" {
		fields.Set("scope", scope)
	}
	return c.token(fields)
}

// UserInfo sends an access token.
func (c Client) UserInfo(access string) (Answer, error) {
	return get(c.http(), c.Node+"/oauth/userinfo", access)
}

func (c Client) token(fields url.Values) (Answer, error) {
	fields.Set("client_id", c.ID)
	fields.Set("client_secret", c.Secret)
	request, err := http.NewRequest("POST", c.Node+"/oauth/token", strings.NewReader(fields.Encode()))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(c.http(), request)
}

func (c Client) http() *http.Client {
	if c.HTTP == nil {
		return patient
	}
	return c.HTTP
}
