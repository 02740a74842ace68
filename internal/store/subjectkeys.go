package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// SubjectKeys keeps the API keys that users, machines and organizations have for the
// operator's own APIs. (APIKeys are the operator's, for the Backend API.) What is
// presented is derived from the id and the root key.
type SubjectKeys interface {
	// CreateSubjectKey saves a key. ErrNotFound if its subject does not exist.
	CreateSubjectKey(ctx context.Context, k SubjectKey) error

	// SubjectKey finds a key, revoked, expired or not, or ErrNotFound.
	SubjectKey(ctx context.Context, id SubjectKeyID) (SubjectKey, error)

	// LiveSubjectKey finds a key that opens something at now, or ErrNotFound: if it
	// was revoked or has expired, if its subject is gone or banned, or if the subject
	// or the instance was cut off since it was made.
	LiveSubjectKey(ctx context.Context, id SubjectKeyID, now time.Time) (SubjectKey, error)

	// ListSubjectKeys returns one page of a subject's keys, newest first, and how
	// many match at now in all.
	ListSubjectKeys(ctx context.Context, q SubjectKeyQuery, now time.Time) ([]SubjectKey, int, error)

	// ChangeSubjectKey changes what c names and returns the key as it is then. Of
	// concurrent changes of different things none is lost. ErrNotFound if there is
	// none, or its new subject does not exist.
	ChangeSubjectKey(ctx context.Context, id SubjectKeyID, c SubjectKeyChange, now time.Time) (SubjectKey, error)

	// RevokeSubjectKey ends a key and returns it as it is then. The first time stays,
	// with its reason. ErrNotFound if there is none.
	RevokeSubjectKey(ctx context.Context, id SubjectKeyID, reason *string, now time.Time) (SubjectKey, error)

	// DeleteSubjectKey removes a key. ErrNotFound if there is none.
	DeleteSubjectKey(ctx context.Context, id SubjectKeyID) error

	// DeleteExpiredSubjectKeys removes at most limit keys that expired before the
	// given time, and what is noted of their use, and returns how many.
	DeleteExpiredSubjectKeys(ctx context.Context, before time.Time, limit int) (int, error)
}

// A SubjectKeyID names an API key and is of no use to whoever sees it. It begins
// with the time, as oauth.GrantID does.
type SubjectKeyID [16]byte

// String gives the id as Clerk's SDKs know it.
func (id SubjectKeyID) String() string { return "ak_" + hex.EncodeToString(id[:]) }

// Use is what the use of the key is noted under.
func (id SubjectKeyID) Use() Hash { return oauth.HashSecret("use of " + id.String()) }

// A SubjectKey is an API key of a user, a machine or an organization.
type SubjectKey struct {
	ID          SubjectKeyID
	Subject     string // user_..., mch_... or org_...
	Name        string
	Description *string
	Claims      json.RawMessage // nil for none
	Scopes      []string
	CreatedBy   *string // user_...
	Revocation
	Withdrawn bool      // its subject is gone or banned, or was cut off since, or the instance was; not kept
	ExpiresAt time.Time // zero: never
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Expired reports whether the key's time is over.
func (k SubjectKey) Expired(now time.Time) bool {
	return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt)
}

// A SubjectKeyChange is what may change about a key. Nil leaves as it is.
type SubjectKeyChange struct {
	Subject     *string
	Description *string
	Claims      json.RawMessage
	Scopes      []string
	ExpiresAt   *time.Time
}

// A SubjectKeyQuery selects keys of one subject.
type SubjectKeyQuery struct {
	Subject        string
	Query          string // part of the name in any case, or the whole id; "" matches all
	IncludeInvalid bool   // those that were revoked or have expired
	Limit, Offset  int
}
