package admin

import (
	"context"
	"fmt"

	"github.com/signet-auth/signet/internal/store"
)

// Session finds a live session.
func (a *Admin) Session(ctx context.Context, id string) (store.Session, error) {
	if !isID("sess_", id) {
		return store.Session{}, fmt.Errorf("finding a session: %w", store.ErrNotFound)
	}
	return a.sessions.SessionByID(ctx, id, a.now())
}

// Sessions returns one page of the live sessions of a user, and how many there are.
func (a *Admin) Sessions(ctx context.Context, userID string, limit, offset int) ([]store.Session, int, error) {
	return a.sessions.SessionsOf(ctx, userID, a.now(), limit, offset)
}

// RevokeSession ends a session and returns it as it was.
func (a *Admin) RevokeSession(ctx context.Context, id string) (store.Session, error) {
	s, err := a.Session(ctx, id)
	if err != nil {
		return store.Session{}, err
	}
	return s, a.ending.EndSession(ctx, id, a.now())
}
