package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// UserConnections returns one page of what a user has agreed to, newest first.
func (a *Admin) UserConnections(ctx context.Context, userID string, after *store.AgreementPlace, limit int) ([]store.Agreement, error) {
	if _, err := a.User(ctx, userID); err != nil {
		return nil, err
	}
	return a.connections.Agreements(ctx, store.AgreementQuery{UserID: userID, After: after, Limit: limit})
}

// ApplicationConnections returns one page of the users who have agreed to an
// application, newest agreement first.
func (a *Admin) ApplicationConnections(ctx context.Context, id string, after *store.AgreementPlace, limit int) ([]store.Agreement, error) {
	app, err := a.Application(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.connections.Agreements(ctx, store.AgreementQuery{ClientID: app.ID, After: after, Limit: limit})
}

// WithdrawConnection takes back what a user has agreed to for an application.
// Whatever was granted on it is dead at its next use, and the user is asked anew.
// Withdrawing again changes nothing that can be seen.
func (a *Admin) WithdrawConnection(ctx context.Context, userID, applicationID string) error {
	app, err := a.Application(ctx, applicationID)
	if err != nil {
		return err
	}
	if !isID("user_", userID) {
		return fmt.Errorf("withdrawing a connection: %w", store.ErrNotFound)
	}
	return a.connections.Withdraw(ctx, userID, app.ID, a.now())
}

// WithdrawUserConnections withdraws the connections of a user to the applications
// named, or to all if applicationIDs is nil, and counts them. Every application is
// found before the first connection is touched.
func (a *Admin) WithdrawUserConnections(ctx context.Context, userID string, applicationIDs []string) (int, error) {
	if _, err := a.User(ctx, userID); err != nil {
		return 0, err
	}
	if applicationIDs == nil {
		return a.withdrawAll(ctx, userID, "")
	}
	var clientIDs []string
	for _, id := range applicationIDs {
		app, err := a.Application(ctx, id)
		if err != nil {
			return 0, err
		}
		clientIDs = append(clientIDs, app.ID)
	}
	return withdrawEach(clientIDs, func(clientID string) error {
		return a.connections.Withdraw(ctx, userID, clientID, a.now())
	})
}

// WithdrawApplicationConnections withdraws the connections of an application to the
// users named, or to all if userIDs is nil, and counts them. Every user is found
// before the first connection is touched.
func (a *Admin) WithdrawApplicationConnections(ctx context.Context, id string, userIDs []string) (int, error) {
	app, err := a.Application(ctx, id)
	if err != nil {
		return 0, err
	}
	if userIDs == nil {
		return a.withdrawAll(ctx, "", app.ID)
	}
	for _, userID := range userIDs {
		if _, err := a.User(ctx, userID); err != nil {
			return 0, err
		}
	}
	return withdrawEach(userIDs, func(userID string) error {
		return a.connections.Withdraw(ctx, userID, app.ID, a.now())
	})
}

// withdrawEach leaves out those that never agreed.
func withdrawEach(ids []string, withdraw func(id string) error) (n int, err error) {
	for _, id := range ids {
		switch err := withdraw(id); {
		case err == nil:
			n++
		case !errors.Is(err, store.ErrNotFound):
			return n, err
		}
	}
	return n, nil
}

// withdrawBatch is how many connections one write withdraws: others wait for it.
const withdrawBatch = 500

// withdrawAll withdraws what was agreed to until now. Each batch is effective at
// once; should it end half way, it can be done again.
func (a *Admin) withdrawAll(ctx context.Context, userID, clientID string) (int, error) {
	now := a.now()
	for total := 0; ; {
		n, err := a.connections.WithdrawSome(ctx, userID, clientID, now, withdrawBatch)
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
}

// RevokeApplication kills whatever stands on an authorization of the application
// from before the given time, or from before now if it is zero: codes, access and
// refresh tokens. What users have agreed to stays. It returns the time up to which
// all are dead, which never moves back. It is one write, however many it hits.
func (a *Admin) RevokeApplication(ctx context.Context, id string, before time.Time) (time.Time, error) {
	if !isID("oa_", id) {
		return time.Time{}, fmt.Errorf("revoking what an application was given: %w", store.ErrNotFound)
	}
	return a.cutOff(before, func(at time.Time) (time.Time, error) { return a.clients.CutOffClient(ctx, id, at) })
}

// RevokeUser does for a user what RevokeApplication does for an application, and
// ends the sessions that were begun before.
func (a *Admin) RevokeUser(ctx context.Context, id string, before time.Time) (time.Time, error) {
	if !isID("user_", id) {
		return time.Time{}, fmt.Errorf("revoking what was issued for a user: %w", store.ErrNotFound)
	}
	return a.cutOff(before, func(at time.Time) (time.Time, error) { return a.users.CutOffUser(ctx, id, at) })
}

// RevokeInstance does it for everybody.
func (a *Admin) RevokeInstance(ctx context.Context, before time.Time) (time.Time, error) {
	return a.cutOff(before, func(at time.Time) (time.Time, error) { return a.instances.CutOff(ctx, at) })
}

func (a *Admin) cutOff(before time.Time, cut func(time.Time) (time.Time, error)) (time.Time, error) {
	now := a.now()
	switch {
	case before.IsZero():
		before = now
	case before.After(now) || before.Unix() < 0:
		return time.Time{}, problems{{"before", Unacceptable, "before must be a time that is past; leave it out for now."}}.err()
	}
	until, err := cut(before)
	if err != nil {
		return time.Time{}, fmt.Errorf("revoking all from before a time: %w", err)
	}
	return until, nil
}
