// Package importer brings users and OAuth applications from elsewhere: reads what
// others have exported, one at a time, and hands it to package admin. What is
// there already is left alone, so that an import that was interrupted is started
// again from the beginning, and a second one changes nothing.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// A Row is a user to be, or what is wrong with the place where one should be.
type Row struct {
	Number int // from 1; the line of a text
	User   admin.NewUser
	Err    error
}

// A Source gives rows until io.EOF. Any other error ends the import.
type Source interface{ Next() (Row, error) }

// An Outcome is what became of a row.
type Outcome struct {
	Row    int    `json:"row"`
	What   What   `json:"what"`
	Name   string `json:"name"`             // an id, an address or a user name of the row
	Reason string `json:"reason,omitempty"` // why it was skipped
	// Differs are the fields that one who is there has otherwise; they stay so.
	Differs []string `json:"differs,omitempty"`
}

// What became of a row, or would.
type What string

// The outcomes.
const (
	Created What = "created"
	Present What = "present" // it is there already
	Skipped What = "skipped"
)

// Users brings rows to Signet. Outcomes go to tell, one at a time and in no order
// that means anything. With dryRun nothing is created; then rows that are right by
// themselves and would collide with each other are not told apart.
func Users(ctx context.Context, a *admin.Admin, from Source, dryRun bool, tell func(Outcome)) error {
	rows := make(chan Row)
	outcomes := make(chan Outcome)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for row := range rows {
				o, err := bring(ctx, a, row, dryRun)
				if err != nil {
					stop(fmt.Errorf("row %d: %w", row.Number, err))
					return
				}
				outcomes <- o
			}
		})
	}
	go func() {
		defer close(outcomes)
		defer work.Wait()
		defer close(rows)
		for {
			row, err := from.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					stop(err)
				}
				return
			}
			select {
			case rows <- row:
			case <-ctx.Done():
				return
			}
		}
	}()
	for o := range outcomes {
		tell(o)
	}
	return context.Cause(ctx)
}

// workers is how many rows are under way at once: they share commits.
const workers = 64

// bring creates the user of a row unless there is one.
func bring(ctx context.Context, a *admin.Admin, row Row, dryRun bool) (Outcome, error) {
	o := Outcome{Row: row.Number, What: Skipped, Name: nameOf(row.User)}
	if row.Err != nil {
		o.Reason = row.Err.Error()
		return o, nil
	}
	switch here, err := present(ctx, a, row.User); {
	case err == nil:
		o.What, o.Differs = Present, differs(row.User, here)
		return o, nil
	case !errors.Is(err, store.ErrNotFound):
		return o, err
	}
	var err error
	if dryRun {
		err = a.CheckUser(ctx, row.User)
	} else {
		_, err = a.CreateUser(ctx, row.User)
		for errors.Is(err, account.ErrBusy) && ctx.Err() == nil {
			_, err = a.CreateUser(ctx, row.User)
		}
	}
	var wrong *admin.Error
	switch {
	case errors.As(err, &wrong):
		o.Reason = wrong.Error()
	case err != nil:
		return o, err
	default:
		o.What = Created
	}
	return o, nil
}

// present finds the user of a row: by id, or by external id. ErrNotFound if there is
// none.
func present(ctx context.Context, a *admin.Admin, n admin.NewUser) (store.User, error) {
	if n.ID != "" {
		if u, err := a.User(ctx, n.ID); !errors.Is(err, store.ErrNotFound) {
			return u, err
		}
	}
	q := store.UserQuery{Limit: 1}
	switch {
	case n.ExternalID != "":
		q.ExternalIDs = []string{n.ExternalID}
	case n.ID == "" && len(n.EmailAddresses) > 0: // nothing else tells who it is
		q.EmailAddresses = []string{account.CanonicalEmail(n.EmailAddresses[0])}
	case n.ID == "" && n.Username != "":
		q.Usernames = []string{n.Username}
	default:
		return store.User{}, store.ErrNotFound
	}
	found, err := a.Users(ctx, q)
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.User{}, err
	}
	return found[0], nil
}

func nameOf(n admin.NewUser) string {
	for _, name := range append([]string{n.ID, n.ExternalID, n.Username}, n.EmailAddresses...) {
		if name != "" {
			return name
		}
	}
	return ""
}
