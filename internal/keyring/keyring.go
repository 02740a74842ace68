// Package keyring holds the root keys of an instance and what is derived from
// them: keys that seal and keys that authenticate, one of each per purpose. It
// knows nothing of what is sealed.
//
// A ring has one active root key, which is used for everything new, and may have
// older ones, under which what was made earlier still opens.
package keyring

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of a root key in bytes.
const KeySize = 32

// A KeyID tells root keys apart in what they sealed. It is derived from the key
// and reveals nothing of it.
type KeyID [4]byte

// ErrForged means that nothing in the ring made what was to be opened.
var ErrForged = errors.New("keyring: not made under this ring")

// A Ring is one or more root keys; the first is the active one.
type Ring struct{ roots [][]byte }

// Generate makes a ring with one new key.
func Generate() *Ring {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails: it ends the program instead
	return &Ring{roots: [][]byte{key}}
}

// Parse reads root keys in base64, separated by white space or commas, the
// active one first.
func Parse(text string) (*Ring, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })
	if len(fields) == 0 {
		return nil, errors.New("there is no root key")
	}
	ring := &Ring{}
	for i, field := range fields {
		key, err := base64.StdEncoding.DecodeString(field)
		if err != nil || len(key) != KeySize {
			return nil, fmt.Errorf("root key %d is not the base64 of %d bytes (make one with: openssl rand -base64 %d)", i+1, KeySize, KeySize)
		}
		ring.roots = append(ring.roots, key)
	}
	return ring, nil
}

// String gives the ring in the form that Parse reads. It is the secret itself.
func (r *Ring) String() string {
	var b strings.Builder
	for _, root := range r.roots {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(root))
	}
	return b.String()
}

// LogValue keeps the keys out of logs.
func (r *Ring) LogValue() slog.Value { return slog.StringValue("[root keys]") }

// Open reads the ring kept in a file, or makes one there, readable by the owner
// alone. Of several processes that start at once, all get the same ring.
func Open(path string) (*Ring, error) {
	for {
		text, err := os.ReadFile(path)
		switch {
		case err == nil:
			ring, err := Parse(string(text))
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", path, err)
			}
			return ring, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		if err := create(path, Generate().String()); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("making %s: %w", path, err)
		}
	}
}

// create writes a file that nobody sees half written: it gets its name by a
// link, which fails if the name is taken.
func create(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".root.key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// Fingerprint identifies the active root key and reveals nothing of it.
func (r *Ring) Fingerprint() string {
	return hex.EncodeToString(derive(r.roots[0], "signet fingerprint")[:16])
}

// derive gives the key for one purpose (HKDF, RFC 5869).
func derive(root []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, root, nil, purpose, KeySize)
	if err != nil {
		panic(err) // only for more output than HKDF gives
	}
	return key
}

func keyID(root []byte) KeyID { return KeyID(derive(root, "signet key id")) }

// A Sealer encrypts for one purpose, so that only it can read or make what it
// sealed (XChaCha20-Poly1305).
type Sealer struct {
	active KeyID
	byID   map[KeyID]cipher.AEAD
}

// Sealer makes the sealer for a purpose; what one purpose sealed opens under no
// other.
func (r *Ring) Sealer(purpose string) *Sealer {
	s := &Sealer{active: keyID(r.roots[0]), byID: make(map[KeyID]cipher.AEAD)}
	for _, root := range r.roots {
		aead, err := chacha20poly1305.NewX(derive(root, "signet seal "+purpose))
		if err != nil {
			panic(err) // only for a key of the wrong length
		}
		s.byID[keyID(root)] = aead
	}
	return s
}

// Seal encrypts plaintext under the active key.
func (s *Sealer) Seal(plaintext []byte) []byte {
	aead := s.byID[s.active]
	sealed := make([]byte, len(s.active)+aead.NonceSize(), len(s.active)+aead.NonceSize()+len(plaintext)+aead.Overhead())
	copy(sealed, s.active[:])
	nonce := sealed[len(s.active):]
	rand.Read(nonce)
	return aead.Seal(sealed, nonce, plaintext, s.active[:])
}

// Open decrypts what Seal made, or fails with ErrForged.
func (s *Sealer) Open(sealed []byte) ([]byte, error) {
	var id KeyID
	if len(sealed) < len(id) {
		return nil, ErrForged
	}
	copy(id[:], sealed)
	aead, ok := s.byID[id]
	if !ok || len(sealed) < len(id)+aead.NonceSize() {
		return nil, ErrForged
	}
	rest := sealed[len(id):]
	plaintext, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], id[:])
	if err != nil {
		return nil, ErrForged
	}
	return plaintext, nil
}

// TagSize is the length of what Authenticator.Tag adds, in bytes.
const TagSize = 24

// An Authenticator marks messages for one purpose, so that only the ring can
// have made them (HMAC-SHA256, cut to TagSize). The same message always gets the
// same tag under the same key.
type Authenticator struct {
	active KeyID
	byID   map[KeyID][]byte
}

// Authenticator makes the authenticator for a purpose.
func (r *Ring) Authenticator(purpose string) *Authenticator {
	a := &Authenticator{active: keyID(r.roots[0]), byID: make(map[KeyID][]byte)}
	for _, root := range r.roots {
		a.byID[keyID(root)] = derive(root, "signet tag "+purpose)
	}
	return a
}

// Tag authenticates message: it returns the message behind the id of the active
// key and followed by the tag.
func (a *Authenticator) Tag(message []byte) []byte {
	tagged := make([]byte, 0, len(a.active)+len(message)+sha256.Size)
	tagged = append(tagged, a.active[:]...)
	tagged = append(tagged, message...)
	return append(tagged, tag(a.byID[a.active], tagged)...)
}

// Open checks what Tag made and returns the message, or fails with ErrForged.
func (a *Authenticator) Open(tagged []byte) ([]byte, error) {
	var id KeyID
	if len(tagged) < len(id)+TagSize {
		return nil, ErrForged
	}
	copy(id[:], tagged)
	key, ok := a.byID[id]
	if !ok {
		return nil, ErrForged
	}
	signed := tagged[:len(tagged)-TagSize]
	if !hmac.Equal(tag(key, signed), tagged[len(signed):]) {
		return nil, ErrForged
	}
	return signed[len(id):], nil
}

func tag(key, message []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return mac.Sum(nil)[:TagSize]
}
