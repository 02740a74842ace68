package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/doctor"
)

func newExplain() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [ID]",
		Short: "Say why a request of an application was refused, and how to mend it",
		Long: `Explain asks the running server about a refused request by its id, which the error
page, error_uri and the log show. Without an id it lists the last ones.

It asks at the issuer with the secret key, so set SIGNET_ISSUER and
SIGNET_SECRET_KEY or their flags and files as for serve. Each node remembers the
last thousand that it refused itself.`,
		Example: `  signet explain 5f2c0e1b9a7d4c3e8f6a1b2c3d4e5f60
  SIGNET_SECRET_KEY=sk_... signet explain --issuer https://id.example.com`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return failed(listRefusals(cmd, cfg, asJSON))
			}
			return failed(explain(cmd, cfg, args[0], asJSON))
		},
	}
	addConfigFlags(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// explainTimeout bounds what the server may take.
const explainTimeout = 10 * time.Second

// ask gets an answer of the Backend API.
func ask(ctx context.Context, cfg config.Config, path string, into any) error {
	issuer, err := cfg.IssuerURL()
	if err != nil {
		return fmt.Errorf("the issuer %w", err)
	}
	if cfg.SecretKey == "" {
		return errors.New("set SIGNET_SECRET_KEY to the key of the Backend API")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.String()+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+string(cfg.SecretKey))
	response, err := (&http.Client{Timeout: explainTimeout}).Do(request)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		var refused struct {
			Errors []struct {
				Text string `json:"long_message"`
			} `json:"errors"`
		}
		if json.Unmarshal(body, &refused) == nil && len(refused.Errors) > 0 {
			return errors.New(refused.Errors[0].Text)
		}
		return fmt.Errorf("the server answered %d", response.StatusCode)
	}
	return json.Unmarshal(body, into)
}

func listRefusals(cmd *cobra.Command, cfg config.Config, asJSON bool) error {
	var list struct {
		Data []doctor.Case `json:"data"`
	}
	if err := ask(cmd.Context(), cfg, "/v1/oauth_refusals?limit=50", &list); err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), list.Data)
	}
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WHEN\tID\tREQUEST\tERROR\tWHY")
	for _, c := range list.Data {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", c.At.Format(time.RFC3339), c.ID, c.Request, c.Code, c.Description)
	}
	return t.Flush()
}

func explain(cmd *cobra.Command, cfg config.Config, id string, asJSON bool) error {
	var c doctor.Case
	if err := ask(cmd.Context(), cfg, "/v1/oauth_refusals/"+url.PathEscape(strings.TrimSpace(id)), &c); err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), c)
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s at %s\nrefused with %s: %s\nby the rule %s\n", c.Request, c.At.Format(time.RFC3339), c.Code, c.Description, c.Rule)
	printFields(w, "received", c.Received)
	printFields(w, "registered", c.Registered)
	for i, advice := range c.Mend {
		if i == 0 {
			fmt.Fprintln(w, "\nhow to mend it")
		}
		fmt.Fprintf(w, "  %s\n", advice)
	}
	return nil
}

func printFields(w io.Writer, title string, fields []doctor.Field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		fmt.Fprintf(t, "  %s\t%s\n", printable(f.Name), printable(f.Value))
	}
	t.Flush()
}

// printable keeps what strangers sent from steering the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	return quoted[1 : len(quoted)-1]
}
