package account

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/throttle"
)

// How much may be tried in a window. Attempts that succeed are not counted.
const (
	guessWindow = 10 * time.Minute
	perPair     = 10  // at one identifier from one network
	perDevice   = 10  // at one account from a device that has opened it before
	perAccount  = 100 // at one account from all other devices
	perNetwork  = 300 // from one network at all accounts
)

// A TooManyError means that too much was tried. It is the same whether there is an
// account or not.
type TooManyError struct{ Wait time.Duration }

// Error implements error.
func (e *TooManyError) Error() string { return "too many attempts" }

// A Caller is what is known of who tries.
type Caller struct {
	Network  string
	Browser  string                     // tells browsers apart, and is nobody else's to know
	Device   func(userID string) string // the id of the device if it has opened the user's account before, else ""
	Language lang.Language
}

// device is Device, which may be nil.
func (c Caller) device(userID string) string {
	if c.Device == nil || userID == "" {
		return ""
	}
	return c.Device(userID)
}

// A Guard bounds guessing (threats SE04 to SE07). Every attempt is counted before
// it is looked at: by account in the database, so that all nodes count together,
// and by network in memory, on each node for itself. A device that has opened an
// account before has a count of its own, so that strangers cannot keep its user
// out. The small count of a network is of the identifier that is typed, however it is
// spelled (SE06), and not of the account: else a stranger who has used it up would find
// which other identifiers are of the same account (SE08).
type Guard struct {
	accounts *Accounts
	attempts store.Attempts
	marks    *keyring.Authenticator
	pairs    *throttle.Budget
	networks *throttle.Budget
	now      func() time.Time
}

// NewGuard makes a guard.
func NewGuard(accounts *Accounts, attempts store.Attempts, ring *keyring.Ring, now func() time.Time) *Guard {
	return &Guard{
		accounts: accounts, attempts: attempts, marks: ring.Authenticator("guard"), now: now,
		pairs: throttle.NewBudget(perPair, guessWindow), networks: throttle.NewBudget(perNetwork, guessWindow),
	}
}

// SignIn is Authenticate for people, who may guess only so often. It fails with a
// *TooManyError too, whether or not the password was right.
func (g *Guard) SignIn(ctx context.Context, c Caller, identifier, password string) (store.User, error) {
	user, err := g.accounts.find(ctx, identifier)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.User{}, fmt.Errorf("finding the user who signs in: %w", err)
	}
	attempt, err := g.begin(ctx, c, user.ID, identifier)
	if err != nil {
		return store.User{}, err
	}
	user, err = g.accounts.authenticate(ctx, user, password)
	switch {
	case err == nil:
		return user, attempt.takeBack(ctx)
	case errors.Is(err, ErrBusy): // it was not looked at
		return store.User{}, errors.Join(err, attempt.takeBack(ctx))
	}
	return store.User{}, err
}

// subject names an account in counts. Identifiers of nobody share some names, since
// anybody can make them up and each is a row; which share one, nobody can tell.
func (g *Guard) subject(userID, identifier string) string {
	if userID != "" {
		return userID
	}
	const tag = keyring.TagSize
	marked := g.marks.Tag([]byte(CanonicalIdentifier(identifier)))
	return fmt.Sprintf("nobody %d", binary.BigEndian.Uint16(marked[len(marked)-tag:]))
}

// pair names an identifier and a network in counts that are kept in memory. It is as
// long for every identifier.
func (g *Guard) pair(network, identifier string) string {
	marked := g.marks.Tag([]byte(CanonicalIdentifier(identifier)))
	return network + " " + string(marked[len(marked)-keyring.TagSize:])
}

// An attempt is one that was counted.
type attempt struct {
	guard         *Guard
	network, pair string
	key           store.Hash
}

// begin counts an attempt at an account, or fails with a *TooManyError.
func (g *Guard) begin(ctx context.Context, c Caller, userID, identifier string) (*attempt, error) {
	now := g.now()
	if wait := g.networks.Spend(c.Network, now); wait > 0 {
		return nil, &TooManyError{wait}
	}
	subject := g.subject(userID, identifier)
	a := &attempt{guard: g, network: c.Network}
	most, name := perAccount, "account "+subject
	if device := c.device(userID); device != "" {
		most, name = perDevice, "device "+device+" "+subject
	} else {
		a.pair = g.pair(c.Network, identifier)
		if wait := g.pairs.Spend(a.pair, now); wait > 0 {
			return nil, &TooManyError{wait}
		}
	}
	a.key = oauth.HashSecret(name)
	if wait, err := g.count(ctx, a.key, most, guessWindow); err != nil || wait > 0 {
		return nil, errors.Join(err, tooMany(wait))
	}
	return a, nil
}

// count counts one more under a key, and gives how long to wait if there are too
// many.
func (g *Guard) count(ctx context.Context, key store.Hash, most int, window time.Duration) (time.Duration, error) {
	now := g.now()
	n, until, err := g.attempts.CountAttempt(ctx, key, now, window)
	if err != nil || n <= most {
		return 0, err
	}
	return until.Sub(now), nil
}

func tooMany(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &TooManyError{wait}
}

// takeBack uncounts the attempt, which was no guess.
func (a *attempt) takeBack(ctx context.Context) error {
	a.guard.networks.Refund(a.network)
	if a.pair != "" {
		a.guard.pairs.Refund(a.pair)
	}
	return a.guard.attempts.TakeBackAttempt(ctx, a.key)
}
