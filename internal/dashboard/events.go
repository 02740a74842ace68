package dashboard

import (
	"net/url"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// events serves GET /dashboard/events.
func (d *Dashboard) events(v *visit) (answer, error) {
	page := ui.BoardEvents{Board: v.board("/events"), Type: v.get("type"), Object: v.get("object")}
	q := store.EventQuery{Object: page.Object, Descending: true, Limit: pageSize}
	if page.Type != "" {
		q.Types = []store.EventType{store.EventType(page.Type)}
	}
	if after := v.get("after"); after != "" {
		id, ok := store.ParseEventID(after)
		if !ok {
			return answer{}, store.ErrNotFound
		}
		q.After = id
	}
	found, err := d.Admin.Events(v.r.Context(), q)
	if err != nil {
		return answer{}, err
	}
	page.Events = found.Events
	if found.More {
		next := url.Values{"after": {found.Last.String()}}
		for name, value := range map[string]string{"type": page.Type, "object": page.Object} {
			if value != "" {
				next.Set(name, value)
			}
		}
		page.More = root + "/events?" + next.Encode()
	}
	return answer{page: page}, nil
}

// event serves GET /dashboard/events/{id}.
func (d *Dashboard) event(v *visit) (answer, error) {
	e, err := d.Admin.Event(v.r.Context(), v.r.PathValue("id"))
	return answer{page: ui.BoardEvent{Board: v.board("/events"), Event: e}}, err
}
