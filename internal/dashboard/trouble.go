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

// A trouble is what a page says about an error, in messages.
type trouble struct {
	status      int
	title, text string // text is "" of an *admin.Error, which says more itself
}

// troubleOf says what an error is to an operator; ok is false for a fault.
func troubleOf(err error) (trouble, bool) {
	var wrong *admin.Error
	switch {
	case errors.Is(err, store.ErrNotFound):
		return trouble{http.StatusNotFound, "board.trouble.not_found", "board.trouble.not_found_text"}, true
	case errors.As(err, &wrong):
		return trouble{http.StatusUnprocessableEntity, "board.trouble.impossible", ""}, true
	case errors.Is(err, store.ErrConflict):
		return trouble{http.StatusConflict, "board.trouble.conflict", "board.trouble.conflict_text"}, true
	case errors.Is(err, errCrossOrigin):
		return trouble{http.StatusForbidden, "board.trouble.cross_origin", "board.trouble.cross_origin_text"}, true
	case errors.Is(err, errStale):
		return trouble{http.StatusForbidden, "board.trouble.stale", "board.trouble.stale_text"}, true
	case errors.Is(err, errBadForm):
		return trouble{http.StatusBadRequest, "board.trouble.bad_form", "board.trouble.bad_form_text"}, true
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, account.ErrBusy):
		return trouble{http.StatusServiceUnavailable, "board.trouble.busy", "board.trouble.busy_text"}, true
	}
	for known, text := range troubles {
		if errors.Is(err, known) {
			return trouble{http.StatusConflict, "board.trouble.impossible", text}, true
		}
	}
	return trouble{http.StatusInternalServerError, "board.trouble.fault", "board.trouble.fault_text"}, false
}

// errOperator refuses what would keep an operator out.
var errOperator = errors.New("the user is an operator")

var troubles = map[error]string{
	admin.ErrLastOperator: "board.trouble.last_operator",
	admin.ErrLastKey:      "board.trouble.last_key",
	admin.ErrLastEmail:    "board.trouble.last_email",
	admin.ErrAccepted:     "board.trouble.accepted",
	admin.ErrRevoked:      "board.trouble.taken_back",
	admin.ErrExpired:      "board.trouble.expired",
	errOperator:           "board.trouble.operator",
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
	title, text := v.say(t.title), ""
	var wrong *admin.Error
	if t.text != "" {
		text = v.say(t.text)
	} else if errors.As(err, &wrong) {
		text = v.problems(wrong)
	}
	if v.current.User.ID == "" { // there is no operator to show the navigation to
		return answer{status: t.status, page: ui.BoardOutside{Title: title, Text: text}}
	}
	return answer{status: t.status, page: ui.BoardProblem{Board: v.board(""), Title: title, Text: text, RequestID: id}}
}
