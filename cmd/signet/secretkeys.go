package main

import (
	"cmp"
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

func newSecretKeys() *cobra.Command {
	return newGroup("secret-keys", "Manage the keys of the Backend API", newSecretKeysCreate(), newSecretKeysList(), newSecretKeysRevoke())
}

// A secretKey is a key of the Backend API as it is printed.
type secretKey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"`
	Value      string     `json:"secret_key,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func asPrintedKey(k admin.SecretKey) secretKey {
	return secretKey{k.ID, k.Name, k.Prefix, k.Value, k.CreatedAt.UTC(), orNil(k.ExpiresAt), orNil(k.LastUsedAt)}
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func newSecretKeysCreate() *cobra.Command {
	var name string
	var expires time.Duration
	var live, asJSON bool
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Create a key of the Backend API",
		Long:    "Create makes a key of the Backend API and prints it this once; only a hash of it is kept.",
		Example: "  signet secret-keys create --name CI --expires-in 2160h",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				k, err := o.Admin.CreateSecretKey(ctx, name, expires, !live)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asPrintedKey(k))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\nThis is the only time it is shown.\n", k.Value)
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "`name` to tell it by")
	flags.DurationVar(&expires, "expires-in", 0, "how `long` it works (default for ever)")
	flags.BoolVar(&live, "live", false, "let it begin with sk_live_ instead of sk_test_")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newSecretKeysList() *cobra.Command {
	return newList("List the keys of the Backend API, oldest first", (*admin.Admin).SecretKeys, asPrintedKey, printSecretKeys)
}

func printSecretKeys(out io.Writer, keys []secretKey) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tBEGINS WITH\tEXPIRES\tLAST USED")
	at := func(when *time.Time, otherwise string) string {
		if when == nil {
			return otherwise
		}
		return when.Format(time.RFC3339)
	}
	for _, k := range keys {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", k.ID, cmp.Or(k.Name, "-"), k.Prefix, at(k.ExpiresAt, "never"), at(k.LastUsedAt, "never"))
	}
	return t.Flush()
}

func newSecretKeysRevoke() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "End a key of the Backend API at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				err := o.Admin.RevokeSecretKey(ctx, args[0])
				switch {
				case errors.Is(err, admin.ErrLastKey):
					return errors.New("this is the last key that opens the Backend API; create another one first")
				case errors.Is(err, store.ErrNotFound):
					return errors.New("there is no key with this id; signet secret-keys list shows those there are")
				}
				return err
			})
		},
	}
}
