package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/internal/store"
	"golang.org/x/crypto/bcrypt"
)

// people is as much of store.Users as signing in asks for.
type people struct {
	store.Users
	known map[string]store.User
	asked []string
}

func (p *people) UserByIdentifier(_ context.Context, identifier string) (store.User, error) {
	p.asked = append(p.asked, identifier)
	if identifier == "broken" {
		return store.User{}, errors.New("disk on fire")
	}
	u, ok := p.known[identifier]
	if !ok {
		return store.User{}, store.ErrNotFound
	}
	return u, nil
}

func (p *people) RenewDigest(context.Context, string, string, string) error { return nil }

func TestAuthenticate(t *testing.T) {
	const password = "correct horse"
	old, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ours := newArgon2id(password).String()
	p := &people{known: map[string]store.User{
		"ada@example.com": {ID: "ada", PasswordDigest: ours},
		"imported":        {ID: "imported", PasswordDigest: string(old)},
		"banned":          {ID: "banned", PasswordDigest: ours, Banned: true},
		"nopassword":      {ID: "nopassword"},
		"damaged":         {ID: "damaged", PasswordDigest: "$argon2id$v=19$m=4294967295,t=1,p=1$$"},
	}}
	a := New(p)
	tests := []struct {
		name, identifier, password string
		want                       error
	}{
		{"right", "ada@example.com", password, nil},
		{"in other letters", " Ada@EXAMPLE.com\n", password, nil},
		{"imported", "imported", password, nil},
		{"wrong password", "ada@example.com", "correct horsf", ErrWrongCredentials},
		{"empty password", "ada@example.com", "", ErrWrongCredentials},
		{"password continued after NUL", "imported", password + "\x00" + password, ErrWrongCredentials},
		{"password too long", "ada@example.com", strings.Repeat("x", maxPassword+1), ErrWrongCredentials},
		{"unknown user", "bob@example.com", password, ErrWrongCredentials},
		{"banned", "banned", password, ErrWrongCredentials},
		{"without a password", "nopassword", password, ErrWrongCredentials},
		{"without a password, none given", "nopassword", "", ErrWrongCredentials},
		{"damaged digest", "damaged", password, ErrWrongCredentials},
		{"empty identifier", "", password, ErrWrongCredentials},
		{"blank identifier", " \t", password, ErrWrongCredentials},
		{"NUL in the identifier", "ada@example.com\x00", password, ErrWrongCredentials},
		{"identifier that is not UTF-8", "ada\xff", password, ErrWrongCredentials},
		{"long identifier", strings.Repeat("x", 1<<16), password, ErrWrongCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := a.Authenticate(t.Context(), tt.identifier, tt.password)
			if !errors.Is(err, tt.want) {
				t.Errorf("Authenticate = %v, want %v", err, tt.want)
			}
			if (u.ID == "") != (err != nil) {
				t.Errorf("user %q with error %v", u.ID, err)
			}
		})
	}
	for _, identifier := range p.asked {
		if identifier == "" || !isText(identifier) || len(identifier) > 2*maxIdentifier {
			t.Errorf("the store was asked for %.40q", identifier)
		}
	}
}

func TestAuthenticateReportsFaults(t *testing.T) {
	_, err := New(&people{}).Authenticate(t.Context(), "broken", "correct horse")
	if err == nil || errors.Is(err, ErrWrongCredentials) {
		t.Errorf("Authenticate = %v, want the fault", err)
	}
}

func TestHashPassword(t *testing.T) {
	a := New(&people{})
	first, err := a.HashPassword(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.HashPassword(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$") || first == second {
		t.Errorf("digests %q and %q, want two of argon2id with a salt each", first, second)
	}
	if _, err := ImportDigest("argon2id", first); err != nil {
		t.Errorf("our own digest is refused: %v", err)
	}
	if _, err := a.HashPassword(t.Context(), "nul\x00byte"); !errors.Is(err, PasswordNotText) {
		t.Errorf("HashPassword = %v, want PasswordNotText", err)
	}
}

func TestHashingIsBounded(t *testing.T) {
	a := &Accounts{users: &people{}, gate: newGate(1, 1)}
	if err := a.gate.enter(t.Context()); err != nil { // somebody is hashing
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { // and somebody waits
		if _, err := a.HashPassword(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
			t.Errorf("HashPassword = %v, want context.Canceled", err)
		}
	})
	for len(a.gate.admitted) < 2 {
		if ctx.Err() != nil {
			t.Fatal("nobody came to wait")
		}
	}
	if _, err := a.HashPassword(t.Context(), "correct horse"); !errors.Is(err, ErrBusy) {
		t.Errorf("HashPassword = %v, want ErrBusy", err)
	}
	if _, err := a.Authenticate(t.Context(), "ada", "correct horse"); !errors.Is(err, ErrBusy) {
		t.Errorf("Authenticate = %v, want ErrBusy", err)
	}
	cancel()
	wg.Wait()
	a.gate.leave()
	if _, err := a.HashPassword(t.Context(), "correct horse"); err != nil {
		t.Errorf("HashPassword = %v once there is room, want nil", err)
	}
	if n := len(a.gate.admitted) + len(a.gate.working); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

func TestCheckPassword(t *testing.T) {
	tests := []struct {
		name, password string
		want           error
	}{
		{"eight characters", "x8#kQ!2v", nil},
		{"only digits", "40719302", nil},
		{"a common one", "12345678", PasswordCommon},
		{"a common one in capitals", "PassWord1", PasswordCommon},
		{"a common word", "Sunshine", PasswordCommon},
		{"a common one and more", "sunshine over the bay", nil},
		{"the identifier", "Ada.Byron@Example.com", PasswordIsIdentifier},
		{"the first half of the identifier", "ADA.Byron", PasswordIsIdentifier},
		{"the identifier and more", "ada.byron@example.com!", nil},
		{"eight characters of many bytes", "ÄÖÜäöüßé", nil},
		{"a sentence", strings.Repeat("correct horse ", 20), nil},
		{"the most", strings.Repeat("x", 1024), nil},
		{"seven characters", "1234567", PasswordTooShort},
		{"seven characters of many bytes", "ÄÖÜäöüß", PasswordTooShort},
		{"empty", "", PasswordTooShort},
		{"too long", strings.Repeat("x", 1025), PasswordTooLong},
		{"NUL", "correct\x00horse", PasswordNotText},
		{"not UTF-8", "correct\xffhorse", PasswordNotText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := CheckPassword(tt.password, "ada_b", "ada.byron@example.com"); !errors.Is(err, tt.want) {
				t.Errorf("CheckPassword = %v, want %v", err, tt.want)
			}
		})
	}
}
