package nodes

import (
	"net/http"
	"testing"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
)

// TestFailover kills the server that takes writes and promotes its replica under a
// Signet that keeps running: nothing that was acknowledged is lost, and requests in
// between are refused so that clients try again.
func TestFailover(t *testing.T) {
	primary := pgtest.NewCluster(t)
	standby := primary.NewStandby()
	node := harness.NewNode(t, "SIGNET_DATABASE="+pgtest.URLOf(primary, standby))
	site := harness.Site{Issuer: node.URL}
	site.CreateUser(t, map[string]any{"email_address": []string{harness.Email}})
	app := site.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	client := harness.Client{Node: node.URL, Application: app}
	someone := harness.NewPerson(t, node.URL)
	site.SignInAndAllow(t, someone, site.OAuth2(app).AuthCodeURL("af0ifjsldkj"))

	buy := func() harness.Answer {
		t.Helper()
		page, err := client.Code(someone)
		if err != nil || page.Left == nil {
			t.Fatalf("no code: %d %s, %v", page.Status, page.Body, err)
		}
		bought, err := client.Exchange(page.Left.Query().Get("code"))
		if err != nil || bought.Status != http.StatusOK {
			t.Fatalf("an exchange: %d %s, %v", bought.Status, bought.Body, err)
		}
		return bought
	}
	var acknowledged []harness.Answer
	for range 20 {
		bought := buy()
		rotated, err := client.Refresh(bought.Text("refresh_token"), "")
		if err != nil || rotated.Status != http.StatusOK {
			t.Fatalf("a refresh: %d %s, %v", rotated.Status, rotated.Body, err)
		}
		acknowledged = append(acknowledged, bought, rotated)
	}
	newest := acknowledged[len(acknowledged)-1]

	primary.Kill()
	for range 3 {
		refused, err := client.Refresh(newest.Text("refresh_token"), "")
		if err != nil || refused.Status != http.StatusServiceUnavailable && refused.Status != http.StatusInternalServerError {
			t.Errorf("without a database: %d %s, %v", refused.Status, refused.Body, err)
		}
	}
	standby.Promote()
	node.AwaitReady()
	for i, answer := range acknowledged {
		if info, err := client.UserInfo(answer.Text("access_token")); err != nil || info.Status != http.StatusOK {
			t.Errorf("access token %d: %d %s, %v", i, info.Status, info.Body, err)
		}
	}
	for i := 1; i < len(acknowledged); i += 2 {
		if again, err := client.Refresh(acknowledged[i].Text("refresh_token"), ""); err != nil || again.Status != http.StatusOK {
			t.Errorf("refresh token %d: %d %s, %v", i, again.Status, again.Body, err)
		}
	}
	buy()
	if !node.Running() {
		t.Error("the node did not keep running")
	}
}
