package backendapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// m2mTokenRoutes are served with and without a version: @clerk/backend names none.
func (a *API) m2mTokenRoutes() routes {
	all := routes{}
	for _, version := range []string{"/v1", ""} {
		all[version+"/m2m_tokens"] = map[string]method{http.MethodPost: a.createM2MToken, http.MethodGet: a.listM2MTokens}
		all[version+"/m2m_tokens/{id}/revoke"] = map[string]method{http.MethodPost: a.revokeM2MToken}
		all[version+"/m2m_tokens/verify"] = map[string]method{http.MethodPost: a.verifyM2MToken}
	}
	return all
}

// An m2mToken is a token of a machine as Clerk's SDKs read it.
type m2mToken struct {
	Object           string          `json:"object"`
	ID               string          `json:"id"`
	Subject          string          `json:"subject"`
	Claims           json.RawMessage `json:"claims"`
	Scopes           []string        `json:"scopes"`
	Token            string          `json:"token,omitempty"`
	Revoked          bool            `json:"revoked"`
	RevocationReason *string         `json:"revocation_reason"`
	Expired          bool            `json:"expired"`
	Expiration       int64           `json:"expiration"`
	LastUsedAt       *int64          `json:"last_used_at"` // to the minute
	CreatedAt        int64           `json:"created_at"`
	UpdatedAt        int64           `json:"updated_at"`
}

func (a *API) m2mToken(t admin.M2MToken) m2mToken { return newM2MToken(t, a.now()) }

func newM2MToken(t admin.M2MToken, now time.Time) m2mToken {
	return m2mToken{
		Object: "machine_to_machine_token", ID: t.ID.String(), Subject: t.MachineID, Claims: t.Claims,
		Scopes: append([]string{}, t.Scopes...), Token: t.Token, Revoked: t.Revoked(), RevocationReason: t.RevokedReason,
		Expired: !now.Before(t.ExpiresAt), Expiration: t.ExpiresAt.UnixMilli(), LastUsedAt: millisOrNull(t.LastUsedAt),
		CreatedAt: t.CreatedAt.UnixMilli(), UpdatedAt: t.UpdatedAt.UnixMilli(),
	}
}

// createM2MToken serves POST /v1/m2m_tokens, for machines alone.
func (a *API) createM2MToken(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	asked := admin.M2MFields{
		Lifetime:     f.seconds("seconds_until_expiration"),
		MinRemaining: f.seconds("min_remaining_ttl_seconds"),
		Claims:       f.object("claims"),
	}
	switch f.textOrEmpty("token_format") {
	case "", "opaque":
	case "jwt":
		asked.JWT = true
	default:
		f.problems = append(f.problems, problem{code: "form_param_value_invalid", param: "token_format", long: "token_format must be opaque or jwt."})
	}
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	t, err := a.admin.CreateM2MToken(r.Context(), *machineOf(r.Context()), asked)
	if err != nil {
		return nil, asNoMachine(err)
	}
	return createdObject{a.m2mToken(t)}, nil
}

// An m2mTokenPage is one page of a list.
type m2mTokenPage struct {
	M2MTokens  []m2mToken `json:"m2m_tokens"`
	TotalCount int        `json:"total_count"`
}

// listM2MTokens serves GET /v1/m2m_tokens. A machine sees its own alone, and learns
// nothing about which others there are.
func (a *API) listM2MTokens(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	q := store.M2MTokenQuery{MachineID: p.text("subject"), Revoked: value(p.flag("revoked")), Expired: value(p.flag("expired"))}
	q.Limit, q.Offset = p.pageOf(maxMachineLimit)
	if q.MachineID == "" {
		p.problems = append(p.problems, problem{code: "missing_query_parameter", param: "subject", long: "subject must be included."})
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if by := machineOf(r.Context()); by != nil && q.MachineID != by.ID {
		return nil, refuse("authorization_invalid", "subject", "A machine can list its own tokens alone.")
	}
	tokens, total, err := a.admin.M2MTokens(r.Context(), q)
	if err != nil {
		return nil, asNoMachine(err)
	}
	list := m2mTokenPage{M2MTokens: []m2mToken{}, TotalCount: total}
	for _, t := range tokens {
		list.M2MTokens = append(list.M2MTokens, a.m2mToken(t))
	}
	return list, nil
}

// revokeM2MToken serves POST /v1/m2m_tokens/{id}/revoke. A machine revokes its own
// alone.
func (a *API) revokeM2MToken(r *http.Request) (any, error) {
	reason, err := revocationReason(r)
	if err != nil {
		return nil, err
	}
	t, err := a.admin.RevokeM2MToken(r.Context(), r.PathValue("id"), callingMachine(r), reason)
	if err != nil {
		return nil, err
	}
	return a.m2mToken(t), nil
}

// callingMachine is the id of the machine that asks, "" for an operator.
func callingMachine(r *http.Request) string {
	if m := machineOf(r.Context()); m != nil {
		return m.ID
	}
	return ""
}

// revocationReason reads the body of a request to revoke.
func revocationReason(r *http.Request) (*string, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	reason := f.text("revocation_reason")
	f.refuseUnknown()
	return reason, f.err()
}

// verifyM2MToken serves POST /v1/m2m_tokens/verify. A token that opens nothing for
// whoever asks, whatever the reason, is not found.
func (a *API) verifyM2MToken(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	presented := f.textOrEmpty("token")
	if older := f.textOrEmpty("secret"); presented == "" { // as Clerk's Python SDK has it
		presented = older
	}
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case presented == "":
		return nil, refuse("malformed_request_parameters", "token", "token is missing.")
	}
	t, err := a.admin.VerifyM2MToken(r.Context(), presented, callingMachine(r))
	if errors.Is(err, store.ErrNotFound) {
		return nil, refuse("resource_not_found", "", "There is no such token that is live and for whoever asks.")
	}
	if err != nil {
		return nil, err
	}
	return a.m2mToken(t), nil
}
