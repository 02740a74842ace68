package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/server"
)

func newKeys() *cobra.Command {
	return newGroup("keys", "Show and rotate the keys that sign tokens", newKeysList(), newKeysRotate())
}

// A key is a signing key as it is printed.
type key struct {
	ID         string     `json:"kid"`
	Algorithm  string     `json:"alg"`
	ActiveFrom time.Time  `json:"active_from"`
	RetiredAt  *time.Time `json:"retired_at"`
}

func newKeysList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the signing keys, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				kept, err := o.SigningKeys(ctx)
				if err != nil {
					return err
				}
				keys := []key{}
				for _, k := range kept {
					one := key{ID: k.ID, Algorithm: string(k.Algorithm), ActiveFrom: k.ActiveFrom.UTC()}
					if !k.RetiredAt.IsZero() {
						one.RetiredAt = new(k.RetiredAt.UTC())
					}
					keys = append(keys, one)
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), keys)
				}
				t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "KID\tALGORITHM\tSIGNS FROM\tTAKEN BACK")
				for _, k := range keys {
					taken := ""
					if k.RetiredAt != nil {
						taken = k.RetiredAt.Format(time.RFC3339)
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", k.ID, k.Algorithm, k.ActiveFrom.Format(time.RFC3339), taken)
				}
				return t.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newKeysRotate() *cobra.Command {
	var now bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Publish new signing keys",
		Long: `Rotate publishes a successor for every signing key, which signs from a day later on,
so that whoever caches keys has it by then. Keys rotate by themselves every 90 days.

With --now the keys there are are taken back at once, because somebody may have
them: ID tokens and JWT access tokens issued before are good no more, while opaque
ones and refresh tokens go on.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				if now {
					return o.RotateKeysNow(ctx)
				}
				return o.RotateKeys(ctx)
			})
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "take the present keys back at once")
	return cmd
}

func newRegistrationToken() *cobra.Command {
	var lifetime time.Duration
	cmd := &cobra.Command{
		Use:   "registration-token",
		Short: "Make a token that lets clients register themselves",
		Long: `Registration-token prints an initial access token (RFC 7591 §3) for servers whose
setting registration_token_required is true. Any number of clients may register
with it until it expires.`,
		Example: "  signet registration-token --expires 1h",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(_ context.Context, o *server.Office) error {
				fmt.Fprintln(cmd.OutOrStdout(), o.RegistrationToken(time.Now().Add(lifetime)))
				return nil
			})
		},
	}
	cmd.Flags().DurationVar(&lifetime, "expires", 24*time.Hour, "how long it is good")
	return cmd
}
