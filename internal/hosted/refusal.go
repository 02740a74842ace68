package hosted

import (
	"mime"
	"net/http"

	"github.com/signet-auth/signet/internal/ui"
)

// A refusal is an error that the user is shown.
type refusal struct {
	status  int
	code    string
	trouble ui.Trouble
}

// Error implements error.
func (e *refusal) Error() string { return e.code }

// The refusals.
var (
	errContinuation = &refusal{http.StatusBadRequest, "invalid_continuation", ui.TroubleContinuation}
	errTicket       = &refusal{http.StatusGone, "invalid_ticket", ui.TroubleTicket}
	errInvitation   = &refusal{http.StatusGone, "invalid_invitation", ui.TroubleInvitation}
	errBadForm      = &refusal{http.StatusBadRequest, "invalid_form", ui.TroubleForm}
	errCrossOrigin  = &refusal{http.StatusForbidden, "cross_origin", ui.TroubleCrossOrigin}
	errStaleForm    = &refusal{http.StatusForbidden, "stale_form", ui.TroubleStale}
	errClientGone   = &refusal{http.StatusBadRequest, "unknown_application", ui.TroubleClientGone}
	errNotYours     = &refusal{http.StatusNotFound, "not_found", ui.TroubleNotYours}
	errUnavailable  = &refusal{http.StatusServiceUnavailable, "temporarily_unavailable", ui.TroubleUnavailable}
	errNoMail       = &refusal{http.StatusNotFound, "no_mail", ui.TroubleNoMail}
	errSignUpClosed = &refusal{http.StatusForbidden, "sign_up_closed", ui.TroubleSignUpClosed}
	errFault        = &refusal{http.StatusInternalServerError, "server_error", ui.TroubleFault}
)

// contentType is the media type of the body without parameters, or "".
func contentType(r *http.Request) string {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}
