package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// maxSessions is how many sessions of a user are shown.
const maxSessions = 100

// showSessions serves GET /dashboard/users/{id}/sessions.
func (d *Dashboard) showSessions(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardSessions{UserFrame: f, Device: func(agent string) string { return browserOf(v, agent) }, Here: v.current.ID}
	page.Sessions, _, err = d.Admin.Sessions(v.r.Context(), f.Who.ID, maxSessions, 0)
	return answer{page: page}, err
}

// revokeSession ends a session of the user that the path names.
func (d *Dashboard) revokeSession(v *visit) (answer, error) {
	id := v.r.PathValue("id")
	s, err := d.Admin.Session(v.r.Context(), v.r.PathValue("session"))
	if err == nil && s.UserID != id {
		err = store.ErrNotFound
	}
	if err == nil {
		_, err = d.Admin.RevokeSession(v.r.Context(), s.ID)
	}
	return done(userPath(id)+"/sessions", "signed_out"), err
}

// A sign says which browser or system a User-Agent names; the first one counts, as
// many browsers name others too.
type sign struct{ in, name string }

var (
	browserSigns = []sign{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}, {"Go-http-client", "Go"}}
	systemSigns  = []sign{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

func firstSign(agent string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(agent, s.in) {
			return s.name
		}
	}
	return ""
}

// browserOf names a browser as people do.
func browserOf(v *visit, agent string) string {
	browser, system := firstSign(agent, browserSigns), firstSign(agent, systemSigns)
	switch {
	case browser != "" && system != "":
		return v.say("board.user.browser_on", "browser", browser, "system", system)
	case browser+system != "":
		return browser + system
	case agent == "":
		return v.say("board.user.unknown_browser")
	}
	return agent
}

// place writes where a list of connections goes on.
func place(p store.Agreement, other string) string {
	return url.Values{"after": {p.AgreedAt.UTC().Format(time.RFC3339Nano) + " " + other}}.Encode()
}

// after reads where a list of connections goes on; what place did not write is the
// beginning.
func (v *visit) after() *store.AgreementPlace {
	at, other, _ := strings.Cut(v.get("after"), " ")
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return nil
	}
	return &store.AgreementPlace{AgreedAt: t, OtherID: other}
}

// userConnections serves GET /dashboard/users/{id}/connections.
func (d *Dashboard) userConnections(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	found, err := d.Admin.UserConnections(v.r.Context(), f.Who.ID, v.after(), pageSize+1)
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardUserConnections{UserFrame: f, Agreements: found}
	if len(found) > pageSize {
		page.Agreements = found[:pageSize]
		page.More = userPath(f.Who.ID) + "/connections?" + place(found[pageSize-1], found[pageSize-1].ApplicationID)
	}
	return answer{page: page}, nil
}

func (d *Dashboard) withdrawFromUser(v *visit) (answer, error) {
	err := d.Admin.WithdrawConnection(v.r.Context(), v.r.PathValue("id"), v.r.PathValue("app"))
	return done(userPath(v.r.PathValue("id"))+"/connections", "disconnected"), err
}

// showAccess serves GET /dashboard/users/{id}/access.
func (d *Dashboard) showAccess(v *visit) (answer, error) {
	f, err := d.user(v)
	return answer{page: ui.BoardAccess{UserFrame: f}}, err
}

// makeSignInLink serves POST /dashboard/users/{id}/sign-in-link. The page that follows
// shows the link.
func (d *Dashboard) makeSignInLink(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	t, err := d.Admin.CreateSignInToken(v.r.Context(), f.Who.ID, readSeconds(v.get("lifetime")))
	if err != nil {
		return answer{}, err
	}
	page := ui.BoardAccess{UserFrame: f}
	page.Link = d.Issuer + "/sign-in/token?" + url.Values{"ticket": {d.Tickets.SignIn(t.ID)}}.Encode()
	page.LinkEnds = t.ExpiresAt
	return answer{page: page}, nil
}

// setPassword serves POST /dashboard/users/{id}/password.
func (d *Dashboard) setPassword(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	_, err = d.Admin.UpdateUser(v.r.Context(), f.Who.ID, admin.UserFields{Password: new(v.get("password")), SignOutOthers: true})
	if err == nil {
		return done(userPath(f.Who.ID)+"/access", "password"), nil
	}
	page := ui.BoardAccess{UserFrame: f}
	if page.Mistakes, err = v.mistakes(err); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusUnprocessableEntity, page: page}, nil
}

// changed does something to the user that the path names, and goes back to its page.
func (d *Dashboard) changed(v *visit, what string, change func(id string) error) (answer, error) {
	id := v.r.PathValue("id")
	return done(userPath(id)+"/access", what), change(id)
}

// revokeUser signs a user out everywhere.
func (d *Dashboard) revokeUser(v *visit) (answer, error) {
	return d.changed(v, "revoked", func(id string) error {
		_, err := d.Admin.RevokeUser(v.r.Context(), id, time.Time{})
		return err
	})
}

// keptIn does what would keep a user out, unless it is an operator's: so nobody can
// shut the last one out by another way than ending that it is one.
func (d *Dashboard) keptIn(v *visit, what string, change func(id string) error) (answer, error) {
	f, err := d.user(v)
	switch {
	case err != nil:
		return answer{}, err
	case f.Operator:
		return answer{}, errOperator
	}
	return d.changed(v, what, change)
}

func (d *Dashboard) banned(ban bool) handler {
	return func(v *visit) (answer, error) {
		change := func(id string) error {
			_, err := d.Admin.SetBanned(v.r.Context(), id, ban)
			return err
		}
		if !ban {
			return d.changed(v, "unbanned", change)
		}
		return d.keptIn(v, "banned", change)
	}
}

func (d *Dashboard) locked(lock bool) handler {
	return func(v *visit) (answer, error) {
		change := func(id string) error {
			_, err := d.Admin.SetLocked(v.r.Context(), id, lock)
			return err
		}
		if !lock {
			return d.changed(v, "unlocked", change)
		}
		return d.keptIn(v, "locked", change)
	}
}

// deleteUser serves POST /dashboard/users/{id}/delete.
func (d *Dashboard) deleteUser(v *visit) (answer, error) {
	f, err := d.user(v)
	if err != nil {
		return answer{}, err
	}
	if strings.TrimSpace(v.get("confirm")) != f.Who.ID {
		page := ui.BoardAccess{UserFrame: f}
		page.Mistakes = ui.Mistakes{"confirm": v.say("board.mistake.user_id")}
		return answer{status: http.StatusUnprocessableEntity, page: page}, nil
	}
	if _, err := d.keptIn(v, "", func(id string) error { return d.Admin.DeleteUser(v.r.Context(), id) }); err != nil {
		return answer{}, err
	}
	return done(root+"/users", "deleted"), nil
}

func (d *Dashboard) addOperator(v *visit) (answer, error) {
	return d.changed(v, "operator", func(id string) error { return d.Admin.AddOperator(v.r.Context(), id) })
}

func (d *Dashboard) removeOperator(v *visit) (answer, error) {
	return d.changed(v, "no_operator", func(id string) error { return d.Admin.RemoveOperator(v.r.Context(), id) })
}
