package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

// addConfigFlags adds a flag for every setting that may have one.
func addConfigFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "read settings from this TOML `file`")
	for _, s := range config.Settings() {
		switch {
		case s.Secret:
		case s.Bool:
			flags.Bool(s.Flag(), false, s.Usage)
		default:
			flags.String(s.Flag(), "", s.Usage)
		}
	}
}

// loadConfig reads the settings of a command.
func loadConfig(cmd *cobra.Command) (config.Config, error) {
	given := map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	return config.Load(config.Sources{Flags: given, Environ: os.Environ(), Terminal: isTerminal(os.Stderr)})
}

// newLog makes the log that the configuration asks for.
func newLog(w io.Writer, cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == config.LogText {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// withOffice does an operator's work on the configured database.
func withOffice(cmd *cobra.Command, work func(context.Context, *server.Office) error) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	ctx := store.WithActor(cmd.Context(), store.Actor{Kind: store.ByCommand})
	office, err := server.OpenOffice(ctx, cfg, server.Options{Log: newLog(cmd.ErrOrStderr(), cfg)})
	if err != nil {
		return failed(err)
	}
	return failed(errors.Join(work(ctx, office), office.Close()))
}

// newList makes a command that prints all there is of a kind: what is kept as it is
// printed, as JSON or for people.
func newList[K, P any](short string, kept func(*admin.Admin, context.Context) ([]K, error), as func(K) P, forPeople func(io.Writer, []P) error) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				all, err := kept(o.Admin, ctx)
				if err != nil {
					return err
				}
				list := []P{}
				for _, x := range all {
					list = append(list, as(x))
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), list)
				}
				return forPeople(cmd.OutOrStdout(), list)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printJSON prints what a --json flag asks for.
func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// isTerminal tells whether a person is at the other end.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
