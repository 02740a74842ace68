package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

// showRefusal is where error_uri leads: what the client was told, in a sentence,
// and what to pass on. What is registered is the operator's to see.
func (h *Hosted) showRefusal(_ http.ResponseWriter, r *http.Request, _ oauth.Form) (answer, error) {
	page := ui.Refusal{ID: r.PathValue("id")}
	status := http.StatusNotFound
	if c, ok := h.cases.Find(page.ID); ok {
		page.Code, page.Description, page.Rule = c.Code, c.Description, c.Rule
		status = http.StatusOK
	}
	return answer{status: status, page: page}, nil
}
