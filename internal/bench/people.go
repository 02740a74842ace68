package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// Between these two the people of a benchmark joined.
var (
	firstJoined = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	lastJoined  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// A person is somebody made up. Number i is the same in every run, so that what is
// asked for can be made up again.
type person struct {
	id, first, last, address, username, externalID string
	joined, signedIn                               time.Time
	banned                                         bool
}

var (
	firstBeginnings = strings.Fields("a be ca da e fi ga ha i jo ka le ma ni o pe ro sa ti vi")
	firstEndings    = strings.Fields("da bert la ria na lia mon ry nas phine tje len di sha vid na tor ko lan rah")
	lastSyllables   = strings.Fields("ba ber dow du fen gar hol in ja ker lo mar nes or pet qui ran ste tur ul ven wes yo zim schu mo li nak hart berg")
	hosts           = strings.Fields("mail.example post.example example.com example.org work.example uni.example shop.example home.example")
)

// often picks the first ones more often than the last, as names are.
func often(r *rand.Rand, all []string) string { return all[min(r.IntN(len(all)), r.IntN(len(all)))] }

func personOf(i, of int) person {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	first := often(r, firstBeginnings) + often(r, firstEndings)
	last := often(r, lastSyllables) + often(r, lastSyllables) + often(r, lastSyllables)
	p := person{
		id:    fmt.Sprintf("user_2%09d%017d", i, r.Uint64N(1e17)),
		first: title(first), last: title(last),
		address: fmt.Sprintf("%s.%s%d@%s", first, last, i, often(r, hosts)),
		joined:  firstJoined.Add(time.Duration(float64(lastJoined.Sub(firstJoined)) * float64(i) / float64(of))),
		banned:  r.IntN(100) == 0,
	}
	if r.IntN(2) == 0 {
		p.username = fmt.Sprintf("%s_%d", first, i)
	}
	if r.IntN(3) == 0 {
		p.externalID = fmt.Sprintf("crm-%d", i)
	}
	if r.IntN(10) < 6 {
		p.signedIn = p.joined.Add(time.Duration(r.Int64N(int64(lastJoined.Sub(p.joined)) + 1)))
	}
	return p
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func (p person) user() store.User {
	email := store.Email{ID: "idn_" + p.id[len("user_"):], Address: p.address, Verified: true, CreatedAt: p.joined}
	return store.User{
		ID: p.id, ExternalID: p.externalID, Username: p.username, FirstName: p.first, LastName: p.last,
		Emails: []store.Email{email}, PrimaryEmailID: email.ID, PublicMetadata: []byte(`{"plan":"gold"}`), Banned: p.banned,
		CreatedAt: p.joined, UpdatedAt: p.joined, LastSignInAt: p.signedIn, LastActiveAt: p.signedIn.Truncate(24 * time.Hour),
	}
}

// fillPeople saves n people, unless the last one is there from another run.
func fillPeople(ctx context.Context, db *sqlstore.DB, n int, progress func(string)) error {
	if _, err := db.UserByID(ctx, personOf(n-1, n).id); err == nil {
		return nil
	}
	var next atomic.Int64
	errs := make([]error, fillCallers)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				var exists *store.ExistsError
				if err := db.CreateUser(ctx, personOf(i, n).user()); err != nil && !errors.As(err, &exists) {
					errs[w] = err
					return
				}
				if i%10_000 == 0 && progress != nil {
					progress(fmt.Sprintf("filling the database: %d of %d users", i, n))
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// settle does at once what a node does in the background in the minutes after so many
// users were added.
func settle(ctx context.Context, db *sqlstore.DB, progress func(string)) error {
	const pages = 1000 // at once, as nobody waits for the database
	if progress != nil {
		progress("letting the database settle")
	}
	for {
		if more, err := db.MergeTexts(ctx, pages); err != nil || !more {
			return err
		}
	}
}
