package nodes

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// learns is how long a node may go on by what it knows of an application that was
// changed on another one.
const learns = 2 * time.Second

// A fleet is three nodes of one Signet. The first has the address that the world
// knows.
type fleet struct {
	harness.Site
	nodes []*harness.Node
	users int
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	shared := []string{
		"SIGNET_DATABASE=" + pgtest.URL(t),
		"SIGNET_ROOT_KEY=" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
	}
	f := &fleet{nodes: []*harness.Node{harness.NewNode(t, shared...)}}
	f.Issuer = f.nodes[0].URL
	for range 2 {
		f.nodes = append(f.nodes, harness.NewNode(t, append(shared, "SIGNET_ISSUER="+f.Issuer)...))
	}
	return f
}

// at is the Backend API of a node.
func (f *fleet) at(node int) harness.Site { return harness.Site{Issuer: f.nodes[node].URL} }

// A customer is a user who is signed in and an application to sign in to.
type customer struct {
	fleet   *fleet
	app     harness.Application
	user    string
	browser *harness.Person
}

func (f *fleet) newCustomer(t *testing.T) *customer {
	t.Helper()
	f.users++
	email := fmt.Sprintf("user%d@example.com", f.users)
	c := &customer{fleet: f, browser: harness.NewPerson(t, f.Issuer)}
	c.user = f.CreateUser(t, map[string]any{"email_address": []string{email}})
	c.app = f.newApplication(t, 0)
	if page, err := c.browser.TrySignIn(email); err != nil || page.Status != http.StatusOK {
		t.Fatalf("signing in: %d %v", page.Status, err)
	}
	return c
}

func (f *fleet) newApplication(t *testing.T, node int) harness.Application {
	t.Helper()
	return f.at(node).CreateApplication(t, map[string]any{
		"name": "a", "callback_url": "https://client.example/cb", "consent_screen_enabled": false,
	})
}

// at is the application at a node.
func (c *customer) at(node int) harness.Client {
	return harness.Client{Application: c.app, Node: c.fleet.nodes[node].URL}
}

// code gets one at a node.
func (c *customer) code(t *testing.T, node int) string {
	t.Helper()
	page, err := c.at(node).Code(c.browser)
	if err != nil {
		t.Fatal(err)
	}
	if page.Left == nil || page.Left.Query().Get("code") == "" {
		t.Fatalf("a code was asked for: %d %v\n%s", page.Status, page.Left, page.Body)
	}
	return page.Left.Query().Get("code")
}

// A purchase is what a code has bought.
type purchase struct{ code, access, refresh string }

// buy gets a code at a node and exchanges it there.
func (c *customer) buy(t *testing.T, node int) purchase {
	t.Helper()
	code := c.code(t, node)
	answer := want(t, http.StatusOK, "", func() (harness.Answer, error) { return c.at(node).Exchange(code) })
	return purchase{code, answer.Text("access_token"), answer.Text("refresh_token")}
}

// use shows that a purchase holds on all nodes, which have its application in
// memory then.
func (c *customer) use(t *testing.T, p *purchase) {
	t.Helper()
	for node := range c.fleet.nodes {
		want(t, http.StatusOK, "", func() (harness.Answer, error) { return c.at(node).UserInfo(p.access) })
		answer := want(t, http.StatusOK, "", func() (harness.Answer, error) { return c.at(node).Refresh(p.refresh, "") })
		p.access, p.refresh = answer.Text("access_token"), answer.Text("refresh_token")
	}
}

// want sends a request and wants this status and error code.
func want(t *testing.T, status int, code string, send func() (harness.Answer, error)) harness.Answer {
	t.Helper()
	answer, err := send()
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != status || answer.Text("error") != code {
		t.Fatalf("got %d %s, want %d %s", answer.Status, answer.Body, status, code)
	}
	return answer
}
