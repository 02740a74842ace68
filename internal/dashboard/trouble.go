package dashboard

import (
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// What keeps somebody out.
var (
	errCrossOrigin = errors.New("the form came from another site")
	errStale       = errors.New("the form is out of date")
	errBadForm     = errors.New("the form cannot be read")
)

// A trouble is what a page says about an error.
type trouble struct {
	status      int
	title, text string
}

// troubleOf says what an error is to an operator; ok is false for a fault.
func troubleOf(err error) (trouble, bool) {
	var wrong *admin.Error
	switch {
	case errors.Is(err, store.ErrNotFound):
		return trouble{http.StatusNotFound, "There is nothing here", "What you are looking for does not exist, or not any more."}, true
	case errors.As(err, &wrong):
		return trouble{http.StatusUnprocessableEntity, "That is not possible", wrong.Error()}, true
	case errors.Is(err, store.ErrConflict):
		return trouble{http.StatusConflict, "Somebody else was faster", "This was changed meanwhile. Go back, look at it and try again."}, true
	case errors.Is(err, errCrossOrigin):
		return trouble{http.StatusForbidden, "This form came from another site", "For your safety nothing was done."}, true
	case errors.Is(err, errStale):
		return trouble{http.StatusForbidden, "This page is out of date", "For your safety nothing was done. Go back, reload the page and try again."}, true
	case errors.Is(err, errBadForm):
		return trouble{http.StatusBadRequest, "This form could not be read", "Go back, reload the page and try again."}, true
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, account.ErrBusy):
		return trouble{http.StatusServiceUnavailable, "Too much is going on here", "Please try again in a moment."}, true
	}
	for known, text := range troubles {
		if errors.Is(err, known) {
			return trouble{http.StatusConflict, "That is not possible", text}, true
		}
	}
	return trouble{http.StatusInternalServerError, "Something went wrong", "It has been logged. Please try again in a moment."}, false
}

// errOperator refuses what would keep an operator out.
var errOperator = errors.New("the user is an operator")

var troubles = map[error]string{
	admin.ErrLastOperator: "This is the last operator: nobody could use the dashboard any more. Add another one first.",
	admin.ErrLastKey:      "This is the last secret key: nothing would open the Backend API any more. Create another one first.",
	admin.ErrLastEmail:    "The user would have nothing to be known by. Add another address or a user name first.",
	admin.ErrAccepted:     "The invitation was accepted before.",
	admin.ErrRevoked:      "The invitation was taken back before.",
	admin.ErrExpired:      "The invitation has expired.",
	errOperator:           "The user is an operator. End that first.",
}

// failed logs a fault and makes the page that tells of an error.
func (d *Dashboard) failed(v *visit, err error) answer {
	t, known := troubleOf(err)
	id := ""
	if !known {
		if id = reqid.From(v.r.Context()); v.r.Context().Err() == nil { // otherwise the browser has gone, which explains it
			d.Log.ErrorContext(v.r.Context(), "dashboard page failed", "route", v.r.Pattern, "err", err, "request_id", id)
		}
	}
	if v.current.User.ID == "" { // there is no operator to show the navigation to
		return answer{status: t.status, page: ui.BoardOutside{Title: t.title, Text: t.text}}
	}
	return answer{status: t.status, page: ui.BoardProblem{Board: v.board(""), Title: t.title, Text: t.text, RequestID: id}}
}

// mistakes gives what is wrong by field. Other errors come back.
func mistakes(err error) (ui.Mistakes, error) {
	var wrong *admin.Error
	if !errors.As(err, &wrong) {
		return nil, err
	}
	all := ui.Mistakes{}
	for _, p := range wrong.Problems {
		if all[p.Field] == "" {
			all[p.Field] = p.Text
		}
	}
	all[""] = "Nothing was saved yet: " + wrong.Problems[0].Text
	return all, nil
}
