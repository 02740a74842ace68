package hosted

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// The endpoints behind a consent page of the operator's own, as clerk-js calls them.
// The browser's session says who agrees, and its Origin header that the page is one
// that the operator has admitted: the form has no token, so nothing else does.

// consentAPIPath is where they are, before the client_id.
const consentAPIPath = "/v1/me/oauth/consent/"

var (
	errNoApplication = &problem{http.StatusNotFound, "resource_not_found", "There is no application with this client_id."}
	errAsksNobody    = &problem{http.StatusForbidden, "authorization_invalid", "This application does not ask for consent."}
	errBeyond        = &problem{http.StatusUnprocessableEntity, "form_param_value_invalid", "scope asks for more than the application is allowed."}
	errMismatch      = &problem{http.StatusBadRequest, "redirect_uri_mismatch", "redirect_uri is not one that the application has registered."}
	errConsentForm   = &problem{http.StatusBadRequest, "bad_request", "This is no form with the parameters of an authorization request."}
	errOtherClient   = &problem{http.StatusBadRequest, "bad_request", "client_id is not the one in the path."}
	errTwoChoices    = &problem{http.StatusUnprocessableEntity, "form_param_value_invalid", "organization_id was sent with different values."}
)

// ownPage adapts a handler for a consent page of the operator's own.
func (h *Hosted) ownPage(serve func(http.ResponseWriter, *http.Request, session.Current, store.Client) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.serveOwnPage(w, r, serve); err != nil {
			h.writeJSON(w, r, nil, err)
		}
	})
}

func (h *Hosted) serveOwnPage(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request, session.Current, store.Client) error) error {
	if err := h.admitOrigin(w, r); err != nil {
		return err
	}
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return err
	case !signedIn:
		return errNotSignedIn
	}
	client, err := h.clients.Asking(r.Context(), r.PathValue("client_id"))
	var refused *oauth.Error
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errNoApplication
	case errors.As(err, &refused):
		return unanswerable(refused)
	case err != nil:
		return err
	case !client.AsksUsers():
		return errAsksNobody
	}
	return serve(w, r, current, client)
}

// admitOrigin refuses what neither a page of ours sends nor one of an origin that the
// settings name. Those may read answers, too. Browsers leave the header out of a GET
// of the same origin, and never out of a form; "null" can be anybody.
func (h *Hosted) admitOrigin(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == h.origin || origin == "" && r.Method != http.MethodPost {
		return nil
	}
	instance, err := h.instances.Instance(r.Context())
	switch {
	case err != nil:
		return err
	case origin == "" || !slices.Contains(instance.Settings.AllowedOrigins, origin):
		return errOtherSite
	case r.Method != http.MethodPost: // a form is sent by navigation and read by nobody
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	return nil
}

// unanswerable is a refusal for which there is nowhere to send the browser.
func unanswerable(refused *oauth.Error) error {
	return &problem{http.StatusBadRequest, "oauth_authorize_request_error", refused.Description + " (" + string(refused.Code) + ")"}
}

// A consentAnswer is what clerk-js is told of an application that asks.
type consentAnswer struct {
	Name           string       `json:"oauth_application_name"`
	LogoURL        *string      `json:"oauth_application_logo_url"`
	URL            *string      `json:"oauth_application_url"`
	ClientID       string       `json:"client_id"`
	RedirectDomain *string      `json:"redirect_domain"`
	Scopes         []askedScope `json:"scopes"`
}

type askedScope struct {
	Scope           string  `json:"scope"`
	Description     *string `json:"description"`
	RequiresConsent bool    `json:"requires_consent"`
}

// tellConsent says who asks for what. It changes nothing, and promises nothing either:
// the form is held against the rules by itself.
func (h *Hosted) tellConsent(w http.ResponseWriter, r *http.Request, _ session.Current, client store.Client) error {
	query := r.URL.Query()
	scopes, err := oauth.ParseScopes(query.Get("scope"))
	switch {
	case err != nil || !scopes.Within(client.Scopes):
		return errBeyond
	case len(scopes) == 0:
		scopes = client.Scopes
	}
	told := consentAnswer{Name: client.Name, ClientID: client.ID}
	if h.logo(client) != "" {
		told.LogoURL = &client.ImageURL
	}
	if at, err := url.Parse(client.ClientURI); err == nil && (at.Scheme == "https" || at.Scheme == "http") {
		told.URL = &client.ClientURI
	}
	if uri := query.Get("redirect_uri"); client.Registered(uri) {
		told.RedirectDomain = orNull(ui.Domain(uri))
	}
	if told.Scopes, err = h.describe(r, scopes); err != nil {
		return err
	}
	h.writeJSON(w, r, told, nil)
	return nil
}

// describe puts scopes in words, in the language of the browser. All but
// offline_access are to be agreed to one by one; that one says how long they last.
func (h *Hosted) describe(r *http.Request, scopes oauth.Scopes) ([]askedScope, error) {
	custom, err := h.descriptions(r)
	if err != nil {
		return nil, err
	}
	language := h.view(r, oauth.Form{}).Language
	all := make([]askedScope, 0, len(scopes))
	for _, name := range scopes {
		said, err := ui.Explain(language, name, custom[name])
		if err != nil {
			return nil, err
		}
		all = append(all, askedScope{Scope: name, Description: orNull(said), RequiresConsent: name != oauth.ScopeOfflineAccess})
	}
	return all, nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// takeConsent takes the user's decision. The page is trusted with nothing but that and
// the organization: the request that it passes on is held against the rules anew, and
// answered where /oauth/authorize answers.
func (h *Hosted) takeConsent(w http.ResponseWriter, r *http.Request, current session.Current, client store.Client) error {
	form, err := readConsentForm(w, r, client.ID)
	switch {
	case err != nil:
		return err
	case form.redirectURI != "" && !client.Registered(form.redirectURI):
		return errMismatch
	}
	decided, err := h.decideConsent(r, form, current.User.ID)
	if err != nil {
		return err
	}
	h.requests.Resume(w, r, decided)
	return nil
}

// decideConsent notes an agreement. What the rules refuse is left for the client to be
// told.
func (h *Hosted) decideConsent(r *http.Request, form consentForm, userID string) (session.Continuation, error) {
	none := session.Continuation{}
	decided := session.Continuation{Params: form.params, StartedAt: h.now()}
	request, err := h.requests.Parse(r.Context(), form.params)
	var told *oauth.RedirectError
	var refused *oauth.Error
	switch {
	case errors.As(err, &told):
		return decided, nil
	case errors.As(err, &refused):
		return none, unanswerable(refused)
	case err != nil:
		return none, err
	}
	decided.ClientID, decided.Scopes, decided.UILocales = request.Client().ID, request.Consents(), request.UILocales()
	if !form.consented {
		decided.Denied = true
		return decided, nil
	}
	decided.AgreedBy = userID
	switch err := h.chooseOrganization(r, &decided, form.organization); {
	case errors.Is(err, errNoMember):
		return none, errNotMember
	case err != nil:
		return none, err
	}
	err = h.agree(r, decided)
	if errors.Is(err, errClientGone) {
		return none, errNoApplication
	}
	return decided, err
}

// A consentForm is what the operator's page sends.
type consentForm struct {
	consented    bool
	organization string
	redirectURI  string
	params       string // of the authorization request, form-encoded
}

// readConsentForm tells the decision from the parameters of the request, which the page
// passes on as they came to it. A link can hold consented and organization_id, too, and
// then they come twice: so the user agrees only if every consented says so, and an
// organization that is not the only one named counts for nothing.
func readConsentForm(w http.ResponseWriter, r *http.Request, clientID string) (consentForm, error) {
	if contentType(r) != "application/x-www-form-urlencoded" {
		return consentForm{}, errConsentForm
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return consentForm{}, errConsentForm
	}
	all, err := url.ParseQuery(string(body))
	if err != nil {
		return consentForm{}, errConsentForm
	}
	differs := func(values []string, from string) bool {
		return slices.ContainsFunc(values, func(value string) bool { return value != from })
	}
	form := consentForm{
		consented:    all.Has("consented") && !differs(all["consented"], "true"),
		organization: all.Get("organization_id"),
		redirectURI:  all.Get("redirect_uri"),
	}
	switch {
	case differs(all["client_id"], clientID):
		return consentForm{}, errOtherClient
	case form.consented && differs(all["organization_id"], form.organization):
		return consentForm{}, errTwoChoices
	}
	var params strings.Builder
	params.WriteString("client_id=" + url.QueryEscape(clientID))
	for pair := range strings.SplitSeq(string(body), "&") {
		rawName, _, _ := strings.Cut(pair, "=")
		switch name, _ := url.QueryUnescape(rawName); name {
		case "client_id", "consented", "organization_id":
		default:
			params.WriteString("&" + pair)
		}
	}
	form.params = params.String()
	return form, nil
}
