package journal

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

// Options say what a client is to work on.
type Options struct {
	Nodes  []string // addresses of one Signet; the first is the issuer and does all that operators do
	Mortal string   // the node that may fail to answer
	Faults bool     // answers may say that there was a fault
}

// A Client is one application with one user. It does one thing after the other,
// so its notes are exact; many clients run at once.
type Client struct {
	Options
	notes
	t       testing.TB
	issuer  harness.Site
	http    *http.Client
	app     harness.Application
	user    string // its id
	email   string
	browser *harness.Person
	random  *rand.Rand
	tally   *Tally
}

// A Tally counts what was acknowledged, so that a test can tell what it tested.
type Tally struct{ Exchanges, Refreshes, UserInfos, Replays, Bans, Deletions, Lost atomic.Int64 }

// String lists the counts.
func (n *Tally) String() string {
	return fmt.Sprintf("acknowledged: %d exchanges, %d refreshes, %d user infos, %d replays, %d bans, %d deletions; lost: %d",
		n.Exchanges.Load(), n.Refreshes.Load(), n.UserInfos.Load(), n.Replays.Load(), n.Bans.Load(), n.Deletions.Load(), n.Lost.Load())
}

// Complete tells whether there was something of everything that matters.
func (n *Tally) Complete() bool {
	return n.Exchanges.Load() > 0 && n.Refreshes.Load() > 0 && n.UserInfos.Load() > 0 &&
		n.Replays.Load()+n.Bans.Load()+n.Deletions.Load() > 0 && n.Lost.Load() > 0
}

func newClient(t testing.TB, o Options, number int, random *rand.Rand, tally *Tally) *Client {
	t.Helper()
	c := &Client{
		Options: o, t: t, issuer: harness.Site{Issuer: o.Nodes[0]}, random: random, tally: tally,
		email: fmt.Sprintf("user%d@example.com", number),
		http:  &http.Client{Transport: &http.Transport{}, Timeout: harness.Patience},
	}
	c.user = c.issuer.CreateUser(t, map[string]any{"email_address": []string{c.email}})
	if err := c.signIn(); err != nil {
		t.Fatal(err)
	}
	return c
}

// step does the next thing: what is unsettled first, then something at random.
func (c *Client) step() error {
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
func (c *Client) settle() error {
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
func (c *Client) any() *record {
	if len(c.records) == 0 {
		return nil
	}
	if last := len(c.records) - 1; c.random.IntN(2) == 0 {
		return c.records[last-c.random.IntN(min(8, last+1))]
	}
	return c.records[c.random.IntN(len(c.records))]
}

// authorize gets a code.
func (c *Client) authorize() (*record, error) {
	at := c.as(c.app)
	page, err := at.Code(c.browser)
	if err := c.lost(at.Node, harness.Answer{Status: page.Status, Body: page.Body}, err); err != nil {
		return nil, err
	}
	if page.Left == nil {
		return nil, fmt.Errorf("a code was asked for: %d\n%s", page.Status, page.Body)
	}
	if c.Faults && page.Left.Query().Get("error") == "server_error" {
		c.tally.Lost.Add(1)
		return nil, errLost
	}
	code := page.Left.Query().Get("code")
	if code == "" {
		return nil, fmt.Errorf("a code was asked for, got %v", page.Left)
	}
	r := &record{app: c.app, code: code}
	c.records = append(c.records, r)
	return r, nil
}

// as is the application at some node.
func (c *Client) as(app harness.Application) harness.Client {
	return harness.Client{Application: app, Node: c.Nodes[c.random.IntN(len(c.Nodes))], HTTP: c.http}
}

// lost decides whether an answer of a node says anything about what was asked.
func (c *Client) lost(node string, answer harness.Answer, err error) error {
	var late interface{ Timeout() bool }
	switch {
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("there was no answer for %v: %w", harness.Patience, err)
	case err != nil && node != c.Mortal:
		return fmt.Errorf("%s has nothing to fail from: %w", node, err)
	case err == nil && answer.Status < 500:
		return nil
	case err == nil && !c.Faults:
		return fmt.Errorf("a fault: %d %s", answer.Status, answer.Body)
	}
	c.tally.Lost.Add(1)
	return errLost
}
