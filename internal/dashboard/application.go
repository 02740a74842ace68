package dashboard

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// lifetimes are the lifetimes of applications and of the instance, as forms name
// them, in the order in which people think of them.
var lifetimes = []struct {
	name, label string // label is a message
	of          func(*oauth.Lifetimes) *time.Duration
}{
	{"access_token_lifetime", "board.lifetime.access_token", func(l *oauth.Lifetimes) *time.Duration { return &l.AccessToken }},
	{"refresh_token_lifetime", "board.lifetime.refresh_token", func(l *oauth.Lifetimes) *time.Duration { return &l.RefreshToken }},
	{"id_token_lifetime", "board.lifetime.id_token", func(l *oauth.Lifetimes) *time.Duration { return &l.IDToken }},
	{"code_lifetime", "board.lifetime.code", func(l *oauth.Lifetimes) *time.Duration { return &l.Code }},
	{"grant_lifetime", "board.lifetime.grant", func(l *oauth.Lifetimes) *time.Duration { return &l.Grant }},
	{"refresh_grace", "board.lifetime.refresh_grace", func(l *oauth.Lifetimes) *time.Duration { return &l.RefreshGrace }},
}

// seconds writes a lifetime into a field; 0 is none.
func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// readSeconds reads a lifetime; "" is none. What is no number becomes one that no
// rule admits.
func readSeconds(s string) time.Duration {
	if s == "" {
		return 0
	}
	const most = 100 * 365 * 24 * 60 * 60
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > most {
		return -time.Second
	}
	return time.Duration(n) * time.Second
}

func lifetimeChoices(v *visit, own oauth.Lifetimes, s store.Settings) []ui.LifetimeChoice {
	var all []ui.LifetimeChoice
	for _, l := range lifetimes {
		all = append(all, ui.LifetimeChoice{Name: l.name, Label: v.say(l.label), Value: seconds(*l.of(&own)), Instance: strconv.FormatInt(int64(*l.of(&s.Lifetimes)/time.Second), 10)})
	}
	return all
}

// choices is an application as its form shows it.
func (d *Dashboard) choices(v *visit, c store.Client, s store.Settings) ui.Choices {
	x := ui.Choices{
		Name: c.Name, RedirectURIs: strings.Join(c.RedirectURIs, "\n"), PostLogoutURIs: strings.Join(c.PostLogoutURIs, "\n"), Resources: strings.Join(c.Own.Resources, "\n"),
		Scopes: d.scopeChoices(s, c.Scopes), Consent: c.AskConsent, PKCE: c.RequirePKCE, Public: c.Public, Device: c.DeviceGrant, ClientCredentials: c.ClientCredentials,
		IDTokenAlgorithm: string(c.Signs()), TokenFormat: string(c.Own.TokenFormat), RefreshPolicy: admin.RotateRefresh, Lifetimes: lifetimeChoices(v, c.Own.Lifetimes, s),
	}
	if c.StickyRefresh {
		x.RefreshPolicy = admin.StickyRefresh
	}
	return x
}

// showApplication serves GET /dashboard/applications/{id}.
func (d *Dashboard) showApplication(v *visit) (answer, error) {
	app, settings, err := d.applicationAndSettings(v)
	if err != nil {
		return answer{}, err
	}
	return answer{page: ui.BoardApplication{ApplicationFrame: d.frame(v, app), Choices: d.choices(v, app.Client, settings)}}, nil
}

func (d *Dashboard) applicationAndSettings(v *visit) (admin.Application, store.Settings, error) {
	app, err := d.application(v)
	if err != nil {
		return admin.Application{}, store.Settings{}, err
	}
	settings, err := d.Admin.Settings(v.r.Context())
	return app, settings, err
}

// entered is what the form says, and how to show it again.
func (d *Dashboard) entered(v *visit, s store.Settings) (admin.ApplicationFields, ui.Choices) {
	scopes := v.chosenScopes(s)
	x := ui.Choices{
		Name: v.get("name"), RedirectURIs: v.get("redirect_uris"), PostLogoutURIs: v.get("post_logout_redirect_uris"), Resources: v.get("resources"),
		Scopes: d.scopeChoices(s, scopes), Consent: v.checked("consent_screen_enabled"), PKCE: v.checked("pkce_required"), Public: v.checked("public"),
		Device: v.checked("device_authorization_grant_enabled"), ClientCredentials: v.checked("client_credentials_grant_enabled"),
		IDTokenAlgorithm: v.get("id_token_signed_response_alg"), TokenFormat: v.get("access_token_format"), RefreshPolicy: v.get("refresh_token_policy"),
	}
	f := admin.ApplicationFields{
		Name: &x.Name, RedirectURIs: v.lines("redirect_uris"), PostLogoutURIs: v.lines("post_logout_redirect_uris"), Resources: v.lines("resources"),
		Scopes: new(scopes.String()), ConsentScreen: &x.Consent, RequirePKCE: &x.PKCE, Public: &x.Public, DeviceGrant: &x.Device,
		ClientCredentials: &x.ClientCredentials, IDTokenAlgorithm: &x.IDTokenAlgorithm, TokenFormat: &x.TokenFormat, RefreshPolicy: &x.RefreshPolicy,
	}
	if x.Public {
		f.RequirePKCE = nil // it has to, whatever is ticked
	}
	for _, l := range lifetimes {
		given := v.get(l.name)
		f.Lifetimes = append(f.Lifetimes, admin.Lifetime{Name: l.name, Value: readSeconds(given)})
		x.Lifetimes = append(x.Lifetimes, ui.LifetimeChoice{Name: l.name, Label: v.say(l.label), Value: given, Instance: seconds(*l.of(&s.Lifetimes))})
	}
	return f, x
}

// updateApplication serves POST /dashboard/applications/{id}.
func (d *Dashboard) updateApplication(v *visit) (answer, error) {
	app, settings, err := d.applicationAndSettings(v)
	if err != nil {
		return answer{}, err
	}
	f, entered := d.entered(v, settings)
	page := ui.BoardApplication{ApplicationFrame: d.frame(v, app), Choices: entered}
	if *f.Scopes == "" && len(app.Scopes) > 0 { // which would leave them as they are
		page.Mistakes = ui.Mistakes{"scopes": v.say("board.mistake.no_scope"), "": v.nothingSaved(v.say("board.mistake.no_scope"))}
		return answer{status: http.StatusUnprocessableEntity, page: page}, nil
	}
	changed, err := d.Admin.UpdateApplication(v.r.Context(), app.ApplicationID, f)
	switch {
	case err == nil && changed.Secret != "":
		return d.credentials(v, changed)
	case err == nil:
		return done(applicationPath(app.ApplicationID), "saved"), nil
	}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// file reads the picture that a form sends.
func (v *visit) file() ([]byte, error) {
	if v.r.MultipartForm == nil {
		return nil, errBadForm
	}
	f, _, err := v.r.FormFile("file")
	if err != nil {
		return nil, errBadForm
	}
	defer f.Close()
	return io.ReadAll(f)
}

// setLogo serves POST /dashboard/applications/{id}/logo.
func (d *Dashboard) setLogo(v *visit) (answer, error) {
	file, err := v.file()
	if err != nil {
		return answer{}, err
	}
	app, settings, err := d.applicationAndSettings(v)
	if err != nil {
		return answer{}, err
	}
	_, err = d.Admin.SetLogo(v.r.Context(), app.ApplicationID, file)
	if err == nil {
		return done(applicationPath(app.ApplicationID), "logo"), nil
	}
	page := ui.BoardApplication{ApplicationFrame: d.frame(v, app), Choices: d.choices(v, app.Client, settings)}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// showCredentials serves GET /dashboard/applications/{id}/credentials.
func (d *Dashboard) showCredentials(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	return d.credentials(v, app)
}

// rotateSecret serves POST /dashboard/applications/{id}/secret.
func (d *Dashboard) rotateSecret(v *visit) (answer, error) {
	app, err := d.Admin.RotateSecret(v.r.Context(), v.r.PathValue("id"), readSeconds(v.get("overlap")))
	if err != nil {
		return answer{}, err
	}
	return d.credentials(v, app)
}

// showConnect serves GET /dashboard/applications/{id}/connect.
func (d *Dashboard) showConnect(v *visit) (answer, error) {
	app, err := d.application(v)
	return answer{page: ui.BoardConnect{ApplicationFrame: d.frame(v, app), Issuer: d.Issuer}}, err
}

// showDanger serves GET /dashboard/applications/{id}/danger.
func (d *Dashboard) showDanger(v *visit) (answer, error) { return d.danger(v, nil) }

func (d *Dashboard) danger(v *visit, m ui.Mistakes) (answer, error) {
	app, err := d.application(v)
	a := answer{page: ui.BoardDanger{ApplicationFrame: d.frame(v, app), Now: d.Now(), Mistakes: m}}
	if m != nil {
		a.status = http.StatusUnprocessableEntity
	}
	return a, err
}

// before reads the time of a cut. Now, to the minute, means all until now.
func (d *Dashboard) before(v *visit) (time.Time, ui.Mistakes) {
	t, err := time.Parse(ui.InputTime, v.get("before"))
	if err != nil {
		return time.Time{}, ui.Mistakes{"before": v.say("board.mistake.time")}
	}
	if now := d.Now().UTC(); t.Equal(now.Truncate(time.Minute)) {
		t = now
	}
	return t, nil
}

// revokeApplication serves POST /dashboard/applications/{id}/revoke.
func (d *Dashboard) revokeApplication(v *visit) (answer, error) {
	before, m := d.before(v)
	if m == nil {
		_, err := d.Admin.RevokeApplication(v.r.Context(), v.r.PathValue("id"), before)
		if err == nil {
			return done(applicationPath(v.r.PathValue("id"))+"/danger", "revoked"), nil
		}
		if m, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
	}
	return d.danger(v, m)
}

// deleteApplication serves POST /dashboard/applications/{id}/delete.
func (d *Dashboard) deleteApplication(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	if strings.TrimSpace(v.get("confirm")) != app.ID {
		return d.danger(v, ui.Mistakes{"confirm": v.say("board.mistake.client_id")})
	}
	if err := d.Admin.DeleteApplication(v.r.Context(), app.ApplicationID); err != nil {
		return answer{}, err
	}
	return done(root+"/applications", "deleted"), nil
}
