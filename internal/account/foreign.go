package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // what others have kept
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Digests of other systems, in the formats that Clerk takes them in. They are read
// once, to check a password and keep a digest of our own instead; several of them
// protect nothing from whoever has them. What they are made of is in x/crypto and
// the standard library; no library has these formats.

// A foreignDigest can tell whether a password is its own, and what it costs was
// bounded when it was read.
type foreignDigest func(password string) bool

func (d foreignDigest) matches(password string) bool { return d(password) }

// The most that a digest may ask for: each about half a second.
const (
	maxRounds      = 2_000_000 // of PBKDF2
	maxSymfony     = 500_000
	maxPHPass      = 20      // logarithm
	maxScryptWork  = 1 << 20 // N times r times p
	maxScryptBytes = 128 << 20
	maxForeign     = 1024 // bytes of a digest
)

// foreign reads the digests of each hasher.
var foreign = map[string]func(string) (foreignDigest, error){
	"argon2i":              parseArgon2i,
	"bcrypt_sha256_django": parseDjangoBcrypt,
	"ldap_ssha":            parseSSHA,
	"md5":                  func(s string) (foreignDigest, error) { return plainHash(md5.New, s) },
	"sha256":               func(s string) (foreignDigest, error) { return plainHash(sha256.New, s) },
	"phpass":               parsePHPass,
	"md5_phpass": func(s string) (foreignDigest, error) {
		inner, err := parsePHPass(s)
		return func(password string) bool { return inner(hexOf(md5.New, password)) }, err
	},
	"pbkdf2_sha1":          parseSHA1PBKDF2,
	"pbkdf2_sha256":        pbkdf2Digest(sha256.New, "pbkdf2_sha256", unbase64, unbase64),
	"pbkdf2_sha256_django": pbkdf2Digest(sha256.New, "pbkdf2_sha256", verbatim, unbase64),
	"pbkdf2_sha512":        pbkdf2Digest(sha512.New, "pbkdf2_sha512", verbatim, hex.DecodeString),
	"pbkdf2_sha512_hex":    pbkdf2Digest(sha512.New, "pbkdf2_sha512_hex", hex.DecodeString, hex.DecodeString),
	"scrypt_firebase":      parseFirebase,
	"scrypt_werkzeug":      parseWerkzeug,
	"sha512_symfony":       parseSymfony,
}

func unusable(why string) error { return fmt.Errorf("%w: %s", ErrDigest, why) }

func verbatim(s string) ([]byte, error) { return []byte(s), nil }

// unbase64 reads base64 with or without padding.
func unbase64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
}

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

func hexOf(h func() hash.Hash, s string) string {
	x := h()
	x.Write([]byte(s))
	return hex.EncodeToString(x.Sum(nil))
}

// rounds reads a count.
func rounds(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, unusable(fmt.Sprintf("its rounds must be 1 to %d", most))
	}
	return n, nil
}

// plainHash is a hash of nothing but the password.
func plainHash(h func() hash.Hash, s string) (foreignDigest, error) {
	want, err := hex.DecodeString(s)
	if err != nil || len(want) != h().Size() {
		return nil, unusable(fmt.Sprintf("it is not %d hexadecimal digits", 2*h().Size()))
	}
	return func(password string) bool {
		x := h()
		x.Write([]byte(password))
		return same(x.Sum(nil), want)
	}, nil
}

func parseArgon2i(s string) (foreignDigest, error) {
	d, err := parseArgon2(s, "argon2i")
	if err != nil {
		return nil, err
	}
	return d.matches, nil
}

// parseDjangoBcrypt reads bcrypt of the hexadecimal SHA-256, which is short enough
// for it.
func parseDjangoBcrypt(s string) (foreignDigest, error) {
	rest, ok := strings.CutPrefix(s, "bcrypt_sha256$")
	d, err := parseBcrypt(rest)
	if !ok || err != nil {
		return nil, unusable("it is not bcrypt_sha256$ and a digest by bcrypt")
	}
	return func(password string) bool {
		return bcrypt.CompareHashAndPassword([]byte(d.(bcryptDigest)), []byte(hexOf(sha256.New, password))) == nil
	}, nil
}

// parseSSHA reads {SSHA} and base64 of SHA-1 and salt (RFC 2307 in use).
func parseSSHA(s string) (foreignDigest, error) {
	rest, ok := strings.CutPrefix(s, "{SSHA}")
	raw, err := unbase64(rest)
	if !ok || err != nil || len(raw) <= sha1.Size {
		return nil, unusable("it is not {SSHA} and base64 of hash and salt")
	}
	return func(password string) bool {
		sum := sha1.Sum(append([]byte(password), raw[sha1.Size:]...)) //nolint:gosec // what others have kept
		return same(sum[:], raw[:sha1.Size])
	}, nil
}

const phpassAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// parsePHPass reads the portable hashes of phpass.
func parsePHPass(s string) (foreignDigest, error) {
	if len(s) != 34 || s[:3] != "$P$" && s[:3] != "$H$" {
		return nil, unusable("it is not $P$ with 31 characters")
	}
	log := strings.IndexByte(phpassAlphabet, s[3])
	if log < 7 || log > maxPHPass {
		return nil, unusable(fmt.Sprintf("its rounds must be 2^7 to 2^%d", maxPHPass))
	}
	salt, want := s[4:12], s[12:]
	return func(password string) bool {
		sum := md5.Sum([]byte(salt + password)) //nolint:gosec // what others have kept
		for range 1 << log {
			sum = md5.Sum(append(sum[:], password...)) //nolint:gosec // likewise
		}
		return same([]byte(phpassEncode(sum[:])), []byte(want))
	}, nil
}

// phpassEncode writes three bytes as four characters, the lowest bits first.
func phpassEncode(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i += 3 {
		group, n := uint(0), min(3, len(b)-i)
		for j := range n {
			group |= uint(b[i+j]) << (8 * j)
		}
		for range n + 1 {
			out.WriteByte(phpassAlphabet[group&0x3f])
			group >>= 6
		}
	}
	return out.String()
}

// pbkdf2Digest reads name$iterations$salt$hash (RFC 8018 §5.2).
func pbkdf2Digest(h func() hash.Hash, name string, salt, key func(string) ([]byte, error)) func(string) (foreignDigest, error) {
	return func(s string) (foreignDigest, error) {
		parts := strings.Split(s, "$")
		if len(parts) != 4 || parts[0] != name {
			return nil, unusable("it is not " + name + "$iterations$salt$hash")
		}
		n, err := rounds(parts[1], maxRounds)
		if err != nil {
			return nil, err
		}
		saltBytes, errSalt := salt(parts[2])
		want, errKey := key(parts[3])
		if errSalt != nil || errKey != nil {
			return nil, unusable("its salt or hash is not encoded as it should be")
		}
		return derived(h, saltBytes, n, want)
	}
}

func derived(h func() hash.Hash, salt []byte, n int, want []byte) (foreignDigest, error) {
	blocks := (len(want) + h().Size() - 1) / h().Size()
	if len(want) < 16 || blocks*n > maxRounds {
		return nil, unusable("its hash is too short, or too long for its rounds")
	}
	return func(password string) bool {
		got, err := pbkdf2.Key(h, password, salt, n, len(want))
		return err == nil && same(got, want)
	}, nil
}

// parseSHA1PBKDF2 reads pbkdf2_sha1$iterations$salt$hash with a hexadecimal hash, a
// salt that is taken for hexadecimal if it can be, and maybe $length of the hash.
func parseSHA1PBKDF2(s string) (foreignDigest, error) {
	parts := strings.Split(s, "$")
	if len(parts) < 4 || len(parts) > 5 || parts[0] != "pbkdf2_sha1" {
		return nil, unusable("it is not pbkdf2_sha1$iterations$salt$hash")
	}
	n, err := rounds(parts[1], maxRounds)
	if err != nil {
		return nil, err
	}
	want, err := hex.DecodeString(parts[3])
	if err != nil || len(parts) == 5 && parts[4] != strconv.Itoa(len(want)) {
		return nil, unusable("its hash is not hexadecimal, or of another length than it says")
	}
	salt, err := hex.DecodeString(parts[2])
	if err != nil {
		salt = []byte(parts[2])
	}
	return derived(sha1.New, salt, n, want)
}

// checkScrypt bounds what a digest by scrypt may ask for (RFC 7914 §2).
func checkScrypt(n, r, p int) error {
	if n < 2 || n&(n-1) != 0 || r < 1 || p < 1 || r > 64 || p > 64 || n > maxScryptBytes/128/r || n*r > maxScryptWork/p {
		return unusable("its cost is out of proportion")
	}
	return nil
}

// parseFirebase reads hash$salt$signer key$salt separator$rounds$memory cost. The
// hash is the signer key, encrypted under what scrypt makes of the password.
func parseFirebase(s string) (foreignDigest, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return nil, unusable("it is not hash$salt$signer key$salt separator$rounds$memory cost")
	}
	var raw [4][]byte
	for i := range raw {
		var err error
		if raw[i], err = unbase64(strings.NewReplacer("-", "+", "_", "/").Replace(parts[i])); err != nil {
			return nil, unusable("its parts are not base64")
		}
	}
	r, errR := strconv.Atoi(parts[4])
	log, errLog := strconv.Atoi(parts[5])
	if errR != nil || errLog != nil || log < 1 || log > 20 || len(raw[0]) == 0 || len(raw[0]) != len(raw[2]) {
		return nil, unusable("its rounds, its memory cost or its signer key cannot be")
	}
	if err := checkScrypt(1<<log, r, 1); err != nil {
		return nil, err
	}
	salt := append(append([]byte{}, raw[1]...), raw[3]...)
	return func(password string) bool {
		key, err := scrypt.Key([]byte(password), salt, 1<<log, r, 1, 32)
		if err != nil {
			return false
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return false
		}
		got := make([]byte, len(raw[2]))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, raw[2])
		return same(got, raw[0])
	}, nil
}

// parseWerkzeug reads scrypt:N:r:p$salt$hash, the hash hexadecimal or in base64.
func parseWerkzeug(s string) (foreignDigest, error) {
	parts := strings.Split(strings.TrimPrefix(s, "$"), "$")
	if len(parts) != 3 {
		return nil, unusable("it is not scrypt:N:r:p$salt$hash")
	}
	var n, r, p int
	if _, err := fmt.Sscanf(parts[0], "scrypt:%d:%d:%d", &n, &r, &p); err != nil || parts[0] != fmt.Sprintf("scrypt:%d:%d:%d", n, r, p) {
		return nil, unusable("it does not begin with scrypt:N:r:p")
	}
	if err := checkScrypt(n, r, p); err != nil {
		return nil, err
	}
	want, err := hex.DecodeString(parts[2])
	if err != nil {
		want, err = unbase64(parts[2])
	}
	if err != nil || len(want) < 16 || len(want) > 128 {
		return nil, unusable("its hash is neither hexadecimal nor base64, or of a wrong length")
	}
	return func(password string) bool {
		got, err := scrypt.Key([]byte(password), []byte(parts[1]), n, r, p, len(want))
		return err == nil && same(got, want)
	}, nil
}

// parseSymfony reads sha512_symfony$iterations$salt$hash in base64, as Symfony's
// message digest encoder makes them.
func parseSymfony(s string) (foreignDigest, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 4 || parts[0] != "sha512_symfony" {
		return nil, unusable("it is not sha512_symfony$iterations$salt$hash")
	}
	n, err := rounds(parts[1], maxSymfony)
	if err != nil {
		return nil, err
	}
	want, err := unbase64(parts[3])
	if err != nil || len(want) != sha512.Size {
		return nil, unusable("its hash is not base64 of 64 bytes")
	}
	return func(password string) bool {
		salted := []byte(password)
		if parts[2] != "" {
			salted = []byte(password + "{" + parts[2] + "}")
		}
		sum := sha512.Sum512(salted)
		for range n - 1 {
			sum = sha512.Sum512(append(sum[:], salted...))
		}
		return same(sum[:], want)
	}, nil
}
