package server

import (
	"net/url"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/provider"
	"github.com/signet-auth/signet/internal/registration"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/token"
)

// protocol makes the endpoints of OAuth and OpenID Connect.
func (s *Server) protocol(issuer *url.URL, sessions *session.Sessions, tokens *token.Tokens, cases *doctor.Book, registry *registration.Clients) *provider.Provider {
	db, held, keys := s.office.db, s.office.held, s.office.keys
	return provider.New(provider.Deps{
		Cases:        cases,
		Uses:         s.office.uses,
		Issued:       s.counts.Issue,
		Registry:     registry,
		Statements:   s.office.statements,
		Issuer:       issuer.String(),
		InstanceID:   s.office.instance.ID,
		Clients:      held,
		Machines:     db,
		Grants:       db,
		Users:        db,
		Devices:      db,
		ClientTokens: db,
		Connections:  db,
		Instances:    held,
		Sessions:     sessions,
		Tokens:       tokens,
		Keys:         keys,
		Peers:        s.peers,
		Now:          s.now,
		Log:          s.log,

		Organizations: db,
	})
}
