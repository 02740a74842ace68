package oauth

import (
	"strings"
	"time"
)

// GrantDeviceCode is the grant type of a device that waits for its user.
const GrantDeviceCode = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 §3.4

// How long a device has, and how often it may ask (RFC 8628 §3.2).
const (
	DeviceLifetime = 10 * time.Minute
	DeviceInterval = 5 * time.Second
)

// userCodeLetters have no vowels, so that no words come out, and none that look
// alike (RFC 8628 §6.1). Eight of them are 34 bits, which suffice as guesses are
// counted and codes live for minutes.
const (
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// NewUserCode makes a user code from random bytes, of which it takes those that
// keep every letter equally likely; ok is false if there were too few.
func NewUserCode(random []byte) (code string, ok bool) {
	const fair = 256 - 256%len(userCodeLetters)
	var b strings.Builder
	for _, r := range random {
		if int(r) < fair && b.Len() < userCodeLength {
			b.WriteByte(userCodeLetters[int(r)%len(userCodeLetters)])
		}
	}
	return b.String(), b.Len() == userCodeLength
}

// ShowUserCode writes a user code for people.
func ShowUserCode(code string) string {
	if len(code) != userCodeLength {
		return code
	}
	return code[:4] + "-" + code[4:]
}

// ParseUserCode reads what a person typed: in any case, with spaces and hyphens
// anywhere. ok is false for what cannot be a user code.
func ParseUserCode(typed string) (code string, ok bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(typed))
	return code, len(code) == userCodeLength && strings.Trim(code, userCodeLetters) == ""
}

// A DeviceAuthorization is what a device asks for (RFC 8628 §3.1).
type DeviceAuthorization struct {
	Scopes    Scopes
	Nonce     string
	Resources []string
}

// ReadDeviceAuthorization reads and checks the request of a device.
func ReadDeviceAuthorization(f Form, client AuthenticatedClient) (x DeviceAuthorization, err error) {
	c := client.Client()
	if !c.DeviceGrant {
		return x, refuse(UnauthorizedClient, "RFC 8628 §3.1", "the application may not use the device grant")
	}
	if x.Scopes, err = ParseScopes(f.Get("scope")); err != nil {
		return x, err
	}
	switch {
	case len(x.Scopes) == 0:
		x.Scopes = c.Scopes
	case !x.Scopes.Within(c.Scopes):
		return x, refuse(InvalidScope, "RFC 8628 §3.1", "scope asks for more than the application is allowed")
	}
	x.Nonce = f.Get("nonce")
	if len(x.Nonce) > maxNonce || !isLineText(x.Nonce) {
		return x, refuse(InvalidRequest, "OIDC Core §3.1.2.1", "nonce is too long or holds control characters")
	}
	if x.Resources, err = parseResources(f.All("resource")); err != nil {
		return x, err
	}
	return x, c.admitted(x.Resources)
}

// ReadDeviceCode reads the parameters of a poll (RFC 8628 §3.4).
func ReadDeviceCode(f Form) (string, error) {
	code := f.Get("device_code")
	if code == "" {
		return "", refuse(InvalidRequest, "RFC 8628 §3.4", "device_code is missing")
	}
	return code, nil
}

// A DevicePoll is a device's request as it stands when the device asks.
type DevicePoll struct {
	Denied, Approved, TooSoon bool
	ExpiresAt                 time.Time
}

// Check tells the device to go on only once its user has agreed (RFC 8628 §3.5).
func (p DevicePoll) Check(now time.Time) error {
	switch {
	case p.Denied:
		return refuse(AccessDenied, "RFC 8628 §3.5", "the user did not agree")
	case !now.Before(p.ExpiresAt):
		return refuse(ExpiredToken, "RFC 8628 §3.5", "the device code has expired; begin again")
	case p.TooSoon:
		return refuse(SlowDown, "RFC 8628 §3.5", "the device asks too often; wait five seconds longer each time")
	case !p.Approved:
		return refuse(AuthorizationPending, "RFC 8628 §3.5", "the user has not decided yet")
	}
	return nil
}

// ErrForgedDeviceCode refuses a device code that nobody was given, or another
// client was.
var ErrForgedDeviceCode = refuse(InvalidGrant, "RFC 8628 §3.5", "the device code is not one that was issued to this client")
