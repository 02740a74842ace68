package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// What CheckDigest refuses.
var (
	// ErrHasher means that digests of this kind are not understood.
	ErrHasher = errors.New("digests by this hasher cannot be imported")
	// ErrDigest means that a digest is malformed or asks for too much work.
	ErrDigest = errors.New("the digest cannot be used")
)

// ImportDigest decides whether a password digest made elsewhere may be kept, and
// gives the form in which it is: hasher is one of Hashers. The cost is bounded, so
// that no imported digest can exhaust memory or time at sign-in. It returns an error
// that wraps ErrHasher or ErrDigest.
func ImportDigest(hasher, digest string) (kept string, err error) {
	read, ok := foreign[hasher]
	switch {
	case len(digest) > maxForeign:
		return "", unusable("it is too long")
	case ok && !isText(digest):
		return "", unusable("it is no text")
	case ok:
		_, err := read(digest)
		return hasher + foreignMark + digest, err
	case hasher != "argon2id" && hasher != "bcrypt":
		return "", ErrHasher
	}
	d, err := parseDigest(digest)
	if err != nil {
		return "", err
	}
	if _, ok := d.(bcryptDigest); ok != (hasher == "bcrypt") {
		return "", fmt.Errorf("%w: it is not one by %s", ErrDigest, hasher)
	}
	return digest, nil
}

// foreignMark stands between the hasher and what it made.
const foreignMark = ":"

// Hashers lists those whose digests can be imported.
func Hashers() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(foreign)), "argon2id", "bcrypt")))
}

// A digest can tell whether a password is the one it was made of.
type digest interface {
	matches(password string) bool
}

// parseDigest reads a digest as it is kept. Its errors wrap ErrDigest.
func parseDigest(s string) (digest, error) {
	if hasher, rest, ok := strings.Cut(s, foreignMark); ok && foreign[hasher] != nil {
		return foreign[hasher](rest)
	}
	if strings.HasPrefix(s, "$2") {
		return parseBcrypt(s)
	}
	return parseArgon2(s, "argon2id")
}

// isOurs reports whether a digest is as a new one would be.
func isOurs(d digest) bool {
	x, ok := d.(argon2Digest)
	return ok && x.variant == "argon2id" && x.memory == ourMemory && x.time == ourTime && x.threads == ourThreads
}

// An argon2Digest is a PHC string by argon2id or argon2i (RFC 9106).
type argon2Digest struct {
	variant      string
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
var dummyDigest digest = argon2Digest{"argon2id", ourMemory, ourTime, ourThreads, make([]byte, 16), make([]byte, 32)}

func newArgon2id(password string) argon2Digest {
	d := argon2Digest{variant: "argon2id", memory: ourMemory, time: ourTime, threads: ourThreads, salt: make([]byte, 16)}
	_, _ = rand.Read(d.salt) // never fails
	d.key = d.derive(password, 32)
	return d
}

func (d argon2Digest) derive(password string, length int) []byte {
	if d.variant == "argon2i" {
		return argon2.Key([]byte(password), d.salt, d.time, d.memory, d.threads, uint32(length))
	}
	return argon2.IDKey([]byte(password), d.salt, d.time, d.memory, d.threads, uint32(length))
}

func (d argon2Digest) matches(password string) bool {
	return subtle.ConstantTimeCompare(d.derive(password, len(d.key)), d.key) == 1
}

// String gives the PHC string.
func (d argon2Digest) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", d.variant, argon2.Version, d.memory, d.time, d.threads,
		b64.EncodeToString(d.salt), b64.EncodeToString(d.key))
}

func parseArgon2(s, variant string) (digest, error) {
	parts := strings.Split(s, "$")
	if len(s) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != variant || parts[2] != "v=19" {
		return nil, fmt.Errorf("%w: it is not a PHC string by %s, version 19", ErrDigest, variant)
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
	d := argon2Digest{variant, m, t, uint8(p), salt, key}
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
