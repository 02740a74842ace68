package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// NewUser is what an operator says about a user to create. Empty fields mean
// "none".
type NewUser struct {
	ID                 string        // "" for a new one; one that the user had elsewhere
	EmailAddresses     []string      // the first is the primary one
	EmailStatuses      []EmailStatus // beside the addresses, or none: verified, since an operator vouches for them
	EmailProof         store.EmailProof
	Username           string
	Password           string
	PasswordDigest     string // of a password hashed elsewhere, by PasswordHasher
	PasswordHasher     string // one of account.Hashers
	SkipPasswordChecks bool   // admit a short password
	TOTPSecret         *string
	BackupCodes        []string // in the clear or as bcrypt digests
	FirstName          string
	LastName           string
	Locale             string // BCP 47
	ExternalID         string
	PublicMetadata     json.RawMessage // JSON objects
	PrivateMetadata    json.RawMessage
	UnsafeMetadata     json.RawMessage
	CreatedAt          time.Time // zero for now
	Banned             bool
	Locked             bool
	UserOptions
}

// An EmailStatus is what is known about an address.
type EmailStatus string

// The statuses.
const (
	EmailVerified   EmailStatus = "verified"
	EmailUnverified EmailStatus = "unverified"
	EmailReserved   EmailStatus = "reserved" // kept from others, and not verified
)

// mark says so of an address.
func (s EmailStatus) mark(e *store.Email) {
	e.Verified, e.Reserved = s == EmailVerified || s == "", s == EmailReserved
}

// CreateUser makes a user. It needs an e-mail address or a user name to be known
// by; without a password the user exists and cannot sign in. Values another user
// has are an *Error of kind Taken.
func (a *Admin) CreateUser(ctx context.Context, n NewUser) (store.User, error) {
	u, err := a.newUser(ctx, n)
	if err != nil {
		return store.User{}, err
	}
	if err := created(a.users.CreateUser(ctx, u)); err != nil {
		return store.User{}, err
	}
	return u, nil
}

// CheckUser finds out whether CreateUser would take n, as things stand.
func (a *Admin) CheckUser(ctx context.Context, n NewUser) error {
	if err := n.check(); err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		given bool
		query store.UserQuery
	}{
		{"email_address", len(n.EmailAddresses) > 0, store.UserQuery{EmailAddresses: n.EmailAddresses}},
		{"username", n.Username != "", store.UserQuery{Usernames: []string{n.Username}}},
		{"external_id", n.ExternalID != "", store.UserQuery{ExternalIDs: []string{n.ExternalID}}},
	} {
		if !x.given {
			continue
		}
		x.query.Limit = 1
		found, err := a.Users(ctx, x.query)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return problems{{x.field, Taken, "Another user has this " + x.field + "."}}.err()
		}
	}
	return nil
}

// newUser is the user to be, checked and with ids.
func (a *Admin) newUser(ctx context.Context, n NewUser) (store.User, error) {
	if err := n.check(); err != nil {
		return store.User{}, err
	}
	now := a.now()
	u := n.user(now)
	var err error
	if u.ID = n.ID; u.ID == "" {
		if u.ID, err = a.id("user_", now); err != nil {
			return store.User{}, err
		}
	} else {
		u.NotBefore = now // what a user of this id was given before it was deleted stays dead
	}
	for i, address := range n.EmailAddresses {
		id, err := a.id("idn_", now)
		if err != nil {
			return store.User{}, err
		}
		e := store.Email{ID: id, Address: address, Verified: true, CreatedAt: now, Proof: n.EmailProof}
		if i < len(n.EmailStatuses) {
			n.EmailStatuses[i].mark(&e)
		}
		u.Emails = append(u.Emails, e)
	}
	if len(u.Emails) > 0 {
		u.PrimaryEmailID = u.Emails[0].ID
	}
	if u.Factors, err = a.factorChange(u.ID, n.TOTPSecret, n.BackupCodes); err != nil {
		return store.User{}, err
	}
	if n.Password != "" {
		if u.PasswordDigest, err = a.accounts.HashPassword(ctx, n.Password); err != nil {
			return store.User{}, fmt.Errorf("hashing the password of a new user: %w", err)
		}
	}
	return u, nil
}

// created says what the store's answer to a new user means.
func created(err error) error {
	var exists *store.ExistsError
	switch {
	case errors.As(err, &exists):
		return problems{{exists.Field, Taken, "Another user has this " + exists.Field + "."}}.err()
	case err != nil:
		return fmt.Errorf("creating a user: %w", err)
	}
	return nil
}

// user is what n says, as it is kept.
func (n NewUser) user(now time.Time) store.User {
	created := n.CreatedAt
	if created.IsZero() {
		created = now
	}
	u := store.User{
		ExternalID:      n.ExternalID,
		Username:        n.Username,
		FirstName:       n.FirstName,
		LastName:        n.LastName,
		Locale:          n.Locale,
		PasswordDigest:  n.PasswordDigest,
		PublicMetadata:  orEmptyObject(n.PublicMetadata),
		PrivateMetadata: orEmptyObject(n.PrivateMetadata),
		UnsafeMetadata:  orEmptyObject(n.UnsafeMetadata),
		Banned:          n.Banned,
		Locked:          n.Locked,
		CreatedAt:       created,
		UpdatedAt:       now,
	}
	n.UserOptions.apply(&u.UserOptions)
	if n.Password != "" || n.PasswordDigest != "" {
		u.PasswordUpdatedAt = now
	}
	return u
}

func orEmptyObject(metadata json.RawMessage) json.RawMessage {
	if len(metadata) == 0 {
		return json.RawMessage("{}")
	}
	return metadata
}

// User returns the user with this user_ id.
func (a *Admin) User(ctx context.Context, id string) (store.User, error) {
	if !isID("user_", id) {
		return store.User{}, fmt.Errorf("finding a user: %w", store.ErrNotFound)
	}
	u, err := a.users.UserByID(ctx, id)
	if err != nil {
		return store.User{}, fmt.Errorf("finding a user: %w", err)
	}
	return u, nil
}

// Users returns one page of the users that match.
func (a *Admin) Users(ctx context.Context, q store.UserQuery) ([]store.User, error) {
	users, err := a.users.ListUsers(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	return users, nil
}

// CountUsers counts the users that match, whatever the page.
func (a *Admin) CountUsers(ctx context.Context, q store.UserQuery) (int, error) {
	n, err := a.users.CountUsers(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("counting users: %w", err)
	}
	return n, nil
}

// SetBanned bans or unbans a user and returns the user as it is then. A ban signs
// the user out everywhere and kills what was granted; unbanning revives none of
// it.
func (a *Admin) SetBanned(ctx context.Context, id string, banned bool) (store.User, error) {
	if !isID("user_", id) {
		return store.User{}, fmt.Errorf("banning a user: %w", store.ErrNotFound)
	}
	if err := a.users.SetBanned(ctx, id, banned, a.now()); err != nil {
		return store.User{}, fmt.Errorf("banning a user: %w", err)
	}
	return a.User(ctx, id)
}

// DeleteUser removes a user for good. Whatever was granted in its name is dead
// at its next use.
func (a *Admin) DeleteUser(ctx context.Context, id string) error {
	if !isID("user_", id) {
		return fmt.Errorf("deleting a user: %w", store.ErrNotFound)
	}
	if a.condition != nil {
		return a.deleteIf(ctx, func() (string, func(context.Context) error, error) {
			u, err := a.User(ctx, id)
			return UserVersion(u), func(ctx context.Context) error { return a.users.DeleteUserAt(ctx, id, u.UpdatedAt) }, err
		})
	}
	if err := a.users.DeleteUser(ctx, id); err != nil {
		return fmt.Errorf("deleting a user: %w", err)
	}
	return nil
}
