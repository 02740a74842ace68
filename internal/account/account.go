package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/store"
)

// The answers of Authenticate that are not a fault.
var (
	// ErrWrongCredentials means that the identifier and the password do not open
	// an account. It never says which of the two was wrong.
	ErrWrongCredentials = errors.New("wrong identifier or password")
	// ErrBusy means that too many passwords wait to be hashed: try again later.
	ErrBusy = errors.New("too many passwords wait to be hashed")
)

// Accounts checks and hashes passwords. It is safe for concurrent use, and all
// callers of one value share its bound on concurrent hashing.
type Accounts struct {
	users    store.Users
	gate     *gate
	breached *Breached // nil: nobody is asked
	log      *slog.Logger
}

// queued is how many hashes may wait for each one that runs: at 20 ms each, the
// last waits for about a second.
const queued = 48

// New makes Accounts that hashes as many passwords at once as there are CPUs.
func New(users store.Users) *Accounts {
	cpus := runtime.GOMAXPROCS(0)
	return &Accounts{users: users, gate: newGate(cpus, cpus*queued), log: slog.New(slog.DiscardHandler)}
}

// AskAbout has new passwords looked up with b as well, and what goes wrong with that
// written to the log. It has to be called before anything else.
func (a *Accounts) AskAbout(b *Breached, log *slog.Logger) { a.breached, a.log = b, log }

// maxIdentifier is the most bytes of an identifier worth looking up: the longest
// e-mail address has 254.
const maxIdentifier = 320

// Authenticate finds the user whom identifier, an e-mail address or a user name,
// and password belong to. It returns ErrWrongCredentials for an unknown user, one
// without a password or with one that others know, a wrong password, and a user who
// is banned or locked alike, after the same work; ErrBusy when the queue for hashing is full; and the error of ctx when it
// ends first.
func (a *Accounts) Authenticate(ctx context.Context, identifier, password string) (store.User, error) {
	user, err := a.find(ctx, identifier)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.User{}, fmt.Errorf("finding the user who signs in: %w", err)
	}
	return a.authenticate(ctx, user, password)
}

// authenticate decides whether the password is that of user, who has no ID if there
// is nobody.
func (a *Accounts) authenticate(ctx context.Context, user store.User, password string) (store.User, error) {
	d, err := parseDigest(user.PasswordDigest)
	hasPassword := err == nil
	if !hasPassword {
		d = dummyDigest // an answer that came sooner would tell who has an account
	}
	if err := a.gate.enter(ctx); err != nil {
		return store.User{}, err
	}
	defer a.gate.leave()
	matches := d.matches(password) && CheckDigestible(password) == nil
	if user.ID == "" || !hasPassword || !matches || user.Banned || user.Locked || user.PasswordCompromised {
		return store.User{}, ErrWrongCredentials
	}
	return user, a.renew(ctx, user, d, password)
}

// renew keeps a digest of our own for a password that was imported under another
// one, now that it is known. The caller holds a place to hash in.
func (a *Accounts) renew(ctx context.Context, u store.User, d digest, password string) error {
	if isOurs(d) {
		return nil
	}
	err := a.users.RenewDigest(ctx, u.ID, u.PasswordDigest, newArgon2id(password).String())
	if err != nil && !errors.Is(err, store.ErrConflict) { // changed meanwhile, which counts
		return fmt.Errorf("keeping a digest of our own: %w", err)
	}
	return nil
}

// find looks a user up by what was typed. Text that no identifier contains, and
// that a database might refuse, finds nobody.
func (a *Accounts) find(ctx context.Context, identifier string) (store.User, error) {
	if len(identifier) > maxIdentifier || !isText(identifier) {
		return store.User{}, store.ErrNotFound
	}
	identifier = CanonicalIdentifier(identifier)
	if identifier == "" {
		return store.User{}, store.ErrNotFound
	}
	return a.users.UserByIdentifier(ctx, identifier)
}

// HashPassword gives the PHC string to keep for a password: argon2id with 19 MiB
// and two passes (OWASP Password Storage), a fresh salt each time. It returns a
// PasswordProblem for text that no digest can be made of, ErrBusy when the queue
// for hashing is full, and the error of ctx when it ends first. It does not ask
// for a minimum length: CheckPassword does.
func (a *Accounts) HashPassword(ctx context.Context, password string) (string, error) {
	if err := CheckDigestible(password); err != nil {
		return "", err
	}
	if err := a.gate.enter(ctx); err != nil {
		return "", err
	}
	defer a.gate.leave()
	return newArgon2id(password).String(), nil
}

// isText reports whether s is UTF-8 without NUL, which PostgreSQL cannot keep.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Matches reports whether a password is the one of a digest. It returns ErrBusy when
// the queue for hashing is full, and the error of ctx when it ends first.
func (a *Accounts) Matches(ctx context.Context, digest, password string) (bool, error) {
	d, err := parseDigest(digest)
	if err != nil {
		return false, fmt.Errorf("reading a digest: %w", err)
	}
	if err := a.gate.enter(ctx); err != nil {
		return false, err
	}
	defer a.gate.leave()
	return CheckDigestible(password) == nil && d.matches(password), nil
}
