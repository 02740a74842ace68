package crash

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// errLost means that an operation got no whole answer, or one that says only
// that there was a fault: whether it happened is not known.
var errLost = errors.New("the answer was lost")

// A client is one application with one user. It does one thing after the other,
// so its journal is exact; many clients run at once.
type client struct {
	t testing.TB
	harness.Client
	journal
	site    harness.Site
	user    string // its id
	email   string
	browser *harness.Person
	random  *rand.Rand
	faults  bool // answers may say that there was a fault
	count   *tally
}

// A tally counts what was acknowledged, so that a test can tell that it tested.
type tally struct{ exchanges, refreshes, infos, replays, bans, deletions, lost atomic.Int64 }

func newClient(t *testing.T, site harness.Site, number int, random *rand.Rand, faults bool, count *tally) *client {
	t.Helper()
	c := &client{
		t: t, site: site, email: fmt.Sprintf("user%d@example.com", number),
		random: random, faults: faults, count: count,
	}
	c.user = site.CreateUser(t, map[string]any{"email_address": []string{c.email}})
	c.Node = site.Issuer
	c.HTTP = &http.Client{Transport: &http.Transport{}, Timeout: harness.Patience}
	if err := c.signIn(); err != nil {
		t.Fatal(err)
	}
	return c
}

// step does the next thing: what is unsettled first, then something at random.
func (c *client) step() error {
	if err := c.settle(); err != nil {
		return err
	}
	switch n := c.random.IntN(1000); {
	case n < 10:
		c.begun = banning
		return c.revokeAll()
	case n < 30:
		c.begun = deleting
		return c.revokeAll()
	case n < 80:
		return c.replay(c.any())
	case n < 350:
		r, err := c.authorize()
		if err != nil {
			return err
		}
		return c.exchange(r)
	case n < 500:
		return c.visit(c.any())
	}
	return c.rotate(c.any())
}

// settle finds out about what got no answer, by doing it again.
func (c *client) settle() error {
	if c.begun != none {
		return c.revokeAll()
	}
	if c.signOn {
		return c.signIn()
	}
	switch r := c.latest; {
	case r == nil || r.dead:
		return nil
	case r.tried:
		return c.exchange(r)
	case r.rotating:
		return c.retryRotation(r)
	}
	return nil
}

// any is one of the grants, or nil if there is none; newer ones more often, so
// that some chains get long and old ones are still met.
func (c *client) any() *record {
	if len(c.records) == 0 {
		return nil
	}
	if last := len(c.records) - 1; c.random.IntN(2) == 0 {
		return c.records[last-c.random.IntN(min(8, last+1))]
	}
	return c.records[c.random.IntN(len(c.records))]
}

// authorize gets a code.
func (c *client) authorize() (*record, error) {
	page, err := c.seen(c.Code(c.browser))
	if err != nil {
		return nil, err
	}
	if page.Left == nil {
		return nil, fmt.Errorf("a code was asked for: %d\n%s", page.Status, page.Body)
	}
	if c.faults && page.Left.Query().Get("error") == "server_error" {
		c.count.lost.Add(1)
		return nil, errLost
	}
	code := page.Left.Query().Get("code")
	if code == "" {
		return nil, fmt.Errorf("a code was asked for, got %v", page.Left)
	}
	r := &record{app: c.Application, code: code}
	c.records = append(c.records, r)
	return r, nil
}

// lost decides whether an answer says anything about what was asked.
func (c *client) lost(answer harness.Answer, err error) error {
	var late interface{ Timeout() bool }
	switch {
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("there was no answer for %v: %w", harness.Patience, err)
	case err == nil && answer.Status < 500:
		return nil
	case err == nil && !c.faults:
		return fmt.Errorf("a fault: %d %s", answer.Status, answer.Body)
	}
	c.count.lost.Add(1)
	return errLost
}
