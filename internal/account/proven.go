package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/store"
)

// changes bounds how often a change is tried again because another one came between
// reading and writing.
const changes = 16

// Owner is the user who has proved to read the mail of an address, as things are
// now. ErrWrongCode if the user may not sign in, or the address is not the user's
// any more.
func (p *Proofs) Owner(ctx context.Context, x store.Challenge) (store.User, error) {
	u, err := p.accounts.users.UserByID(ctx, x.UserID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.User{}, ErrWrongCode
	case err != nil:
		return store.User{}, fmt.Errorf("finding the user of a challenge: %w", err)
	}
	owns := slices.ContainsFunc(u.Emails, func(e store.Email) bool {
		return e.Address == x.Address && e.Verified != (x.Purpose == store.PurposeVerify)
	})
	if !owns && x.Purpose != store.PurposeAdd || u.Banned || u.Locked {
		return store.User{}, ErrWrongCode
	}
	return u, nil
}

// CheckNew decides whether somebody may choose a password. It returns a
// PasswordProblem.
func (a *Accounts) CheckNew(ctx context.Context, password string, identifiers ...string) error {
	if err := CheckPassword(password, identifiers...); err != nil || a.breached == nil {
		return err
	}
	known, err := a.breached.Has(ctx, password)
	switch {
	case err != nil:
		a.log.WarnContext(ctx, "the service that knows breached passwords was not asked", "err", err)
	case known:
		return PasswordCommon
	}
	return nil
}

// CheckReset is CheckNew for whoever typed an identifier, and hashes the password. It
// looks at the typed text alone, so that it tells nothing of an account. It fails as
// Admit does too.
func (p *Proofs) CheckReset(ctx context.Context, c Caller, identifier, password string) (digest string, err error) {
	if err := p.Admit(c); err != nil {
		return "", err
	}
	if err := p.accounts.CheckNew(ctx, password, identifier); err != nil {
		return "", err
	}
	return p.accounts.HashPassword(ctx, password)
}

// Reset gives the user who answered a challenge another password, by its digest,
// signs out all browsers and tells the user by mail. It fails as Owner does.
func (p *Proofs) Reset(ctx context.Context, x store.Challenge, digest string, language lang.Language) (store.User, error) {
	u, err := p.change(ctx, x, true, func(u *store.User, now time.Time) {
		u.PasswordDigest, u.PasswordUpdatedAt, u.PasswordCompromised = digest, now, false
	})
	if err != nil {
		return store.User{}, err
	}
	p.Notify(ctx, u, mail.PasswordChanged, x.Address, language)
	return u, nil
}

// Notify tells a user what has changed, at an address. It has been, so a letter that
// cannot be kept is no reason to fail.
func (p *Proofs) Notify(ctx context.Context, u store.User, news mail.Kind, address string, language lang.Language) {
	err := p.outbox.Post(ctx, mail.Letter{
		Kind: news, To: address, Link: p.issuer + forgotPath, Language: lang.Choose(u.Locale, language.Tag()),
	}, noticeLifetime)
	if err != nil {
		p.log.ErrorContext(ctx, "nobody is told what has changed", "what", string(news), "user", u.ID, "err", err)
	}
}

// Verified notes that an address is its user's. It fails as Owner does.
func (p *Proofs) Verified(ctx context.Context, x store.Challenge, proof store.EmailProof) (store.User, error) {
	return p.change(ctx, x, false, func(u *store.User, _ time.Time) {
		for i := range u.Emails {
			if u.Emails[i].Address == x.Address {
				u.Emails[i].Verified, u.Emails[i].Reserved, u.Emails[i].Proof = true, false, proof
			}
		}
	})
}

// change changes the user who answered a challenge, if it may.
func (p *Proofs) change(ctx context.Context, x store.Challenge, signOut bool, apply func(*store.User, time.Time)) (store.User, error) {
	for range changes {
		u, err := p.Owner(ctx, x)
		if err != nil {
			return store.User{}, err
		}
		was := u.UpdatedAt
		now := p.now().Truncate(time.Millisecond)
		if u.UpdatedAt = now; !now.After(was) {
			u.UpdatedAt = was.Add(time.Millisecond)
		}
		apply(&u, now)
		err = p.accounts.users.UpdateUser(store.WithActor(ctx, store.Actor{Kind: store.ByUser, ID: u.ID}), u, was, signOut)
		switch {
		case err == nil:
			return u, nil
		case !errors.Is(err, store.ErrConflict):
			return store.User{}, fmt.Errorf("changing the user of a challenge: %w", err)
		}
	}
	return store.User{}, fmt.Errorf("changing the user of a challenge: %w", store.ErrConflict)
}
