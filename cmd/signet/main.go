// Command signet is an OAuth 2.0 provider in one program: the server, and the
// commands of whoever runs it. Each command has a file of its own.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/config"
)

// The exit statuses.
const (
	statusFailed = 1
	statusMisuse = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs one command and returns the exit status.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.Execute()
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(errs, "signet:", strings.TrimSpace(line))
	}
	var failed *failure
	if errors.As(err, &failed) {
		return statusFailed
	}
	var problems config.Problems
	if !errors.As(err, &problems) {
		fmt.Fprintln(errs, `signet: see "signet help"`)
	}
	return statusMisuse
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "signet",
		Short: "An OAuth 2.0 provider in one program",
		Long: `Signet lets the users of your application sign in to other applications.

Settings come from flags, from variables such as SIGNET_DATA_DIR and from the
file that --config or SIGNET_CONFIG names; flags are the strongest, the file is
the weakest. All commands work on the same database as "signet serve", also
while it runs.`,
		Example: `  signet demo
  signet serve --issuer https://id.example.com --data-dir /var/lib/signet
  signet apps create --name Shop --redirect-uri https://shop.example.com/callback`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newServe(), newDemo(), newUsers(), newApps(), newConnections(), newRevokeAll(), newSettings(), newBench(), newKeys(), newSecretKeys(), newOperators(), newEvents(), newWebhooks(), newImport(), newRegistrationToken(), newExplain(), newProtect(), newBenchFloor(), newBenchSign(), newVersion())
	return root
}

// newGroup makes a command that only has others below it.
func newGroup(name, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addConfigFlags(group.PersistentFlags())
	group.AddCommand(commands...)
	return group
}

// A failure is an error of the work, as opposed to one in how a command was
// called.
type failure struct{ err error }

// Error implements error: one line.
func (f *failure) Error() string { return strings.ReplaceAll(f.err.Error(), "\n", "; ") }

// Unwrap serves package errors.
func (f *failure) Unwrap() error { return f.err }

// failed marks what is not a mistake in calling the command.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}
