package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// UserFields are what an operator may change about a user. Nil means "as it is",
// and an empty text "none".
type UserFields struct {
	Username            *string
	Password            *string // never empty: RemovePassword takes one away
	PasswordDigest      *string
	PasswordHasher      *string
	SkipPasswordChecks  bool
	SignOutOthers       bool // end every session once the password is changed
	FirstName, LastName *string
	TOTPSecret          *string // base32, in place of the one there is
	BackupCodes         []string
	Locale              *string
	ExternalID          *string
	PrimaryEmailID      *string
	PublicMetadata      json.RawMessage
	PrivateMetadata     json.RawMessage
	UnsafeMetadata      json.RawMessage
	CreatedAt           time.Time
	UserOptions
	MergeMetadata        bool // members of the metadata given are laid over those there are; null removes one
	passwordDigestHashed string
	factors              *store.FactorChange
	now                  time.Time
}

// UpdateUser changes what f names.
func (a *Admin) UpdateUser(ctx context.Context, id string, f UserFields) (store.User, error) {
	f.now = a.now().Truncate(time.Millisecond)
	if f.Password != nil {
		if err := (&NewUser{Username: "placeholder", Password: *f.Password, SkipPasswordChecks: f.SkipPasswordChecks}).check(); err != nil {
			return store.User{}, err
		}
		var err error
		if f.passwordDigestHashed, err = a.accounts.HashPassword(ctx, *f.Password); err != nil {
			return store.User{}, fmt.Errorf("hashing a new password: %w", err)
		}
	}
	var err error
	if f.factors, err = a.factorChange(id, f.TOTPSecret, f.BackupCodes); err != nil {
		return store.User{}, err
	}
	return a.changeUser(ctx, id, f.SignOutOthers && (f.Password != nil || f.PasswordDigest != nil), f.apply)
}

// changeUser reads a user, applies change and writes it, again whenever another
// change came between. If signOut is true every session of the user ends with it.
func (a *Admin) changeUser(ctx context.Context, id string, signOut bool, change func(*store.User) error) (store.User, error) {
	var u store.User
	err := retried(func() error {
		var err error
		if u, err = a.User(ctx, id); err != nil {
			return err
		}
		if err := a.admits(UserVersion(u)); err != nil {
			return err
		}
		u.Emails = slices.Clone(u.Emails)
		if err := change(&u); err != nil {
			return err
		}
		was := u.UpdatedAt
		u.UpdatedAt = after(was, a.now())
		err = a.users.UpdateUser(ctx, u, was, signOut)
		var exists *store.ExistsError
		if errors.As(err, &exists) {
			return problems{{exists.Field, Taken, "Another user has this " + exists.Field + "."}}.err()
		}
		if err != nil {
			return fmt.Errorf("changing a user: %w", err)
		}
		return nil
	})
	if err != nil {
		return store.User{}, err
	}
	return u, nil
}

// apply checks the user as it would be by the rules for a new one.
func (f UserFields) apply(u *store.User) error {
	n := NewUser{
		Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Locale: u.Locale, ExternalID: u.ExternalID,
		SkipPasswordChecks: f.SkipPasswordChecks, CreatedAt: u.CreatedAt, UserOptions: f.UserOptions,
	}
	for _, e := range u.Emails {
		n.EmailAddresses = append(n.EmailAddresses, e.Address)
	}
	for field, given := range map[*string]*string{
		&n.Username: f.Username, &n.FirstName: f.FirstName, &n.LastName: f.LastName, &n.Locale: f.Locale, &n.ExternalID: f.ExternalID,
		&n.Password: f.Password, &n.PasswordDigest: f.PasswordDigest, &n.PasswordHasher: f.PasswordHasher,
	} {
		if given != nil {
			*field = *given
		}
	}
	if !f.CreatedAt.IsZero() {
		n.CreatedAt = f.CreatedAt
	}
	n.PublicMetadata, n.PrivateMetadata, n.UnsafeMetadata = f.PublicMetadata, f.PrivateMetadata, f.UnsafeMetadata
	if f.MergeMetadata {
		n.PublicMetadata = merged(u.PublicMetadata, f.PublicMetadata)
		n.PrivateMetadata = merged(u.PrivateMetadata, f.PrivateMetadata)
		n.UnsafeMetadata = merged(u.UnsafeMetadata, f.UnsafeMetadata)
	}
	if err := n.check(); err != nil {
		return err
	}
	u.Username, u.FirstName, u.LastName, u.Locale, u.ExternalID, u.CreatedAt = n.Username, n.FirstName, n.LastName, n.Locale, n.ExternalID, n.CreatedAt
	u.Factors = f.factors
	f.UserOptions.apply(&u.UserOptions)
	if digest := cmp.Or(f.passwordDigestHashed, n.PasswordDigest); digest != "" {
		u.PasswordDigest, u.PasswordUpdatedAt, u.PasswordCompromised = digest, f.now, false
	}
	for kept, given := range map[*json.RawMessage]json.RawMessage{
		&u.PublicMetadata: n.PublicMetadata, &u.PrivateMetadata: n.PrivateMetadata, &u.UnsafeMetadata: n.UnsafeMetadata,
	} {
		if given != nil {
			*kept = given
		}
	}
	return f.applyPrimary(u)
}

func (f UserFields) applyPrimary(u *store.User) error {
	if f.PrimaryEmailID == nil {
		return nil
	}
	i := slices.IndexFunc(u.Emails, func(e store.Email) bool { return e.ID == *f.PrimaryEmailID })
	switch {
	case i < 0:
		return problems{{"primary_email_address_id", Unacceptable, "The user has no e-mail address with this id."}}.err()
	case !u.Emails[i].Verified:
		return problems{{"primary_email_address_id", Unacceptable, "The primary e-mail address must be verified."}}.err()
	}
	u.PrimaryEmailID = *f.PrimaryEmailID
	return nil
}

// merged lays one object over another, at every depth: null removes a member
// (RFC 7396). Nothing given changes nothing.
func merged(base, over json.RawMessage) json.RawMessage {
	if len(over) == 0 {
		return nil
	}
	var a, b map[string]json.RawMessage
	if json.Unmarshal(base, &a) != nil || json.Unmarshal(over, &b) != nil || b == nil {
		return over // the check will say what is wrong with it
	}
	if a == nil {
		a = map[string]json.RawMessage{}
	}
	for name, value := range b {
		value = bytes.TrimSpace(value)
		switch {
		case string(value) == "null":
			delete(a, name)
		case value[0] == '{':
			below := a[name]
			if trimmed := bytes.TrimSpace(below); len(trimmed) == 0 || trimmed[0] != '{' {
				below = json.RawMessage("{}")
			}
			a[name] = merged(below, value)
		default:
			a[name] = value
		}
	}
	joined, err := json.Marshal(a)
	if err != nil {
		return over
	}
	return joined
}

// ErrNoPassword means that the user has no password to compare with.
var ErrNoPassword = errors.New("the user has no password")

// VerifyPassword reports whether the password is the user's, or ErrNoPassword.
func (a *Admin) VerifyPassword(ctx context.Context, id, password string) (bool, error) {
	u, err := a.User(ctx, id)
	switch {
	case err != nil:
		return false, err
	case u.PasswordDigest == "":
		return false, ErrNoPassword
	}
	return a.accounts.Matches(ctx, u.PasswordDigest, password)
}

// RemovePassword takes the password away; the user cannot sign in by one any more.
func (a *Admin) RemovePassword(ctx context.Context, id string, signOut bool) (store.User, error) {
	return a.changeUser(ctx, id, signOut, func(u *store.User) error {
		u.PasswordDigest, u.PasswordUpdatedAt, u.PasswordCompromised = "", time.Time{}, false
		return nil
	})
}
