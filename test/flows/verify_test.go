package flows

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// TestVerification asks about tokens as a resource server does that holds the
// secret key. Clerk's SDK takes any answer of success for a good token, so all
// others are not found.
func TestVerification(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const versioned = "/v1/oauth_applications/access_tokens/verify"
		c, token := w.grant(t)
		verify := func(path, field, value string) (harness.Answer, map[string]any) {
			answer, err := w.Try("POST", path, map[string]any{field: value})
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal([]byte(answer.Body), &members); err != nil {
				t.Fatal(err)
			}
			return answer, members
		}
		for _, tt := range []struct{ path, field string }{
			{versioned, "access_token"},
			{strings.TrimPrefix(versioned, "/v1"), "access_token"},
			{versioned, "secret"}, // as Clerk's Python SDK sends it
		} {
			answer, got := verify(tt.path, tt.field, token.AccessToken)
			want := map[string]any{
				"object": "clerk_idp_oauth_access_token", "client_id": c.ID, "subject": w.User, "revoked": false,
				"revocation_reason": nil, "expired": false, "created_at": float64(w.Clock.Time().UnixMilli()),
				"updated_at": float64(w.Clock.Time().UnixMilli()), "expiration": float64(w.Clock.Time().UnixMilli() + 7200_000),
			}
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s with %s: %s is %v, want %v", tt.path, tt.field, name, got[name], value)
				}
			}
			if id, _ := got["id"].(string); !regexp.MustCompile(`^oat_[0-9a-f]{32}$`).MatchString(id) || id == token.AccessToken {
				t.Errorf("the id is %q", id)
			}
			if scopes, _ := got["scopes"].([]any); !slices.Equal(scopes, []any{"profile", "email"}) {
				t.Errorf("the scopes are %v", scopes)
			}
			if answer.Status != 200 || len(got) != len(want)+2 {
				t.Errorf("%d with %d members, want 200 with %d", answer.Status, len(got), len(want)+2)
			}
		}
		refused := func(name, token string, status int) {
			if answer, got := verify(versioned, "access_token", token); answer.Status != status || got["errors"] == nil {
				t.Errorf("%s: %d %s, want %d and errors", name, answer.Status, answer.Body, status)
			}
		}
		refused("a forged token", strings.Replace(token.AccessToken, "oat_", "oat_A", 1), 404)
		refused("a refresh token", token.RefreshToken, 404)
		refused("something else", "hello", 404)
		refused("nothing", "", 400)
		w.Clock.Advance(7200)
		refused("an expired token", token.AccessToken, 404)
		w.Clock.Advance(-7200)
		w.API(t, "POST", "/v1/users/"+w.User+"/ban", nil)
		refused("the token of a banned user", token.AccessToken, 404)
		if strings.Contains(w.Logs.String(), token.AccessToken) {
			t.Error("the token is in the log")
		}
	})
}
