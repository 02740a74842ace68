package backendapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Documents knows the clients that describe themselves on the web.
type Documents interface {
	// Allow keeps such a client because the operator wants it, or fails with an
	// *oauth.Error.
	Allow(ctx context.Context, clientID string) (store.Client, error)
}

// allowDocument serves POST /v1/oauth_client_documents: the client with this URL is
// admitted whatever the settings say about those that become known by themselves.
// The path is ours; deleting the application takes it back.
func (a *API) allowDocument(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	clientID := f.textOrEmpty("client_id")
	f.refuseUnknown()
	switch {
	case f.err() != nil:
		return nil, f.err()
	case clientID == "":
		return nil, refuse("form_param_missing", "client_id", "client_id must be included.")
	}
	client, err := a.documents.Allow(r.Context(), clientID)
	var refused *oauth.Error
	if errors.As(err, &refused) {
		return nil, refuse("form_param_value_invalid", "client_id", "client_id: "+refused.Description+".")
	}
	return a.answerApplication(r.Context(), admin.Application{Client: client}, err)
}
