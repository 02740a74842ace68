package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// applicationConnections serves GET /dashboard/applications/{id}/connections.
func (d *Dashboard) applicationConnections(v *visit) (answer, error) {
	app, err := d.application(v)
	if err != nil {
		return answer{}, err
	}
	found, err := d.Admin.ApplicationConnections(v.r.Context(), app.ApplicationID, v.after(), pageSize+1)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardApplicationConnections{ApplicationFrame: d.frame(v, app), People: map[string]store.User{}}
	if len(found) > pageSize {
		found = found[:pageSize]
		page.More = applicationPath(app.ApplicationID) + "/connections?" + place(found[pageSize-1], found[pageSize-1].UserID)
	}
	page.Agreements = found
	ids := []string{}
	for _, x := range found {
		ids = append(ids, x.UserID)
	}
	if len(ids) > 0 {
		people, err := d.Admin.Users(v.r.Context(), store.UserQuery{IDs: ids, Limit: len(ids)})
		if err != nil {
			return answer{}, err
		}
		for _, u := range people {
			page.People[u.ID] = u
		}
	}
	return answer{page: page}, nil
}

func (d *Dashboard) withdrawFromApplication(v *visit) (answer, error) {
	err := d.Admin.WithdrawConnection(v.r.Context(), v.r.PathValue("user"), v.r.PathValue("id"))
	return done(applicationPath(v.r.PathValue("id"))+"/connections", "disconnected"), err
}

// maxListed is how many applications the page of connections names.
const maxListed = 100

// connections serves GET /dashboard/connections.
func (d *Dashboard) connections(v *visit) (answer, error) { return d.connectionsPage(v, nil) }

func (d *Dashboard) connectionsPage(v *visit, m ui.Mistakes) (answer, error) {
	apps, _, err := d.Admin.Applications(v.r.Context(), store.ClientQuery{OrderBy: store.ClientsByName, Limit: maxListed})
	page := ui.BoardConnections{Board: v.board("/connections"), Now: d.Now(), Mistakes: m}
	for _, app := range apps {
		page.Applications = append(page.Applications, app.Client)
	}
	a := answer{page: page}
	if m != nil {
		a.status = http.StatusUnprocessableEntity
	}
	return a, err
}

// revokeInstance serves POST /dashboard/connections/revoke.
func (d *Dashboard) revokeInstance(v *visit) (answer, error) {
	before, m := d.before(v)
	if strings.TrimSpace(v.get("confirm")) != "everything" {
		m = ui.Mistakes{"confirm": v.say("board.mistake.everything")}
	}
	if m == nil {
		_, err := d.Admin.RevokeInstance(v.r.Context(), before)
		if err == nil {
			return done(root+"/connections", "revoked"), nil
		}
		if m, err = v.mistakes(err); err != nil {
			return answer{}, err
		}
	}
	return d.connectionsPage(v, m)
}

// invitations serves GET /dashboard/invitations.
func (d *Dashboard) invitations(v *visit) (answer, error) {
	page, err := d.invitationsPage(v)
	return answer{page: page}, err
}

func (d *Dashboard) invitationsPage(v *visit) (ui.BoardInvitations, error) {
	found, total, err := d.Admin.Invitations(v.r.Context(), store.InvitationQuery{Descending: true, Limit: pageSize, Offset: v.offset()})
	return ui.BoardInvitations{Board: v.board("/invitations"), Page: v.page(len(found), total), Invitations: found}, err
}

// scopes serves GET /dashboard/scopes.
func (d *Dashboard) scopes(v *visit) (answer, error) {
	page, err := d.scopesPage(v)
	return answer{page: page}, err
}

func (d *Dashboard) scopesPage(v *visit) (ui.BoardScopes, error) {
	settings, err := d.Admin.Settings(v.r.Context())
	return ui.BoardScopes{Board: v.board("/scopes"), BuiltIn: oauth.BuiltInScopes(settings.Organizations.Enabled), Custom: settings.CustomScopes}, err
}

// createScope serves POST /dashboard/scopes.
func (d *Dashboard) createScope(v *visit) (answer, error) {
	err := d.Admin.CreateScope(v.r.Context(), store.CustomScope{
		Name: strings.TrimSpace(v.get("name")), Description: strings.TrimSpace(v.get("description")), Advertised: v.checked("advertised"),
	})
	if err == nil {
		return done(root+"/scopes", "created"), nil
	}
	m, err := v.mistakes(err)
	if err != nil {
		return answer{}, err
	}
	page, err := d.scopesPage(v)
	page.Name, page.Description, page.Mistakes = v.get("name"), v.get("description"), m
	return answer{status: http.StatusUnprocessableEntity, page: page}, err
}

// changeScope serves POST /dashboard/scopes/{name}: it saves, or deletes.
func (d *Dashboard) changeScope(v *visit) (answer, error) {
	name := v.r.PathValue("name")
	if v.checked("delete") {
		return done(root+"/scopes", "deleted"), d.Admin.DeleteScope(v.r.Context(), name)
	}
	_, err := d.Admin.UpdateScope(v.r.Context(), name, new(strings.TrimSpace(v.get("description"))), new(v.checked("advertised")))
	return done(root+"/scopes", "saved"), err
}

// operators serves GET /dashboard/operators.
func (d *Dashboard) operators(v *visit) (answer, error) {
	all, err := d.Admin.Operators(v.r.Context())
	return answer{page: ui.BoardOperators{Board: v.board("/operators"), Operators: all}}, err
}

// inviteOperator serves POST /dashboard/operators/invite. The page that follows shows
// the link.
func (d *Dashboard) inviteOperator(v *visit) (answer, error) {
	secret, err := d.Admin.InviteOperator(v.r.Context())
	if err != nil {
		return answer{}, err
	}
	all, err := d.Admin.Operators(v.r.Context())
	return answer{page: ui.BoardOperators{Board: v.board("/operators"), Operators: all, Link: d.Issuer + SetUpLink(secret)}}, err
}

// recent is how many refusals a page lists.
const recent = 100

// refusals serves GET /dashboard/refusals.
func (d *Dashboard) refusals(v *visit) (answer, error) {
	page := ui.BoardRefusals{Board: v.board("/refusals"), Query: v.query()}
	for _, c := range d.Cases.Recent(1000) {
		if page.Query == "" || strings.Contains(strings.Join([]string{c.ID, c.ClientID, c.Code, c.Request, c.Rule}, " "), page.Query) {
			page.Cases = append(page.Cases, c)
		}
		if len(page.Cases) == recent {
			break
		}
	}
	return answer{page: page}, nil
}

// refusal serves GET /dashboard/refusals/{id}.
func (d *Dashboard) refusal(v *visit) (answer, error) {
	c, ok := d.Cases.Find(v.r.PathValue("id"))
	if !ok {
		return answer{}, store.ErrNotFound
	}
	page := ui.BoardRefusal{Board: v.board("/refusals"), Case: c}
	app, err := d.applicationOf(v.r.Context(), c.ClientID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return answer{}, err
	default:
		page.Application, page.AppPath = app.Name, root+"/applications/"+url.PathEscape(app.ApplicationID)
	}
	return answer{page: page}, nil
}

// applicationOf finds an application by its client_id, which may be any text.
func (d *Dashboard) applicationOf(ctx context.Context, clientID string) (store.Client, error) {
	if clientID == "" {
		return store.Client{}, store.ErrNotFound
	}
	found, _, err := d.Admin.Applications(ctx, store.ClientQuery{NameQuery: clientID, Limit: pageSize})
	for _, app := range found {
		if app.ID == clientID {
			return app.Client, nil
		}
	}
	return store.Client{}, errors.Join(err, store.ErrNotFound)
}
