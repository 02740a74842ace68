package flows

import (
	"fmt"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// How many there are of what pages list.
const (
	benchUsers        = 2000
	benchApplications = 50
	benchConnected    = 10
)

// BenchmarkPage asks for the main pages over HTTP, one request at a time, and reports the
// median of how long each took, client and all.
func BenchmarkPage(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as signet serve does
	w := &world{harness.NewWorld(b, filepath.Join(b.TempDir(), "signet.db"), func(*config.Config) {})}
	for i := range benchUsers {
		w.API(b, "POST", "/v1/users", map[string]any{
			"email_address": []string{fmt.Sprintf("somebody%d@example.com", i)}, "first_name": "Some", "last_name": fmt.Sprintf("Body %d", i),
		})
	}
	someone := w.signedIn(b)
	var asks string
	for i := range benchApplications {
		c := w.CreateApplication(b, map[string]any{"name": fmt.Sprintf("Application %d", i), "callback_url": "https://client.example/cb"})
		setup := w.OAuth2(c)
		asks = setup.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
		if i < benchConnected {
			someone.Submit(someone.Visit(asks), "allow", nil)
		}
	}
	operator := harness.NewPerson(b, w.Issuer)
	page := operator.Submit(operator.Visit(w.SetUp), "set-up", map[string]string{
		"email_address": "grace@example.com", "first_name": "Grace", "password": "nanoseconds in a wire",
	})
	if !strings.Contains(page.Body, `id="totals"`) {
		b.Fatalf("no dashboard for the operator:\n%s", page.Body)
	}

	stranger := harness.NewPerson(b, w.Issuer)
	for _, x := range []struct {
		name, path string
		who        *harness.Person
	}{
		{"sign-in", "/sign-in", stranger},
		{"sign-in_for_a_client", strings.TrimPrefix(asks, w.Issuer), stranger},
		{"forgot", "/forgot-password", stranger},
		{"consent", strings.TrimPrefix(asks, w.Issuer), someone},
		{"device", "/device", someone},
		{"account", "/account", someone},
		{"account_profile", "/account/profile", someone},
		{"account_security", "/account/security", someone},
		{"account_sessions", "/account/sessions", someone},
		{"account_applications", "/account/applications", someone},
		{"dashboard", "/dashboard", operator},
		{"dashboard_applications", "/dashboard/applications", operator},
		{"dashboard_users", "/dashboard/users", operator},
		{"dashboard_user", "/dashboard/users/" + w.User, operator},
		{"dashboard_settings", "/dashboard/settings", operator},
		{"dashboard_events", "/dashboard/events", operator},
	} {
		b.Run(x.name, func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			for b.Loop() {
				from := time.Now()
				page := x.who.Visit(w.Issuer + x.path)
				took = append(took, time.Since(from))
				if page.Status != http.StatusOK || page.Left != nil {
					b.Fatalf("status %d, sent to %v", page.Status, page.Left)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
		})
	}
}
