package server

import (
	"net/http"
	"net/url"

	"github.com/signet-auth/signet/internal/dashboard"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/token"
)

// dashboard makes the pages of operators.
func (s *Server) dashboard(issuer *url.URL, cases *doctor.Book, sessions *session.Sessions, tickets *token.Tickets) *dashboard.Dashboard {
	return dashboard.New(dashboard.Deps{
		Issuer:    issuer.String(),
		Admin:     s.office.Admin,
		Sessions:  sessions,
		Cases:     cases,
		Keys:      s.office.db,
		Signing:   s.office.keys,
		Tickets:   tickets,
		Factors:   s.office.factors,
		Ring:      s.office.ring,
		PictureAt: s.office.pictureAt,
		Figures:   s.figures,
		Ready:     s.office.db.Ready,
		Waiting:   s.office.db.Waiting,
		Self:      func() http.Handler { return s.handler },
		Now:       s.now,
		Log:       s.log,
	})
}
