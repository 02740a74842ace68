package journal

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/test/harness"
)

// revokeAll bans the user or deletes the application, perhaps again. Whatever
// was bought is dead then, and the client goes on with a new sign-in or as a new
// application.
func (c *Client) revokeAll() error {
	if c.begun == banning {
		if err := c.operate("POST", "/v1/users/"+c.user+"/ban", http.StatusOK); err != nil {
			return err
		}
		c.tally.Bans.Add(1)
		c.end()
		return c.goOn()
	}
	// If an earlier attempt was carried out, it is not found.
	err := c.operate("DELETE", "/v1/oauth_applications/"+c.app.Application, http.StatusOK, http.StatusNotFound)
	if err != nil {
		return err
	}
	c.tally.Deletions.Add(1)
	c.end()
	c.app = harness.Application{}
	return c.goOn()
}

// goOn checks some of what was just revoked and makes a new start.
func (c *Client) goOn() error {
	c.signOn = true
	for _, r := range c.records[max(0, len(c.records)-3):] {
		if err := c.confirmDead(r); err != nil {
			return err
		}
	}
	return c.signIn()
}

// operate calls the Backend API and wants one of the statuses.
func (c *Client) operate(method, path string, statuses ...int) error {
	answer, err := c.issuer.Try(method, path, nil)
	if err := c.lost(c.Nodes[0], answer, err); err != nil {
		return err
	}
	if !slices.Contains(statuses, answer.Status) {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return nil
}

// signIn makes the client able to get codes: with a user who is not banned and
// signed in, and an application.
func (c *Client) signIn() error {
	c.signOn = true
	if err := c.operate("POST", "/v1/users/"+c.user+"/unban", http.StatusOK); err != nil {
		return err
	}
	c.browser = harness.NewPerson(c.t, c.issuer.Issuer)
	page, err := c.browser.TrySignIn(c.email)
	if err := c.lost(c.Nodes[0], harness.Answer{Status: page.Status, Body: page.Body}, err); err != nil {
		return err
	}
	if c.app == (harness.Application{}) {
		answer, err := c.issuer.TryCreateApplication(map[string]any{
			"name": c.email, "callback_url": "https://client.example/cb", "consent_screen_enabled": false,
		})
		if err := c.lost(c.Nodes[0], answer, err); err != nil {
			return err
		}
		if c.app = answer.Application(); c.app.ID == "" {
			return fmt.Errorf("creating an application: %d %s", answer.Status, answer.Body)
		}
	}
	c.signOn = false
	return nil
}

// asOperatorsSee is what there is of the user and the application of a grant, for
// whoever has to find out why it is not as it should be.
func (c *Client) asOperatorsSee(r *record) string {
	user, userErr := c.issuer.Try("GET", "/v1/users/"+c.user, nil)
	app, appErr := c.issuer.Try("GET", "/v1/oauth_applications/"+r.app.Application, nil)
	return fmt.Sprintf("user: %d %s %v\napplication: %d %s %v", user.Status, user.Body, userErr, app.Status, app.Body, appErr)
}
