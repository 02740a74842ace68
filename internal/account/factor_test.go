package account

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/bcrypt"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

// factors are the second factors of ada and bob, at a time that the test moves.
type factors struct {
	*SecondFactors
	db    *sqlstore.DB
	ring  *keyring.Ring
	clock time.Time
}

func newFactors(t *testing.T) *factors {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	f := &factors{db: db, ring: keyring.Generate(), clock: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	for _, name := range []string{"ada", "bob"} {
		u := store.User{ID: name, Username: name, CreatedAt: f.clock, UpdatedAt: f.clock}
		if err := db.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	f.SecondFactors = NewSecondFactors(db, New(db), f.ring, func() time.Time { return f.clock })
	return f
}

// code is what an app with this secret shows after some time.
func (f *factors) code(t *testing.T, secret string, after time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, f.clock.Add(after))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrol sets a second factor up for ada, a minute ago.
func (f *factors) enrol(t *testing.T) (secret string, backup []string) {
	t.Helper()
	setup, err := f.Begin("ada", "auth.example.com", "ada")
	if err == nil {
		backup, err = f.Confirm(t.Context(), "ada", setup.Sealed, f.code(t, setup.Secret, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	f.clock = f.clock.Add(time.Minute)
	return setup.Secret, backup
}

func TestSetup(t *testing.T) {
	f := newFactors(t)
	setup, err := f.Begin("ada", "auth.example.com", "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(setup.URI, "otpauth://totp/auth.example.com:ada@example.com?") || setup.Code.Size < 21 || !strings.HasPrefix(setup.Code.Path, "M0 0h7v1h-7z") {
		t.Errorf("the setup is %+v", setup)
	}
	again, err := f.Again("ada", "auth.example.com", "ada@example.com", setup.Sealed)
	if err != nil || again.Secret != setup.Secret || again.Code.Path != setup.Code.Path {
		t.Errorf("shown once more it is %+v, %v", again, err)
	}
	right := f.code(t, setup.Secret, 0)
	for _, x := range []struct {
		name, user, sealed, code string
		want                     error
	}{
		{"another user's", "bob", setup.Sealed, right, ErrSetup},
		{"forged", "ada", setup.Sealed[:len(setup.Sealed)-4] + "AAAA", right, ErrSetup},
		{"no setup", "ada", "", right, ErrSetup},
		{"no base64", "ada", "%", right, ErrSetup},
		{"wrong code", "ada", setup.Sealed, f.code(t, setup.Secret, time.Hour), ErrWrongFactor},
		{"no code", "ada", setup.Sealed, "", ErrWrongFactor},
	} {
		if _, err := f.Confirm(t.Context(), x.user, x.sealed, x.code); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
	}
	if kept, err := f.Of(t.Context(), "ada"); err != nil || kept.Enabled() {
		t.Errorf("before the confirmation: %+v, %v", kept, err)
	}
	backup, err := f.Confirm(t.Context(), "ada", setup.Sealed, right[:3]+" "+right[3:])
	if err != nil || len(backup) != 10 {
		t.Fatalf("confirmed: %v, %v", backup, err)
	}
	if _, err := f.Confirm(t.Context(), "ada", setup.Sealed, right); !errors.Is(err, ErrHasFactor) {
		t.Errorf("confirmed twice: %v, want ErrHasFactor", err)
	}
	if _, err := f.Verify(t.Context(), "ada", right); !errors.Is(err, ErrWrongFactor) {
		t.Errorf("the code that confirmed signs in: %v", err)
	}
	f.clock = f.clock.Add(setupLifetime + time.Second)
	if _, err := f.Again("ada", "i", "l", setup.Sealed); !errors.Is(err, ErrSetup) {
		t.Errorf("an hour later: %v, want ErrSetup", err)
	}
}

func TestCodesOfAnApp(t *testing.T) {
	f := newFactors(t)
	if _, err := f.Verify(t.Context(), "ada", "123456"); !errors.Is(err, ErrNoFactor) {
		t.Errorf("without a factor: %v, want ErrNoFactor", err)
	}
	secret, _ := f.enrol(t)
	for _, x := range []struct {
		name  string
		after time.Duration
		want  error
	}{
		{"too old", -time.Minute - 30*time.Second, ErrWrongFactor},
		{"of the step before", -30 * time.Second, nil},
		{"used", -30 * time.Second, ErrWrongFactor},
		{"now", 0, nil},
		{"used now", 0, ErrWrongFactor},
		{"older than one that was used", -30 * time.Second, ErrWrongFactor},
		{"of a clock that runs ahead", 30 * time.Second, nil},
		{"of the day after", 24 * time.Hour, ErrWrongFactor},
	} {
		kind, err := f.Verify(t.Context(), "ada", f.code(t, secret, x.after))
		if !errors.Is(err, x.want) || x.want == nil && kind != TOTPCode {
			t.Errorf("%s: %v, %v, want %v", x.name, kind, err, x.want)
		}
	}
	if _, err := f.Verify(t.Context(), "bob", f.code(t, secret, time.Minute)); !errors.Is(err, ErrNoFactor) {
		t.Errorf("of another user: %v, want ErrNoFactor", err)
	}
}

func TestTooManyCodes(t *testing.T) {
	f := newFactors(t)
	secret, backup := f.enrol(t)
	for range store.FreeTries {
		if _, err := f.Verify(t.Context(), "ada", "abcdef"); !errors.Is(err, ErrWrongFactor) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	for _, code := range []string{f.code(t, secret, 0), backup[0]} {
		if _, err := f.Verify(t.Context(), "ada", code); !errors.Is(err, ErrTooManyCodes) {
			t.Errorf("then a right one: %v, want ErrTooManyCodes", err)
		}
	}
	f.clock = f.clock.Add(time.Minute)
	if _, err := f.Verify(t.Context(), "ada", f.code(t, secret, 0)); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}

func TestBackupCodes(t *testing.T) {
	f := newFactors(t)
	_, old := f.enrol(t)
	codes, err := f.NewBackupCodes(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, code string
		want       error
	}{
		{"replaced", old[0], ErrWrongFactor},
		{"right", codes[0], nil},
		{"used", codes[0], ErrWrongFactor},
		{"as people type", " " + strings.ToUpper(strings.ReplaceAll(codes[1], "-", " ")), nil},
		{"not printable", codes[2] + "\x00", ErrWrongFactor},
		{"too long", codes[2] + strings.Repeat(" ", 80), ErrWrongFactor},
		{"empty", "", ErrWrongFactor},
	} {
		kind, err := f.Verify(t.Context(), "ada", x.code)
		if !errors.Is(err, x.want) || x.want == nil && kind != BackupCode {
			t.Errorf("%s: %v, %v, want %v", x.name, kind, err, x.want)
		}
	}
	kept, err := f.Of(t.Context(), "ada")
	if err != nil || len(kept.BackupCodes) != 8 {
		t.Errorf("left: %v, %v", kept.BackupCodes, err)
	}
	for _, code := range append(kept.BackupCodes, string(kept.TOTP)) {
		for _, shown := range codes {
			if strings.Contains(code, strings.ReplaceAll(shown, "-", "")) {
				t.Error("a code is kept as it is")
			}
		}
	}
	if _, err := f.NewBackupCodes(t.Context(), "bob"); !errors.Is(err, ErrNoFactor) {
		t.Errorf("for a user without a factor: %v, want ErrNoFactor", err)
	}
}

func TestFactorsOutliveTheRootKey(t *testing.T) {
	f := newFactors(t)
	secret, backup := f.enrol(t)
	rotated, err := keyring.Parse(keyring.Generate().String() + f.ring.String())
	if err != nil {
		t.Fatal(err)
	}
	f.SecondFactors = NewSecondFactors(f.db, New(f.db), rotated, f.now)
	for _, code := range []string{f.code(t, secret, 0), backup[3]} {
		if _, err := f.Verify(t.Context(), "ada", code); err != nil {
			t.Errorf("under another root key: %v", err)
		}
	}
	f.SecondFactors = NewSecondFactors(f.db, New(f.db), keyring.Generate(), f.now)
	if _, err := f.Verify(t.Context(), "ada", backup[4]); !errors.Is(err, ErrWrongFactor) {
		t.Errorf("under a key of somebody else: %v, want ErrWrongFactor", err)
	}
}

func TestASecretIsOneUsers(t *testing.T) {
	f := newFactors(t)
	f.enrol(t)
	kept, err := f.Of(t.Context(), "ada")
	if err == nil { // somebody who can write to the database moves it
		err = f.db.ChangeFactors(t.Context(), "bob", store.FactorChange{TOTP: kept.TOTP, BackupCodes: kept.BackupCodes}, f.clock)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Verify(t.Context(), "bob", "123456"); err == nil || errors.Is(err, ErrWrongFactor) {
		t.Errorf("the secret opened for another user: %v", err)
	}
}

func TestImportedFactors(t *testing.T) {
	f := newFactors(t)
	digest, err := bcrypt.GenerateFromPassword([]byte("Old-Code-1"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	secret := "JBSW Y3DP EHPK 3PXP JBSW Y3DP"
	change, err := f.Change("ada", &secret, []string{"123456789", string(digest)})
	if err == nil {
		err = f.db.ChangeFactors(t.Context(), "ada", change, f.clock)
	}
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]error{
		f.code(t, strings.ReplaceAll(secret, " ", ""), 0): nil, "123456789": nil, "Old-Code-1": nil, "old-code-2": ErrWrongFactor,
	} {
		if _, err := f.Verify(t.Context(), "ada", code); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
	for _, x := range []struct {
		name, secret string
		codes        []string
		want         FactorProblem
	}{
		{"short secret", "JBSWY3DP", nil, SecretMalformed},
		{"no base32", "01189998819991197253", nil, SecretMalformed},
		{"short code", secret, []string{"12345"}, BackupCodeMalformed},
		{"broken digest", secret, []string{"$2a$10$short"}, BackupCodeMalformed},
		{"many codes", secret, make([]string, 21), BackupCodesTooMany},
	} {
		if _, err := f.Change("ada", &x.secret, x.codes); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
	}
}

func TestRemoveFactors(t *testing.T) {
	f := newFactors(t)
	if err := f.Remove(t.Context(), "ada", true, true); !errors.Is(err, ErrNoFactor) {
		t.Errorf("nothing to remove: %v, want ErrNoFactor", err)
	}
	f.enrol(t)
	for _, x := range []struct {
		secret, codes bool
		left          int
	}{{true, false, 10}, {false, true, 0}} {
		if err := f.Remove(t.Context(), "ada", x.secret, x.codes); err != nil {
			t.Fatal(err)
		}
		kept, err := f.Of(t.Context(), "ada")
		if err != nil || kept.Enabled() || len(kept.BackupCodes) != x.left {
			t.Errorf("left %+v, %v", kept, err)
		}
	}
}

// FuzzCodes looks for text that a check of codes cannot stand.
func FuzzCodes(f *testing.F) {
	s := NewSecondFactors(nil, New(nil), keyring.Generate(), time.Now)
	kept := s.keepBackupCode("ada", "abcde-fghij")
	f.Add("abcde-fghij", "123456")
	f.Fuzz(func(t *testing.T, code, secret string) {
		if isCodeText(code) && s.isBackupCode("ada", kept, code) != (strings.ToLower(compact(code)) == "abcdefghij") {
			t.Errorf("%q", code)
		}
		if raw, err := parseSecret(secret); err == nil && (len(raw) < minSecret || len(raw) > maxSecret) {
			t.Errorf("%q", secret)
		}
		_, err := s.Change("ada", &secret, []string{code})
		var problem FactorProblem
		if err != nil && !errors.As(err, &problem) {
			t.Error(err)
		}
		_, err = s.openSetup("ada", code)
		if !errors.Is(err, ErrSetup) {
			t.Error(err)
		}
	})
}
