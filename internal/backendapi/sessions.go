package backendapi

import (
	"net/http"

	"github.com/signet-auth/signet/internal/store"
)

// A sessionObject is a signed-in browser as Clerk's SDKs read it. Signet has no
// objects for browsers, so that client_id is the session's own id again.
type sessionObject struct {
	Object       string    `json:"object"`
	ID           string    `json:"id"`
	UserID       string    `json:"user_id"`
	ClientID     string    `json:"client_id"`
	Actor        *struct{} `json:"actor"`
	Status       string    `json:"status"`
	LastActiveAt int64     `json:"last_active_at"`
	ExpireAt     int64     `json:"expire_at"`
	AbandonAt    int64     `json:"abandon_at"`
	CreatedAt    int64     `json:"created_at"`
	UpdatedAt    int64     `json:"updated_at"`
}

func newSessionObject(s store.Session, status string) sessionObject {
	signedIn, expires := s.SignedInAt.UnixMilli(), s.ExpiresAt.UnixMilli()
	return sessionObject{
		Object: "session", ID: s.ID, UserID: s.UserID, ClientID: s.ID, Status: status,
		LastActiveAt: signedIn, ExpireAt: expires, AbandonAt: expires, CreatedAt: signedIn, UpdatedAt: signedIn,
	}
}

// listSessions serves GET /v1/sessions: the live ones of a user. Those that have
// ended are not kept.
func (a *API) listSessions(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	userID, status := p.text("user_id"), p.text("status")
	paginated := p.flag("paginated")
	p.notOffered("client_id")
	limit, offset := p.page()
	if userID == "" {
		p.problems = append(p.problems, problem{code: "missing_query_parameter", param: "user_id", long: "user_id must be included."})
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	sessions, total := []store.Session{}, 0
	if status == "" || status == "active" {
		if sessions, total, err = a.admin.Sessions(r.Context(), userID, limit, offset); err != nil {
			return nil, err
		}
	}
	list := page{Data: []any{}, TotalCount: total}
	for _, s := range sessions {
		list.Data = append(list.Data, newSessionObject(s, "active"))
	}
	if paginated != nil && *paginated {
		return list, nil
	}
	return list.Data, nil
}

// getSession serves GET /v1/sessions/{id}.
func (a *API) getSession(r *http.Request) (any, error) {
	s, err := a.admin.Session(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return newSessionObject(s, "active"), nil
}

// revokeSession serves POST /v1/sessions/{id}/revoke.
func (a *API) revokeSession(r *http.Request) (any, error) {
	s, err := a.admin.RevokeSession(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return newSessionObject(s, "revoked"), nil
}
