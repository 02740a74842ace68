package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newConnections() *cobra.Command {
	return newGroup("connections", "List and withdraw what users have agreed to", newConnectionsList(), newConnectionsWithdraw())
}

func newConnectionsList() *cobra.Command {
	var user, app string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the connections of a user or of an application, newest agreement first",
		Example: `  signet connections list --user user_2O4BCh3zUONvWlZHtBXv6s6tm7u
  signet connections list --app oa_2O4BCh3zUONvWlZHtBXv6s6tm7u --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (user == "") == (app == "") {
				return errors.New("say whose connections: --user or --app")
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				list, err := listConnections(ctx, o.Admin, user, app)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), list)
				}
				return printConnections(cmd.OutOrStdout(), list)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&user, "user", "", "`id` of a user")
	flags.StringVar(&app, "app", "", "`id` of an application")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// A connection is one as it is printed.
type connection struct {
	UserID          string    `json:"user_id"`
	ApplicationID   string    `json:"application_id"`
	ApplicationName string    `json:"application_name"`
	Scopes          string    `json:"scopes"`
	AgreedAt        time.Time `json:"agreed_at"`
	LastUsedAt      time.Time `json:"last_used_at"`
}

func listConnections(ctx context.Context, a *admin.Admin, user, app string) ([]connection, error) {
	read, id, other := a.UserConnections, user, func(x store.Agreement) string { return x.ApplicationID }
	if app != "" {
		read, id, other = a.ApplicationConnections, app, func(x store.Agreement) string { return x.UserID }
	}
	list := []connection{}
	var after *store.AgreementPlace
	for {
		some, err := read(ctx, id, after, page)
		if err != nil {
			return nil, err
		}
		for _, x := range some {
			list = append(list, connection{x.UserID, x.ApplicationID, x.Name, x.Scopes.String(), x.AgreedAt, x.LastUsedAt})
			after = &store.AgreementPlace{AgreedAt: x.AgreedAt, OtherID: other(x)}
		}
		if len(some) < page {
			return list, nil
		}
	}
}

func printConnections(w io.Writer, list []connection) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "USER\tAPPLICATION\tNAME\tAGREED\tLAST USED\tSCOPES")
	for _, c := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", c.UserID, c.ApplicationID, c.ApplicationName,
			c.AgreedAt.Format(time.RFC3339), c.LastUsedAt.Format(time.DateOnly), c.Scopes)
	}
	return t.Flush()
}

func newConnectionsWithdraw() *cobra.Command {
	var user, app string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "withdraw",
		Short: "Withdraw connections",
		Long: `Withdraw takes back what a user has agreed to for an application, what the user has
agreed to for all of them, or what all users have agreed to for one. The tokens
that stand on it are dead at once, and users are asked anew.`,
		Example: `  signet connections withdraw --user user_2O4BCh3zUONvWlZHtBXv6s6tm7u
  signet connections withdraw --user user_2O4BCh3zUONvWlZHtBXv6s6tm7u --app oa_2O4BCh3zUONvWlZHtBXv6s6tm7u`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if user == "" && app == "" {
				return errors.New("say whose connections: --user, --app or both")
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				n, err := withdrawConnections(ctx, o.Admin, user, app)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), map[string]int{"withdrawn": n})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Withdrawn: %d.\n", n)
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&user, "user", "", "`id` of a user")
	flags.StringVar(&app, "app", "", "`id` of an application")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func withdrawConnections(ctx context.Context, a *admin.Admin, user, app string) (int, error) {
	switch {
	case app == "":
		return a.WithdrawUserConnections(ctx, user, nil)
	case user == "":
		return a.WithdrawApplicationConnections(ctx, app, nil)
	}
	return 1, a.WithdrawConnection(ctx, user, app)
}

func newRevokeAll() *cobra.Command {
	var user, app, before string
	var instance, asJSON bool
	cmd := &cobra.Command{
		Use:   "revoke-all",
		Short: "Revoke all that was issued before a time",
		Long: `Revoke-all kills whatever stands on an authorization from before a time: codes,
access and refresh tokens, and for a user or the whole instance the sessions too.
It is one small write, however many it hits, and works at once on every node.`,
		Example: `  signet revoke-all --app oa_2O4BCh3zUONvWlZHtBXv6s6tm7u --before 2026-11-24T14:00:00Z
  signet revoke-all --user user_2O4BCh3zUONvWlZHtBXv6s6tm7u
  signet revoke-all --instance`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := 0
			for _, is := range []bool{user != "", app != "", instance} {
				if is {
					given++
				}
			}
			if given != 1 {
				return errors.New("say what to revoke: --app, --user or --instance")
			}
			at := time.Time{}
			if before != "" {
				var err error
				if at, err = time.Parse(time.RFC3339, before); err != nil {
					return errors.New("--before is not a time such as 2026-11-24T14:00:00Z")
				}
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				until, err := revokeAll(ctx, o.Admin, user, app, at)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), map[string]time.Time{"not_before": until})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Dead is whatever was authorized until %s.\n", until.Format(time.RFC3339))
				return err
			})
		},
	}
	flags := cmd.Flags()
	addConfigFlags(flags)
	flags.StringVar(&user, "user", "", "`id` of a user")
	flags.StringVar(&app, "app", "", "`id` of an application")
	flags.BoolVar(&instance, "instance", false, "everything")
	flags.StringVar(&before, "before", "", "`time` as in RFC 3339 (default now)")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func revokeAll(ctx context.Context, a *admin.Admin, user, app string, before time.Time) (time.Time, error) {
	switch {
	case user != "":
		return a.RevokeUser(ctx, user, before)
	case app != "":
		return a.RevokeApplication(ctx, app, before)
	}
	return a.RevokeInstance(ctx, before)
}
