package account

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/signet-auth/signet/internal/store"
)

const (
	totpPeriod    = 30 // seconds; this, six digits and SHA-1 are what all apps know
	totpDigits    = 6
	totpSkew      = 1 // steps that a clock may be off, either way
	minSecret     = 10
	maxSecret     = 64
	newSecretSize = 20 // bytes: RFC 4226 §4
)

// setupLifetime is how long somebody may take to set an app up.
const setupLifetime = time.Hour

var secretEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// A Setup is a secret that is shown and not kept yet.
type Setup struct {
	Secret string // base32, to be typed
	URI    string // otpauth://, to be opened by an app
	Code   QRCode // of URI
	Sealed string // to be given back with the first code; only the user it was made for can use it
}

// A QRCode is a square of modules, without the quiet zone around it.
type QRCode struct {
	Size int
	Path string // SVG path data of the dark modules, one unit each
}

// sealedSetup is what is sealed.
type sealedSetup struct {
	UserID string `json:"u"`
	Secret []byte `json:"s"`
	MadeAt int64  `json:"t"` // Unix seconds
}

// Begin makes a secret for a user, whom an app shows under label at issuer. Nothing
// is kept of it.
func (s *SecondFactors) Begin(userID, issuer, label string) (Setup, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: label, SecretSize: newSecretSize})
	if err != nil {
		return Setup{}, fmt.Errorf("making a secret: %w", err)
	}
	raw, err := secretEncoding.DecodeString(key.Secret())
	if err != nil {
		return Setup{}, fmt.Errorf("making a secret: %w", err)
	}
	sealed, err := json.Marshal(sealedSetup{userID, raw, s.now().Unix()})
	if err != nil {
		return Setup{}, fmt.Errorf("making a secret: %w", err)
	}
	return newSetup(raw, issuer, label, base64.RawURLEncoding.EncodeToString(s.setups.Seal(sealed)))
}

// Again shows a setup once more, or fails with ErrSetup.
func (s *SecondFactors) Again(userID, issuer, label, sealed string) (Setup, error) {
	raw, err := s.openSetup(userID, sealed)
	if err != nil {
		return Setup{}, err
	}
	return newSetup(raw, issuer, label, sealed)
}

func newSetup(raw []byte, issuer, label, sealed string) (Setup, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: label, Secret: raw})
	if err != nil {
		return Setup{}, fmt.Errorf("showing a secret: %w", err)
	}
	code, err := newQRCode(key.URL())
	return Setup{Secret: key.Secret(), URI: key.URL(), Code: code, Sealed: sealed}, err
}

func (s *SecondFactors) openSetup(userID, sealed string) ([]byte, error) {
	var x sealedSetup
	ciphertext, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(sealed) > 1024 {
		return nil, ErrSetup
	}
	text, err := s.setups.Open(ciphertext)
	if err != nil || json.Unmarshal(text, &x) != nil {
		return nil, ErrSetup
	}
	if x.UserID != userID || s.now().Sub(time.Unix(x.MadeAt, 0)) > setupLifetime {
		return nil, ErrSetup
	}
	return x.Secret, nil
}

// Confirm keeps the secret of a setup once a code shows that the user's app has it,
// and returns backup codes, which nothing can show later. The code is of no use any
// more. It fails with ErrWrongFactor, ErrSetup, or ErrHasFactor, as for all but one of
// concurrent calls.
func (s *SecondFactors) Confirm(ctx context.Context, userID, sealed, code string) (backup []string, err error) {
	raw, err := s.openSetup(userID, sealed)
	if err != nil {
		return nil, err
	}
	step, ok := matchingStep(raw, code, s.now())
	if !ok {
		return nil, ErrWrongFactor
	}
	backup, kept := s.newBackupCodes(userID)
	err = s.kept.EnrolTOTP(ctx, userID, store.FactorChange{TOTP: s.seal(userID, raw), LastStep: step, BackupCodes: kept}, s.now())
	switch {
	case errors.Is(err, store.ErrConflict):
		return nil, ErrHasFactor
	case err != nil:
		return nil, err
	}
	return backup, nil
}

// seal keeps a secret to one user: under another's name it does not open.
func (s *SecondFactors) seal(userID string, raw []byte) []byte {
	return s.secrets.Seal(append([]byte(userID+"\x00"), raw...))
}

func (s *SecondFactors) open(f store.SecondFactor) ([]byte, error) {
	text, err := s.secrets.Open(f.TOTP)
	if err != nil {
		return nil, fmt.Errorf("opening the secret of a second factor: %w", err)
	}
	raw, ok := strings.CutPrefix(string(text), f.UserID+"\x00")
	if !ok {
		return nil, errors.New("the secret of a second factor is another user's")
	}
	return []byte(raw), nil
}

func (s *SecondFactors) useTOTP(ctx context.Context, f store.SecondFactor, code string, now time.Time) error {
	raw, err := s.open(f)
	if err != nil {
		return err
	}
	step, ok := matchingStep(raw, code, now)
	if !ok {
		return ErrWrongFactor
	}
	return s.kept.UseTOTP(ctx, f, step)
}

// looksLikeTOTP tells codes of an app from backup codes.
func looksLikeTOTP(code string) bool {
	code = compact(code)
	return len(code) == totpDigits && strings.Trim(code, "0123456789") == ""
}

// matchingStep finds the step around now that a code is of (RFC 6238 §5.2). All are
// compared, so that the time it takes tells nothing.
func matchingStep(raw []byte, code string, now time.Time) (step int64, ok bool) {
	code = compact(code)
	current := now.Unix() / totpPeriod
	for n := current - totpSkew; n <= current+totpSkew; n++ {
		want, err := hotp.GenerateCode(secretEncoding.EncodeToString(raw), uint64(n))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = n, true
		}
	}
	return step, ok
}

// parseSecret reads a secret that was made elsewhere.
func parseSecret(text string) ([]byte, error) {
	raw, err := secretEncoding.DecodeString(strings.TrimRight(strings.ToUpper(compact(text)), "="))
	if err != nil || len(raw) < minSecret || len(raw) > maxSecret {
		return nil, SecretMalformed
	}
	return raw, nil
}

func newQRCode(text string) (QRCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return QRCode{}, fmt.Errorf("drawing a code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			width := 0
			for ; x+width < size && isDark(code.At(x+width, y)); width++ {
			}
			if width > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, width, width)
				x += width
			}
		}
	}
	return QRCode{Size: size, Path: path.String()}, nil
}

// isDark tells the modules of a QR code apart.
func isDark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}
