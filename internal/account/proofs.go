package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/throttle"
)

// What codes are and how often they are sent.
const (
	codeDigits     = 6
	codeLifetime   = 10 * time.Minute
	resendPause    = 30 * time.Second // between two codes for one browser and address
	noticeLifetime = 2 * 24 * time.Hour
	sendWindow     = 24 * time.Hour
	sendsPerDevice = 20  // to one account for a device that has opened it before
	sendsPerPair   = 20  // to one identifier for one network, without such devices
	sendsPerKey    = 100 // to one account for all other devices together
	sendsPerSource = 30  // for one network in guessWindow
	sendsPerMinute = 600 // on a node, which bounds the challenges that are kept
)

// The answers of Proofs that are not a fault.
var (
	// ErrWrongCode means that a code is not the one that was sent last, or has been
	// used, tried too often, or is too old. It never says which.
	ErrWrongCode = errors.New("wrong code")
	// ErrLink means that a link does not work, or does not work any more.
	ErrLink = errors.New("the link does not work")
	// ErrTooSoon means that a code was sent a moment ago.
	ErrTooSoon = errors.New("a code was sent a moment ago")
	// ErrNotEmail means that something is no e-mail address.
	ErrNotEmail = errors.New("not an e-mail address")
)

// Challenges keeps what proofs need.
type Challenges interface {
	store.Challenges
	store.Attempts
}

// Proofs finds out whether somebody reads the mail of an address, and does what
// that proves. It is safe for concurrent use.
//
// A code is bound to the browser that asked for it. A link works in any browser,
// so pages ask before they follow one. Who is told nothing else cannot find out
// here whether there is an account: what is kept, what is answered and the work for
// both are the same, only the mail differs (threats SE08, SE16).
type Proofs struct {
	accounts *Accounts
	kept     Challenges
	guard    *Guard
	codes    *keyring.Authenticator
	outbox   *mail.Outbox
	sources  *throttle.Budget
	pairs    *throttle.Budget
	pace     *throttle.Pace
	issuer   string
	now      func() time.Time
	log      *slog.Logger
}

// ProofDeps are what Proofs needs.
type ProofDeps struct {
	Kept   Challenges
	Guard  *Guard
	Ring   *keyring.Ring
	Outbox *mail.Outbox
	Issuer string // what links begin with
	Now    func() time.Time
	Log    *slog.Logger
}

// NewProofs makes Proofs.
func NewProofs(d ProofDeps) *Proofs {
	return &Proofs{
		accounts: d.Guard.accounts, kept: d.Kept, guard: d.Guard, codes: d.Ring.Authenticator("code"), outbox: d.Outbox,
		sources: throttle.NewBudget(sendsPerSource, guessWindow), pairs: throttle.NewBudget(sendsPerPair, sendWindow), pace: throttle.NewPace(sendsPerMinute, sendsPerMinute),
		issuer: d.Issuer, now: d.Now, log: d.Log,
	}
}

// The pages that links lead to.
const (
	SignInLinkPath = "/sign-in/link"
	SignUpLinkPath = "/sign-up/link"
	ResetLinkPath  = "/reset-password/link"
	VerifyLinkPath = "/verify-address/link"
	AddLinkPath    = "/account/addresses/link"
	signInPath     = "/sign-in"
	forgotPath     = "/forgot-password"
)

// purposes are the letters and links for each purpose.
var purposes = map[store.Purpose]struct {
	kind mail.Kind
	path string
}{
	store.PurposeSignIn: {mail.SignIn, SignInLinkPath},
	store.PurposeSignUp: {mail.SignUp, SignUpLinkPath},
	store.PurposeReset:  {mail.Reset, ResetLinkPath},
	store.PurposeVerify: {mail.Verify, VerifyLinkPath},
	store.PurposeAdd:    {mail.Verify, AddLinkPath},
}

// Ask sends a code and a link to the address that identifier is or stands for. To
// sign up it is the address of nobody yet; to verify, one of the user's. It fails with
// ErrTooSoon, a *TooManyError, or ErrNotEmail for what cannot be an address to sign
// up with.
func (p *Proofs) Ask(ctx context.Context, c Caller, purpose store.Purpose, identifier string) error {
	return p.ask(ctx, c, purpose, identifier, "")
}

// AskToAdd sends a code and a link to an address that a user wants to add, or a word to
// the owner of an account that has it already. It fails as Ask does.
func (p *Proofs) AskToAdd(ctx context.Context, c Caller, userID, address string) error {
	return p.ask(ctx, c, store.PurposeAdd, address, userID)
}

// isNew reports whether a proof is of an address that nobody has yet.
func isNew(purpose store.Purpose) bool {
	return purpose == store.PurposeSignUp || purpose == store.PurposeAdd
}

// ask is Ask, for a user who is signed in if asks is not "".
func (p *Proofs) ask(ctx context.Context, c Caller, purpose store.Purpose, identifier, asks string) error {
	if isNew(purpose) && !IsEmail(identifier) {
		return ErrNotEmail
	}
	user, err := p.accounts.find(ctx, identifier)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("finding the user who asks for a code: %w", err)
	}
	sent, err := p.admit(ctx, c, user.ID, identifier)
	if err != nil {
		return err
	}
	challenge, letter, err := p.compose(c, purpose, identifier, user, asks)
	if err != nil {
		return err
	}
	err = p.kept.PutChallenge(ctx, challenge, letter, challenge.SentAt.Add(-resendPause))
	switch {
	case errors.Is(err, store.ErrConflict):
		return errors.Join(ErrTooSoon, sent.takeBack(ctx))
	case err != nil:
		return err
	}
	p.outbox.Wake()
	return nil
}

// A sending is a letter that was counted.
type sending struct {
	proofs *Proofs
	pair   string // "" for a device that has opened the account before
	key    store.Hash
}

// admit counts a letter to be sent. Strangers are counted by network first, so that
// those of one network cannot use up what there is for all of them.
func (p *Proofs) admit(ctx context.Context, c Caller, userID, identifier string) (*sending, error) {
	now := p.now()
	if wait := p.sources.Spend(c.Network, now); wait > 0 {
		return nil, &TooManyError{wait}
	}
	if wait := p.pace.Wait("all", now); wait > 0 {
		return nil, &TooManyError{wait}
	}
	s := &sending{proofs: p}
	most, name := sendsPerKey, "letters "+p.guard.subject(userID, identifier)
	if device := c.device(userID); device != "" {
		most, name = sendsPerDevice, name+" "+device
	} else {
		s.pair = p.guard.pair(c.Network, identifier)
		if wait := p.pairs.Spend(s.pair, now); wait > 0 {
			return nil, &TooManyError{wait}
		}
	}
	s.key = oauth.HashSecret(name)
	if wait, err := p.guard.count(ctx, s.key, most, sendWindow); err != nil || wait > 0 {
		return nil, errors.Join(err, tooMany(wait))
	}
	return s, nil
}

// takeBack uncounts the letter, which is not sent.
func (s *sending) takeBack(ctx context.Context) error {
	if s.pair != "" {
		s.proofs.pairs.Refund(s.pair)
	}
	return s.proofs.kept.TakeBackAttempt(ctx, s.key)
}

// compose makes a challenge and the letter that answers it, or no letter if the
// answer is nobody's to know.
func (p *Proofs) compose(c Caller, purpose store.Purpose, identifier string, user store.User, asks string) (store.Challenge, *store.Letter, error) {
	now := p.now().Truncate(time.Millisecond)
	code, link := newCode(), newLink()
	x := store.Challenge{
		ID: challengeID(purpose, identifier, c.Browser), Purpose: purpose, UserID: user.ID,
		Link: oauth.HashSecret(link), SentAt: now, ExpiresAt: now.Add(codeLifetime),
	}
	x.Code = p.hashCode(x.ID, code)
	letter := mail.Letter{
		Kind: purposes[purpose].kind, Code: code, Language: lang.Choose(user.Locale, c.Language.Tag()),
		Link: p.issuer + purposes[purpose].path + "?ticket=" + link,
	}
	to, known := recipient(purpose, identifier, user)
	switch {
	case isNew(purpose) && user.ID != "":
		letter.Kind, letter.Code, letter.Link = mail.AlreadyHere, "", p.issuer+signInPath
		x.UserID, x.Code, x.Link = "", oauth.HashSecret(newLink()), oauth.HashSecret(newLink()) // that nothing answers
	case isNew(purpose):
		x.UserID = asks
	case !known:
		to = "nobody@example.com" // the work is done and thrown away
	}
	x.Address, letter.To = to, to
	kept, err := p.outbox.Prepare(letter, codeLifetime)
	switch {
	case errors.Is(err, mail.ErrAddress): // one that no mail gets to
		return x, nil, nil
	case err != nil:
		return store.Challenge{}, nil, err
	case !known:
		return x, nil, nil
	}
	return x, &kept, nil
}

// recipient is the address to write to: the one that was typed, or that the user
// is known by. Only to prove an address is it one that is not proved.
func recipient(purpose store.Purpose, identifier string, user store.User) (address string, known bool) {
	if isNew(purpose) {
		return identifier, true
	}
	canonical := CanonicalEmail(identifier)
	for _, e := range user.Emails {
		typed := CanonicalEmail(e.Address) == canonical
		standsFor := canonical == CanonicalIdentifier(user.Username) && e.ID == user.PrimaryEmailID
		if (typed || standsFor) && e.Verified != (purpose == store.PurposeVerify) {
			return e.Address, true
		}
	}
	return "", false
}

// Admit fails with a *TooManyError for who may not answer any more, and counts
// nothing: work need not be done then.
func (p *Proofs) Admit(c Caller) error {
	return tooMany(p.guard.networks.Wait(c.Network, p.now()))
}

// Answer takes the challenge that a code answers in the browser that asked for it.
// It fails with ErrWrongCode or a *TooManyError.
func (p *Proofs) Answer(ctx context.Context, c Caller, purpose store.Purpose, identifier, code string) (store.Challenge, error) {
	if wait := p.guard.networks.Spend(c.Network, p.now()); wait > 0 {
		return store.Challenge{}, &TooManyError{wait}
	}
	id := challengeID(purpose, identifier, c.Browser)
	x, err := p.kept.AnswerChallenge(ctx, id, p.hashCode(id, typedCode(code)), p.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Challenge{}, ErrWrongCode
	case err != nil:
		return store.Challenge{}, err
	}
	p.guard.networks.Refund(c.Network)
	return x, nil
}

// Look finds the challenge that a link is of, and leaves it. It fails with ErrLink.
func (p *Proofs) Look(ctx context.Context, purpose store.Purpose, token string) (store.Challenge, error) {
	x, err := p.kept.ChallengeByLink(ctx, oauth.HashSecret(token), p.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && x.Purpose != purpose {
		return store.Challenge{}, ErrLink
	}
	return x, err
}

// Follow takes the challenge that a link is of. It fails with ErrLink.
func (p *Proofs) Follow(ctx context.Context, purpose store.Purpose, token string) (store.Challenge, error) {
	if _, err := p.Look(ctx, purpose, token); err != nil {
		return store.Challenge{}, err
	}
	x, err := p.kept.FollowChallenge(ctx, oauth.HashSecret(token), p.now())
	if errors.Is(err, store.ErrNotFound) {
		return store.Challenge{}, ErrLink
	}
	return x, err
}

// challengeID names the challenge of a purpose and an identifier in a browser.
func challengeID(purpose store.Purpose, identifier, browser string) store.Hash {
	parts := []string{string(purpose), CanonicalIdentifier(identifier), browser}
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	return oauth.HashSecret(b.String())
}

// hashCode is how a code is kept. A million codes are soon tried, so the hash is one
// that only this installation can make.
func (p *Proofs) hashCode(id store.Hash, code string) store.Hash {
	return oauth.HashSecret(string(p.codes.Tag(slices.Concat(id[:], []byte(code)))))
}

// typedCode is a code as people type it, or "" if it cannot be one.
func typedCode(text string) string {
	code := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(text)
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}

func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // rand.Reader never fails: it ends the program instead
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

func newLink() string {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(secret)
}
