package server

import (
	"cmp"
	"fmt"
	"log/slog"
	stdmail "net/mail"
	"net/url"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/peer"
	"github.com/signet-auth/signet/internal/sqlstore"
)

// newOutbox makes what sends letters, or none if no mail server is configured, and
// says so.
func newOutbox(cfg config.Config, issuer *url.URL, office *Office, o Options) (*mail.Outbox, error) {
	sender := o.Mail
	switch {
	case sender != nil:
	case cfg.SMTPHost == "":
		o.Log.Warn("smtp_host is not set, so no mail is sent: nobody can sign in by a code, choose a new password or sign up")
		return nil, nil
	default:
		var err error
		if sender, err = newPost(cfg, issuer, o); err != nil {
			return nil, err
		}
	}
	return mail.NewOutbox(mail.Deps{
		Letters: office.db, Sender: sender, Ring: office.ring, Host: issuer.Host, Now: o.Now, Log: o.Log,
	}), nil
}

// proofs are codes and links by mail, or nil without a mail server.
func (s *Server) proofs(issuer *url.URL, guard *account.Guard) *account.Proofs {
	if s.outbox == nil {
		return nil
	}
	return account.NewProofs(account.ProofDeps{
		Kept: s.office.db, Guard: guard, Ring: s.office.ring, Outbox: s.outbox, Issuer: issuer.String(), Now: s.now, Log: s.log,
	})
}

func newPost(cfg config.Config, issuer *url.URL, o Options) (*mail.Post, error) {
	from, err := stdmail.ParseAddress(cmp.Or(cfg.MailFrom, "no-reply@"+issuer.Hostname()))
	if err != nil {
		return nil, fmt.Errorf("mail_from has to be set, since no address can be made of the host %s", issuer.Hostname())
	}
	port, security := cfg.SMTPAddress()
	return mail.NewPost(mail.SMTP{
		Host: cfg.SMTPHost, Port: port, Security: mail.Security(security),
		User: cfg.SMTPUser, Password: string(cfg.SMTPPassword), From: *from, Now: o.Now,
	})
}

// proxies are those that are trusted to say whom they connect.
func proxies(cfg config.Config) (peer.Finder, error) {
	if cfg.TrustedProxies == "" {
		return peer.Finder{}, nil
	}
	f, err := peer.Parse(cfg.TrustedProxies)
	if err != nil {
		return peer.Finder{}, fmt.Errorf("trusted_proxies %w", err)
	}
	return f, nil
}

func newAccounts(cfg config.Config, db *sqlstore.DB, log *slog.Logger) *account.Accounts {
	accounts := account.New(db)
	if cfg.BreachedPasswordsURL != "" {
		accounts.AskAbout(account.NewBreached(cfg.BreachedPasswordsURL), log)
	}
	return accounts
}
