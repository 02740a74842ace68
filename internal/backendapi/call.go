package backendapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/store"
)

// call serves one path, given its methods, and is the one place that writes
// answers and errors. No methods means that the path does not exist. The key is
// checked first: nothing of a stranger's request is read, and no stranger learns
// which paths exist.
func (a *API) call(methods map[string]method) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace := reqid.From(r.Context())
		if trace == "" {
			trace = reqid.New()
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		answer, err := a.answer(w.Header(), r, methods)
		status, known := http.StatusOK, false
		if c, ok := answer.(createdObject); ok {
			status, answer = http.StatusCreated, c.object
		}
		if err == nil {
			answer, known, err = untag(w.Header(), r, answer)
		}
		if err != nil {
			status, answer = a.answerError(w.Header(), r, trace, err)
		}
		var body bytes.Buffer
		if err := encode(&body, answer); err != nil {
			status, answer = a.answerError(w.Header(), r, trace, err)
			body.Reset()
			_ = encode(&body, answer) // strings only
		}
		h := w.Header()
		if known || answer == nil { // nothing to say
			h.Set("Cache-Control", "no-store")
			h.Set("Clerk-Trace-Id", trace)
			if status = http.StatusNoContent; known {
				status = http.StatusNotModified
			}
			w.WriteHeader(status)
			return
		}
		h.Set("Content-Type", "application/json") // exactly: Clerk's JavaScript compares with ===
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Clerk-Trace-Id", trace)
		w.WriteHeader(status)
		_, _ = w.Write(body.Bytes()) // the client may be gone
	})
}

// A createdObject is answered with 201.
type createdObject struct{ object any }

// bodyLimit is how many bytes a body may have: more for a form, which only holds
// pictures.
func bodyLimit(r *http.Request) int64 {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return maxUpload
	}
	return maxBody
}

// answer finds out who asks and then does what is asked.
func (a *API) answer(h http.Header, r *http.Request, methods map[string]method) (any, error) {
	key, machine, err := a.authenticate(r)
	if err != nil {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §11.6.1
		return nil, err
	}
	if err := a.tooOften(h, r, key); err != nil {
		return nil, err
	}
	ctx := store.WithActor(r.Context(), actor(key, machine))
	r = r.WithContext(context.WithValue(context.WithValue(ctx, keyContext{}, key), machineContext{}, machine))
	if _, err := versionOf(r); err != nil {
		return nil, err
	}
	if methods == nil {
		return nil, refuse("resource_not_found", "", "There is nothing at this path.")
	}
	name := r.Method
	if name == http.MethodHead {
		name = http.MethodGet // net/http leaves the body out
	}
	serve, ok := methods[name]
	if !ok {
		h.Set("Allow", allowed(methods))
		return nil, refuse("method_not_allowed", "", "This path does not take this method.")
	}
	if err := a.organizationsOn(r); err != nil {
		return nil, err
	}
	if err := checkCondition(r); err != nil {
		return nil, err
	}
	if name == http.MethodPost && len(r.Header.Values(idempotencyKey)) > 0 {
		return a.once(h, r, key, serve)
	}
	return serve(r)
}

// tooOften refuses what a key sends beyond its limit. The keys that tokens are
// verified with are not counted: whoever needs them cannot do without.
func (a *API) tooOften(h http.Header, r *http.Request, key store.APIKey) error {
	if a.pace == nil || r.Pattern == jwksPath {
		return nil
	}
	wait := a.pace.Wait(key.ID, a.now())
	if wait == 0 {
		return nil
	}
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return refuse("too_many_requests", "", "This secret key has sent too many requests; the header Retry-After says in how many seconds it can go on.")
}

// allowed lists the methods of a path (RFC 9110 §10.2.1).
func allowed(methods map[string]method) string {
	names := slices.Collect(maps.Keys(methods))
	if _, ok := methods[http.MethodGet]; ok {
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// answerError decides status and body of an error, and logs it: a refusal at
// Info, a fault once and in full. Neither holds anything of the body.
func (a *API) answerError(h http.Header, r *http.Request, trace string, err error) (int, any) {
	refused, ok := asRefusal(err)
	log := a.log.With("trace_id", trace, "method", r.Method, "route", r.Pattern)
	switch {
	case ok:
		log.InfoContext(r.Context(), "backend api: refused", "status", refused.status(), "codes", refused.codes())
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		log.InfoContext(r.Context(), "backend api: the client has gone")
		refused = refusal{{code: "service_unavailable", long: "The request was given up."}}
	case errors.Is(err, store.ErrUnavailable):
		log.WarnContext(r.Context(), "backend api: request not served", "err", err)
		refused = refusal{{code: "service_unavailable", long: "Too much is going on here at the moment; try again."}}
	default:
		log.ErrorContext(r.Context(), "backend api: request failed", "err", err)
		refused = refusal{{code: "internal_clerk_error", long: "The request failed on our side; the log has the cause under clerk_trace_id."}}
	}
	status := refused.status()
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	return status, refused.body(trace)
}

// encode writes JSON without the escapes that are only of use inside HTML.
func encode(body *bytes.Buffer, answer any) error {
	e := json.NewEncoder(body)
	e.SetEscapeHTML(false)
	return e.Encode(answer)
}
