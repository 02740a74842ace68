package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/store"
)

// Tickets keeps what lets somebody in once.
type Tickets interface {
	store.SignInTokens
	store.Invitations
}

// What a ticket that is not pending any more is refused with.
var (
	ErrAccepted = errors.New("accepted before")
	ErrRevoked  = errors.New("revoked before")
	ErrExpired  = errors.New("expired")
)

// settled is the error for a ticket that was no longer pending.
func settled(status store.TicketStatus) error {
	switch status {
	case store.TicketAccepted:
		return ErrAccepted
	case store.TicketRevoked:
		return ErrRevoked
	}
	return ErrExpired
}

// How long a sign-in token lasts: by default, and at most.
const (
	DefaultSignInTokenLifetime = 30 * 24 * time.Hour
	maxSignInTokenLifetime     = 10 * 365 * 24 * time.Hour
)

// CreateSignInToken makes what signs a user in once, without a password.
func (a *Admin) CreateSignInToken(ctx context.Context, userID string, lifetime time.Duration) (store.SignInToken, error) {
	if lifetime < time.Second || lifetime > maxSignInTokenLifetime {
		return store.SignInToken{}, problems{{"expires_in_seconds", Unacceptable, "expires_in_seconds must be from 1 second to ten years."}}.err()
	}
	if !isID("user_", userID) {
		return store.SignInToken{}, fmt.Errorf("creating a sign-in token: %w", store.ErrNotFound)
	}
	now := a.now().Truncate(time.Millisecond)
	id, err := a.id("sit_", now)
	if err != nil {
		return store.SignInToken{}, err
	}
	t := store.SignInToken{ID: id, UserID: userID, Status: store.TicketPending, ExpiresAt: now.Add(lifetime), CreatedAt: now, UpdatedAt: now}
	if err := a.tickets.CreateSignInToken(ctx, t); err != nil {
		return store.SignInToken{}, fmt.Errorf("creating a sign-in token: %w", err)
	}
	return t, nil
}

// RevokeSignInToken ends a pending sign-in token. ErrAccepted or ErrRevoked if it is
// not pending any more.
func (a *Admin) RevokeSignInToken(ctx context.Context, id string) (store.SignInToken, error) {
	if !isID("sit_", id) {
		return store.SignInToken{}, fmt.Errorf("revoking a sign-in token: %w", store.ErrNotFound)
	}
	now := a.now()
	refused := a.tickets.RevokeSignInToken(ctx, id, now)
	if refused != nil && !errors.Is(refused, store.ErrConflict) {
		return store.SignInToken{}, fmt.Errorf("revoking a sign-in token: %w", refused)
	}
	t, err := a.tickets.SignInToken(ctx, id, now)
	switch {
	case err != nil:
		return store.SignInToken{}, fmt.Errorf("revoking a sign-in token: %w", err)
	case refused != nil:
		return store.SignInToken{}, settled(t.Status)
	}
	return t, nil
}

// NewInvitation is what an operator says about somebody to invite.
type NewInvitation struct {
	EmailAddress   string
	PublicMetadata json.RawMessage // of the user to be
	RedirectURL    string          // where the browser goes on to, or "" for the account
	IgnoreExisting bool            // invite although there is a user or another invitation
	Days           int             // until it expires; 0 for DefaultInvitationDays
}

// DefaultInvitationDays is how long an invitation lasts if nobody says.
const DefaultInvitationDays = 30

const maxInvitationDays = 365

// check decides whether the invitation may exist, and brings its texts into the
// form in which they are kept.
func (n *NewInvitation) check() error {
	var p problems
	n.EmailAddress = norm.NFC.String(strings.TrimSpace(n.EmailAddress))
	switch {
	case n.EmailAddress == "":
		p.add("email_address", Missing, "email_address must be included.")
	case !account.IsEmail(n.EmailAddress):
		p.add("email_address", Malformed, "email_address must be a valid e-mail address.")
	}
	n.PublicMetadata = p.metadata("public_metadata", n.PublicMetadata)
	if n.RedirectURL != "" && !isWebURL(n.RedirectURL) {
		p.add("redirect_url", Malformed, "redirect_url must be an absolute http or https URL.")
	}
	if n.Days == 0 {
		n.Days = DefaultInvitationDays
	}
	if n.Days < 1 || n.Days > maxInvitationDays {
		p.add("expires_in_days", Unacceptable, "expires_in_days must be from 1 to 365.")
	}
	return p.err()
}

const maxURL = 1024

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && isLine(s) && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// Invite asks people to join, all of them or none. Unless IgnoreExisting, a user
// with the address is an *Error of kind Taken, and a pending invitation one of
// kind Invited.
func (a *Admin) Invite(ctx context.Context, all ...NewInvitation) ([]store.Invitation, error) {
	var wrong problems
	for i := range all {
		var e *Error
		if errors.As(all[i].check(), &e) {
			wrong = append(wrong, e.Problems...)
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	made := make([]store.Invitation, len(all))
	for i, n := range all {
		now := a.now().Truncate(time.Millisecond)
		id, err := a.id("inv_", now)
		if err != nil {
			return nil, err
		}
		made[i] = store.Invitation{
			ID: id, Address: n.EmailAddress, PublicMetadata: orEmptyObject(n.PublicMetadata), RedirectURL: n.RedirectURL, Beside: n.IgnoreExisting,
			Status: store.TicketPending, ExpiresAt: now.AddDate(0, 0, n.Days), CreatedAt: now, UpdatedAt: now,
		}
	}
	err := a.tickets.CreateInvitations(ctx, made...)
	var exists *store.ExistsError
	switch {
	case errors.As(err, &exists) && exists.Field == "invitation":
		return nil, problems{{"email_address", Invited, "There is a pending invitation to this address; set ignore_existing to make another."}}.err()
	case errors.As(err, &exists):
		return nil, problems{{"email_address", Taken, "A user has this e-mail address; set ignore_existing to invite all the same."}}.err()
	case err != nil:
		return nil, fmt.Errorf("inviting: %w", err)
	}
	return made, nil
}

// Invitation finds an invitation by its inv_ id.
func (a *Admin) Invitation(ctx context.Context, id string) (store.Invitation, error) {
	if !isID("inv_", id) {
		return store.Invitation{}, fmt.Errorf("finding an invitation: %w", store.ErrNotFound)
	}
	i, err := a.tickets.Invitation(ctx, id, a.now())
	if err != nil {
		return store.Invitation{}, fmt.Errorf("finding an invitation: %w", err)
	}
	return i, nil
}

// Invitations returns one page of the invitations that match, and how many match
// in all.
func (a *Admin) Invitations(ctx context.Context, q store.InvitationQuery) ([]store.Invitation, int, error) {
	found, total, err := a.tickets.ListInvitations(ctx, q, a.now())
	if err != nil {
		return nil, 0, fmt.Errorf("listing invitations: %w", err)
	}
	return found, total, nil
}

// RevokeInvitation ends a pending invitation. ErrAccepted, ErrRevoked or ErrExpired
// if it is not pending any more.
func (a *Admin) RevokeInvitation(ctx context.Context, id string) (store.Invitation, error) {
	if !isID("inv_", id) {
		return store.Invitation{}, fmt.Errorf("revoking an invitation: %w", store.ErrNotFound)
	}
	refused := a.tickets.RevokeInvitation(ctx, id, a.now())
	if refused != nil && !errors.Is(refused, store.ErrConflict) {
		return store.Invitation{}, fmt.Errorf("revoking an invitation: %w", refused)
	}
	i, err := a.Invitation(ctx, id)
	if err == nil && refused != nil {
		return store.Invitation{}, settled(i.Status)
	}
	return i, err
}

// AcceptInvitation makes the user who was invited, with the address and the
// metadata of the invitation and the rest of n. ErrAccepted, ErrRevoked or
// ErrExpired if it is not pending any more.
func (a *Admin) AcceptInvitation(ctx context.Context, id string, n NewUser) (store.User, error) {
	i, err := a.Invitation(ctx, id)
	switch {
	case err != nil:
		return store.User{}, err
	case i.Status != store.TicketPending:
		return store.User{}, settled(i.Status)
	}
	if s, err := a.Settings(ctx); err != nil || s.SignUp.Policy == store.SignUpClosed {
		return store.User{}, errors.Join(err, ErrRevoked)
	}
	n.EmailAddresses, n.EmailProof, n.PublicMetadata = []string{i.Address}, store.ProvedByTicket, i.PublicMetadata
	u, err := a.newUser(ctx, n)
	if err != nil {
		return store.User{}, err
	}
	err = a.tickets.AcceptInvitation(ctx, id, u, a.now())
	if errors.Is(err, store.ErrConflict) {
		if i, err = a.Invitation(ctx, id); err == nil {
			err = settled(i.Status)
		}
		return store.User{}, err
	}
	return u, created(err)
}
