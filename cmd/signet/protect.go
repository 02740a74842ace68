package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/protect"
)

// How long peers of the proxy may take. Answers may go on for ever: MCP servers
// stream events.
const (
	protectHeaderTimeout = 10 * time.Second
	askTimeout           = 5 * time.Second
)

func newProtect() *cobra.Command {
	var listenOn, upstream, resource, issuer, name string
	var scopes []string
	cmd := &cobra.Command{
		Use:   "protect --upstream URL",
		Short: "Put an API or an MCP server behind Signet",
		Long: `Protect is a proxy that lets requests with a good access token through to the
upstream, and tells all others where to get one (RFC 9728), so that a client that
knows OAuth, such as an MCP client, signs its user in by itself. The upstream gets
the user's id in X-Signet-User, the client in X-Signet-Client and the scopes in
X-Signet-Scope, and never the token.

A token must have been issued for the resource (RFC 8707), and have the scopes.

With SIGNET_SECRET_KEY set, Signet is asked about every token, so that tokens of
either format will do and a revoked one is refused at once. Without it, JWT access
tokens are checked by their signature, and a revoked one is good until it expires.`,
		Example: `  SIGNET_SECRET_KEY=sk_... signet protect --upstream http://127.0.0.1:3000 \
    --issuer https://id.example.com --resource https://mcp.example.com/mcp --scope tools:run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			to, err := url.Parse(upstream)
			if err != nil || to.Host == "" {
				return errors.New("give the --upstream as a URL, such as http://127.0.0.1:3000")
			}
			if resource == "" {
				resource = "http://" + listenOn
			}
			o := protect.Options{
				Upstream: to, Resource: resource, Issuer: strings.TrimSuffix(issuer, "/"), Scopes: scopes, Name: name,
				Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)),
			}
			return failed(runProtect(cmd, listenOn, o))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listenOn, "listen", "127.0.0.1:8090", "serve HTTP on this `address`")
	flags.StringVar(&upstream, "upstream", "", "`URL` of what is protected")
	flags.StringVar(&resource, "resource", "", "the `URL` by which the world knows it (default http://<listen address>)")
	flags.StringVar(&issuer, "issuer", "http://127.0.0.1:8080", "`URL` of Signet")
	flags.StringVar(&name, "name", "", "`name` of what is protected, for people")
	flags.StringArrayVar(&scopes, "scope", nil, "`scope` that a token must have; may be repeated")
	return cmd
}

func runProtect(cmd *cobra.Command, address string, o protect.Options) error {
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	o.Verifier = protect.NewSigned(context.WithoutCancel(ctx), o.Issuer, time.Now)
	how := "by their signature"
	if key := os.Getenv("SIGNET_SECRET_KEY"); key != "" {
		o.Verifier = protect.Asking{Issuer: o.Issuer, Key: key, Client: &http.Client{Timeout: askTimeout}}
		how = "by asking Signet"
	}
	proxy, err := protect.New(o)
	if err != nil {
		return err
	}
	l, err := listen(ctx, address)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Protecting %s as %s, with tokens of %s checked %s.\n", o.Upstream, o.Resource, o.Issuer, how)
	s := &http.Server{Handler: proxy, ReadHeaderTimeout: protectHeaderTimeout}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
