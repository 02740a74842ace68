package backendapi

import (
	"net/http"

	"github.com/signet-auth/signet/internal/doctor"
)

// A refusalObject is a protocol request that was refused, as the request doctor
// tells of it. The path and the object are ours.
type refusalObject struct {
	Object string `json:"object"`
	doctor.Case
}

// listRefusals serves GET /v1/oauth_refusals: the newest first, of this node.
func (a *API) listRefusals(r *http.Request) (any, error) {
	p, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	limit, _ := p.page()
	if err := p.err(); err != nil {
		return nil, err
	}
	list := page{Data: []any{}}
	for _, c := range a.cases.Recent(limit) {
		list.Data = append(list.Data, refusalObject{"oauth_refusal", c})
	}
	list.TotalCount = len(list.Data)
	return list, nil
}

// getRefusal serves GET /v1/oauth_refusals/{id}.
func (a *API) getRefusal(r *http.Request) (any, error) {
	c, ok := a.cases.Find(r.PathValue("id"))
	if !ok {
		return nil, refuse("resource_not_found", "", "No refused request has this id on this node. The last thousand are remembered, each on the node that refused it.")
	}
	return refusalObject{"oauth_refusal", c}, nil
}
