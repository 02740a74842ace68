package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"
)

// gitHub is a conversation with GitHub, which has no ID tokens: an access token reads
// who the user is.
type gitHub struct {
	config oauth2.Config
	issuer string
	api    string
	client *http.Client
}

func newGitHub(s Settings, redirect string, client *http.Client) *gitHub {
	api := s.Issuer + "/api/v3" // of a server of one's own
	if s.Issuer == githubAddress {
		api = "https://api.github.com"
	}
	return &gitHub{
		issuer: s.Issuer, api: api, client: client,
		config: oauth2.Config{
			ClientID: s.ClientID, ClientSecret: s.ClientSecret, RedirectURL: redirect,
			Endpoint: oauth2.Endpoint{AuthURL: s.Issuer + "/login/oauth/authorize", TokenURL: s.Issuer + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams},
			Scopes:   append([]string{"read:user", "user:email"}, s.Scopes...),
		},
	}
}

func (g *gitHub) authorize(_ context.Context, a Attempt) (string, error) {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.Verifier)}
	if a.LoginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login", a.LoginHint))
	}
	if a.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return g.config.AuthCodeURL(a.State, options...), nil
}

func (g *gitHub) identify(ctx context.Context, code, issuer string, a Attempt) (Identity, error) {
	if issuer != "" && issuer != g.issuer+"/login/oauth" {
		return Identity{}, fmt.Errorf("%w: the answer is another issuer's (RFC 9207 §2.4)", ErrRefused)
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, g.client)
	t, err := exchange(ctx, g.config, code, a)
	if err != nil {
		return Identity{}, err
	}
	var user struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := g.get(ctx, t, "/user", &user); err != nil {
		return Identity{}, err
	}
	if user.ID <= 0 {
		return Identity{}, fmt.Errorf("%w: the user has no number", ErrRefused)
	}
	var addresses []struct {
		Email             string
		Primary, Verified bool
	}
	if err := g.get(ctx, t, "/user/emails", &addresses); err != nil {
		return Identity{}, err
	}
	// The number is the user's for good; the login name can be another's tomorrow.
	x := Identity{Issuer: g.issuer, Subject: strconv.FormatInt(user.ID, 10)}
	x.FirstName, x.LastName = split(user.Name)
	for _, e := range addresses {
		if e.Primary {
			x.Address, x.Verified = e.Email, e.Verified
		}
	}
	return x, nil
}

// get reads JSON with an access token.
func (g *gitHub) get(ctx context.Context, t *oauth2.Token, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api+path, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	t.SetAuthHeader(r)
	r.Header.Set("Accept", "application/vnd.github+json")
	response, err := g.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnreachable, path, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answers %d", ErrUnreachable, path, response.StatusCode)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnreachable, path, err)
	}
	return nil
}
