package hosted

import (
	"errors"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// maxOrganizations is how many organizations a page offers.
const maxOrganizations = 100

// errNoMember refuses an organization that the user is no member of.
var errNoMember = errors.New("the user is no member of the organization")

// An offer is the organizations that a user can be seen in, and the one that is
// marked.
type offer struct {
	all    []oauth.Organization
	marked string
}

// offer finds what there is to choose from for these scopes; nothing, if the user
// belongs to none. Marked is the one chosen the last time, or else the one joined
// first.
func (h *Hosted) offer(r *http.Request, userID, clientID string, scopes oauth.Scopes) (o offer, err error) {
	if !scopes.Has(oauth.ScopeOrganization) {
		return offer{}, nil
	}
	if o.all, err = h.organizations.Belonging(r.Context(), userID, maxOrganizations); err != nil || len(o.all) == 0 {
		return offer{}, err
	}
	connection, err := h.connections.Connection(r.Context(), userID, clientID)
	if err != nil {
		return offer{}, err
	}
	if o.marked = connection.OrganizationID; !o.has(o.marked) {
		o.marked = o.all[0].ID
	}
	return o, nil
}

func (o offer) has(id string) bool {
	return slices.ContainsFunc(o.all, func(x oauth.Organization) bool { return x.ID == id })
}

// shown is the offer as pages have it.
func (o offer) shown() (all []ui.Organization, marked string) {
	for _, x := range o.all {
		all = append(all, ui.Organization{ID: x.ID, Name: x.Name})
	}
	return all, o.marked
}

// chooseOrganization takes the organization that a form names, or without one what
// was marked, into what the user agrees to. It fails with errNoMember.
func (h *Hosted) chooseOrganization(r *http.Request, c *session.Continuation, named string) error {
	if named == "" || !c.Scopes.Has(oauth.ScopeOrganization) {
		o, err := h.offer(r, c.AgreedBy, c.ClientID, c.Scopes)
		c.Organization = o.marked
		return err
	}
	found, err := h.organizations.BelongsTo(r.Context(), c.AgreedBy, named)
	if errors.Is(err, store.ErrNotFound) {
		return errNoMember
	}
	c.Organization = found.ID
	return err
}
