package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/store"
)

// vectors are digests of "correct horse é" that other programs have made: Python's
// hashlib and crypt, the command argon2, and, for phpass and Firebase, what their
// authors publish.
var vectors = []struct{ hasher, digest string }{
	{"argon2i", `$argon2i$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$pHS9vQmzZCT5jsMdM0gqdNFHekhmMFkFzCn2OlaJ9E0`},
	{"argon2id", `$argon2id$v=19$m=4096,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$A9VnGbQjLLfLY8wWZMWILdFs0I5vfSglcH29JQAv8IM`},
	{"bcrypt", `$2b$06$abcdefghijklmnopqrstuuweFluOTZuQ0Boo1w.y.les8URrwaTdW`},
	{"bcrypt_sha256_django", `bcrypt_sha256$$2b$06$abcdefghijklmnopqrstuuZbGsOOipDCGTcvnHJK1giRHnDAAcyHO`},
	{"ldap_ssha", `{SSHA}Dy4MrMj/5RkxaEdJ1sQPnNaaQjZzYWx0MTIzNA==`},
	{"md5", `99d4eaa3c4a60dc3228acb823b8924be`},
	{"sha256", `7675923c7befcb5b8a69672a998c26693ea7c37c6722d34c2bffaa04cedca8f4`},
	{"pbkdf2_sha1", `pbkdf2_sha1$1000$not-hex-salt$261c17758830b7d8f5c70e63689f0e517ba64bfcf4035844a9517b22c1c2ab7a`},
	{"pbkdf2_sha1", `pbkdf2_sha1$1000$00ff10$75218ce443b4a1060e1df3dc600b52fe1435e55b$20`},
	{"pbkdf2_sha256", `pbkdf2_sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$4XDspDRv/7n9wuJfaGpXw8XZEL0JUuwJpcZGQDTRGhM=`},
	{"pbkdf2_sha256_django", `pbkdf2_sha256$1000$0123456789abcdef$4XDspDRv/7n9wuJfaGpXw8XZEL0JUuwJpcZGQDTRGhM=`},
	{"pbkdf2_sha512", `pbkdf2_sha512$1000$0123456789abcdef$94cbaafdd0faf7f240226b7b45a0d818cdb9aed0f902ebebde69bd8d1dc8964e19c350b37099f6faae366a79fb2957dad402a7adf2791633eaee571dc65bfc65`},
	{"pbkdf2_sha512_hex", `pbkdf2_sha512_hex$1000$30313233343536373839616263646566$94cbaafdd0faf7f240226b7b45a0d818cdb9aed0f902ebebde69bd8d1dc8964e19c350b37099f6faae366a79fb2957dad402a7adf2791633eaee571dc65bfc65`},
	{"scrypt_werkzeug", `scrypt:32768:8:1$0123456789abcdef$3906285e61567b2de32c0db071cbeed284f9471fc3e53ce8c38f2e5209f27278389ba8d89400b34c29a96f843b6da8b1130376d3ca6c279a7422d4332ebdbcdb`},
	{"scrypt_werkzeug", `$scrypt:1024:8:1$0123456789abcdef$BgXswDBQAwNsps4yaptIChzC47BvN3aox/CCkCkSYi0PvLvxFE1NaVA/a6Qg6HVkVjEO5aYgVnvfCNujNQ0VPw==`},
	{"sha512_symfony", `sha512_symfony$5000$pepper$g71LrqJYjpoC3dX199Yl28nTH2Q4ZdIHXj0FQD5BDz2M8DETouIWwpEQ6m8nRju/7iUWRBVUvkhmiwj4wgRymQ==`},
	{"phpass", `$P$Babcdefghs0N6jFUyMbR.IZpB6UmLA0`},
	{"md5_phpass", `$H$9abcdefghFJ5wa72yH0VzA3.UdME/s.`},
}

const vectorPassword = "correct horse é"

func TestDigestsOfOthers(t *testing.T) {
	check := func(hasher, digest, password string) {
		t.Helper()
		kept, err := ImportDigest(hasher, digest)
		if err != nil {
			t.Errorf("%s: %v", hasher, err)
			return
		}
		d, err := parseDigest(kept)
		if err != nil {
			t.Errorf("%s is kept as %q: %v", hasher, kept, err)
			return
		}
		for given, want := range map[string]bool{password: true, "": false, password + "x": false, strings.ToUpper(password): false} {
			if d.matches(given) != want {
				t.Errorf("%s: %q matches: %v", hasher, given, !want)
			}
		}
		if isOurs(d) {
			t.Errorf("%s is taken for one of ours", hasher)
		}
	}
	seen := []string{"phpass", "scrypt_firebase"}
	for _, v := range vectors {
		check(v.hasher, v.digest, vectorPassword)
		seen = append(seen, v.hasher)
	}
	check("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345")
	check("scrypt_firebase", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$"+
		"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14", "user1password")
	for _, hasher := range Hashers() {
		if !slices.Contains(seen, hasher) {
			t.Errorf("no digest by %s was tried", hasher)
		}
	}
}

func TestDigestsOfOthersAreBounded(t *testing.T) {
	hash32 := strings.Repeat("ab", 32)
	firebase := func(cost string) string { return "aGFzaA==$c2FsdA==$a2V5IQ==$Bw==" + cost }
	for _, tt := range []struct{ name, hasher, digest string }{
		{"cut MD5", "md5", "5f4dcc3b5aa765d61d8327deb882cf9"},
		{"MD5 of other letters", "md5", strings.Repeat("g", 32)},
		{"cut SHA-256", "sha256", hash32[:62]},
		{"SSHA without salt", "ldap_ssha", "{SSHA}" + strings.Repeat("A", 27) + "="},
		{"SSHA without its mark", "ldap_ssha", strings.Repeat("A", 40)},
		{"bcrypt of Django too costly", "bcrypt_sha256_django", "bcrypt_sha256$$2b$15$" + bc53},
		{"bcrypt of Django without its mark", "bcrypt_sha256_django", "$2b$10$" + bc53},
		{"phpass too costly", "phpass", "$P$Z" + strings.Repeat("a", 30)},
		{"phpass too cheap", "phpass", "$P$." + strings.Repeat("a", 30)},
		{"phpass cut", "phpass", "$P$B" + strings.Repeat("a", 29)},
		{"PBKDF2 too costly", "pbkdf2_sha256_django", "pbkdf2_sha256$2000001$salt$" + strings.Repeat("A", 43) + "="},
		{"PBKDF2 of no rounds", "pbkdf2_sha512", "pbkdf2_sha512$0$salt$" + hash32},
		{"PBKDF2 of many blocks", "pbkdf2_sha512", "pbkdf2_sha512$1000000$salt$" + strings.Repeat("ab", 200)},
		{"PBKDF2 with a short hash", "pbkdf2_sha512", "pbkdf2_sha512$1000$salt$abcd"},
		{"PBKDF2 of another name", "pbkdf2_sha512", "pbkdf2_sha256$1000$salt$" + hash32},
		{"PBKDF2 salt that is no base64", "pbkdf2_sha256", "pbkdf2_sha256$1000$***$" + strings.Repeat("A", 43) + "="},
		{"PBKDF2 salt that is no hexadecimal", "pbkdf2_sha512_hex", "pbkdf2_sha512_hex$1000$salt$" + hash32},
		{"PBKDF2 of another length", "pbkdf2_sha1", "pbkdf2_sha1$1000$salt$" + hash32 + "$20"},
		{"PBKDF2 by SHA-1 in parts too many", "pbkdf2_sha1", "pbkdf2_sha1$1000$salt$" + hash32 + "$32$1"},
		{"Firebase of much memory", "scrypt_firebase", firebase("$64$20")},
		{"Firebase of no rounds", "scrypt_firebase", firebase("$0$14")},
		{"Firebase in parts too few", "scrypt_firebase", firebase("$8")},
		{"Firebase that is no base64", "scrypt_firebase", "***" + firebase("$8$14")},
		{"scrypt of much memory", "scrypt_werkzeug", "scrypt:1048576:16:1$salt$" + hash32},
		{"scrypt of much work", "scrypt_werkzeug", "scrypt:131072:8:2$salt$" + hash32},
		{"scrypt that is no power", "scrypt_werkzeug", "scrypt:1000:8:1$salt$" + hash32},
		{"scrypt of negative cost", "scrypt_werkzeug", "scrypt:-2:8:1$salt$" + hash32},
		{"scrypt with more after its cost", "scrypt_werkzeug", "scrypt:1024:8:1x$salt$" + hash32},
		{"another hash of Werkzeug", "scrypt_werkzeug", "pbkdf2:sha256:1000$salt$" + hash32},
		{"Symfony too costly", "sha512_symfony", "sha512_symfony$500001$salt$" + strings.Repeat("A", 86) + "=="},
		{"Symfony with a short hash", "sha512_symfony", "sha512_symfony$1$salt$AAAA"},
		{"argon2i given as argon2id", "argon2id", vectors[0].digest},
		{"argon2id given as argon2i", "argon2i", vectors[1].digest},
		{"long", "pbkdf2_sha512", "pbkdf2_sha512$1$" + strings.Repeat("x", 2000) + "$" + hash32},
		{"NUL in the salt", "pbkdf2_sha512", "pbkdf2_sha512$1$a\x00$" + hash32},
	} {
		if kept, err := ImportDigest(tt.hasher, tt.digest); !errors.Is(err, ErrDigest) {
			t.Errorf("%s: kept as %q, %v; want ErrDigest", tt.name, kept, err)
		}
	}
	for _, hasher := range []string{"", "awscognito", "plain", "argon2"} {
		if _, err := ImportDigest(hasher, "x"); !errors.Is(err, ErrHasher) {
			t.Errorf("hasher %q: %v, want ErrHasher", hasher, err)
		}
	}
}

// renewing is people whose digests may be renewed.
type renewing struct {
	people
	renewed map[string]string
	fault   error
}

func (r *renewing) RenewDigest(_ context.Context, id, was, digest string) error {
	if r.fault == nil && strings.HasPrefix(digest, "$argon2id$") && was != digest {
		r.renewed[id] = digest
	}
	return r.fault
}

func TestImportedDigestsAreRenewed(t *testing.T) {
	r := &renewing{people: people{known: map[string]store.User{}}, renewed: map[string]string{}}
	for _, v := range vectors {
		kept, err := ImportDigest(v.hasher, v.digest)
		if err != nil {
			t.Fatal(err)
		}
		r.known[v.hasher] = store.User{ID: v.hasher, PasswordDigest: kept}
	}
	r.known["ours"] = store.User{ID: "ours", PasswordDigest: newArgon2id(vectorPassword).String()}
	a := New(r)
	for name := range r.known {
		if _, err := a.Authenticate(t.Context(), name, "wrong"); !errors.Is(err, ErrWrongCredentials) || r.renewed[name] != "" {
			t.Errorf("%s, a wrong password: %v, renewed as %q", name, err, r.renewed[name])
		}
		if _, err := a.Authenticate(t.Context(), name, vectorPassword); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := r.renewed[name]; (got == "") != (name == "ours") {
			t.Errorf("%s is renewed as %q", name, got)
		} else if got != "" {
			if d, err := parseDigest(got); err != nil || !d.matches(vectorPassword) {
				t.Errorf("%s: the new digest is not one of the password: %v", name, err)
			}
		}
	}
	r.fault = store.ErrConflict
	if _, err := a.Authenticate(t.Context(), "md5", vectorPassword); err != nil {
		t.Errorf("changed meanwhile: %v", err)
	}
	r.fault = errors.New("disk on fire")
	if _, err := a.Authenticate(t.Context(), "md5", vectorPassword); !errors.Is(err, r.fault) {
		t.Errorf("a fault: %v", err)
	}
}
