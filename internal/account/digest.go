package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// What CheckDigest refuses.
var (
	// ErrHasher means that digests of this kind are not understood.
	ErrHasher = errors.New("only digests by argon2id and bcrypt can be imported")
	// ErrDigest means that a digest is malformed or asks for too much work.
	ErrDigest = errors.New("the digest cannot be used")
)

// CheckDigest decides whether a password digest made elsewhere may be kept:
// hasher is "argon2id", with a PHC string of version 19, or "bcrypt", with a
// string that begins with $2a$, $2b$ or $2y$. The cost is bounded, so that no
// imported digest can exhaust memory or time at sign-in. It returns an error that
// wraps ErrHasher or ErrDigest.
func CheckDigest(hasher, digest string) error {
	if hasher != "argon2id" && hasher != "bcrypt" {
		return ErrHasher
	}
	d, err := parseDigest(digest)
	if err != nil {
		return err
	}
	if _, ok := d.(bcryptDigest); ok != (hasher == "bcrypt") {
		return fmt.Errorf("%w: it is not one by %s", ErrDigest, hasher)
	}
	return nil
}

// A digest can tell whether a password is the one it was made of.
type digest interface {
	matches(password string) bool
}

// parseDigest reads a digest as it is kept. Its errors wrap ErrDigest.
func parseDigest(s string) (digest, error) {
	if strings.HasPrefix(s, "$2") {
		return parseBcrypt(s)
	}
	return parseArgon2id(s)
}

// An argon2Digest is a PHC string by argon2id (RFC 9106).
type argon2Digest struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, key    []byte
}

// The cost of our own digests, and the most that an imported one may ask for.
const (
	ourMemory, ourTime, ourThreads = 19 * 1024, 2, 1
	maxMemory, maxTime, maxThreads = 128 * 1024, 16, 16
	maxWork                        = 512 * 1024 // memory times passes: about half a second
	maxBcryptCost                  = 14         // about a second
)

// dummyDigest costs as much as a digest of ours, and no password is known to
// match it.
var dummyDigest digest = argon2Digest{ourMemory, ourTime, ourThreads, make([]byte, 16), make([]byte, 32)}

func newArgon2id(password string) argon2Digest {
	d := argon2Digest{memory: ourMemory, time: ourTime, threads: ourThreads, salt: make([]byte, 16)}
	_, _ = rand.Read(d.salt) // never fails
	d.key = d.derive(password, 32)
	return d
}

func (d argon2Digest) derive(password string, length int) []byte {
	return argon2.IDKey([]byte(password), d.salt, d.time, d.memory, d.threads, uint32(length))
}

func (d argon2Digest) matches(password string) bool {
	return subtle.ConstantTimeCompare(d.derive(password, len(d.key)), d.key) == 1
}

// String gives the PHC string.
func (d argon2Digest) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, d.memory, d.time, d.threads,
		b64.EncodeToString(d.salt), b64.EncodeToString(d.key))
}

func parseArgon2id(s string) (digest, error) {
	parts := strings.Split(s, "$")
	if len(s) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return nil, fmt.Errorf("%w: it is not a PHC string by argon2id, version 19", ErrDigest)
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return nil, fmt.Errorf("%w: its cost is not m, t and p", ErrDigest)
	}
	m, errM := cost(costs[0], "m=", 8, maxMemory)
	t, errT := cost(costs[1], "t=", 1, maxTime)
	p, errP := cost(costs[2], "p=", 1, maxThreads)
	if err := errors.Join(errM, errT, errP); err != nil {
		return nil, err
	}
	if m < 8*p || m*t > maxWork {
		return nil, fmt.Errorf("%w: its cost is out of proportion", ErrDigest)
	}
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return nil, fmt.Errorf("%w: its salt or hash has the wrong length or alphabet", ErrDigest)
	}
	d := argon2Digest{m, t, uint8(p), salt, key}
	if d.String() != s { // the decoder skips line ends
		return nil, fmt.Errorf("%w: it is not in its canonical spelling", ErrDigest)
	}
	return d, nil
}

// cost reads one parameter in its canonical spelling.
func cost(s, name string, least, most uint32) (uint32, error) {
	text, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(text, 10, 32)
	if !ok || err != nil || text != strconv.FormatUint(n, 10) || uint32(n) < least || uint32(n) > most {
		return 0, fmt.Errorf("%w: %s must be %d to %d", ErrDigest, strings.TrimSuffix(name, "="), least, most)
	}
	return uint32(n), nil
}

// A bcryptDigest is a digest from another system.
type bcryptDigest string

// maxBcrypt is how many bytes of a password bcrypt looks at.
const maxBcrypt = 72

// matches refuses passwords of which bcrypt would only look at the beginning:
// else every continuation of one would be admitted (threats SE09).
func (d bcryptDigest) matches(password string) bool {
	long := len(password) > maxBcrypt
	if long {
		password = password[:maxBcrypt] // for the time it takes
	}
	return bcrypt.CompareHashAndPassword([]byte(d), []byte(password)) == nil && !long
}

const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func parseBcrypt(s string) (digest, error) {
	if len(s) != 60 || s[:3] != "$2a" && s[:3] != "$2b" && s[:3] != "$2y" || s[3] != '$' || s[6] != '$' ||
		strings.Trim(s[7:], bcryptAlphabet) != "" {
		return nil, fmt.Errorf("%w: it is not $2a$, $2b$ or $2y$ with 53 characters of salt and hash", ErrDigest)
	}
	n, err := strconv.ParseUint(s[4:6], 10, 8)
	if err != nil || n < uint64(bcrypt.MinCost) || n > maxBcryptCost {
		return nil, fmt.Errorf("%w: its cost must be %d to %d", ErrDigest, bcrypt.MinCost, maxBcryptCost)
	}
	return bcryptDigest(s), nil
}
