package browser

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestOrganizationIsChosen(t *testing.T) {
	w := newWorld(t)
	w.call(t, "PATCH", "/v1/instance/organization_settings", map[string]any{"enabled": true})
	ada := w.api(t, "/v1/users", map[string]any{"username": "ada_byron", "password": password})["id"]
	first := w.api(t, "/v1/organizations", map[string]any{"name": "Royal Society", "created_by": ada})["id"].(string)
	second := w.api(t, "/v1/organizations", map[string]any{"name": "Analytical Society", "created_by": ada})["id"].(string)
	guild := w.api(t, "/v1/oauth_applications", map[string]any{"name": "Guild", "callback_url": w.client.URL + "/callback", "scopes": "user:org:read"})
	w.config.ClientID, w.config.ClientSecret = guild["client_id"].(string), guild["client_secret"].(string)

	run(t, w.tab, chromedp.Navigate(w.config.AuthCodeURL("state-1")),
		see("#identifier"), fill("#identifier", "ada_byron"), click("#sign-in"), enter(password), see("#organizations"))
	if text := read(t, w.tab, "#organizations"); !strings.Contains(text, "Royal Society") || !strings.Contains(text, "Analytical Society") {
		t.Errorf("the page offers %q", text)
	}
	run(t, w.tab, see("#"+first+":checked"), click("#"+second), see("#"+second+":checked"), click("#allow"))
	token, err := w.config.Exchange(t.Context(), answer(t, w.tab).Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := w.config.Client(t.Context(), token).Get(w.issuer + "/oauth/userinfo")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var info map[string]any
	if err := json.NewDecoder(response.Body).Decode(&info); err != nil || info["org_id"] != second {
		t.Errorf("user info: %v, %v", info, err)
	}
}
