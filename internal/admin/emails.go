package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// An EmailChange is what an operator may say about an address. Nil means "as it
// is".
type EmailChange struct {
	Verified, Primary *bool
	Proof             store.EmailProof // of an address that is added
}

func (c EmailChange) primary() bool { return c.Primary != nil && *c.Primary }

// errUnverified refuses an address that nobody vouches for as the one that the user is
// known by.
func errUnverified() error {
	return problems{{"primary", Unacceptable, "The primary e-mail address must be verified."}}.err()
}

// Email finds an address by its idn_ id, and whose it is.
func (a *Admin) Email(ctx context.Context, id string) (store.Email, store.User, error) {
	if !isID("idn_", id) {
		return store.Email{}, store.User{}, fmt.Errorf("finding an e-mail address: %w", store.ErrNotFound)
	}
	users, err := a.users.ListUsers(ctx, store.UserQuery{EmailIDs: []string{id}, Limit: 1})
	if err != nil {
		return store.Email{}, store.User{}, fmt.Errorf("finding an e-mail address: %w", err)
	}
	for _, u := range users {
		for _, e := range u.Emails {
			if e.ID == id {
				return e, u, nil
			}
		}
	}
	return store.Email{}, store.User{}, fmt.Errorf("finding an e-mail address: %w", store.ErrNotFound)
}

// AddEmail gives a user another address. The first one is the primary one.
func (a *Admin) AddEmail(ctx context.Context, userID, address string, c EmailChange) (store.Email, error) {
	id, err := a.id("idn_", a.now())
	if err != nil {
		return store.Email{}, err
	}
	added := store.Email{ID: id, CreatedAt: a.now().Truncate(time.Millisecond), Verified: c.Verified != nil && *c.Verified, Proof: c.Proof}
	_, err = a.changeUser(ctx, userID, false, func(u *store.User) error {
		n := NewUser{EmailAddresses: []string{address}}
		for _, e := range u.Emails {
			n.EmailAddresses = append(n.EmailAddresses, e.Address)
		}
		if err := n.check(); err != nil {
			return err
		}
		added.Address = n.EmailAddresses[0]
		u.Emails = append(u.Emails, added)
		if c.primary() && !added.Verified {
			return errUnverified()
		}
		if len(u.Emails) == 1 || c.primary() {
			u.PrimaryEmailID = id
		}
		return nil
	})
	return added, err
}

// UpdateEmail changes what c names.
func (a *Admin) UpdateEmail(ctx context.Context, id string, c EmailChange) (store.Email, error) {
	_, owner, err := a.Email(ctx, id)
	if err != nil {
		return store.Email{}, err
	}
	changed := store.Email{}
	_, err = a.changeUser(ctx, owner.ID, false, func(u *store.User) error {
		i := slices.IndexFunc(u.Emails, func(e store.Email) bool { return e.ID == id })
		if i < 0 {
			return store.ErrNotFound
		}
		if c.Verified != nil {
			if u.Emails[i].Verified != *c.Verified {
				u.Emails[i].Proof = store.ProvedByOperator
			}
			u.Emails[i].Verified, u.Emails[i].Reserved = *c.Verified, u.Emails[i].Reserved && !*c.Verified
		}
		if c.primary() {
			if !u.Emails[i].Verified {
				return errUnverified()
			}
			u.PrimaryEmailID = id
		}
		changed = u.Emails[i]
		return nil
	})
	return changed, err
}

// ReplaceEmails gives a user one address instead of all there are.
func (a *Admin) ReplaceEmails(ctx context.Context, userID, address string, status EmailStatus) (store.Email, error) {
	n := NewUser{EmailAddresses: []string{address}, EmailStatuses: []EmailStatus{status}}
	if err := n.check(); err != nil {
		return store.Email{}, err
	}
	id, err := a.id("idn_", a.now())
	if err != nil {
		return store.Email{}, err
	}
	e := store.Email{ID: id, Address: n.EmailAddresses[0], CreatedAt: a.now().Truncate(time.Millisecond)}
	status.mark(&e)
	_, err = a.changeUser(ctx, userID, false, func(u *store.User) error {
		u.Emails, u.PrimaryEmailID = []store.Email{e}, e.ID
		return nil
	})
	return e, err
}

// ErrLastEmail means that the user would have nothing to be known by.
var ErrLastEmail = errors.New("the last identifier of the user cannot be deleted")

// DeleteEmail takes an address away. Another becomes the primary one if it was.
func (a *Admin) DeleteEmail(ctx context.Context, id string) error {
	_, owner, err := a.Email(ctx, id)
	if err != nil {
		return err
	}
	_, err = a.changeUser(ctx, owner.ID, false, func(u *store.User) error {
		u.Emails = slices.DeleteFunc(u.Emails, func(e store.Email) bool { return e.ID == id })
		if len(u.Emails) == 0 && u.Username == "" {
			return ErrLastEmail
		}
		if u.PrimaryEmailID == id {
			u.PrimaryEmailID = ""
			for _, e := range u.Emails {
				if e.Verified {
					u.PrimaryEmailID = e.ID
					break
				}
			}
		}
		return nil
	})
	return err
}
