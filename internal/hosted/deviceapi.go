package hosted

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
)

// The endpoints that clerk-js calls for a verification page of one's own. The
// browser's session says who asks.

// A deviceAnswer is what clerk-js is told of a device. ExpiresAt is in milliseconds.
type deviceAnswer struct {
	Name      string   `json:"oauth_application_name"`
	LogoURL   *string  `json:"oauth_application_logo_url"`
	ClientID  string   `json:"client_id"`
	Scopes    []string `json:"scopes"`
	Status    string   `json:"status"`
	ExpiresAt int64    `json:"expires_at"`
}

// A problem is an error as Clerk's clients read it.
type problem struct {
	status     int
	code, text string
}

func (p *problem) Error() string { return p.code }

var (
	errOtherSite     = &problem{http.StatusForbidden, "cross_origin", "This came from another site."}
	errNotSignedIn   = &problem{http.StatusUnauthorized, "authentication_invalid", "Nobody is signed in."}
	errNoDevice      = &problem{http.StatusNotFound, "resource_not_found", "No device shows this code, or it has expired."}
	errManyGuesses   = &problem{http.StatusTooManyRequests, "too_many_requests", "Too many codes were tried; wait a few minutes."}
	errDeviceDecided = &problem{http.StatusBadRequest, "bad_request", "This device has been decided about."}
	errNotMember     = &problem{http.StatusForbidden, "not_a_member_in_organization", "The user is no member of this organization."}
	errDeviceForm    = &problem{http.StatusUnprocessableEntity, "form_param_missing", "user_code and approved must be included."}
)

// json adapts a handler that clerk-js calls. Pages of other origins do not get
// there: the session travels in a cookie.
func (h *Hosted) json(serve func(*http.Request, session.Current, deviceForm) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := h.serveJSON(r, serve)
		h.writeJSON(w, r, answer, err)
	})
}

// writeJSON answers what clerk-js has called, or says what is wrong.
func (h *Hosted) writeJSON(w http.ResponseWriter, r *http.Request, answer any, err error) {
	status := http.StatusOK
	if err != nil {
		var p *problem
		if !errors.As(err, &p) {
			h.log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
			p = &problem{http.StatusInternalServerError, "internal_clerk_error", "Something went wrong here; it has been logged."}
		}
		status = p.status
		answer = map[string]any{
			"errors":         []map[string]string{{"message": p.text, "long_message": p.text, "code": p.code}},
			"clerk_trace_id": reqid.From(r.Context()),
		}
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer) // an error here means that the browser has gone
}

// A deviceForm is what clerk-js sends, as a form or as JSON.
type deviceForm struct {
	UserCode string `json:"user_code"`
	Approved *bool  `json:"approved"`

	OrganizationID string `json:"organization_id"`
}

func (h *Hosted) serveJSON(r *http.Request, serve func(*http.Request, session.Current, deviceForm) (any, error)) (any, error) {
	if h.crossOrigin.Check(r) != nil {
		return nil, errOtherSite
	}
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return nil, err
	case !signedIn:
		return nil, errNotSignedIn
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, errDeviceForm
	}
	var f deviceForm
	if contentType(r) == "application/json" {
		if json.Unmarshal(body, &f) != nil {
			return nil, errDeviceForm
		}
	} else {
		form, err := readOnce(string(body))
		if err != nil {
			return nil, errDeviceForm
		}
		f.UserCode, f.OrganizationID = form.Get("user_code"), form.Get("organization_id")
		if approved := form.Get("approved"); approved != "" {
			f.Approved = new(strings.EqualFold(approved, "true"))
		}
	}
	return serve(r, current, f)
}

// device finds the request that shows the code.
func (h *Hosted) device(r *http.Request, current session.Current, typed string) (store.DeviceRequest, store.Client, error) {
	code, ok := oauth.ParseUserCode(typed)
	switch {
	case !h.guesses.Allow(current.User.ID):
		return store.DeviceRequest{}, store.Client{}, errManyGuesses
	case !ok:
		return store.DeviceRequest{}, store.Client{}, errNoDevice
	}
	d, err := h.devices.DeviceRequest(r.Context(), code, h.now())
	if errors.Is(err, store.ErrNotFound) {
		return d, store.Client{}, errNoDevice
	}
	if err != nil {
		return d, store.Client{}, err
	}
	c, err := h.clients.Asking(r.Context(), d.ClientID)
	if errors.Is(err, store.ErrNotFound) {
		return d, c, errNoDevice
	}
	return d, c, err
}

func (h *Hosted) lookUpDevice(r *http.Request, current session.Current, f deviceForm) (any, error) {
	d, c, err := h.device(r, current, f.UserCode)
	if err != nil {
		return nil, err
	}
	return deviceAnswer{
		Name: c.Name, ClientID: c.ID, Scopes: append([]string{}, d.Scopes...), Status: string(d.Status), ExpiresAt: d.ExpiresAt.UnixMilli(),
	}, nil
}

func (h *Hosted) verifyDevice(r *http.Request, current session.Current, f deviceForm) (any, error) {
	if f.UserCode == "" || f.Approved == nil {
		return nil, errDeviceForm
	}
	d, c, err := h.device(r, current, f.UserCode)
	switch {
	case err != nil:
		return nil, err
	case d.Status != store.DevicePending:
		return nil, errDeviceDecided
	case *f.Approved:
		err := h.allowDevice(r, &d, c, current, f.OrganizationID)
		switch {
		case errors.Is(err, errNoMember):
			return nil, errNotMember
		case err != nil:
			return nil, err
		}
	default:
		d.Status = store.DeviceDenied
	}
	err = h.devices.DecideDeviceRequest(r.Context(), d)
	if errors.Is(err, store.ErrConflict) {
		return nil, errDeviceDecided
	}
	return map[string]string{"object": "oauth_device_verification", "status": string(d.Status)}, err
}
