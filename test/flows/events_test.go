package flows

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// latest are the newest events with their actors, the newest first.
func (w *world) latest(t *testing.T, n string) (events []string) {
	t.Helper()
	for _, x := range w.API(t, "GET", "/v1/events?order_by=-timestamp&limit="+n, nil)["data"].([]any) {
		e := x.(map[string]any)
		actor := e["event_attributes"].(map[string]any)["actor"].(map[string]any)
		text := e["type"].(string) + " by " + actor["type"].(string)
		if reason, ok := e["data"].(map[string]any)["revocation_reason"]; ok {
			text += ": " + reason.(string)
		}
		events = append(events, text)
	}
	return events
}

func (w *world) told(t *testing.T, want ...string) {
	t.Helper()
	got := w.latest(t, string(rune('0'+len(want))))
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("the newest events are %q, want %q", got, want)
	}
}

// What users and clients do is told with who did it. Issuing and refreshing tokens is
// not told.
func TestEventsOfAnAuthorization(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		app, token := w.grant(t)
		w.told(t, "oauth_authorization.granted by user", "session.created by user", "oauth_application.created by secret_key")
		stolen := token.RefreshToken
		for range 2 {
			answer, err := w.refresh(app, token.RefreshToken, "")
			if err != nil {
				t.Fatal(err)
			}
			token.RefreshToken = field(t, answer, "refresh_token")
			w.Clock.Advance(120)
		}
		w.told(t, "oauth_authorization.granted by user")
		if _, err := w.refresh(app, stolen, ""); err == nil {
			t.Error("a refresh token works for ever")
		}
		w.told(t, "oauth_grant.revoked by system: refresh_token_reused", "oauth_authorization.granted by user")

		client := harness.Client{Node: w.Issuer, Application: app}
		someone := harness.NewPerson(t, w.Issuer)
		if page, err := someone.TrySignIn(harness.Email); err != nil || page.Status != http.StatusOK {
			t.Fatal(page.Status, err)
		}
		page, err := client.Code(someone)
		if err != nil || page.Left == nil {
			t.Fatal(page.Status, err)
		}
		code := page.Left.Query().Get("code")
		for i, want := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadRequest} {
			if answer, err := client.Exchange(code); err != nil || answer.Status != want {
				t.Errorf("exchange %d: %d %s, %v", i, answer.Status, answer.Body, err)
			}
		}
		w.told(t, "oauth_grant.revoked by system: code_replayed", "session.created by user")

		w.API(t, "DELETE", "/v1/users/"+w.User+"/connections/"+app.Application, nil)
		w.told(t, "oauth_authorization.withdrawn by secret_key")
	})
}
