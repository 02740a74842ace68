package hosted

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// maxListed is how many sessions or applications one page shows.
const maxListed = 200

func (h *Hosted) showSessions(v visit) (answer, error) {
	all, _, err := h.ownSessions.SessionsOf(v.r.Context(), v.User.ID, h.now(), maxListed, 0)
	if err != nil {
		return answer{}, err
	}
	page := ui.Sessions{Shell: v.shell(ui.AccountSessions), Told: v.told()}
	for _, s := range all {
		browser, system := device(s.UserAgent)
		page.List = append(page.List, ui.SessionLine{ID: s.ID, Browser: browser, System: system, SignedInAt: s.SignedInAt, This: s.ID == v.Session.ID})
	}
	return answer{status: http.StatusOK, page: page}, nil
}

// endSession ends one session of the user. The statement names the user, so that it
// can be nobody else's; one that has ended meanwhile is what was wanted.
func (h *Hosted) endSession(v visit) (answer, error) {
	err := h.ownSessions.EndSessionOf(v.r.Context(), v.User.ID, v.r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		return answer{}, errNotYours
	}
	if err != nil {
		return answer{}, err
	}
	return done(ui.AccountSessions, ui.NoticeSessionEnded)
}

func (h *Hosted) askEndOthers(v visit) (answer, error) {
	return v.ask(ui.AccountSessions, ui.AskSignOutOther, ""), nil
}

func (h *Hosted) endOthers(v visit) (answer, error) {
	if _, err := h.ownSessions.EndOtherSessions(v.r.Context(), v.User.ID, v.Session.ID); err != nil {
		return answer{}, err
	}
	// A device that was lost is not to be spared the second factor.
	if err := h.factors.ForgetDevices(v.r.Context(), v.User.ID); err != nil {
		return answer{}, err
	}
	return done(ui.AccountSessions, ui.NoticeSessionsEnded)
}

// agreements are what the user has agreed to and not withdrawn.
func (h *Hosted) agreements(v visit) ([]store.Agreement, error) {
	return h.connections.Agreements(v.r.Context(), store.AgreementQuery{UserID: v.User.ID, Limit: maxListed})
}

// agreement finds the one of the user with the application that the path names.
func (h *Hosted) agreement(v visit) (store.Agreement, error) {
	all, err := h.agreements(v)
	if err != nil {
		return store.Agreement{}, err
	}
	for _, a := range all {
		if a.ApplicationID == v.r.PathValue("id") {
			return a, nil
		}
	}
	return store.Agreement{}, errNotYours
}

func (h *Hosted) showConnections(v visit) (answer, error) {
	all, err := h.agreements(v)
	if err != nil {
		return answer{}, err
	}
	descriptions, err := h.descriptions(v.r)
	if err != nil {
		return answer{}, err
	}
	page := ui.Connections{Shell: v.shell(ui.AccountApplications), Told: v.told()}
	for _, a := range all {
		page.List = append(page.List, ui.ConnectionLine{
			ID: a.ApplicationID, Name: a.Name, Logo: h.picture(a.Then.ImageURL), Scopes: a.Scopes, Custom: descriptions,
			Since: a.AgreedAt, LastUsed: a.LastUsedAt,
		})
	}
	return answer{status: http.StatusOK, page: page}, nil
}

func (h *Hosted) askDisconnect(v visit) (answer, error) {
	a, err := h.agreement(v)
	return v.ask(ui.AccountApplications, ui.AskDisconnect, a.Name), err
}

// disconnect kills whatever the application was given, at once.
func (h *Hosted) disconnect(v visit) (answer, error) {
	a, err := h.agreement(v)
	if err != nil {
		return answer{}, err
	}
	if err := h.connections.Withdraw(v.r.Context(), v.User.ID, a.ClientID, h.now()); err != nil {
		return answer{}, err
	}
	return done(ui.AccountApplications, ui.NoticeDisconnected)
}
