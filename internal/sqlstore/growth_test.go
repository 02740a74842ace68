package sqlstore

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// As many grants expire as are made: the file must not grow beyond what it took
// the first time.
func TestTheFileStopsGrowing(t *testing.T) {
	db := seeded(t, filepath.Join(t.TempDir(), "signet.db"))
	var made atomic.Int64
	pages := func() (n int64) {
		if err := db.read.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var first int64
	for round := range 6 {
		day := now.AddDate(0, 0, 5*round)
		for range 20 {
			errs := make(chan error, 100)
			for range cap(errs) {
				go func() {
					g := newGrant(int(made.Add(1)))
					at := day.Add(time.Duration(made.Load()) * time.Millisecond)
					var random [10]byte
					copy(random[:], g.ID[6:])
					g.ID = oauth.NewGrantID(at, random)
					g.ExpiresAt = at.AddDate(0, 0, 3)
					errs <- db.RedeemCode(t.Context(), g)
				}()
			}
			for range cap(errs) {
				if err := <-errs; err != nil {
					t.Fatal(err)
				}
			}
		}
		if round == 0 {
			first = pages()
		}
		deleted, after := 0, oauth.GrantID{}
		for {
			n, last, err := db.DeleteExpiredGrants(t.Context(), day.AddDate(0, 0, 4), after, 200)
			if err != nil {
				t.Fatal(err)
			}
			deleted += n
			if after = last; last == (oauth.GrantID{}) {
				break
			}
		}
		if deleted != 2000 {
			t.Errorf("round %d: %d grants were removed, want the 2000 that it made", round, deleted)
		}
	}
	if last := pages(); last > first+first/10 {
		t.Errorf("the file has %d pages, %d after the first round", last, first)
	}
}
