package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// maxQuery bounds what is searched for, in characters.
const maxQuery = 256

// query is what is searched for.
func (v *visit) query() string {
	q := []rune(strings.TrimSpace(v.get("query")))
	return string(q[:min(len(q), maxQuery)])
}

func applicationPath(id string) string { return root + "/applications/" + url.PathEscape(id) }

// applications serves GET /dashboard/applications.
func (d *Dashboard) applications(v *visit) (answer, error) {
	found, total, err := d.Admin.Applications(v.r.Context(), store.ClientQuery{NameQuery: v.query(), Descending: true, Limit: pageSize, Offset: v.offset()})
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardApplications{Board: v.board("/applications"), Page: v.page(len(found), total), Logo: d.logo}
	for _, app := range found {
		page.Applications = append(page.Applications, app.Client)
	}
	return answer{page: page}, nil
}

// logo is the path of a picture of an application that was uploaded here. Others are
// elsewhere, and would tell who looks.
func (d *Dashboard) logo(c store.Client) string { return d.picture(c.ImageURL) }

func (d *Dashboard) picture(imageURL string) string {
	at, err := url.Parse(imageURL)
	if err != nil || !strings.HasPrefix(imageURL, d.PictureAt) {
		return ""
	}
	return at.Path
}

// scopeChoices are all scopes, those given ticked.
func (d *Dashboard) scopeChoices(s store.Settings, given oauth.Scopes) []ui.ScopeChoice {
	var all []ui.ScopeChoice
	for _, name := range oauth.BuiltInScopes(s.Organizations.Enabled) {
		all = append(all, ui.ScopeChoice{Name: name, Chosen: given.Has(name)})
	}
	for _, x := range s.CustomScopes {
		all = append(all, ui.ScopeChoice{Name: x.Name, Text: x.Description, Chosen: given.Has(x.Name)})
	}
	return all
}

// scopesOfKind are those that a kind of client can use: a service has no user, whom
// those built in are about.
func (d *Dashboard) scopesOfKind(kind ui.Kind, s store.Settings, given oauth.Scopes) []ui.ScopeChoice {
	all := d.scopeChoices(s, given)
	if kind.Key == "service" {
		return all[len(oauth.BuiltInScopes(s.Organizations.Enabled)):]
	}
	return all
}

// chosenScopes reads which scopes were ticked, in the order in which they are known.
func (v *visit) chosenScopes(s store.Settings) oauth.Scopes {
	var chosen oauth.Scopes
	for _, name := range s.Scopes() {
		if v.checked(ui.ScopeField(name)) {
			chosen = append(chosen, name)
		}
	}
	return chosen
}

// firstScopes are those that a new application of a kind most likely wants.
var firstScopes = map[string]oauth.Scopes{
	"web": {"openid", "profile", "email"}, "spa": {"openid", "profile", "email"},
	"native": {"openid", "profile", "email", "offline_access"}, "device": {"openid", "profile", "offline_access"}, "mcp": {"openid", "profile", "offline_access"},
}

// showNewApplication serves GET /dashboard/applications/new.
func (d *Dashboard) showNewApplication(v *visit) (answer, error) {
	kind, _ := ui.KindNamed(v.get("kind"))
	settings, err := d.Admin.Settings(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	return answer{page: ui.BoardNewApplication{Board: v.board("/applications"), Kind: kind, Scopes: d.scopesOfKind(kind, settings, firstScopes[kind.Key])}}, nil
}

// fieldsOfKind are what makes a client of a kind.
func fieldsOfKind(kind string) admin.ApplicationFields {
	yes, no := new(true), new(false)
	f := admin.ApplicationFields{Public: no, RequirePKCE: yes, RedirectURIs: []string{}}
	switch kind {
	case "spa", "native", "mcp":
		f.Public = yes
	case "device":
		f.Public, f.DeviceGrant = yes, yes
	case "service":
		f.ClientCredentials, f.RequirePKCE = yes, no
	}
	return f
}

// createApplication serves POST /dashboard/applications. The page that follows shows
// the secret, which nothing can show again.
func (d *Dashboard) createApplication(v *visit) (answer, error) {
	kind, ok := ui.KindNamed(v.get("kind"))
	if !ok {
		return answer{}, errBadForm
	}
	settings, err := d.Admin.Settings(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	scopes := v.chosenScopes(settings)
	f := fieldsOfKind(kind.Key)
	f.Name, f.Scopes = new(v.get("name")), new(scopes.String())
	if kind.Redirects != "" {
		f.RedirectURIs = v.lines("redirect_uris")
	}
	page := ui.BoardNewApplication{
		Board: v.board("/applications"), Kind: kind, Name: v.get("name"), RedirectURIs: v.get("redirect_uris"), Scopes: d.scopesOfKind(kind, settings, scopes),
	}
	switch {
	case len(scopes) == 0 && kind.Key != "service":
		page.Mistakes = ui.Mistakes{"scopes": v.say("board.mistake.no_scope")}
	case kind.Redirects != "" && len(f.RedirectURIs) == 0:
		page.Mistakes = ui.Mistakes{"redirect_uris": v.say("board.mistake.no_address")}
	default:
		app, err := d.Admin.CreateApplication(v.r.Context(), f)
		if err == nil {
			return d.credentials(v, app)
		}
		if page.Mistakes, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// credentials is the page of what an application proves itself by. It shows the
// secret if app has just got one.
func (d *Dashboard) credentials(v *visit, app admin.Application) (answer, error) {
	secrets, err := d.Admin.ClientSecrets(v.r.Context(), app.Client)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardCredentials{ApplicationFrame: d.frame(v, app), Issuer: d.Issuer, Secret: app.Secret}
	for _, s := range secrets {
		page.Secrets = append(page.Secrets, ui.SecretLine(s))
	}
	return answer{page: page}, nil
}

func (d *Dashboard) frame(v *visit, app admin.Application) ui.ApplicationFrame {
	return ui.ApplicationFrame{Board: v.board("/applications"), Client: app.Client, Logo: d.logo(app.Client)}
}

// application finds the one that the path names.
func (d *Dashboard) application(v *visit) (admin.Application, error) {
	return d.Admin.Application(v.r.Context(), v.r.PathValue("id"))
}
