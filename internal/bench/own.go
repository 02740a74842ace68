package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// Own says which server of our own to measure.
type Own struct {
	Dir      string // for its data; kept if it is not ""
	Database string // a path or a postgres:// URL; "" for a file in Dir
	Grants   int    // that are there before it starts
	Expired  int    // grants beside them that are to be removed
	Users    int    // that are there before it starts
	Page     int    // users on a page of a list; 0 is a hundred
	CPU      int    // to run on; negative for any
	Scope    string // of the sign-ins; "" for scope
	Progress func(what string)
}

// A Server is this program, serving in a process of its own.
type Server struct {
	Target
	Dir        string
	Start      time.Duration // from its start to its first answer
	IdleMemory int64         // bytes after its first answer
	cmd        *exec.Cmd
	log        *os.File
	remove     bool
}

const (
	callback = "https://client.example/callback"
	scope    = "profile email"
	// What "serve" gets to stop before it is killed.
	stopTimeout = 10 * time.Second
)

// StartOwn furnishes a database with a user who is signed in and has agreed to a
// client's scopes, and starts a server on it. Whoever gets a Server stops it.
func StartOwn(ctx context.Context, o Own) (_ *Server, err error) {
	s := &Server{Dir: o.Dir}
	if s.Dir == "" {
		if s.Dir, err = os.MkdirTemp("", "signet-bench-"); err != nil {
			return nil, err
		}
		s.remove = true
	}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	cfg := config.Config{Listen: address, Issuer: "http://" + address, DataDir: s.Dir, Database: o.Database}
	if cfg.Database == "" {
		cfg.Database = filepath.Join(s.Dir, "signet.db")
	}
	s.Issuer, s.SecretKey = cfg.Issuer, "sk_test_"+randomText()
	if err := s.furnish(ctx, cfg, o); err != nil {
		return nil, fmt.Errorf("furnishing the database: %w", err)
	}
	if err := s.serve(ctx, cfg, o.CPU); err != nil {
		return nil, err
	}
	return s, s.Discover(ctx)
}

// Memory gives the resident memory of the server now and at its highest, in
// bytes.
func (s *Server) Memory() (now, peak int64) { return memoryOf(s.cmd.Process.Pid) }

// Stop ends the server and removes its data, unless they were to be kept.
func (s *Server) Stop() error {
	var err error
	if s.cmd != nil && s.cmd.Process != nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(stopTimeout, func() { s.cmd.Process.Kill() })
		err = s.cmd.Wait()
		kill.Stop()
	}
	if s.log != nil {
		err = errors.Join(err, s.log.Close())
	}
	if s.remove {
		err = errors.Join(err, os.RemoveAll(s.Dir))
	}
	return err
}

// furnish makes what the load needs and no face of the server could make fast.
func (s *Server) furnish(ctx context.Context, cfg config.Config, o Own) error {
	office, err := server.OpenOffice(ctx, cfg, server.Options{})
	if err != nil {
		return err
	}
	user, err := office.Admin.CreateUser(ctx, admin.NewUser{
		Username: "bench_" + strings.ToLower(randomText()[:12]), FirstName: "Ada", LastName: "Byron",
		EmailAddresses: []string{strings.ToLower(randomText()[:12]) + "@example.com"}, PublicMetadata: []byte(`{"plan":"gold"}`),
	})
	if err == nil {
		name, scopes := "Benchmark", cmp.Or(o.Scope, scope)
		var app admin.Application
		app, err = office.Admin.CreateApplication(ctx, admin.ApplicationFields{Name: &name, RedirectURIs: []string{callback}, Scopes: &scopes, ClientCredentials: new(true)})
		s.ClientID, s.ClientSecret, s.RedirectURI, s.Scope = app.ID, app.Secret, callback, scopes
	}
	if err == nil && o.Users > 0 {
		_, err = office.Admin.ChangeOrganizationSettings(ctx, func(s *store.OrganizationSettings) { s.Enabled = true })
	}
	if err := errors.Join(err, office.Close()); err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, sqlstore.Options{URL: cfg.Database, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	now := time.Now()
	secret := randomText()
	err = db.Agree(ctx, user.ID, s.ClientID, oauth.Scopes(strings.Fields(s.Scope)), now)
	if err == nil {
		err = db.CreateSession(ctx, store.Session{
			ID: "sess_" + randomText()[:27], Cookie: oauth.HashSecret(secret), UserID: user.ID, UserAgent: "signet bench",
			SignedInAt: now, ExpiresAt: now.AddDate(0, 0, 1),
		})
		s.Cookie = "signet_session=" + secret
	}
	if err == nil && o.Expired > 0 {
		err = fillExpired(ctx, db, s.ClientID, o.Expired, o.Progress)
	}
	if err == nil && o.Grants > 0 {
		var ring *keyring.Ring
		if ring, err = keyring.Open(cfg.RootKeyFile()); err == nil {
			s.Access, s.Refresh, err = fill(ctx, db, ring, s.ClientID, o.Grants, o.Progress)
		}
	}
	if err == nil && o.Users > 0 {
		if err = fillPeople(ctx, db, o.Users, o.Progress); err == nil {
			err = fillOrganizations(ctx, db, o.Users)
		}
		if err == nil {
			err = settle(ctx, db, o.Progress)
		}
		s.Users, s.Page = o.Users, cmp.Or(o.Page, defaultPage)
	}
	return errors.Join(err, db.Close())
}

// serve starts the process and waits for its first answer.
func (s *Server) serve(ctx context.Context, cfg config.Config, cpu int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if s.log, err = os.Create(filepath.Join(s.Dir, "bench.log")); err != nil {
		return err
	}
	s.cmd = exec.Command(program, "serve")
	// Settings of whoever runs this are not those of the server; tests may be.
	foreign := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "SIGNET_") && !strings.HasPrefix(v, "SIGNET_TEST_")
	})
	s.cmd.Env = append(foreign,
		"SIGNET_LISTEN="+cfg.Listen, "SIGNET_ISSUER="+cfg.Issuer, "SIGNET_DATA_DIR="+cfg.DataDir,
		"SIGNET_DATABASE="+cfg.Database, "SIGNET_SECRET_KEY="+s.SecretKey, "SIGNET_LOG_FORMAT=json")
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	began := time.Now()
	if err := startPinned(s.cmd, cpu); err != nil {
		return err
	}
	s.PIDs = append(s.PIDs, s.cmd.Process.Pid)
	const patience = 60 * time.Second
	for {
		if answers(ctx, cfg.Issuer+"/healthz") {
			s.Start = time.Since(began)
			s.IdleMemory, _ = s.Memory()
			return nil
		}
		if time.Since(began) > patience || ctx.Err() != nil {
			said, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("the server did not start: %s", said)
		}
		time.Sleep(time.Millisecond)
	}
}

func answers(ctx context.Context, address string) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// randomText gives 43 characters of base64url.
func randomText() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
