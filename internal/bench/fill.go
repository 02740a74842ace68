package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

const (
	fillUsers   = 1000    // most users that the grants belong to
	fillCallers = 256     // that save grants at once
	fillTokens  = 100_000 // most tokens that are minted of them
	fillSpread  = 48 * time.Hour
)

// fill saves n live grants, authorized over the last two days, and gives the
// tokens of some of them, chosen at random.
func fill(ctx context.Context, db *sqlstore.DB, ring *keyring.Ring, clientID string, n int, progress func(string)) (access, refresh []string, err error) {
	began := time.Now()
	users, err := fillWithUsers(ctx, db, clientID, min(n, fillUsers), began)
	if err != nil {
		return nil, nil, err
	}
	grant := func(i int) oauth.Grant { return filled(i, n, clientID, users[i%len(users)], began) }
	if err := save(ctx, db, n, grant, progress); err != nil {
		return nil, nil, err
	}
	tokens := token.New(ring, nil, "") // opaque tokens are in no issuer's name
	client := oauth.Client{Lifetimes: oauth.DefaultLifetimes()}
	for range min(n, fillTokens) {
		g := grant(rand.IntN(n))
		pair, err := tokens.Mint(ctx, token.Order{Grant: g, Client: client, Scopes: g.Scopes})
		if err != nil {
			return nil, nil, err
		}
		access, refresh = append(access, pair.Access), append(refresh, pair.Refresh)
	}
	return access, unique(refresh), nil
}

// fillExpired saves n grants that have expired long ago.
func fillExpired(ctx context.Context, db *sqlstore.DB, clientID string, n int, progress func(string)) error {
	now := time.Now()
	users, err := fillWithUsers(ctx, db, clientID, min(n, fillUsers), now)
	if err != nil {
		return err
	}
	return save(ctx, db, n, func(i int) oauth.Grant {
		g := filled(i, n, clientID, users[i%len(users)], now.AddDate(0, 0, -10))
		g.AuthorizedAt = now // later than what it stands on, or it would not be saved
		return g
	}, progress)
}

// save saves n grants, many at once.
func save(ctx context.Context, db *sqlstore.DB, n int, grant func(int) oauth.Grant, progress func(string)) error {
	var next atomic.Int64
	errs := make([]error, fillCallers)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if errs[w] = db.RedeemCode(ctx, grant(i)); errs[w] != nil {
					return
				}
				if i%50_000 == 0 && progress != nil {
					progress(fmt.Sprintf("filling the database: %d of %d grants", i, n))
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// filled is grant i of n: ids ascend with i, as they do when grants are made one
// after the other.
func filled(i, n int, clientID, userID string, now time.Time) oauth.Grant {
	var random [10]byte
	binary.BigEndian.PutUint64(random[:], uint64(i))
	at := now.Add(-fillSpread + time.Duration(float64(fillSpread)*float64(i)/float64(n)))
	return oauth.Grant{
		ID: oauth.NewGrantID(at, random), ClientID: clientID, UserID: userID, SessionID: "sess_" + strings.Repeat("0", 27),
		Scopes: oauth.Scopes(strings.Fields(scope)), Generation: 1,
		AuthorizedAt: now, RotatedAt: now, ExpiresAt: now.AddDate(0, 0, 3), EndsAt: now.AddDate(0, 0, 90),
	}
}

func fillWithUsers(ctx context.Context, db *sqlstore.DB, clientID string, n int, now time.Time) ([]string, error) {
	ids := make([]string, n)
	for i := range ids {
		id := randomText()
		ids[i] = "user_" + id[:27]
		email := store.Email{ID: "idn_" + id[:27], Address: strings.ToLower(id) + "@example.com", Verified: true, CreatedAt: now}
		err := db.CreateUser(ctx, store.User{
			ID: ids[i], FirstName: "Ada", LastName: "Byron", PrimaryEmailID: email.ID, Emails: []store.Email{email},
			PublicMetadata: []byte(`{"plan":"gold"}`), CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return nil, err
		}
		if err := db.Agree(ctx, ids[i], clientID, oauth.Scopes(strings.Fields(scope)), now.Add(-time.Minute)); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// unique drops what is there twice: a refresh token has one owner.
func unique(tokens []string) []string {
	seen := make(map[string]bool, len(tokens))
	var once []string
	for _, t := range tokens {
		if !seen[t] {
			seen[t] = true
			once = append(once, t)
		}
	}
	return once
}
