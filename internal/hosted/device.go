package hosted

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// How many user codes one user may try: there are 26 thousand million, so that a
// right guess within a code's ten minutes is out of reach.
const (
	guessesPerMinute = 3
	guessesAtOnce    = 20
)

// showDevice asks for the code that a device shows and, given one, whether the
// device may use the account (RFC 8628 §3.3). A code in the link is shown and
// asked about all the same: whoever sent the link may have chosen it (§5.4).
func (h *Hosted) showDevice(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
	current, signedIn, err := h.sessions.Current(r)
	typed := query.Get("user_code")
	switch {
	case err != nil:
		return answer{}, err
	case !signedIn:
		back := "/device"
		if typed != "" {
			back += "?" + url.Values{"user_code": {typed}}.Encode()
		}
		return seeWith("/sign-in", h.sessions.SealContinuation(h.sessions.Browser(w, r), session.Continuation{Return: back, StartedAt: h.now()})), nil
	case typed == "":
		return answer{status: http.StatusOK, page: ui.Device{User: person(current.User)}}, nil
	}
	request, client, page, err := h.deviceOf(r, current, typed)
	if err != nil || page.page != nil {
		return page, err
	}
	descriptions, err := h.descriptions(r)
	if err != nil {
		return answer{}, err
	}
	offer, err := h.offer(r, current.User.ID, client.ID, request.Scopes)
	if err != nil {
		return answer{}, err
	}
	consent := ui.DeviceConsent{
		Application: client.Name,
		Custom:      descriptions,
		User:        person(current.User),
		UserCode:    oauth.ShowUserCode(request.UserCode),
		Scopes:      request.Scopes,
		CSRF:        h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID),
	}
	consent.Organizations, consent.Organization = offer.shown()
	return answer{status: http.StatusOK, page: consent}, nil
}

// deviceOf finds the request that shows the code. What cannot be found out gives
// the page that asks for the code once more.
func (h *Hosted) deviceOf(r *http.Request, current session.Current, typed string) (d store.DeviceRequest, c store.Client, page answer, err error) {
	again := func(f ui.DeviceFailure, status int) (store.DeviceRequest, store.Client, answer, error) {
		return d, c, answer{status: status, page: ui.Device{User: person(current.User), UserCode: typed, Failure: f}}, nil
	}
	code, ok := oauth.ParseUserCode(typed)
	if !h.guesses.Allow(current.User.ID) {
		return again(ui.DeviceTooMany, http.StatusTooManyRequests)
	}
	if !ok {
		return again(ui.DeviceUnknown, http.StatusUnprocessableEntity)
	}
	d, err = h.devices.DeviceRequest(r.Context(), code, h.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return again(ui.DeviceUnknown, http.StatusUnprocessableEntity)
	case err != nil:
		return d, c, answer{}, err
	case d.Status != store.DevicePending:
		return again(ui.DeviceDecided, http.StatusConflict)
	}
	c, err = h.client(r, d.ClientID)
	return d, c, answer{}, err
}

// decideDevice takes the decision about a device.
func (h *Hosted) decideDevice(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case !signedIn:
		return see("/device"), nil
	case !h.sessions.CheckCSRF(r, current.User.ID, form.Get("csrf")):
		return answer{}, errStaleForm
	}
	d, client, page, err := h.deviceOf(r, current, form.Get("user_code"))
	if err != nil || page.page != nil {
		return page, err
	}
	switch form.Get("decision") {
	case "allow":
		err = h.allowDevice(r, &d, client, current, form.Get("organization_id"))
	case "deny":
		d.Status = store.DeviceDenied
	default:
		return answer{}, errBadForm
	}
	if err == nil {
		err = h.devices.DecideDeviceRequest(r.Context(), d)
	}
	switch {
	case errors.Is(err, errNoMember):
		return see("/device?" + url.Values{"user_code": {form.Get("user_code")}}.Encode()), nil // there is another choice
	case errors.Is(err, store.ErrConflict):
		return answer{status: http.StatusConflict, page: ui.Device{User: person(current.User), Failure: ui.DeviceDecided}}, nil
	case err != nil:
		return answer{}, err
	}
	return answer{status: http.StatusOK, page: ui.DeviceDone{Application: client.Name, Allowed: d.Status == store.DeviceApproved}}, nil
}

// allowDevice notes the agreement and settles which grant the device will get.
func (h *Hosted) allowDevice(r *http.Request, d *store.DeviceRequest, client store.Client, current session.Current, organizationID string) error {
	ctx, now := r.Context(), h.now().Truncate(time.Millisecond)
	agreed := session.Continuation{AgreedBy: current.User.ID, ClientID: client.ID, Scopes: d.Scopes}
	if err := h.chooseOrganization(r, &agreed, organizationID); err != nil {
		return err
	}
	if err := h.agree(r, agreed); err != nil {
		return err
	}
	instance, err := h.instances.Instance(ctx)
	if err != nil {
		return err
	}
	connection, err := h.connections.Connection(ctx, current.User.ID, client.ID)
	if err != nil {
		return err
	}
	var random [10]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	d.Status = store.DeviceApproved
	d.GrantID = oauth.NewGrantID(now, random)
	d.OrganizationID = agreed.Organization
	d.UserID, d.SessionID, d.AuthTime, d.Methods = current.User.ID, current.Session.ID, current.SignedInAt, current.Methods
	d.AuthorizedAt = oauth.LaterThan(now, instance.NotBefore, client.NotBefore, current.User.NotBefore, connection.NotBefore)
	return nil
}
