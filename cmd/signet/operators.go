package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newOperators() *cobra.Command {
	return newGroup("operators", "Say who may use the dashboard", newOperatorsList(), newOperatorsAdd(), newOperatorsRemove(), newOperatorsInvite())
}

// An operator is one as it is printed.
type operator struct {
	ID      string    `json:"user_id"`
	Name    string    `json:"name"`
	Address string    `json:"email_address"`
	Since   time.Time `json:"since"`
	Acts    bool      `json:"active"`
}

func asPrintedOperator(o store.Operator) operator {
	e, _ := o.User.PrimaryEmail()
	return operator{o.User.ID, strings.TrimSpace(o.User.FirstName + " " + o.User.LastName), e.Address, o.AddedAt.UTC(), !o.User.Banned && !o.User.Locked}
}

func newOperatorsList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the operators, the oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				all, err := o.Admin.Operators(ctx)
				if err != nil {
					return err
				}
				printed := []operator{}
				for _, x := range all {
					printed = append(printed, asPrintedOperator(x))
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), printed)
				}
				t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "USER\tNAME\tADDRESS\tSINCE\tSTATE")
				for _, x := range printed {
					state := ""
					if !x.Acts {
						state = "banned or locked"
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", x.ID, x.Name, x.Address, x.Since.Format(time.RFC3339), state)
				}
				return t.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// namedUser finds a user by id, e-mail address or user name.
func namedUser(ctx context.Context, a *admin.Admin, name string) (store.User, error) {
	if strings.HasPrefix(name, "user_") {
		return a.User(ctx, name)
	}
	queries := []store.UserQuery{{EmailAddresses: []string{name}, Limit: 1}, {Usernames: []string{name}, Limit: 1}}
	for _, q := range queries {
		found, err := a.Users(ctx, q)
		if err != nil || len(found) > 0 {
			return append(found, store.User{})[0], err
		}
	}
	return store.User{}, fmt.Errorf("there is no user %s: %w", name, store.ErrNotFound)
}

func newOperatorsAdd() *cobra.Command {
	return &cobra.Command{
		Use:     "add USER",
		Short:   "Let a user use the dashboard",
		Long:    "Add makes a user an operator, who may use the dashboard. The user is named by id, e-mail address or user name.",
		Example: "  signet operators add ada@example.com",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				u, err := namedUser(ctx, o.Admin, args[0])
				if err != nil {
					return err
				}
				if err := o.Admin.AddOperator(ctx, u.ID); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is an operator.\n", u.ID)
				return err
			})
		},
	}
}

func newOperatorsRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove USER",
		Short: "Let a user use the dashboard no more",
		Long: `Remove ends that a user is an operator, at once in every browser; the user stays. The
last operator cannot be removed: invite another one first.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				u, err := namedUser(ctx, o.Admin, args[0])
				if err != nil {
					return err
				}
				if err := o.Admin.RemoveOperator(ctx, u.ID); err != nil {
					if errors.Is(err, store.ErrNotFound) {
						return fmt.Errorf("%s is no operator", u.ID)
					}
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is no operator any more.\n", u.ID)
				return err
			})
		},
	}
}

func newOperatorsInvite() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "invite",
		Short: "Make a link by which somebody becomes an operator",
		Long: `Invite prints a link that makes whoever opens it first an operator, with a new account
or the one that is signed in. It works once and for an hour. Give it the issuer that
the server has.`,
		Example: "  signet operators invite --issuer https://id.example.com --data-dir /var/lib/signet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			issuer, err := cfg.IssuerURL()
			if err != nil {
				return err
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				secret, err := o.Admin.InviteOperator(ctx)
				if err != nil {
					return err
				}
				link := issuer.String() + dashboard.SetUpLink(secret)
				if asJSON {
					return printJSON(cmd.OutOrStdout(), map[string]any{"url": link, "expires_in_seconds": int(admin.InvitationLifetime.Seconds())})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), link)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printOperatorLink shows the link of the first operator to whoever started the
// server. Like a key, it does not go through the log.
func printOperatorLink(w io.Writer, issuer, secret string) {
	fmt.Fprintf(w, `There is no operator yet. Whoever opens this link first becomes one; it works once,
for a day ("signet operators invite" makes another one):

  %s

`, issuer+dashboard.SetUpLink(secret))
}
