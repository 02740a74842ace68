package account

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

const (
	salt22 = "c29tZXNhbHRzb21lc2FsdA"                      // 16 bytes
	key43  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // 32 bytes
	bc53   = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
)

func TestImportDigest(t *testing.T) {
	phc := func(costs string) string { return "$argon2id$v=19$" + costs + "$" + salt22 + "$" + key43 }
	tests := []struct {
		name, hasher, digest string
		want                 error
	}{
		{"ours", "argon2id", phc("m=19456,t=2,p=1"), nil},
		{"RFC 9106 second choice", "argon2id", phc("m=65536,t=3,p=4"), nil},
		{"most memory", "argon2id", phc("m=131072,t=4,p=1"), nil},
		{"too much memory", "argon2id", phc("m=131073,t=1,p=1"), ErrDigest},
		{"all the memory", "argon2id", phc("m=4294967295,t=1,p=1"), ErrDigest},
		{"too many passes", "argon2id", phc("m=8,t=17,p=1"), ErrDigest},
		{"too much work", "argon2id", phc("m=131072,t=5,p=1"), ErrDigest},
		{"too many lanes", "argon2id", phc("m=65536,t=1,p=17"), ErrDigest},
		{"too little memory for the lanes", "argon2id", phc("m=8,t=1,p=2"), ErrDigest},
		{"no passes", "argon2id", phc("m=64,t=0,p=1"), ErrDigest},
		{"no lanes", "argon2id", phc("m=64,t=1,p=0"), ErrDigest},
		{"overflowing cost", "argon2id", phc("m=4294967304,t=1,p=1"), ErrDigest},
		{"negative cost", "argon2id", phc("m=-8,t=1,p=1"), ErrDigest},
		{"signed cost", "argon2id", phc("m=+64,t=1,p=1"), ErrDigest},
		{"leading zero", "argon2id", phc("m=064,t=1,p=1"), ErrDigest},
		{"parameters in another order", "argon2id", phc("t=1,m=64,p=1"), ErrDigest},
		{"a parameter missing", "argon2id", phc("m=64,t=1"), ErrDigest},
		{"argon2i", "argon2id", "$argon2i$v=19$m=64,t=1,p=1$" + salt22 + "$" + key43, ErrDigest},
		{"version 16", "argon2id", "$argon2id$v=16$m=64,t=1,p=1$" + salt22 + "$" + key43, ErrDigest},
		{"no salt", "argon2id", "$argon2id$v=19$m=64,t=1,p=1$$" + key43, ErrDigest},
		{"no hash", "argon2id", "$argon2id$v=19$m=64,t=1,p=1$" + salt22 + "$", ErrDigest},
		{"line end in the hash", "argon2id", "$argon2id$v=19$m=64,t=1,p=1$" + salt22 + "$" + key43 + "\n", ErrDigest},
		{"long", "argon2id", phc("m=64,t=1,p=1") + strings.Repeat("A", 200), ErrDigest},
		{"empty", "argon2id", "", ErrDigest},
		{"bcrypt", "bcrypt", "$2a$10$" + bc53, nil},
		{"bcrypt of PHP", "bcrypt", "$2y$12$" + bc53, nil},
		{"bcrypt of OpenBSD", "bcrypt", "$2b$14$" + bc53, nil},
		{"bcrypt with the sign bug", "bcrypt", "$2x$10$" + bc53, ErrDigest},
		{"bcrypt too costly", "bcrypt", "$2b$15$" + bc53, ErrDigest},
		{"bcrypt too cheap", "bcrypt", "$2b$03$" + bc53, ErrDigest},
		{"bcrypt signed cost", "bcrypt", "$2b$+9$" + bc53, ErrDigest},
		{"bcrypt short", "bcrypt", "$2b$10$" + bc53[1:], ErrDigest},
		{"bcrypt alphabet", "bcrypt", "$2b$10$" + bc53[:52] + "!", ErrDigest},
		{"bcrypt given as argon2id", "argon2id", "$2a$10$" + bc53, ErrDigest},
		{"argon2id given as bcrypt", "bcrypt", phc("m=64,t=1,p=1"), ErrDigest},
		{"another hasher", "awscognito", "awscognito#pool#client#id", ErrHasher},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ImportDigest(tt.hasher, tt.digest); !errors.Is(err, tt.want) {
				t.Errorf("ImportDigest = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestBcryptNeverTruncates(t *testing.T) {
	long := strings.Repeat("x", 72)
	hash, err := bcrypt.GenerateFromPassword([]byte(long), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDigest(string(hash))
	if err != nil {
		t.Fatal(err)
	}
	if !d.matches(long) {
		t.Error("72 bytes do not match their own digest")
	}
	if d.matches(long + "y") {
		t.Error("a continuation of the password matches")
	}
}

func TestArgon2idOfAnotherImplementation(t *testing.T) {
	// RFC 9106 has no example without a secret; this one is in the test suite of
	// the reference implementation ("password", "somesalt").
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	d, err := parseDigest(known)
	if err != nil {
		t.Fatal(err)
	}
	if !d.matches("password") || d.matches("Password") {
		t.Error("the digest of the reference implementation is not verified as it should be")
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add(newArgon2id("seed").String())
	f.Add("$2b$10$" + bc53)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$" + salt22 + "$" + key43)
	f.Add("$argon2id$v=19$m=4294967304,t=1,p=1$$")
	f.Add("$2")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDigest(s)
		if err != nil {
			if !errors.Is(err, ErrDigest) {
				t.Errorf("parseDigest(%q) = %v, want ErrDigest", s, err)
			}
			return
		}
		switch d := d.(type) {
		case argon2Digest:
			if d.String() != s {
				t.Errorf("%q reads as %q", s, d)
			}
			if d.memory > maxMemory || d.memory*d.time > maxWork {
				t.Errorf("%q asks for more than is admitted", s)
			}
		case bcryptDigest:
			if string(d) != s {
				t.Errorf("%q reads as %q", s, d)
			}
		}
	})
}
