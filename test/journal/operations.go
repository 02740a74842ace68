package crash

import (
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/test/harness"
)

// exchange sends a code, perhaps again. One whose answer was lost buys, or is
// refused if it had bought; either way it buys nothing afterwards.
func (c *client) exchange(r *record) error {
	again := r.tried
	r.tried, c.latest = true, r
	answer, err := c.of(r).Exchange(r.code)
	if err := c.lost(answer, err); err != nil {
		return err
	}
	r.tried = false
	switch {
	case answer.Status == http.StatusOK && r.bought:
		return fmt.Errorf("a code bought twice: %s", answer.Body)
	case answer.Status == http.StatusOK:
		r.bought = true
		r.tokens(answer.Text("access_token"), answer.Text("refresh_token"))
		c.count.exchanges.Add(1)
		return nil
	case again && c.refused(r, answer):
		r.dead = true
		return c.confirmDead(r)
	}
	return fmt.Errorf("a code was exchanged, sent before = %v: %d %s", again, answer.Status, answer.Body)
}

// replay sends a code that has bought; that revokes what it bought.
func (c *client) replay(r *record) error {
	if r == nil || !r.bought {
		return nil
	}
	answer, err := c.of(r).Exchange(r.code)
	if err := c.lost(answer, err); err != nil {
		r.tried, c.latest = true, r // sent again, it is refused in any case
		return err
	}
	if !c.refused(r, answer) {
		return fmt.Errorf("a code bought twice: %d %s", answer.Status, answer.Body)
	}
	if !r.dead {
		c.count.replays.Add(1)
	}
	r.dead = true
	return c.confirmDead(r)
}

// rotate refreshes.
func (c *client) rotate(r *record) error {
	switch {
	case r == nil:
		return nil
	case r.dead:
		return c.confirmDead(r)
	}
	r.rotating, c.latest = true, r
	answer, err := c.of(r).Refresh(r.refresh, "")
	if err := c.lost(answer, err); err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("the newest acknowledged refresh token: %d %s", answer.Status, answer.Body)
	}
	r.tokens(answer.Text("access_token"), answer.Text("refresh_token"))
	c.count.refreshes.Add(1)
	return nil
}

// retryRotation sends a refresh token whose answer was lost twice more: within
// the grace it keeps giving the same successor.
func (c *client) retryRotation(r *record) error {
	sent := r.refresh
	if err := c.rotate(r); err != nil {
		return err
	}
	successor := r.refresh
	r.refresh = sent
	if err := c.rotate(r); err != nil {
		return err
	}
	if r.refresh != successor {
		return fmt.Errorf("a refresh token sent again got %s, want %s", r.refresh, successor)
	}
	return c.visit(r)
}

// visit uses the access tokens.
func (c *client) visit(r *record) error {
	switch {
	case r == nil:
		return nil
	case r.dead:
		return c.confirmDead(r)
	}
	for _, access := range r.accesses {
		answer, err := c.UserInfo(access)
		if err := c.lost(answer, err); err != nil {
			return err
		}
		if answer.Status != http.StatusOK || answer.Text("user_id") != c.user {
			return fmt.Errorf("an acknowledged access token: %d %s, want those of %s", answer.Status, answer.Body, c.user)
		}
		c.count.infos.Add(1)
	}
	return nil
}

// confirmDead checks that nothing of a grant is accepted any more.
func (c *client) confirmDead(r *record) error {
	for _, access := range r.accesses {
		answer, err := c.UserInfo(access)
		if err := c.lost(answer, err); err != nil {
			return err
		}
		if answer.Status != http.StatusUnauthorized || answer.Text("error") != "invalid_token" {
			return fmt.Errorf("an access token of a dead grant: %d %s", answer.Status, answer.Body)
		}
	}
	requests := []func() (harness.Answer, error){func() (harness.Answer, error) { return c.of(r).Exchange(r.code) }}
	if r.refresh != "" {
		requests = append(requests, func() (harness.Answer, error) { return c.of(r).Refresh(r.refresh, "") })
	}
	for _, request := range requests {
		answer, err := request()
		if err := c.lost(answer, err); err != nil {
			return err
		}
		if !c.refused(r, answer) {
			return fmt.Errorf("the code or refresh token of a dead grant: %d %s", answer.Status, answer.Body)
		}
	}
	return nil
}

// of is the client as it was when it got the grant.
func (c *client) of(r *record) harness.Client {
	return harness.Client{Application: r.app, Node: c.Node, HTTP: c.HTTP}
}

// refused tells whether the answer is what a dead code or refresh token gets: of
// an application that is no more, that it is unknown.
func (c *client) refused(r *record, answer harness.Answer) bool {
	if r.app != c.Application {
		return answer.Status == http.StatusUnauthorized && answer.Text("error") == "invalid_client"
	}
	return answer.Status == http.StatusBadRequest && answer.Text("error") == "invalid_grant"
}
