package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/store"
)

var errContinuation = &oauth.Error{
	Code: oauth.InvalidRequest, Spec: "RFC 6749 §4.1.1",
	Description: "this sign-in has expired or belongs to another browser; start again from the application",
}

var errCompleted = &oauth.Error{
	Code: oauth.InvalidRequest, Spec: "RFC 6749 §4.1.2",
	Description: "this sign-in is complete; go back to the application, and start again from there if need be",
}

var errFault = &oauth.Error{
	Code: oauth.ServerError, Spec: "RFC 6749 §4.1.2.1",
	Description: "something went wrong here; it has been logged",
}

var errUnavailable = &oauth.Error{
	Code: oauth.TemporarilyUnavailable, Spec: "RFC 6749 §4.1.2.1",
	Description: "too much is going on here at the moment; try again",
}

var errTooMany = &oauth.Error{
	Code: oauth.TemporarilyUnavailable, Spec: "RFC 6585 §4",
	Description: "too many requests of this kind came from one place; try again in a minute",
}

// retryAfter is how many seconds a client should wait that was told so.
const retryAfter = "1"

// refusal gives the refusal that err is. Whatever is not one is a fault: it is
// logged in full and the client learns only that there was one.
func (p *Provider) refusal(r *http.Request, err error) *oauth.Error {
	id := reqid.From(r.Context())
	var refused *oauth.Error
	if errors.As(err, &refused) {
		p.log.InfoContext(r.Context(), "refused",
			"route", r.Pattern, "code", refused.Code, "rule", refused.Spec,
			"why", refused.Description, "request_id", id)
		p.cases.Add(doctor.From(r.Context()).Case(id, r.Method+" "+r.URL.Path, refused, p.now()))
		explained := *refused
		if refused.Code != "" { // nothing was wrong, a token is just wanted
			explained.URI = p.issuer + oauth.ErrorPath + id
		}
		return &explained
	}
	if errors.Is(err, store.ErrUnavailable) {
		p.log.WarnContext(r.Context(), "request not served",
			"route", r.Pattern, "err", err, "request_id", id)
		return errUnavailable
	}
	p.log.ErrorContext(r.Context(), "request failed",
		"route", r.Pattern, "err", err, "request_id", id)
	return errFault
}

// noted gives the request a note about itself, in case it is refused.
func noted(r *http.Request) *http.Request {
	ctx, _ := doctor.With(r.Context())
	return r.WithContext(ctx)
}

// answerJSON is the one place that writes token endpoint answers and errors
// (RFC 6749 §5.1 and §5.2).
func (p *Provider) answerJSON(serve func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = noted(r)
		answer, err := serve(r)
		code := http.StatusOK
		if err != nil {
			refused := p.refusal(r, err)
			answer, code = refused, status(refused)
			if code == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="signet"`)
			}
		}
		if answer == nil { // RFC 7009 §2.2: nothing to say
			w.Header().Set("Cache-Control", "no-store")
			return
		}
		writeJSON(w, code, answer)
	})
}

// A bothErrors is a refusal in two languages: the members of the RFCs beside the
// body that Clerk's clients read.
type bothErrors struct {
	*oauth.Error
	Errors  []clerkError `json:"errors"`
	TraceID string       `json:"clerk_trace_id,omitempty"`
}

type clerkError struct {
	Message     string `json:"message"`
	LongMessage string `json:"long_message"`
	Code        string `json:"code"`
}

func clerkRefusal(r *http.Request, refused *oauth.Error, message, code string) bothErrors {
	return bothErrors{
		Error:   refused,
		Errors:  []clerkError{{Message: message, LongMessage: refused.Description, Code: code}},
		TraceID: reqid.From(r.Context()),
	}
}

// answerBearer is the one place that writes answers and errors of a resource
// that an access token opens (RFC 6750 §3).
func (p *Provider) answerBearer(serve func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = noted(r)
		answer, err := serve(r)
		code := http.StatusOK
		if err != nil {
			refused := p.refusal(r, err)
			code = bearerStatus(refused)
			w.Header().Set("WWW-Authenticate", challenge(refused))
			answer = clerkRefusal(r, refused, "unable to fetch user info", "oauth_fetch_user_error")
		}
		writeJSON(w, code, answer)
	})
}

// challenge names the error only if a token was sent (RFC 6750 §3.1).
func challenge(refused *oauth.Error) string {
	if refused.Code == "" {
		return `Bearer realm="signet"`
	}
	return fmt.Sprintf(`Bearer realm="signet", error="%s", error_description="%s"`, refused.Code, refused.Description)
}

func writeJSON(w http.ResponseWriter, code int, answer any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	writeStatus(w, code)
	json.NewEncoder(w).Encode(answer) // an error here means that the client has gone
}

func writeStatus(w http.ResponseWriter, code int) {
	switch code {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(code)
}

// status gives the status of a refusal (RFC 6749 §5.2).
func status(refused *oauth.Error) int {
	switch {
	case refused.Description == errTooLong.Description:
		return http.StatusRequestEntityTooLarge
	case refused.Description == errTooMany.Description:
		return http.StatusTooManyRequests
	case refused.Code == oauth.InvalidClient:
		return http.StatusUnauthorized
	case refused.Code == oauth.ServerError:
		return http.StatusInternalServerError
	case refused.Code == oauth.TemporarilyUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// bearerStatus gives the status of a refused access token (RFC 6750 §3.1).
func bearerStatus(refused *oauth.Error) int {
	switch refused.Code {
	case "", oauth.InvalidToken:
		return http.StatusUnauthorized
	case oauth.InsufficientScope:
		return http.StatusForbidden
	}
	return status(refused)
}
