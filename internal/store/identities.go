package store

import (
	"context"
	"time"
)

// Identities keeps by which accounts elsewhere users sign in. Every change but a use
// moves the user's UpdatedAt.
type Identities interface {
	// IdentityBySubject finds whom a provider means by a subject, or ErrNotFound.
	IdentityBySubject(ctx context.Context, provider, issuer, subject string) (Identity, error)

	// IdentitiesOf reads the identities of a user, oldest first; nobody has none.
	IdentitiesOf(ctx context.Context, userID string) ([]Identity, error)

	// AddIdentity keeps an identity. Of any number of concurrent calls for one subject
	// exactly one succeeds; the others return ErrConflict, as for a user who has
	// another identity of the provider. ErrNotFound if the user is gone.
	AddIdentity(ctx context.Context, x Identity) error

	// UseIdentity notes a sign-in, and the address that the provider told. It does not
	// fail for one that is gone.
	UseIdentity(ctx context.Context, id, address string, now time.Time) error

	// GiveUpIdentity removes an identity of this user, if it has a password, a passkey
	// or another identity; otherwise ErrConflict, and nothing is removed. Of any number
	// of concurrent calls none removes the last way to sign in. ErrNotFound if the user
	// has none with this id.
	GiveUpIdentity(ctx context.Context, userID, id string, now time.Time) error
}

// An Identity is an account elsewhere that signs a user in. A subject of an issuer is
// one user's at most.
type Identity struct {
	ID         string // eac_...
	UserID     string
	Provider   string // id of the one that is configured
	Issuer     string // who names the subject
	Subject    string // never used again for another account there (OpenID Connect Core §2)
	Address    string // e-mail address there when it was last used, or ""
	CreatedAt  time.Time
	LastUsedAt time.Time // zero if never
}
