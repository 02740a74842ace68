package nodes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/signet-auth/signet/test/harness"
)

// Every node signs with the same key at the same time, and what one signed all
// accept.
func TestAllNodesSignWithTheSameKey(t *testing.T) {
	f := newFleet(t)
	f.API(t, "PATCH", "/v1/instance/oauth_application_settings", map[string]any{"oauth_jwt_access_tokens": true})
	c := f.newCustomer(t)
	f.API(t, "PATCH", "/v1/oauth_applications/"+c.app.Application, map[string]any{"scopes": "openid profile email"})
	var sets []string
	for node := range f.nodes {
		_, set := f.at(node).Get(t, "/.well-known/jwks.json", "")
		body := fmt.Sprint(set["keys"])
		sets = append(sets, body)
		if body != sets[0] || strings.Count(body, "kid:") != 3 {
			t.Errorf("node %d publishes %s\nand the first %s", node, body, sets[0])
		}
	}
	kids := map[string]bool{}
	for node := range f.nodes {
		harness.Eventually(t, learns, func() bool { // the settings reach every node
			answer, err := c.at(node).Exchange(c.code(t, 0))
			if err != nil || answer.Status != http.StatusOK {
				t.Fatalf("%d %s, %v", answer.Status, answer.Body, err)
			}
			if strings.Count(answer.Text("access_token"), ".") != 2 || answer.Text("id_token") == "" {
				return false
			}
			keys := oidc.NewRemoteKeySet(t.Context(), f.nodes[(node+1)%3].URL+"/.well-known/jwks.json")
			verifier := oidc.NewVerifier(f.Issuer, keys, &oidc.Config{ClientID: c.app.ID})
			if _, err := verifier.Verify(t.Context(), answer.Text("id_token")); err != nil {
				t.Errorf("what node %d signed another's keys do not verify: %v", node, err)
			}
			kids[strings.Split(answer.Text("id_token"), ".")[0]] = true
			for other := range f.nodes {
				want(t, http.StatusOK, "", func() (harness.Answer, error) { return c.at(other).UserInfo(answer.Text("access_token")) })
			}
			return true
		})
	}
	if len(kids) != 1 {
		t.Errorf("the nodes signed with %d keys, want one", len(kids))
	}
}

// A key of the Backend API that one node takes back opens none of the others for
// longer than they take to learn of it; another key opens all of them meanwhile.
func TestARemovedSecretKeyDiesOnAllNodes(t *testing.T) {
	f := newFleet(t)
	made := f.API(t, "POST", "/v1/secret_keys", map[string]any{"name": "next"})
	key := made["secret_key"].(string)
	asks := func(node int) int {
		status, _ := f.at(node).Get(t, "/v1/whoami", key)
		return status
	}
	for node := range f.nodes {
		harness.Eventually(t, learns, func() bool { return asks(node) == http.StatusOK })
	}
	f.at(1).API(t, "DELETE", "/v1/secret_keys/"+made["id"].(string), nil)
	for node := range f.nodes {
		harness.Eventually(t, learns, func() bool { return asks(node) == http.StatusUnauthorized })
		f.at(node).API(t, "GET", "/v1/whoami", nil)
	}
}
