package journal

import (
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/test/harness"
)

// exchange sends a code, perhaps again. One whose answer was lost buys, or is
// refused if it had bought; either way it buys nothing afterwards.
func (c *Client) exchange(r *record) error {
	again := r.tried
	r.tried, c.latest = true, r
	answer, err := c.sendCode(r)
	if err != nil {
		return err
	}
	r.tried = false
	switch {
	case answer.Status == http.StatusOK && r.bought:
		return fmt.Errorf("a code bought twice: %s", answer.Body)
	case answer.Status == http.StatusOK:
		r.bought = true
		r.tokens(answer)
		c.tally.Exchanges.Add(1)
		return nil
	case again && c.refused(r, answer):
		r.dead = true
		return c.confirmDead(r)
	}
	return fmt.Errorf("a code was exchanged, sent before = %v: %d %s\n%s", again, answer.Status, answer.Body, c.asOperatorsSee(r))
}

// replay sends a code that has bought; that revokes what it bought.
func (c *Client) replay(r *record) error {
	if r == nil || !r.bought {
		return nil
	}
	r.tried, c.latest = true, r
	answer, err := c.sendCode(r)
	if err != nil {
		return err // exchange finds out
	}
	r.tried = false
	if !c.refused(r, answer) {
		return fmt.Errorf("a code bought twice: %d %s", answer.Status, answer.Body)
	}
	if !r.dead {
		c.tally.Replays.Add(1)
	}
	r.dead = true
	return c.confirmDead(r)
}

// rotate refreshes.
func (c *Client) rotate(r *record) error {
	switch {
	case r == nil:
		return nil
	case r.dead:
		return c.confirmDead(r)
	}
	r.rotating, c.latest = true, r
	answer, err := c.sendRefresh(r)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("the newest acknowledged refresh token: %d %s", answer.Status, answer.Body)
	}
	r.tokens(answer)
	c.tally.Refreshes.Add(1)
	return nil
}

// retryRotation sends a refresh token whose answer was lost twice more: within
// the grace it keeps giving the same successor.
func (c *Client) retryRotation(r *record) error {
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
func (c *Client) visit(r *record) error {
	switch {
	case r == nil:
		return nil
	case r.dead:
		return c.confirmDead(r)
	}
	for _, access := range r.accesses {
		answer, err := c.sendAccess(r, access)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusOK || answer.Text("user_id") != c.user {
			return fmt.Errorf("an acknowledged access token of %s: %d %s", c.user, answer.Status, answer.Body)
		}
		c.tally.UserInfos.Add(1)
	}
	return nil
}

// confirmDead checks that nothing of a grant is accepted any more.
func (c *Client) confirmDead(r *record) error {
	for _, access := range r.accesses {
		answer, err := c.sendAccess(r, access)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusUnauthorized || answer.Text("error") != "invalid_token" {
			return fmt.Errorf("an access token of a dead grant: %d %s", answer.Status, answer.Body)
		}
	}
	answer, err := c.sendCode(r)
	if err != nil {
		return err
	}
	if !c.refused(r, answer) {
		return fmt.Errorf("the code of a dead grant: %d %s", answer.Status, answer.Body)
	}
	if r.refresh == "" {
		return nil
	}
	answer, err = c.sendRefresh(r)
	if err != nil {
		return err
	}
	if !c.refused(r, answer) {
		return fmt.Errorf("the refresh token of a dead grant: %d %s", answer.Status, answer.Body)
	}
	return nil
}

// refused tells whether the answer is what a dead code or refresh token gets. A
// node may need a moment to learn that an application is no more.
func (c *Client) refused(r *record, answer harness.Answer) bool {
	if r.app != c.app { // gone, and whoever goes on as it is told to wait before long
		switch answer.Text("error") {
		case "invalid_client":
			return answer.Status == http.StatusUnauthorized
		case "temporarily_unavailable":
			return answer.Status == http.StatusTooManyRequests
		}
	}
	return answer.Status == http.StatusBadRequest && answer.Text("error") == "invalid_grant"
}

func (c *Client) sendCode(r *record) (harness.Answer, error) {
	at := c.as(r.app)
	answer, err := at.Exchange(r.code)
	return answer, c.lost(at.Node, answer, err)
}

func (c *Client) sendRefresh(r *record) (harness.Answer, error) {
	at := c.as(r.app)
	answer, err := at.Refresh(r.refresh, "")
	return answer, c.lost(at.Node, answer, err)
}

func (c *Client) sendAccess(r *record, access string) (harness.Answer, error) {
	at := c.as(r.app)
	answer, err := at.UserInfo(access)
	return answer, c.lost(at.Node, answer, err)
}
