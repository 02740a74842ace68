package hosted

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

// caller is what is known of who tries to get in.
func (h *Hosted) caller(w http.ResponseWriter, r *http.Request, form oauth.Form) account.Caller {
	return account.Caller{
		Network:  h.peers.Network(r),
		Browser:  h.sessions.Browser(w, r).Mark(),
		Device:   func(userID string) string { return h.sessions.Device(r, userID) },
		Language: h.view(r, form).Language,
	}
}

// begin signs the browser in under a new session. Methods are values of RFC 8176 §2.
// The error wraps store.ErrNotFound for somebody who may not.
func (h *Hosted) begin(w http.ResponseWriter, r *http.Request, userID string, methods ...string) (sessionID string, err error) {
	return h.beginBy(w, r, proof{userID: userID, methods: methods})
}

// enter takes a proof and goes on to what follows it (proof.go). Whoever was banned or deleted
// a moment ago is told that the credentials are wrong.
func (h *Hosted) enter(w http.ResponseWriter, r *http.Request, x signInRequest, userID string, methods ...string) (answer, error) {
	a, err := h.proved(w, r, x, proof{userID: userID, methods: methods})
	if errors.Is(err, errGone) {
		return h.passwordPage(w, r, x, ui.Password{}, account.ErrWrongCredentials)
	}
	return a, err
}

// A frame is what the pages on the way in have in common.
type frame struct {
	application string // that waits, or ""
	csrf        string
	targets     []string
}

func (h *Hosted) frame(w http.ResponseWriter, r *http.Request, x signInRequest) (frame, error) {
	f := frame{csrf: h.sessions.CSRFToken(h.sessions.Browser(w, r), signInBound)}
	if x.pending.ClientID == "" {
		return f, nil
	}
	client, err := h.client(r, x.pending.ClientID)
	f.application, f.targets = client.Name, []string{ui.FormTarget(x.pending.RedirectURI)}
	return f, err
}

func (f frame) answer(status int, page interface {
	Render(io.Writer, ui.View) error
},
) answer {
	return answer{status: status, page: page, formTargets: f.targets}
}

// A trial is what became of an attempt to get in, and how a browser is told.
type trial struct {
	ui.Trial
	status     int
	retryAfter string
}

// tried says what an error means to who tried; nil is no failure. What is no refusal
// of an attempt is given back.
func tried(err error) (trial, error) {
	const wrong = http.StatusUnprocessableEntity
	var tooMany *account.TooManyError
	switch {
	case err == nil:
		return trial{status: http.StatusOK}, nil
	case errors.As(err, &tooMany):
		return trial{
			ui.Trial{Failure: ui.TooMany, Minutes: int((tooMany.Wait + time.Minute - 1) / time.Minute)},
			http.StatusTooManyRequests, strconv.Itoa(int((tooMany.Wait + time.Second - 1) / time.Second)),
		}, nil
	case errors.Is(err, account.ErrWrongCredentials):
		return trial{Trial: ui.Trial{Failure: ui.WrongCredentials}, status: wrong}, nil
	case errors.Is(err, account.ErrWrongCode):
		return trial{Trial: ui.Trial{Failure: ui.WrongCode}, status: wrong}, nil
	case errors.Is(err, account.ErrNotEmail):
		return trial{Trial: ui.Trial{Failure: ui.NotAnEmail}, status: wrong}, nil
	case errors.Is(err, ErrDomain):
		return trial{Trial: ui.Trial{Failure: ui.WrongDomain}, status: wrong}, nil
	case errors.Is(err, account.ErrTooSoon):
		return trial{ui.Trial{Failure: ui.TooSoon}, http.StatusTooManyRequests, "30"}, nil
	case errors.Is(err, account.ErrBusy):
		return trial{ui.Trial{Failure: ui.TooBusy}, http.StatusServiceUnavailable, busySeconds}, nil
	case errors.Is(err, ErrSignUpClosed):
		return trial{}, errSignUpClosed
	case errors.Is(err, account.ErrLink):
		return trial{}, errTicket
	}
	return trial{}, err
}

// answer shows a page with the status of the trial.
func (t trial) answer(f frame, page interface {
	Render(io.Writer, ui.View) error
},
) answer {
	a := f.answer(t.status, page)
	a.retryAfter = t.retryAfter
	return a
}

// passwordProblem says what is wrong with a password, or gives the error back.
func passwordProblem(err error) (ui.Problem, error) {
	var p account.PasswordProblem
	if !errors.As(err, &p) {
		return ui.NoProblem, err
	}
	known := map[account.PasswordProblem]ui.Problem{
		account.PasswordTooShort: ui.PasswordTooShort, account.PasswordTooLong: ui.PasswordTooLong, account.PasswordNotText: ui.PasswordOdd,
		account.PasswordCommon: ui.PasswordCommon, account.PasswordIsIdentifier: ui.PasswordIsIdentifier,
	}
	said, ok := known[p]
	if !ok {
		return ui.NoProblem, fmt.Errorf("nothing says: %w", err)
	}
	return said, nil
}
