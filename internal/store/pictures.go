package store

import (
	"context"
	"time"
)

// Pictures keeps what was uploaded and is shown.
type Pictures interface {
	// PutPicture saves a picture; the same one again only becomes newer.
	PutPicture(ctx context.Context, p Picture) error

	// Picture finds a picture, or ErrNotFound.
	Picture(ctx context.Context, id string) (Picture, error)

	// DeleteUnusedPictures removes at most limit pictures that were last uploaded
	// before the given time and that no client, user or organization shows, and returns
	// how many. What is shown has the id behind base for its URL.
	DeleteUnusedPictures(ctx context.Context, base string, before time.Time, limit int) (int, error)
}

// A Picture is one that may be shown.
type Picture struct {
	ID        string // made of the hash of Bytes
	Type      string // the media type
	Bytes     []byte
	CreatedAt time.Time
}

// Uses remembers when secrets were last used.
type Uses interface {
	// NoteUses moves the last use of each secret forward, never back.
	NoteUses(ctx context.Context, uses map[Hash]time.Time) error

	// LastUses tells when secrets were last used; those that never were are left out.
	LastUses(ctx context.Context, secrets ...Hash) (map[Hash]time.Time, error)

	// DeleteOldUses forgets at most limit uses before the given time and returns how
	// many.
	DeleteOldUses(ctx context.Context, before time.Time, limit int) (int, error)
}
