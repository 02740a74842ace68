package dashboard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// callbackPath is where the playground's flows come back to.
const callbackPath = root + "/playground/callback"

// flowLifetime is how long an operator may take in the playground.
const flowLifetime = 15 * time.Minute

// A flow is a sign-in that the playground has begun. The browser carries it, sealed.
type flow struct {
	Application string    `json:"a"`
	User        string    `json:"u"`
	Verifier    string    `json:"v"`
	Scope       string    `json:"s"`
	BegunAt     time.Time `json:"t"`
	Code        string    `json:"c,omitempty"`
}

func (d *Dashboard) seal(f flow) string {
	plaintext, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and a time always marshal
	}
	return base64.RawURLEncoding.EncodeToString(d.flows.Seal(plaintext))
}

// openFlow opens what seal made for the operator who is here now.
func (d *Dashboard) openFlow(v *visit, sealed string) (flow, error) {
	ciphertext, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return flow{}, errStale
	}
	plaintext, err := d.flows.Open(ciphertext)
	f := flow{}
	if err != nil || json.Unmarshal(plaintext, &f) != nil || f.User != v.current.User.ID || !d.Now().Before(f.BegunAt.Add(flowLifetime)) {
		return flow{}, errStale
	}
	return f, nil
}

func (d *Dashboard) playgroundPage(v *visit, app admin.Application) ui.BoardPlayground {
	address := d.Issuer + callbackPath
	page := ui.BoardPlayground{
		ApplicationFrame: d.frame(v, app), Address: address, Allowed: slices.Contains(app.RedirectURIs, address), Secret: !app.Public,
	}
	for _, name := range app.Scopes {
		page.Scopes = append(page.Scopes, ui.ScopeChoice{Name: name, Chosen: true})
	}
	return page
}

// showPlayground serves GET /dashboard/applications/{id}/playground.
func (d *Dashboard) showPlayground(v *visit) (answer, error) {
	app, err := d.application(v)
	return answer{page: d.playgroundPage(v, app)}, err
}

// allowPlayground registers the address of the playground.
func (d *Dashboard) allowPlayground(v *visit) (answer, error) {
	return d.changeAddresses(v, func(uris []string, address string) []string {
		if slices.Contains(uris, address) {
			return uris
		}
		return append(slices.Clone(uris), address)
	})
}

// forbidPlayground takes it out again.
func (d *Dashboard) forbidPlayground(v *visit) (answer, error) {
	return d.changeAddresses(v, func(uris []string, address string) []string {
		return slices.DeleteFunc(slices.Clone(uris), func(uri string) bool { return uri == address })
	})
}

func (d *Dashboard) changeAddresses(v *visit, change func(uris []string, address string) []string) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	unchanged := d.Admin.Provided(func(version string) bool { return version == app.Version() })
	uris := change(app.RedirectURIs, d.Issuer+callbackPath)
	if uris == nil {
		uris = []string{}
	}
	if _, err = unchanged.UpdateApplication(v.r.Context(), app.ApplicationID, admin.ApplicationFields{RedirectURIs: uris}); err != nil {
		return answer{}, err
	}
	return see(applicationPath(app.ApplicationID) + "/playground"), nil
}

// startPlayground begins a sign-in as the application would.
func (d *Dashboard) startPlayground(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	var scopes oauth.Scopes
	for _, name := range app.Scopes {
		if v.checked(ui.ScopeField(name)) {
			scopes = append(scopes, name)
		}
	}
	f := flow{Application: app.ApplicationID, User: v.current.User.ID, Verifier: rand.Text() + rand.Text(), Scope: scopes.String(), BegunAt: d.Now()}
	return see(d.authorizeURL(app.Client, f, d.seal(f))), nil
}

// authorizeURL is where the application would send the browser.
func (d *Dashboard) authorizeURL(c store.Client, f flow, state string) string {
	challenge := sha256.Sum256([]byte(f.Verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {d.Issuer + callbackPath}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	if f.Scope != "" {
		query.Set("scope", f.Scope)
	}
	return oauth.AuthorizePath + "?" + query.Encode()
}

// playgroundCallback is where the sign-in comes back to: with a code, or a refusal.
func (d *Dashboard) playgroundCallback(v *visit) (answer, error) {
	f, err := d.openFlow(v, v.get("state"))
	if err != nil {
		return answer{}, err
	}
	app, err := d.Admin.Application(v.r.Context(), f.Application)
	if err != nil {
		return answer{}, err
	}
	page := d.playgroundPage(v, app)
	page.Steps = d.firstSteps(v, app.Client, f)
	if f.Code = v.get("code"); f.Code != "" {
		page.Pending = d.seal(f)
	}
	return answer{page: page}, nil
}

// firstSteps show how the browser went and came back.
func (d *Dashboard) firstSteps(v *visit, c store.Client, f flow) []ui.PlaygroundStep {
	back := url.Values{}
	for _, name := range []string{"code", "iss", "error", "error_description", "error_uri"} {
		if value := v.get(name); value != "" {
			back.Set(name, value)
		}
	}
	about := v.say("board.playground.agreed")
	if back.Get("error") != "" {
		about = v.say("board.playground.refused")
	}
	return []ui.PlaygroundStep{
		{Title: v.say("board.playground.sent"), Text: v.say("board.playground.sent_text"), Wire: "GET " + d.readable(d.Issuer+d.authorizeURL(c, f, "(sealed)"))},
		{Title: v.say("board.playground.came_back"), Text: about, Wire: "GET " + d.readable(d.Issuer+callbackPath+"?"+back.Encode())},
	}
}

// readable writes a URL with a line for each parameter.
func (d *Dashboard) readable(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	u.RawQuery = ""
	return u.String() + parameters("?", "&", query)
}

// exchangePlayground buys tokens with the code, and then asks who the user is.
func (d *Dashboard) exchangePlayground(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	f, err := d.openFlow(v, v.get("flow"))
	if err != nil || f.Application != app.ApplicationID {
		return answer{}, errStale
	}
	page := d.playgroundPage(v, app)
	bought := d.ask(v.r.Context(), app.Client, v.get("secret"), url.Values{
		"grant_type": {oauth.GrantAuthorizationCode}, "code": {f.Code}, "redirect_uri": {d.Issuer + callbackPath}, "code_verifier": {f.Verifier},
	})
	page.Steps = append(page.Steps, ui.PlaygroundStep{Title: v.say("board.playground.bought"), Text: bought.about(v), Wire: bought.wire()})
	if token := bought.text("id_token"); token != "" {
		page.Steps = append(page.Steps, ui.PlaygroundStep{Title: v.say("board.playground.id_token"), Text: v.say("board.playground.id_token_text"), Wire: claimsOf(token)})
	}
	if token := bought.text("access_token"); token != "" {
		who := d.userInfo(v.r.Context(), token)
		page.Steps = append(page.Steps, ui.PlaygroundStep{Title: v.say("board.playground.user_info"), Text: who.about(v), Wire: who.wire()})
	}
	return answer{page: page}, nil
}

// servicePlayground gets a token for a service itself.
func (d *Dashboard) servicePlayground(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	settings, err := d.Admin.Settings(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	page := d.playgroundPage(v, app)
	form := url.Values{"grant_type": {oauth.GrantClientCredentials}}
	var scopes oauth.Scopes // those built in are of users
	for _, x := range settings.CustomScopes {
		if app.Scopes.Has(x.Name) {
			scopes = append(scopes, x.Name)
		}
	}
	if len(scopes) > 0 {
		form.Set("scope", scopes.String())
	}
	bought := d.ask(v.r.Context(), app.Client, v.get("secret"), form)
	page.Steps = []ui.PlaygroundStep{{Title: v.say("board.playground.service"), Text: bought.about(v), Wire: bought.wire()}}
	return answer{page: page}, nil
}
