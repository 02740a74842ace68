package account

import (
	"errors"
	"strings"
	"testing"
)

func TestCanonicalIdentifier(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Ada", "ada"},
		{"  ada@Example.COM\t\n", "ada@example.com"},
		{"Rene\u0301e", "ren\u00e9e"},
		{"\u0130stanbul", "istanbul"},
		{"\u212bngstrom", "\u00e5ngstrom"}, // the Angstrom sign
		{"", ""},
	}
	for _, tt := range tests {
		got := CanonicalIdentifier(tt.in)
		if got != tt.want {
			t.Errorf("CanonicalIdentifier(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := CanonicalIdentifier(got); again != got {
			t.Errorf("CanonicalIdentifier(%q) = %q, want it unchanged", got, again)
		}
	}
}

func FuzzCanonicalIdentifier(f *testing.F) {
	for _, s := range []string{"Ada", "\u0130", "\u03a3\u0301", "\u1e9e", "\xff", " \u00a0x", "A\u030a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := CanonicalIdentifier(s)
		if twice := CanonicalIdentifier(once); twice != once {
			t.Errorf("CanonicalIdentifier(%q) = %q, and of that %q", s, once, twice)
		}
	})
}

func TestIsEmail(t *testing.T) {
	for _, address := range []string{
		"ada@example.com", "a.b+tag@sub.example.co", "o'neil@example.org", "1@1.de",
		"jos\u00e9@ex\u00e4mple.de", strings.Repeat("x", 64) + "@example.com",
	} {
		if !IsEmail(address) {
			t.Errorf("IsEmail(%q) = false, want true", address)
		}
	}
	for _, address := range []string{
		"", "ada", "@", "ada@", "@example.com", "ada@localhost", "a@b@example.com", "ada @example.com",
		"Ada <ada@example.com>", "\"ada\"@example.com", ".ada@example.com", "ada..b@example.com", "ada@example..com",
		"ada@.com", "ada@example.com.", "ada@-example.com", "ada@exa_mple.com", "ada@[127.0.0.1]", "ada\x00@example.com",
		"ada@example.com\r\nBcc: eve@example.com", "ada\xff@example.com", "\u202eada@example.com",
		strings.Repeat("x", 65) + "@example.com", "ada@" + strings.Repeat("x.", 130) + "com",
	} {
		if IsEmail(address) {
			t.Errorf("IsEmail(%q) = true, want false", address)
		}
	}
}

func TestCheckUsername(t *testing.T) {
	tests := []struct {
		name string
		want error
	}{
		{"ada1", nil},
		{"Ada_Love-lace.1815", nil},
		{strings.Repeat("x", 64), nil},
		{"ada", UsernameLength},
		{"", UsernameLength},
		{strings.Repeat("x", 65), UsernameLength},
		{"ada@example.com", UsernameCharacter},
		{"ada lovelace", UsernameCharacter},
		{"\u0430da1", UsernameCharacter}, // a Cyrillic a
		{"ada\x001", UsernameCharacter},
		{"18151210", UsernameAllDigits},
	}
	for _, tt := range tests {
		if err := CheckUsername(tt.name); !errors.Is(err, tt.want) {
			t.Errorf("CheckUsername(%q) = %v, want %v", tt.name, err, tt.want)
		}
	}
}
