package hosted

import (
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/ui"
)

// showSignOut asks whether the user wants to sign out: a link on any page could
// lead here.
func (h *Hosted) showSignOut(w http.ResponseWriter, r *http.Request, _ oauth.Form) (answer, error) {
	current, signedIn, err := h.sessions.Current(r)
	switch {
	case err != nil:
		return answer{}, err
	case !signedIn:
		return see("/signed-out"), nil
	}
	return answer{status: http.StatusOK, page: ui.SignOut{
		User: person(current.User),
		CSRF: h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID),
	}}, nil
}

func (h *Hosted) signedOut(http.ResponseWriter, *http.Request, oauth.Form) (answer, error) {
	return answer{status: http.StatusOK, page: ui.SignedOut{}}, nil
}
