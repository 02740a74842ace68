package admin

import (
	"context"
	"fmt"
	"slices"

	"github.com/signet-auth/signet/internal/store"
)

// Event finds an event by its evt_ id.
func (a *Admin) Event(ctx context.Context, id string) (store.Event, error) {
	parsed, ok := store.ParseEventID(id)
	if !ok {
		return store.Event{}, fmt.Errorf("finding an event: %w", store.ErrNotFound)
	}
	return a.events.Event(ctx, parsed)
}

// Events returns one page of the events that match.
func (a *Admin) Events(ctx context.Context, q store.EventQuery) (store.EventPage, error) {
	if err := checkTypes("type", q.Types); err != nil {
		return store.EventPage{}, err
	}
	return a.events.Events(ctx, q)
}

// checkTypes decides whether there are events of these types.
func checkTypes(field string, types []store.EventType) error {
	var p problems
	for _, t := range types {
		if !slices.Contains(store.EventTypes(), t) {
			p.add(field, Unacceptable, field+" must be a type of event, such as user.created.")
			break
		}
	}
	return p.err()
}
