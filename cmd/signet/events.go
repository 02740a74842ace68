package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newEvents() *cobra.Command {
	return newGroup("events", "See what has happened", newEventsList())
}

// An event is one as it is printed.
type event struct {
	ID        string          `json:"id"`
	At        time.Time       `json:"at"`
	Type      store.EventType `json:"type"`
	ObjectID  string          `json:"object_id"`
	UserID    string          `json:"user_id"`
	ClientID  string          `json:"client_id"`
	ActorKind store.ActorKind `json:"actor_type"`
	ActorID   string          `json:"actor_id"`
	ActorName string          `json:"actor_name"`
	Data      json.RawMessage `json:"data"`
}

func newEventsList() *cobra.Command {
	var object string
	var types []string
	var since time.Duration
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List events, newest first",
		Example: `  signet events list
  signet events list --type user.deleted --since 24h
  signet events list --object user_2O4BCh3zUONvWlZHtBXv6s6tm7u --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := store.EventQuery{Object: object, Descending: true}
			for _, t := range types {
				q.Types = append(q.Types, store.EventType(t))
			}
			if limit < 1 {
				return errAtLeastOne
			}
			if since > 0 {
				q.Since = time.Now().Add(-since)
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				list, err := listEvents(ctx, o, q, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), list)
				}
				return printEvents(cmd.OutOrStdout(), list)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&object, "object", "", "only what concerns this `id`: of an object, a user, or a client_id")
	flags.StringSliceVar(&types, "type", nil, "only these `types`")
	flags.DurationVar(&since, "since", 0, "only so `far` back, such as 24h")
	flags.IntVar(&limit, "limit", 50, "at most so `many`")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

var errAtLeastOne = errors.New("--limit must be at least 1")

// listEvents walks pages until there are enough.
func listEvents(ctx context.Context, o *server.Office, q store.EventQuery, limit int) ([]event, error) {
	list := []event{}
	for more := true; more && len(list) < limit; {
		q.Limit = limit - len(list)
		page, err := o.Admin.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			list = append(list, event{
				e.ID.String(), e.ID.Time(), e.Type, e.ObjectID, e.UserID, e.ClientID, e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Data,
			})
		}
		q.After, more = page.Last, page.More
	}
	return list, nil
}

func printEvents(out io.Writer, list []event) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tTYPE\tOBJECT\tBY")
	for _, e := range list {
		by := string(e.ActorKind)
		if name := e.ActorName; name != "" {
			by += " " + name
		} else if e.ActorID != "" {
			by += " " + e.ActorID
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.At.Format(time.DateTime), e.Type, e.ObjectID, by)
	}
	return w.Flush()
}
