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
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

func newApps() *cobra.Command {
	return newGroup("apps", "Manage the OAuth applications", newAppsCreate(), newAppsList(), newAppsRotateSecret())
}

func newAppsCreate() *cobra.Command {
	var name, scopes string
	var redirectURIs []string
	var public, asJSON bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an OAuth application",
		Long: `Create registers an application that may sign users in. Its client secret is
printed this once; only a hash of it is kept.

An application that cannot keep a secret, such as one in a browser or on a phone,
is public: it has none and has to use PKCE.`,
		Example: `  signet apps create --name Shop --redirect-uri https://shop.example.com/callback
  signet apps create --name Phone --public --redirect-uri myapp://callback --scopes "profile email"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || len(redirectURIs) == 0 {
				return errors.New("give the application a --name and a --redirect-uri")
			}
			fields := admin.ApplicationFields{Name: &name, RedirectURIs: redirectURIs, Public: &public}
			if cmd.Flags().Changed("scopes") {
				fields.Scopes = &scopes
			}
			if public {
				fields.RequirePKCE = &public
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				app, err := o.Admin.CreateApplication(ctx, fields)
				if err != nil {
					return err
				}
				return printCreatedApp(cmd.OutOrStdout(), app, asJSON)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "`name` that users see")
	flags.StringArrayVar(&redirectURIs, "redirect-uri", nil, "`URI` that users are sent back to; may be repeated")
	flags.StringVar(&scopes, "scopes", "", "`scopes` it may ask for, separated by spaces (default \"profile email\")")
	flags.BoolVar(&public, "public", false, "it cannot keep a secret")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newAppsRotateSecret() *cobra.Command {
	var overlap time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rotate-secret APPLICATION",
		Short: "Give an OAuth application a new client secret",
		Long: `Rotate-secret makes a new client secret and prints it this once. The one before it
stops working at once, or after --overlap: in that time whoever runs the
application can put the new one in place. Two secrets work at most.`,
		Example: "  signet apps rotate-secret oa_2O4BCh3zUONvWlZHtBXv6s6tm7u --overlap 24h",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				app, err := o.Admin.RotateSecret(ctx, args[0], overlap)
				if errors.Is(err, store.ErrNotFound) {
					return errors.New("there is no application with this id; signet apps list shows those there are")
				}
				if err != nil {
					return err
				}
				return printCreatedApp(cmd.OutOrStdout(), app, asJSON)
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 0, "how `long` the secret before works too, at most 720h")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newAppsList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the OAuth applications, oldest first",
		Example: "  signet apps list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				apps, err := listApps(ctx, o.Admin)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), apps)
				}
				return printApps(cmd.OutOrStdout(), apps)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// An app is an application as it is printed.
type app struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret,omitempty"`
	Public       bool      `json:"public"`
	Scopes       string    `json:"scopes"`
	RedirectURIs []string  `json:"redirect_uris"`
	CreatedAt    time.Time `json:"created_at"`
}

func asPrinted(a admin.Application) app {
	return app{a.ApplicationID, a.Name, a.ID, a.Secret, a.Public, a.Scopes.String(), a.RedirectURIs, a.CreatedAt.UTC()}
}

// page is how many applications are read at once.
const page = 100

func listApps(ctx context.Context, a *admin.Admin) ([]app, error) {
	apps := []app{}
	for {
		some, total, err := a.Applications(ctx, store.ClientQuery{OrderBy: store.ClientsByCreation, Limit: page, Offset: len(apps)})
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			apps = append(apps, asPrinted(one))
		}
		if len(some) == 0 || len(apps) >= total {
			return apps, nil
		}
	}
}

func printCreatedApp(w io.Writer, created admin.Application, asJSON bool) error {
	a := asPrinted(created)
	if asJSON {
		return printJSON(w, a)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "application\t%s\n", a.ID)
	fmt.Fprintf(t, "client_id\t%s\n", a.ClientID)
	if a.Public {
		fmt.Fprintf(t, "client_secret\tnone: a public application proves itself with PKCE\n")
	} else {
		fmt.Fprintf(t, "client_secret\t%s  (shown only this once)\n", a.ClientSecret)
	}
	fmt.Fprintf(t, "scopes\t%s\n", a.Scopes)
	fmt.Fprintf(t, "redirect URIs\t%s\n", strings.Join(a.RedirectURIs, " "))
	return t.Flush()
}

func printApps(w io.Writer, apps []app) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "APPLICATION\tCLIENT ID\tKIND\tNAME\tSCOPES")
	for _, a := range apps {
		kind := "confidential"
		if a.Public {
			kind = "public"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", a.ID, a.ClientID, kind, a.Name, a.Scopes)
	}
	return t.Flush()
}
