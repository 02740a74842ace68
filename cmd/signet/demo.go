package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/sample"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui/gallery"
)

// The demo's user and what its clients may ask for.
const (
	demoEmail    = "demo@example.com"
	demoPassword = "welcome to signet"
	demoScopes   = "openid profile email public_metadata"
)

// Where the demo listens if it can.
const (
	demoAddress   = "127.0.0.1:8080"
	sampleAddress = "127.0.0.1:8081"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Try Signet with a sample client and a sample user",
		Long: `Demo starts Signet and a small web application that signs people in with it, and
prints the address to open. It needs no network and no settings, and what it
keeps is in a temporary directory that goes when it ends.`,
		Example: "  signet demo",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return failed(demo(cmd)) },
	}
}

func demo(cmd *cobra.Command) (err error) {
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	dir, err := os.MkdirTemp("", "signet-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	listener, err := listenNear(ctx, demoAddress)
	if err != nil {
		return err
	}
	defer listener.Close()
	sampleListener, err := listenNear(ctx, sampleAddress)
	if err != nil {
		return err
	}
	defer sampleListener.Close()

	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg := config.Config{Listen: demoAddress, DataDir: dir, Database: filepath.Join(dir, "signet.db"), RememberDevices: config.DefaultRememberDevices}.At(listener.Addr())
	s, err := server.New(ctx, cfg, server.Options{Log: log, Version: thisBuild().Version, Mail: mail.NewConsole(cmd.OutOrStdout())})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = s.Admin().UpdateSettings(ctx, func(settings *store.Settings) { settings.SignUp.Policy = store.SignUpOpen })
	if err != nil {
		return err
	}
	client, err := furnish(ctx, s.Admin(), cfg.Issuer, "http://"+sampleListener.Addr().String())
	if err != nil {
		return err
	}
	client.Log = log
	printBanner(cmd.OutOrStdout(), cfg.Issuer, client.URL, s.SecretKeyMade(), s.OperatorLink())

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Serve(ctx, listener) })
	group.Go(func() error { return serveSample(ctx, sampleListener, withGallery(sample.New(client))) })
	return group.Wait()
}

// listenNear takes the address, or any free port of its host.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	if l, err := listen(ctx, address); err == nil {
		return l, nil
	}
	return listen(ctx, "127.0.0.1:0")
}

// furnish makes the sample user and registers the sample client.
func furnish(ctx context.Context, a *admin.Admin, issuer, url string) (sample.Config, error) {
	_, err := a.CreateUser(ctx, admin.NewUser{
		EmailAddresses: []string{demoEmail},
		Username:       "demo",
		Password:       demoPassword,
		FirstName:      "Dana",
		LastName:       "Moreno",
		PublicMetadata: json.RawMessage(`{"plan":"gold"}`),
	})
	if err != nil {
		return sample.Config{}, err
	}
	register := func(name string, public bool) (admin.Application, error) {
		scopes := demoScopes
		fields := admin.ApplicationFields{Name: &name, RedirectURIs: []string{url + sample.CallbackPath}, Scopes: &scopes, Public: &public}
		if public {
			fields.RequirePKCE = &public
		}
		return a.CreateApplication(ctx, fields)
	}
	confidential, err := register("Sample client", false)
	if err != nil {
		return sample.Config{}, err
	}
	public, err := register("Sample client (public)", true)
	if err != nil {
		return sample.Config{}, err
	}
	return sample.Config{
		Issuer:       issuer,
		URL:          url,
		ClientID:     confidential.ID,
		ClientSecret: confidential.Secret,
		PublicID:     public.ID,
		Scopes:       confidential.Scopes,
	}, nil
}

func printBanner(w io.Writer, issuer, client, key, link string) {
	fmt.Fprintf(w, `
Signet is running. Open this address and click "Sign in with Signet":

  %s

  e-mail address   %s
  password         %s

The dashboard of its operator; the link works once:

  %s

Signet itself is at %s; all its pages are at %s. Its Backend API:

  curl -H "Authorization: Bearer %s" %s/v1/users

Mail is not sent: codes and links to sign in, to sign up or to choose a new password
with are shown here. Everything is kept in a temporary directory. Press Ctrl-C to stop.

`, client, demoEmail, demoPassword, issuer+dashboard.SetUpLink(link), issuer, client+gallery.Root, key, issuer)
}

// withGallery serves the gallery beside the sample client: a server that is not for
// looking at has none.
func withGallery(client http.Handler) http.Handler {
	mux := http.NewServeMux()
	pages := gallery.Handler()
	for _, pattern := range gallery.Patterns {
		mux.Handle(pattern, pages)
	}
	mux.Handle("/", client)
	return mux
}

// sampleTimeout bounds what the sample client waits for.
const sampleTimeout = 10 * time.Second

func serveSample(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: sampleTimeout, ReadTimeout: sampleTimeout}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the sample client: %w", err)
	}
	return nil
}
