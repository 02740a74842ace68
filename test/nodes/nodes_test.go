package nodes

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/test/harness"
	"github.com/signet-auth/signet/test/journal"
)

// race sends one request n times, over all nodes at once, and gives the answers.
func (c *customer) race(t *testing.T, n int, send func(harness.Client) (harness.Answer, error)) []harness.Answer {
	t.Helper()
	var turn atomic.Int32
	answers := make([]harness.Answer, n)
	for _, err := range harness.Together(n, func() error {
		mine := int(turn.Add(1)) - 1
		var err error
		answers[mine], err = send(c.at(mine % len(c.fleet.nodes)))
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

func TestOneCodeRacedOverThreeNodes(t *testing.T) {
	c := newFleet(t).newCustomer(t)
	for round := range 5 {
		code := c.code(t, round%3)
		won := harness.Answer{}
		wins := 0
		for _, answer := range c.race(t, 48, func(at harness.Client) (harness.Answer, error) { return at.Exchange(code) }) {
			switch {
			case answer.Status == http.StatusOK:
				won = answer
				wins++
			case answer.Status != http.StatusBadRequest || answer.Text("error") != "invalid_grant":
				t.Errorf("a loser got %d %s, want invalid_grant", answer.Status, answer.Body)
			}
		}
		if wins != 1 {
			t.Fatalf("%d exchanges won, want 1", wins)
		}
		// The losers have replayed it.
		c.gone(t, purchase{code, won.Text("access_token"), won.Text("refresh_token")})
	}
}

// gone checks that nothing of a purchase is accepted on any node.
func (c *customer) gone(t *testing.T, p purchase) {
	t.Helper()
	for node := range c.fleet.nodes {
		want(t, http.StatusUnauthorized, "invalid_token", func() (harness.Answer, error) { return c.at(node).UserInfo(p.access) })
		for name, send := range map[string]func() (harness.Answer, error){
			"refresh token": func() (harness.Answer, error) { return c.at(node).Refresh(p.refresh, "") },
			"code":          func() (harness.Answer, error) { return c.at(node).Exchange(p.code) },
		} {
			answer, err := send()
			if err != nil {
				t.Fatal(err)
			}
			if refusal := answer.Text("error"); refusal != "invalid_grant" && refusal != "invalid_client" {
				t.Errorf("node %d answers a %s that is gone with %d %s", node, name, answer.Status, answer.Body)
			}
		}
	}
}

func TestOneRefreshTokenRacedOverThreeNodes(t *testing.T) {
	c := newFleet(t).newCustomer(t)
	bought := c.buy(t, 0)
	for range 5 {
		refresh := func(at harness.Client) (harness.Answer, error) { return at.Refresh(bought.refresh, "") }
		successor := ""
		// The second race comes from those who lost all answers of the first. Had
		// there been two rotations, they would be thieves.
		for _, answer := range append(c.race(t, 48, refresh), c.race(t, 48, refresh)...) {
			if successor == "" {
				successor = answer.Text("refresh_token")
			}
			if answer.Status != http.StatusOK || answer.Text("refresh_token") != successor {
				t.Fatalf("got %d %s, want 200 and %s", answer.Status, answer.Body, successor)
			}
		}
		bought.refresh = successor
	}
	c.use(t, &bought)
}

func TestARevocationOnOneNodeHoldsOnAll(t *testing.T) {
	f := newFleet(t)
	for _, tt := range []struct {
		name   string
		revoke func(c *customer, node int, p purchase)
	}{
		{"ban", func(c *customer, node int, _ purchase) { f.at(node).API(t, "POST", "/v1/users/"+c.user+"/ban", nil) }},
		{"deletion of the user", func(c *customer, node int, _ purchase) { f.at(node).API(t, "DELETE", "/v1/users/"+c.user, nil) }},
		{"deletion of the application", func(c *customer, node int, _ purchase) {
			f.at(node).API(t, "DELETE", "/v1/oauth_applications/"+c.app.Application, nil)
		}},
		{"replay", func(c *customer, node int, p purchase) {
			want(t, http.StatusBadRequest, "invalid_grant", func() (harness.Answer, error) { return c.at(node).Exchange(p.code) })
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for node := range f.nodes {
				c := f.newCustomer(t)
				bought := c.buy(t, (node+1)%3)
				c.use(t, &bought)
				tt.revoke(c, node, bought)
				c.gone(t, bought)
			}
		})
	}
}

// knows tells whether a node takes the client for who it says it is.
func knows(t *testing.T, at harness.Client) bool {
	t.Helper()
	answer, err := at.Refresh("ort_x", "")
	if err != nil {
		t.Fatal(err)
	}
	switch answer.Text("error") {
	case "invalid_grant":
		return true
	case "invalid_client":
		return false
	}
	t.Fatalf("got %d %s", answer.Status, answer.Body)
	return false
}

// learn waits until a node knows the client or no longer does. Whatever it is
// asked later than it may take has to be right.
func learn(t *testing.T, changed time.Time, at harness.Client, known bool) {
	t.Helper()
	for {
		late := time.Since(changed) >= learns
		if knows(t, at) == known {
			return
		}
		if late {
			t.Fatalf("%v after the change the client is known at %s = %v", learns, at.Node, !known)
		}
		<-time.After(learns / 8) // who asks more often with what is not known is told to wait
	}
}

func TestAnApplicationIsTheSameOnAllNodes(t *testing.T) {
	f := newFleet(t)
	c := f.newCustomer(t)
	for node := range f.nodes {
		c.app = f.newApplication(t, node)
		bought := c.buy(t, (node+1)%3) // at once
		c.use(t, &bought)

		old := c.app
		answer := f.at(node).API(t, "POST", "/v1/oauth_applications/"+c.app.Application+"/rotate_secret", nil)
		changed := time.Now()
		c.app.Secret, _ = answer["client_secret"].(string)
		if c.app.Secret == "" || c.app.Secret == old.Secret {
			t.Fatalf("rotating the secret: %v", answer)
		}
		for other := range f.nodes {
			learn(t, changed, c.at(other), true)
			learn(t, changed, harness.Client{Application: old, Node: f.nodes[other].URL}, false)
		}
		c.use(t, &bought)

		f.at(node).API(t, "DELETE", "/v1/oauth_applications/"+c.app.Application, nil)
		changed = time.Now()
		for other := range f.nodes {
			learn(t, changed, c.at(other), false)
		}
		c.gone(t, bought)
	}
}

func TestAKilledNodeTakesNothingWithIt(t *testing.T) {
	f := newFleet(t)
	mortal := f.nodes[2]
	crowd := journal.NewCrowd(t, journal.Options{Nodes: []string{f.nodes[0].URL, f.nodes[1].URL, mortal.URL}, Mortal: mortal.URL})
	for range journal.Number(t, "SIGNET_NODES_KILLS", 3) {
		crowd.WorkDuring(func() {
			crowd.Wait(50*time.Millisecond, 300*time.Millisecond)
			mortal.Kill()
			crowd.Wait(50*time.Millisecond, 300*time.Millisecond) // the others go on
			mortal.Start()
			crowd.Wait(50*time.Millisecond, 100*time.Millisecond)
		})
		crowd.Verify(4)
	}
	crowd.Verify(journal.All)
	t.Log(&crowd.Tally)
	if !crowd.Complete() {
		t.Error("something was not tested at all")
	}
}
