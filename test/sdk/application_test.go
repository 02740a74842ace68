package sdk

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
)

func (s server) config() *clerk.ClientConfig {
	return &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{URL: clerk.String(s.url + "/v1"), Key: clerk.String(s.key), HTTPClient: &http.Client{Transport: recorder{}, Timeout: 30 * time.Second}}}
}

// refusedWith lists what the SDK understood of an error: status, codes and
// parameters.
func refusedWith(t *testing.T, err error) string {
	t.Helper()
	var refused *clerk.APIErrorResponse
	if !errors.As(err, &refused) {
		return fmt.Sprint(err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(refused.TraceID) {
		t.Errorf("trace id %q", refused.TraceID)
	}
	var all []string
	for _, e := range refused.Errors {
		param := regexp.MustCompile(`"param_name":"(\w+)"`).FindStringSubmatch(string(e.Meta))
		if param == nil {
			param = []string{"", ""}
		}
		if e.Message == "" || e.LongMessage == "" {
			t.Errorf("an error without text: %+v", e)
		}
		all = append(all, strings.TrimSpace(e.Code+" "+param[1]))
	}
	return fmt.Sprintf("%d %s", refused.HTTPStatusCode, strings.Join(all, ", "))
}

func TestApplications(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		apps := oauthapplication.NewClient(s.config())
		app, err := apps.Create(t.Context(), &oauthapplication.CreateParams{Name: "Ledger", CallbackURL: "https://ledger.example/cb"})
		if err != nil {
			t.Fatal(err)
		}
		if app.Object != "oauth_application" || app.Scopes != "profile email" || app.CallbackURL != "https://ledger.example/cb" ||
			!app.ConsentScreenEnabled || app.Public || app.ClientSecret == nil || len(*app.ClientSecret) != 32 ||
			app.AuthorizeURL != s.url+"/oauth/authorize" || app.CreatedAt < 1e12 {
			t.Errorf("created as %+v", app)
		}
		if app.Response.Header.Get("Clerk-Trace-Id") == "" {
			t.Error("the answer has no trace id")
		}
		got, err := apps.Get(t.Context(), app.ID)
		if err != nil || got.ClientID != app.ClientID || got.ClientSecret != nil {
			t.Errorf("Get = %+v, %v", got, err)
		}
		list, err := apps.List(t.Context(), &oauthapplication.ListParams{
			NameQuery: clerk.String(app.ClientID), OrderBy: clerk.String("+created_at"), DynamicallyRegistered: clerk.Bool(false),
		})
		if err != nil || list.TotalCount != 1 || list.OAuthApplications[0].ID != app.ID {
			t.Errorf("List = %+v, %v", list, err)
		}
		changed, err := apps.Update(t.Context(), app.ID, &oauthapplication.UpdateParams{
			Name: clerk.String("Notes"), CallbackURL: clerk.String("notes://cb"), Scopes: clerk.String("email"), ConsentScreenEnabled: clerk.Bool(false),
		})
		if err != nil || changed.Name != "Notes" || changed.CallbackURL != "notes://cb" || changed.Scopes != "email" ||
			changed.ConsentScreenEnabled || changed.ClientSecret != nil || changed.UpdatedAt <= app.UpdatedAt {
			t.Errorf("Update = %+v, %v", changed, err)
		}
		rotated, err := apps.RotateClientSecret(t.Context(), app.ID)
		if err != nil || rotated.ClientSecret == nil || *rotated.ClientSecret == *app.ClientSecret {
			t.Errorf("RotateClientSecret = %+v, %v", rotated, err)
		}
		deleted, err := apps.DeleteOAuthApplication(t.Context(), app.ID)
		if err != nil || deleted.ID != app.ID || !deleted.Deleted || deleted.Object != "oauth_application" {
			t.Errorf("DeleteOAuthApplication = %+v, %v", deleted, err)
		}
		if _, err := apps.Get(t.Context(), app.ID); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("Get after deletion = %v", err)
		}
	})
}

func TestApplicationRefusals(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		apps := oauthapplication.NewClient(s.config())
		tests := []struct {
			name   string
			params oauthapplication.CreateParams
			want   string
		}{
			{"empty name", oauthapplication.CreateParams{}, "422 form_param_nil name"},
			{"fragment", oauthapplication.CreateParams{Name: "x", CallbackURL: "https://a.example/#b"}, "422 form_param_format_invalid callback_url"},
			{"unknown scope", oauthapplication.CreateParams{Name: "x", Scopes: "admin"}, "400 oauth_invalid_scope scopes"},
			{"both", oauthapplication.CreateParams{CallbackURL: "x"}, "422 form_param_nil name, form_param_format_invalid callback_url"},
		}
		for _, tt := range tests {
			if _, err := apps.Create(t.Context(), &tt.params); refusedWith(t, err) != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, refusedWith(t, err), tt.want)
			}
		}
		const unknown = "oa_2O4BCh3zUONvWlZHtBXv6s6tm7u"
		_, errGet := apps.Get(t.Context(), unknown)
		_, errUpdate := apps.Update(t.Context(), unknown, &oauthapplication.UpdateParams{})
		_, errRotate := apps.RotateClientSecret(t.Context(), unknown)
		_, errDelete := apps.DeleteOAuthApplication(t.Context(), unknown)
		for _, err := range []error{errGet, errUpdate, errRotate, errDelete} {
			if got := refusedWith(t, err); got != "404 resource_not_found" {
				t.Errorf("unknown application: %s", got)
			}
		}
		stranger := oauthapplication.NewClient(server{s.url, "sk_test_wrong"}.config())
		_, err := stranger.List(t.Context(), &oauthapplication.ListParams{})
		if got := refusedWith(t, err); got != fmt.Sprint(http.StatusUnauthorized, " clerk_key_invalid") {
			t.Errorf("wrong key: %s", got)
		}
	})
}
