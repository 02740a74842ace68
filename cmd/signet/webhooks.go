package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newWebhooks() *cobra.Command {
	return newGroup("webhooks", "Manage where events are sent to",
		newWebhooksCreate(), newWebhooksList(), newWebhooksDeliveries(), newWebhooksReplay(), newWebhooksDelete())
}

// A printedWebhook is one as it is printed.
type printedWebhook struct {
	ID           string            `json:"id"`
	URL          string            `json:"url"`
	Description  string            `json:"description"`
	Types        []store.EventType `json:"event_types"`
	Enabled      bool              `json:"enabled"`
	FailingSince *time.Time        `json:"failing_since"`
	Secret       string            `json:"secret,omitempty"`
}

func asPrintedWebhook(w admin.Webhook) printedWebhook {
	return printedWebhook{w.ID, w.URL, w.Description, append([]store.EventType{}, w.Types...), w.Enabled, orNil(w.FailingSince), w.Value}
}

func newWebhooksCreate() *cobra.Command {
	var url, description string
	var types []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Create a webhook",
		Long:    "Create makes a webhook and prints the secret that it signs with this once.",
		Example: "  signet webhooks create --url https://app.example.com/webhooks --type user.created --type user.deleted",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				return errors.New("say where to send events: --url")
			}
			f := admin.WebhookFields{URL: &url, Description: &description}
			for _, t := range types {
				f.Types = append(f.Types, store.EventType(t))
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				w, err := o.Admin.CreateWebhook(ctx, f)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asPrintedWebhook(w))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n\nThis is the only time that the secret is shown.\n", w.ID, w.Value)
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&url, "url", "", "`URL` to send events to")
	flags.StringVar(&description, "description", "", "`text` to tell it by")
	flags.StringSliceVar(&types, "type", nil, "only these `types` (default all)")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newWebhooksList() *cobra.Command {
	return newList("List the webhooks, oldest first", (*admin.Admin).ListWebhooks, asPrintedWebhook, printWebhooks)
}

func printWebhooks(out io.Writer, list []printedWebhook) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tURL\tSTATE")
	for _, x := range list {
		state := "enabled"
		switch {
		case !x.Enabled:
			state = "disabled"
		case x.FailingSince != nil:
			state = "failing since " + x.FailingSince.Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.ID, x.URL, state)
	}
	return w.Flush()
}

// A printedDelivery is one as it is printed: with its last attempt.
type printedDelivery struct {
	EventID  string              `json:"event_id"`
	Type     store.EventType     `json:"event_type"`
	State    store.DeliveryState `json:"status"`
	Attempts int                 `json:"attempts"`
	Next     *time.Time          `json:"next_attempt_at"`
	Status   int                 `json:"last_status_code"` // 0 without an answer
	Problem  string              `json:"last_error"`
}

func newWebhooksDeliveries() *cobra.Command {
	var state string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "deliveries <id>",
		Short:   "List what was sent to a webhook, newest event first",
		Example: "  signet webhooks deliveries we_2O4BCh3zUONvWlZHtBXv6s6tm7u --status failed",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := store.DeliveryQuery{WebhookID: args[0], State: store.DeliveryState(state), Limit: limit}
			switch {
			case !slices.Contains([]store.DeliveryState{"", store.DeliveryPending, store.DeliveryDelivered, store.DeliveryFailed}, q.State):
				return errors.New("--status is pending, delivered or failed")
			case limit < 1:
				return errAtLeastOne
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				kept, err := o.Admin.Deliveries(ctx, q)
				if err != nil {
					return err
				}
				list := []printedDelivery{}
				for _, d := range kept {
					x := printedDelivery{EventID: d.EventID.String(), Type: d.EventType, State: d.State, Attempts: d.Attempts, Next: orNil(d.DueAt)}
					if n := len(d.Log); n > 0 {
						x.Status, x.Problem = d.Log[n-1].Status, d.Log[n-1].Problem
					}
					list = append(list, x)
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), list)
				}
				return printDeliveries(cmd.OutOrStdout(), list)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&state, "status", "", "only those that are `pending, delivered or failed`")
	flags.IntVar(&limit, "limit", 50, "at most so `many`")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printDeliveries(out io.Writer, list []printedDelivery) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EVENT\tTYPE\tSTATUS\tATTEMPTS\tLAST")
	for _, x := range list {
		last := x.Problem
		if x.Status != 0 {
			last = fmt.Sprint(x.Status, " ", x.Problem)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", x.EventID, x.Type, x.State, x.Attempts, last)
	}
	return w.Flush()
}

func newWebhooksReplay() *cobra.Command {
	var since time.Duration
	cmd := &cobra.Command{
		Use:     "replay <id>",
		Short:   "Send a webhook again what has happened since a time",
		Example: "  signet webhooks replay we_2O4BCh3zUONvWlZHtBXv6s6tm7u --since 24h",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if since <= 0 {
				return errors.New("say how far back: --since")
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				n, err := o.Admin.ReplaySince(ctx, args[0], time.Now().Add(-since))
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d events will be sent.\n", n)
				return err
			})
		},
	}
	cmd.Flags().DurationVar(&since, "since", 0, "how `far` back, such as 24h")
	return cmd
}

func newWebhooksDelete() *cobra.Command {
	return &cobra.Command{
		Use:   "delete <id>",
		Short: "Delete a webhook",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				return o.Admin.DeleteWebhook(ctx, args[0])
			})
		},
	}
}
