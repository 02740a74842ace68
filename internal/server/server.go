// Package server assembles one node of Signet: the store, the keys, and every
// face on one handler. It decides nothing about OAuth.
//
// New lists what a node is made of; serve.go runs it and drains it; handler.go
// has what every request goes through.
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/backendapi"
	"github.com/signet-auth/signet/internal/cache"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/hosted"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/passkey"
	"github.com/signet-auth/signet/internal/peer"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
	"github.com/signet-auth/signet/internal/upstream"
	"github.com/signet-auth/signet/internal/webhook"
)

// Options are what a test decides and a command leaves alone.
type Options struct {
	Now func() time.Time // by default time.Now
	Log *slog.Logger     // by default nothing is logged
	// Version is that of the program.
	Version string
	// Mail sends letters instead of the configured server.
	Mail mail.Sender
}

func (o Options) orDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return o
}

// A Server is one node. It is safe for concurrent use.
type Server struct {
	counting
	office    *Office
	deliverer *webhook.Deliverer
	outbox    *mail.Outbox // nil without a mail server
	handler   http.Handler
	made      string
	draining  atomic.Bool
	peers     peer.Finder
	warned    atomic.Bool // of a proxy that is not trusted
	now       func() time.Time
	log       *slog.Logger
}

// New opens the database, bringing it up to date, and puts the node together.
// Whoever gets a Server closes it.
func New(ctx context.Context, cfg config.Config, o Options) (*Server, error) {
	o = o.orDefaults()
	issuer, err := cfg.IssuerURL()
	if err != nil {
		return nil, fmt.Errorf("the issuer %w", err)
	}
	office, err := OpenOffice(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	s := &Server{office: office, now: o.Now, log: o.Log, counting: newCounting(office, o)}
	if s.outbox, err = newOutbox(cfg, issuer, office, o); err != nil {
		return nil, errors.Join(err, office.Close())
	}
	if s.peers, err = proxies(cfg); err != nil {
		return nil, errors.Join(err, office.Close())
	}
	s.made, err = office.Admin.EnsureSecretKey(ctx, string(cfg.SecretKey), issuer.Scheme == "http")
	if err != nil {
		return nil, errors.Join(err, office.Close())
	}
	if s.invited, err = office.Admin.FirstOperatorLink(ctx); err != nil {
		return nil, errors.Join(err, office.Close())
	}
	s.handler = s.through(s.routes(cfg, issuer), issuer.Scheme == "https")
	return s, nil
}

// routes puts every face on one mux.
func (s *Server) routes(cfg config.Config, issuer *url.URL) *http.ServeMux {
	db, held, ring := s.office.db, s.office.held, s.office.ring
	sessions := session.New(db, ring, issuer, s.now)
	sessions.OnBegin(s.counts.SignedIn)
	keys := s.office.keys
	tokens := token.New(ring, keys, issuer.String())
	tickets := token.NewTickets(ring)
	mux := http.NewServeMux()
	cases := doctor.NewBook()
	guard := account.NewGuard(s.office.accounts, db, ring, s.now)
	cases.Each(s.count)
	registry := registration.New(held, held, s.office.statements, s.office.documents, s.now)
	protocol := s.protocol(issuer, sessions, tokens, cases, registry)
	protocol.Routes(mux)
	hosted.New(hosted.Deps{
		Origin:      issuer.Scheme + "://" + issuer.Host,
		Requests:    protocol,
		Sessions:    sessions,
		Cases:       cases,
		Clients:     registry,
		Connections: db, Devices: db,
		Instances:     held,
		Accounts:      guard,
		Proofs:        s.proofs(issuer, guard),
		SignUps:       inviting{s.office.Admin, s.office.accounts},
		Peers:         s.peers,
		Users:         db,
		SignInTokens:  db,
		Invitations:   inviting{s.office.Admin, s.office.accounts},
		Tickets:       tickets,
		Pictures:      s.office.pictureAt,
		Organizations: db, Now: s.now, Log: s.log,
		Factors: s.office.factors, Passkeys: s.office.passkeys, KeptPasskeys: db,
		Upstreams: upstream.New(cfg.Upstreams, issuer.String(), s.now), Identities: db, Joining: inviting{s.office.Admin, s.office.accounts},
		Self: self{s.office.Admin, s.office.accounts}, OwnSessions: db, IssuerName: issuer.Hostname(),
		RememberDevices: cfg.RememberDevices,
	}).Routes(mux)
	api := backendapi.New(backendapi.Deps{
		Issuer:       issuer.String(),
		Admin:        s.office.Admin,
		Keys:         held,
		Tokens:       tokens,
		Cases:        cases,
		Documents:    registry,
		Signing:      keys,
		Grants:       db,
		ClientTokens: db,
		Uses:         s.office.uses,
		Tickets:      tickets,
		Requests:     db,
		Ring:         ring,
		RateLimit:    cfg.APIRateLimit,
		Now:          s.now,
		Log:          s.log,
	})
	api.Routes(mux)
	s.deliverer = webhook.New(webhook.Deps{
		Kept: db, Secrets: s.office.secrets, Reach: reachOf(cfg, issuer), Message: api.Message, Now: s.now, Log: s.log,
	})
	s.dashboard(issuer, cases, sessions, tickets).Routes(mux)
	s.besides(mux)
	return mux
}

// besides registers what is no face of its own.
func (s *Server) besides(mux *http.ServeMux) {
	mux.HandleFunc("GET "+admin.PicturesPath+"{name}", s.picture)
	mux.HandleFunc("GET "+healthPath, s.healthy)
	mux.HandleFunc("GET "+readyPath, s.ready)
	mux.Handle("GET "+metricsPath, s.metrics())
}

// Handler serves everything the node has to offer.
func (s *Server) Handler() http.Handler { return s.handler }

// Admin does what an operator asks for.
func (s *Server) Admin() *admin.Admin { return s.office.Admin }

// SecretKeyMade is the key of the Backend API if New made one because there was
// none, else "". Nothing can show it later.
func (s *Server) SecretKeyMade() string { return s.made }

// OperatorLink is the secret of the link by which the first operator is made, if
// there has been none when New was called, else "".
func (s *Server) OperatorLink() string { return s.invited }

// Close closes the database. Serve must have returned.
func (s *Server) Close() error { return s.office.Close() }

// An Office is the part of a node that commands need: package admin over the
// database, without anything that serves.
type Office struct {
	Admin      *admin.Admin
	accounts   *account.Accounts
	factors    *account.SecondFactors
	passkeys   *passkey.Passkeys
	instance   store.Instance
	ring       *keyring.Ring
	keys       *token.Keys
	statements *registration.Statements
	documents  *registration.Documents
	db         *sqlstore.DB
	held       *cache.Cache // over db
	uses       *cache.Uses
	pictureAt  string // what a picture's id follows in its URL
	secrets    *webhook.Secrets
}

// OpenOffice opens the database, making it if there is none, and checks that the
// root key is the one it was first opened with.
func OpenOffice(ctx context.Context, cfg config.Config, o Options) (*Office, error) {
	o = o.orDefaults()
	if err := makeDataDir(cfg); err != nil {
		return nil, err
	}
	ring, err := openRing(cfg)
	if err != nil {
		return nil, err
	}
	issuer, err := cfg.IssuerURL()
	if err != nil {
		return nil, fmt.Errorf("the issuer %w", err)
	}
	db, err := sqlstore.Open(ctx, sqlstore.Options{URL: cfg.Database, Log: o.Log, Now: o.Now, Describe: backendapi.Describe(issuer.String())})
	if err != nil {
		return nil, err
	}
	documents, err := newDocuments(cfg, o)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	accounts, held, uses := newAccounts(cfg, db, o.Log), cache.New(db), cache.NewUses(db, o.Now)
	keys := token.NewKeys(held, ring, o.Now)
	secrets := webhook.NewSecrets(ring)
	factors := account.NewSecondFactors(db, accounts, ring, o.Now)
	passkeys, err := passkey.New(db, ring, issuer, o.Now)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	office := &Office{
		accounts: accounts, factors: factors, passkeys: passkeys,
		ring: ring, db: db, held: held, uses: uses, pictureAt: issuer.String() + admin.PicturesPath, keys: keys,
		statements: registration.NewStatements(ring), documents: documents, Admin: admin.New(admin.Deps{
			Clients:     held,
			Users:       db,
			Instances:   held,
			Keys:        held,
			Accounts:    accounts,
			Factors:     factors,
			Passkeys:    db,
			Sessions:    db,
			Connections: db,
			Tickets:     db,
			Now:         o.Now,
			Random:      rand.Reader,
			Pictures:    db,
			Uses:        uses,
			PictureAt:   issuer.String() + admin.PicturesPath,

			Organizations: db,
			Machines:      db,
			MachineTokens: token.NewMachines(ring, keys, issuer.String()),
			Events:        db,
			Webhooks:      db,
			WebhookReach:  reachOf(cfg, issuer),
			WebhookSecret: secrets,

			Operators: db,
			Nodes:     db,
		}),
		secrets: secrets,
	}
	if office.instance, err = office.Admin.EnsureInstance(ctx, ring.Fingerprint()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := office.keys.Ensure(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return office, nil
}

// reachOf says where webhooks may go: an instance without https is in development.
func reachOf(cfg config.Config, issuer *url.URL) webhook.Reach {
	switch {
	case cfg.AllowPrivateWebhooks:
		return webhook.Private
	case issuer.Scheme == "http":
		return webhook.Loopback
	}
	return webhook.Public
}

// SigningKeys lists the keys that sign tokens, oldest first.
func (f *Office) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	return f.db.SigningKeys(ctx)
}

// RotateKeys publishes successors of the signing keys.
func (f *Office) RotateKeys(ctx context.Context) error { return f.keys.Rotate(ctx) }

// RotateKeysNow takes the signing keys back and signs with new ones at once.
func (f *Office) RotateKeysNow(ctx context.Context) error { return f.keys.RotateNow(ctx) }

// RegistrationToken makes an initial access token.
func (f *Office) RegistrationToken(expires time.Time) string {
	return f.statements.InitialAccessToken(expires)
}

// Close closes the database.
func (f *Office) Close() error { return f.db.Close() }

// makeDataDir makes the data directory if something will be kept in it.
func makeDataDir(cfg config.Config) error {
	if cfg.InPostgres() && cfg.RootKey != "" {
		return nil
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	return nil
}

func openRing(cfg config.Config) (*keyring.Ring, error) {
	if cfg.RootKey == "" {
		return keyring.Open(cfg.RootKeyFile())
	}
	ring, err := keyring.Parse(string(cfg.RootKey))
	if err != nil {
		return nil, fmt.Errorf("reading the configured root key: %w", err)
	}
	return ring, nil
}
