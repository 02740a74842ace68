package sqlstore

import (
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/internal/store"
)

// callers is how many requests are under way at once.
const callers = 32

// onEngines runs a benchmark with a database that holds some grants.
func onEngines(b *testing.B, held int, run func(*testing.B, *DB)) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "signet.db") },
		"postgres": func() string { return pgtest.URL(b) },
	} {
		b.Run(name, func(b *testing.B) {
			db := seeded(b, url())
			var n atomic.Int64
			each(b, held, func() error { return db.RedeemCode(b.Context(), newGrant(int(n.Add(1)))) })
			b.ResetTimer()
			run(b, db)
		})
	}
}

// each has callers do n things, all at once.
func each(b *testing.B, n int, do func() error) {
	b.Helper()
	left := atomic.Int64{}
	left.Store(int64(n))
	done := make(chan error, callers)
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRedeemCode(b *testing.B) {
	onEngines(b, 0, func(b *testing.B, db *DB) {
		var n atomic.Int64
		each(b, b.N, func() error { return db.RedeemCode(b.Context(), newGrant(int(n.Add(1)))) })
	})
}

func BenchmarkRotateRefreshToken(b *testing.B) {
	const held = 20_000
	onEngines(b, held, func(b *testing.B, db *DB) {
		var n atomic.Int64
		each(b, b.N, func() error {
			i := int(n.Add(1)) - 1
			_, err := db.RotateRefreshToken(b.Context(), store.Rotation{
				ID: newGrant(i%held + 1).ID, ClientID: "client", Generation: uint32(i/held + 1),
				Now: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour),
			})
			return err
		})
	})
}

func BenchmarkGrant(b *testing.B) {
	const held = 20_000
	onEngines(b, held, func(b *testing.B, db *DB) {
		each(b, b.N, func() error {
			_, err := db.Grant(b.Context(), newGrant(rand.IntN(held)+1).ID, now)
			return err
		})
	})
}

func BenchmarkGrantWithUser(b *testing.B) {
	const held = 20_000
	onEngines(b, held, func(b *testing.B, db *DB) {
		each(b, b.N, func() error {
			_, _, err := db.GrantWithUser(b.Context(), newGrant(rand.IntN(held)+1).ID, now)
			return err
		})
	})
}
