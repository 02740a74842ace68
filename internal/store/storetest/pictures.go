package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var picturePromises = map[string]func(*testing.T, Store){
	"a picture is kept while it is shown":        pictures,
	"the last use of a secret moves forward":     uses,
	"a client keeps the secret before, in hours": oldSecrets,
}

func pictures(t *testing.T, s Store) {
	want := store.Picture{ID: "a.png", Type: "image/png", Bytes: []byte{0, 1, 255}, CreatedAt: now}
	must(t, s.PutPicture(t.Context(), want))
	got, err := s.Picture(t.Context(), "a.png")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, id := range []string{"b.png", "c.png", "d.png"} {
		p := want
		p.ID = id
		must(t, s.PutPicture(t.Context(), p))
	}
	again := want
	again.ID, again.CreatedAt = "d.png", now.Add(time.Hour)
	must(t, s.PutPicture(t.Context(), again))
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	c.ImageURL = "https://id.example/images/a.png"
	must(t, s.UpdateClient(t.Context(), c))
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	was := u.UpdatedAt
	u.ImageURL, u.UpdatedAt = "https://id.example/images/b.png", now.Add(time.Second)
	must(t, s.UpdateUser(t.Context(), u, was, false))
	for _, x := range []struct {
		before time.Time
		want   int
	}{{now, 0}, {now.Add(time.Minute), 1}, {now.Add(2 * time.Hour), 1}, {now.Add(2 * time.Hour), 0}} {
		if n, err := s.DeleteUnusedPictures(t.Context(), "https://id.example/images/", x.before, 10); n != x.want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, x.want)
		}
	}
	for id, want := range map[string]error{"a.png": nil, "b.png": nil, "c.png": store.ErrNotFound, "d.png": store.ErrNotFound, "x\x00": store.ErrNotFound} {
		if _, err := s.Picture(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}

func uses(t *testing.T, s Store) {
	a, b := store.Hash{1}, store.Hash{2}
	must(t, s.NoteUses(t.Context(), nil))
	must(t, s.NoteUses(t.Context(), map[store.Hash]time.Time{a: now, b: now}))
	errs := together(8, func(i int) error {
		return s.NoteUses(t.Context(), map[store.Hash]time.Time{a: now.Add(time.Duration(i) * time.Minute), b: now.Add(-time.Duration(i) * time.Minute)})
	})
	for _, err := range errs {
		must(t, err)
	}
	got, err := s.LastUses(t.Context(), a, b, store.Hash{3})
	if diff := cmp.Diff(map[store.Hash]time.Time{a: now.Add(7 * time.Minute), b: now}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if n, err := s.DeleteOldUses(t.Context(), now.Add(time.Minute), 10); n != 1 || err != nil {
		t.Errorf("forgot %d, %v, want 1", n, err)
	}
	if got, err := s.LastUses(t.Context()); len(got) != 0 || err != nil {
		t.Errorf("of no secret: %v, %v", got, err)
	}
}

func oldSecrets(t *testing.T, s Store) {
	want, err := s.ClientByID(t.Context(), app)
	must(t, err)
	want.SecretMadeAt = now
	want.OldSecret = oauth.OldSecret{Hash: oauth.HashSecret("old"), MadeAt: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	must(t, s.UpdateClient(t.Context(), want))
	got, err := s.ClientByClientID(t.Context(), client)
	want.Revision++
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
