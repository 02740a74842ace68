package hosted

import (
	"mime"
	"net/http"
)

// A refusal is an error that the user is shown.
type refusal struct {
	status               int
	code, title, message string
}

// Error implements error.
func (e *refusal) Error() string { return e.code }

// The refusals.
var (
	errContinuation = &refusal{
		http.StatusBadRequest, "invalid_continuation", "This sign-in cannot go on",
		"It was begun too long ago or in another browser. Please go back to the application and start again.",
	}
	errTicket = &refusal{
		http.StatusGone, "invalid_ticket", "This link does not work any more",
		"It works once and for a limited time. Please ask for a new one.",
	}
	errInvitation = &refusal{
		http.StatusGone, "invalid_invitation", "This invitation is over",
		"It was accepted, was taken back or has expired. If you have an account already, sign in; otherwise please ask for a new invitation.",
	}
	errBadForm = &refusal{
		http.StatusBadRequest, "invalid_form", "This form could not be read",
		"Please go back, reload the page and try again.",
	}
	errCrossOrigin = &refusal{
		http.StatusForbidden, "cross_origin", "This form came from another site",
		"For your safety nothing was done. Please begin at the application that you want to use.",
	}
	errStaleForm = &refusal{
		http.StatusForbidden, "stale_form", "This page is out of date",
		"For your safety nothing was done. Please go back, reload the page and try again. Your browser has to accept cookies from this site.",
	}
	errClientGone = &refusal{
		http.StatusBadRequest, "unknown_application", "This application is no longer known here",
		"It has been removed since you began to sign in. Please ask whoever runs the application.",
	}
	errUnavailable = &refusal{
		http.StatusServiceUnavailable, "temporarily_unavailable", "Too much is going on here",
		"Please try again in a moment.",
	}
	errFault = &refusal{
		http.StatusInternalServerError, "server_error", "Something went wrong",
		"This is our fault, not yours. Please try again in a moment.",
	}
)

// contentType is the media type of the body without parameters, or "".
func contentType(r *http.Request) string {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}
