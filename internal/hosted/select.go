package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/ui"
)

// showAccounts asks which account to go on with, as prompt=select_account wants.
func (h *Hosted) showAccounts(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	sealed := query.Get("continue")
	pending, current, next, err := h.pending(r, sealed)
	if err != nil || next.location != "" {
		return next, err
	}
	client, err := h.client(r, pending.ClientID)
	if err != nil {
		return answer{}, err
	}
	return answer{
		status:      http.StatusOK,
		formTargets: []string{ui.FormTarget(pending.RedirectURI)},
		page: ui.SelectAccount{
			Application: client.Name,
			User:        person(current.User),
			Continue:    sealed,
			CSRF:        h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID),
		},
	}, nil
}

func (h *Hosted) selectAccount(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	pending, current, next, err := h.pending(r, form.Get("continue"))
	switch {
	case err != nil || next.location != "":
		return next, err
	case !h.sessions.CheckCSRF(r, current.User.ID, form.Get("csrf")):
		return answer{}, errStaleForm
	}
	path := authorizePath
	switch form.Get("decision") {
	case "continue":
		pending.Chosen = current.User.ID
	case "other":
		pending.Again, path = true, "/sign-in"
	default:
		return answer{}, errBadForm
	}
	return seeWith(path, h.sessions.SealContinuation(h.sessions.Browser(w, r), pending)), nil
}

// pending opens the continuation of a page that needs a user. If nobody is signed
// in, next leads to where somebody can.
func (h *Hosted) pending(r *http.Request, sealed string) (pending session.Continuation, current session.Current, next answer, err error) {
	pending, err = h.sessions.OpenContinuation(r, sealed)
	if err != nil {
		return pending, current, answer{}, errContinuation
	}
	current, signedIn, err := h.sessions.Current(r)
	if err == nil && !signedIn {
		next = seeWith("/sign-in", sealed)
	}
	return pending, current, next, err
}
