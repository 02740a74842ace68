package passkey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/segmentio/ksuid"

	"github.com/signet-auth/signet/internal/store"
)

// handleSize is the length of the random handle that authenticators know a user by.
const handleSize = 32

// An Owner is who adds a passkey, as the authenticator shows it.
type Owner struct{ UserID, Name, Label string }

// Registration makes a challenge to add a passkey, or fails with ErrTooMany. The
// authenticators that have one of the user's already are told to stand back.
func (p *Passkeys) Registration(ctx context.Context, o Owner) (Challenge, error) {
	found, err := p.kept.PasskeysOf(ctx, o.UserID)
	if err != nil {
		return Challenge{}, err
	}
	h := holder{handle: handleOf(found[o.UserID]), name: o.Name, label: o.Label, passkeys: found[o.UserID]}
	if len(h.passkeys) >= store.MaxPasskeys {
		return Challenge{}, ErrTooMany
	}
	options, session, err := p.web.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, fmt.Errorf("making a challenge: %w", err)
	}
	return p.seal(o.UserID, options.Response, session)
}

// handleOf is what authenticators know a user by: nothing that is used elsewhere.
func handleOf(passkeys []store.Passkey) []byte {
	if len(passkeys) > 0 {
		return passkeys[0].Handle
	}
	handle := make([]byte, handleSize)
	rand.Read(handle) // never fails: it ends the program instead
	return handle
}

// Register adds the passkey that has answered a challenge of Registration, under a
// name that the user may change. It fails with ErrRefused, ErrExpired or ErrTooMany.
func (p *Passkeys) Register(ctx context.Context, userID, sealed, response, name string) (store.Passkey, error) {
	if p.web == nil {
		return store.Passkey{}, fmt.Errorf("%w: there are no passkeys here", ErrRefused)
	}
	c, err := p.open(userID, sealed)
	if err != nil {
		return store.Passkey{}, err
	}
	if len(response) > maxResponse {
		return store.Passkey{}, fmt.Errorf("%w: the answer is too long", ErrRefused)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return store.Passkey{}, refused(err)
	}
	made, err := p.web.CreateCredential(holder{handle: c.Session.UserID}, c.Session, parsed)
	if err != nil {
		return store.Passkey{}, refused(err)
	}
	now := p.now().Truncate(time.Millisecond)
	id, err := ksuid.NewRandomWithTime(now)
	if err != nil {
		return store.Passkey{}, fmt.Errorf("making an id: %w", err)
	}
	k := store.Passkey{
		ID: "idn_" + id.String(), UserID: userID, Handle: c.Session.UserID, Name: name, CreatedAt: now,
		CredentialID: made.ID, PublicKey: made.PublicKey, AAGUID: append([]byte{}, made.Authenticator.AAGUID...), Transports: transports(made),
		SignCount: made.Authenticator.SignCount, BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
	}
	switch err := p.kept.AddPasskey(ctx, k); {
	case errors.Is(err, store.ErrConflict): // the answer was sent twice
		return store.Passkey{}, ErrExpired
	case errors.Is(err, store.ErrNotFound):
		return store.Passkey{}, ErrTooMany
	case err != nil:
		return store.Passkey{}, err
	}
	return k, nil
}

// known are the transports of WebAuthn §5.8.4; the browser may say anything.
var known = []protocol.AuthenticatorTransport{
	protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal,
}

func transports(c *webauthn.Credential) []string {
	var names []string
	for _, t := range c.Transport {
		if slices.Contains(known, t) && !slices.Contains(names, string(t)) {
			names = append(names, string(t))
		}
	}
	return names
}
