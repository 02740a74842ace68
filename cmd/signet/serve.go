package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/server"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Serve runs Signet until it gets SIGINT or SIGTERM. Then it takes no new requests,
answers those under way and exits; a second signal ends it at once.

The first start makes the database, the root key and, unless SIGNET_SECRET_KEY is
set, the key of the Backend API, which is printed that once, with the link by which
the first operator of the dashboard is made. Keep a copy of the
root key in a safe place: without it nobody stays signed in, and no token works.

Signet speaks HTTP. Put a proxy that speaks https in front of it and set the
issuer to the URL that the world sees.`,
		Example: `  signet serve
  signet serve --issuer https://id.example.com --data-dir /var/lib/signet
  SIGNET_SECRET_KEY_FILE=/run/secrets/key signet serve --database postgres://signet@db/signet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd) },
	}
	addConfigFlags(cmd.Flags())
	return cmd
}

func serve(cmd *cobra.Command) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	collectLessOften()
	log := newLog(cmd.ErrOrStderr(), cfg)
	l, err := listen(ctx, cfg.Listen)
	if err != nil {
		return failed(err)
	}
	defer l.Close()
	cfg = cfg.At(l.Addr())
	s, err := server.New(ctx, cfg, server.Options{Log: log, Version: thisBuild().Version})
	if err != nil {
		return failed(err)
	}
	if key := s.SecretKeyMade(); key != "" {
		printMadeKey(cmd.OutOrStdout(), key, cfg.Issuer)
	}
	if secret := s.OperatorLink(); secret != "" {
		printOperatorLink(cmd.OutOrStdout(), cfg.Issuer, secret)
	}
	log.Info("listening", "address", l.Addr().String(), "issuer", cfg.Issuer)
	err = errors.Join(s.Serve(ctx, l), s.Close())
	if err == nil {
		log.Info("stopped")
	}
	return failed(err)
}

// collectLessOften lets garbage grow to a few times the live memory, which is
// small here, before it is collected: at the runtime's own default that is done
// dozens of times a second under load. GOGC, if set, decides instead.
func collectLessOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// untilSignal gives a context that ends with the first signal to stop. The second
// one ends the program as if nobody listened.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// listen takes an address, or says what can be done about it.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop it, or choose another address with --listen or SIGNET_LISTEN", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s needs more rights: choose a port from 1024 on with --listen or SIGNET_LISTEN", address)
	}
	return l, err
}

// printMadeKey shows the key to whoever started the server. It does not go
// through the log, since logs are kept and passed on.
func printMadeKey(w io.Writer, key, issuer string) {
	fmt.Fprintf(w, `The key of the Backend API was made. It is shown only this once:

  %s

Try it:

  curl -H "Authorization: Bearer %s" %s/v1/users

`, key, key, issuer)
}
