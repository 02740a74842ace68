package token

import (
	"encoding/base64"
	"strings"

	"github.com/signet-auth/signet/internal/keyring"
)

// Tickets makes and opens what lets somebody in once: the secret behind the id of
// a sign-in token or an invitation. It is derived from the id, so that nothing
// secret is kept and a link can be shown again. It is safe for concurrent use.
type Tickets struct{ signIn, invitation *keyring.Authenticator }

// NewTickets derives the keys from the ring, one per kind, so that neither passes
// for the other.
func NewTickets(ring *keyring.Ring) *Tickets {
	return &Tickets{signIn: ring.Authenticator("sign-in token"), invitation: ring.Authenticator("invitation")}
}

// SignIn is the ticket of the sign-in token with this id.
func (t *Tickets) SignIn(id string) string { return ticket(t.signIn, id) }

// OpenSignIn gives the id of the sign-in token that a ticket is of, or fails with
// keyring.ErrForged.
func (t *Tickets) OpenSignIn(ticket string) (id string, err error) { return opened(t.signIn, ticket) }

// Invitation is the ticket of the invitation with this id.
func (t *Tickets) Invitation(id string) string { return ticket(t.invitation, id) }

// OpenInvitation gives the id of the invitation that a ticket is of, or fails with
// keyring.ErrForged.
func (t *Tickets) OpenInvitation(ticket string) (id string, err error) {
	return opened(t.invitation, ticket)
}

func ticket(a *keyring.Authenticator, id string) string {
	return base64.RawURLEncoding.EncodeToString(a.Tag([]byte(id)))
}

// maxTicket bounds what is decoded, in bytes.
const maxTicket = 256

func opened(a *keyring.Authenticator, ticket string) (string, error) {
	if len(ticket) > maxTicket || strings.ContainsAny(ticket, "\r\n") { // which the decoder skips
		return "", keyring.ErrForged
	}
	tagged, err := strict.DecodeString(ticket)
	if err != nil {
		return "", keyring.ErrForged
	}
	id, err := a.Open(tagged)
	return string(id), err
}
