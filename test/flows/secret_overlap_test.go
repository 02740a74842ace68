package flows

import (
	"net/http"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// Both secrets work while they overlap, and the one before no longer after the next
// rotation; which one was used last shows.
func TestClientSecretsOverlap(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		first, token := w.grant(t)
		refresh := func(secret string) int {
			t.Helper()
			answer, err := harness.Client{Application: harness.Application{ID: first.ID, Secret: secret}, Node: w.Issuer}.Refresh(token.RefreshToken, "")
			if err != nil {
				t.Fatal(err)
			}
			return answer.Status
		}
		rotate := func(body map[string]any) string {
			t.Helper()
			return w.API(t, "POST", "/v1/oauth_applications/"+first.Application+"/rotate_secret", body)["client_secret"].(string)
		}
		second := rotate(map[string]any{"overlap_seconds": 3600})
		for name, secret := range map[string]string{"before": first.Secret, "current": second} {
			if got := refresh(secret); got != http.StatusOK {
				t.Errorf("the secret %s: %d", name, got)
			}
		}
		app := w.API(t, "GET", "/v1/oauth_applications/"+first.Application, nil)
		secrets := app["signet"].(map[string]any)["secrets"].([]any)
		if len(secrets) != 2 || secrets[0].(map[string]any)["last_used_at"] == nil || secrets[1].(map[string]any)["last_used_at"] == nil {
			t.Errorf("secrets %v", secrets)
		}
		third := rotate(map[string]any{"overlap_seconds": 3600})
		for secret, want := range map[string]int{first.Secret: http.StatusUnauthorized, second: http.StatusOK, third: http.StatusOK} {
			if got := refresh(secret); got != want {
				t.Errorf("after another rotation: %d, want %d", got, want)
			}
		}
		fourth := rotate(nil)
		for secret, want := range map[string]int{third: http.StatusUnauthorized, fourth: http.StatusOK} {
			if got := refresh(secret); got != want {
				t.Errorf("after a rotation at once: %d, want %d", got, want)
			}
		}
	})
}
