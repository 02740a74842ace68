// Package passkey lets users prove themselves by a WebAuthn credential: it makes
// challenges, and checks what an authenticator has signed. It knows no page and no
// session.
//
// Nothing is kept of a challenge. It travels sealed through the browser, and the
// store sees to it that a passkey signs each one once. Read Challenge and SignIn
// first; register.go adds passkeys.
package passkey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
)

// The answers that are not a fault.
var (
	// ErrRefused means that what came back proves nothing. What it wraps is for the log.
	ErrRefused = errors.New("the passkey was refused")
	// ErrExpired means that the challenge was made too long ago, or was used.
	ErrExpired = errors.New("the challenge is over")
	// ErrTooMany means that the user has as many passkeys as one may have.
	ErrTooMany = errors.New("the user has too many passkeys")
)

// challengeLifetime is how long a page with a challenge on it may stay open.
const challengeLifetime = time.Hour

// maxResponse bounds what an authenticator may say, in bytes.
const maxResponse = 32 << 10

// Passkeys makes challenges and checks what was signed. It is safe for concurrent
// use.
type Passkeys struct {
	web    *webauthn.WebAuthn // nil if the issuer is at an address without a name
	kept   store.Passkeys
	sealer *keyring.Sealer
	now    func() time.Time
}

// New makes the passkeys of an issuer, whose host is the relying party.
func New(kept store.Passkeys, ring *keyring.Ring, issuer *url.URL, now func() time.Time) (*Passkeys, error) {
	p := &Passkeys{kept: kept, sealer: ring.Sealer("passkey challenge"), now: now}
	host := issuer.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return p, nil // WebAuthn §5.1.2: a relying party has a domain
	}
	var err error
	p.web, err = webauthn.New(&webauthn.Config{
		RPID:          host,
		RPDisplayName: host,
		RPOrigins:     []string{issuer.Scheme + "://" + issuer.Host},
		// What extensions say is not asked for and not read, so it may be anything.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		AttestationPreference:             protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing passkeys for %s: %w", host, err)
	}
	return p, nil
}

// Available reports whether there can be passkeys: not for an issuer without a name.
func (p *Passkeys) Available() bool { return p.web != nil }

// A Challenge is what a page hands to the browser, and wants back.
type Challenge struct {
	Options string // JSON of the options of navigator.credentials
	Sealed  string // to be given back with the answer; whoever shows it binds it to the browser
}

// sealedChallenge is what is sealed.
type sealedChallenge struct {
	UserID  string               `json:"u,omitempty"` // whose passkey is added; "" to sign in
	MadeAt  int64                `json:"t"`           // Unix milliseconds
	Session webauthn.SessionData `json:"s"`
}

// Challenge makes a challenge for whoever has a passkey.
func (p *Passkeys) Challenge() (Challenge, error) {
	options, session, err := p.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, fmt.Errorf("making a challenge: %w", err)
	}
	return p.seal("", options.Response, session)
}

func (p *Passkeys) seal(userID string, options any, session *webauthn.SessionData) (Challenge, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, fmt.Errorf("writing a challenge: %w", err)
	}
	kept, err := json.Marshal(sealedChallenge{userID, p.now().UnixMilli(), *session})
	if err != nil {
		return Challenge{}, fmt.Errorf("writing a challenge: %w", err)
	}
	return Challenge{Options: string(shown), Sealed: base64.RawURLEncoding.EncodeToString(p.sealer.Seal(kept))}, nil
}

// open opens a challenge that was made for this user, or "" for whoever signs in.
func (p *Passkeys) open(userID, sealed string) (sealedChallenge, error) {
	var c sealedChallenge
	ciphertext, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return c, fmt.Errorf("%w: reading the challenge: %w", ErrRefused, err)
	}
	text, err := p.sealer.Open(ciphertext)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	switch {
	case err != nil:
		return c, fmt.Errorf("%w: opening the challenge: %w", ErrRefused, err)
	case c.UserID != userID:
		return c, fmt.Errorf("%w: the challenge is for something else", ErrRefused)
	case p.now().Sub(time.UnixMilli(c.MadeAt)) >= challengeLifetime:
		return c, ErrExpired
	}
	return c, nil
}

// A Proof is whom a passkey has proved, and how.
type Proof struct {
	UserID  string
	Methods []string // RFC 8176
}

// SignIn finds out who has signed a challenge. The authenticator has verified its
// user, so that this is two factors in one. It fails with ErrRefused or ErrExpired.
func (p *Passkeys) SignIn(ctx context.Context, sealed, response string) (Proof, error) {
	if p.web == nil {
		return Proof{}, fmt.Errorf("%w: there are no passkeys here", ErrRefused)
	}
	c, err := p.open("", sealed)
	if err != nil {
		return Proof{}, err
	}
	if len(response) > maxResponse {
		return Proof{}, fmt.Errorf("%w: the answer is too long", ErrRefused)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return Proof{}, refused(err)
	}
	found, err := p.kept.PasskeyByCredential(ctx, parsed.RawID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Proof{}, fmt.Errorf("%w: nobody has this passkey", ErrRefused)
	case err != nil:
		return Proof{}, err
	}
	owner := func([]byte, []byte) (webauthn.User, error) {
		return holder{passkeys: []store.Passkey{found}, handle: found.Handle}, nil
	}
	_, signed, err := p.web.ValidatePasskeyLogin(owner, c.Session, parsed)
	if err != nil {
		return Proof{}, refused(err)
	}
	err = p.kept.UsePasskey(ctx, found.ID, store.PasskeyUse{
		SignCount: parsed.Response.AuthenticatorData.Counter, BackedUp: signed.Flags.BackupState,
		ChallengedAt: time.UnixMilli(c.MadeAt), At: p.now(),
	})
	switch {
	case errors.Is(err, store.ErrConflict): // used, or a copy; the answer is the same
		return Proof{}, ErrExpired
	case err != nil:
		return Proof{}, err
	}
	return Proof{UserID: found.UserID, Methods: methods(found)}, nil
}

// methods are the values of RFC 8176 for a sign-in by a passkey: a key that can be
// copied is one in software.
func methods(p store.Passkey) []string {
	key := "hwk"
	if p.BackupEligible {
		key = "swk"
	}
	return []string{key, "user", "mfa"}
}

// refused says for the log what the library found.
func refused(err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) {
		return fmt.Errorf("%w: %s: %s", ErrRefused, detail.Details, strings.ReplaceAll(detail.DevInfo, "\n", " "))
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

// A holder is a user as the library wants it.
type holder struct {
	handle      []byte
	name, label string
	passkeys    []store.Passkey
}

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return h.handle }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.label }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(h.passkeys))
	for i, k := range h.passkeys {
		all[i] = webauthn.Credential{
			ID: k.CredentialID, PublicKey: k.PublicKey,
			Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
			Authenticator: webauthn.Authenticator{AAGUID: k.AAGUID, SignCount: k.SignCount},
		}
		for _, transport := range k.Transports {
			all[i].Transport = append(all[i].Transport, protocol.AuthenticatorTransport(transport))
		}
	}
	return all
}
