package crash

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/test/harness"
)

// revokeAll bans the user or deletes the application, perhaps again. Whatever
// was bought is dead then, and the client goes on with a new sign-in or as a new
// application.
func (c *client) revokeAll() error {
	if c.begun == banning {
		if err := c.operate("POST", "/v1/users/"+c.user+"/ban", http.StatusOK); err != nil {
			return err
		}
		c.count.bans.Add(1)
		c.end()
		c.signOn = true
		return errors.Join(c.confirmNewest(), c.signIn())
	}
	// If an earlier attempt was carried out, it is not found.
	err := c.operate("DELETE", "/v1/oauth_applications/"+c.Application.Application, http.StatusOK, http.StatusNotFound)
	if err != nil {
		return err
	}
	c.count.deletions.Add(1)
	c.end()
	c.signOn = true
	c.Application = harness.Application{}
	return errors.Join(c.confirmNewest(), c.signIn())
}

// operate calls the Backend API and wants one of the statuses.
func (c *client) operate(method, path string, statuses ...int) error {
	answer, err := c.site.Try(method, path, nil)
	if err := c.lost(answer, err); err != nil {
		return err
	}
	if !slices.Contains(statuses, answer.Status) {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return nil
}

// signIn makes the client able to get codes: with a user who is not banned and
// signed in, and an application.
func (c *client) signIn() error {
	c.signOn = true
	if err := c.operate("POST", "/v1/users/"+c.user+"/unban", http.StatusOK); err != nil {
		return err
	}
	c.browser = harness.NewPerson(c.t, c.site.Issuer)
	form, err := c.seen(c.browser.Try(c.site.Issuer + "/sign-in"))
	if err != nil {
		return err
	}
	_, err = c.seen(c.browser.TrySubmit(form, "sign-in", map[string]string{"identifier": c.email, "password": harness.Password}))
	if err != nil {
		return err
	}
	if c.Application == (harness.Application{}) {
		answer, err := c.site.TryCreateApplication(map[string]any{
			"name": c.email, "callback_url": "https://client.example/cb", "consent_screen_enabled": false,
		})
		if err := c.lost(answer, err); err != nil {
			return err
		}
		if c.Application = answer.Application(); c.ID == "" {
			return fmt.Errorf("creating an application: %d %s", answer.Status, answer.Body)
		}
	}
	c.signOn = false
	return nil
}

// seen is a page, unless it is lost.
func (c *client) seen(page harness.Page, err error) (harness.Page, error) {
	return page, c.lost(harness.Answer{Status: page.Status, Body: page.Body}, err)
}

// confirmNewest checks some of what was just revoked.
func (c *client) confirmNewest() error {
	for _, r := range c.records[max(0, len(c.records)-3):] {
		if err := c.confirmDead(r); err != nil {
			return err
		}
	}
	return nil
}
