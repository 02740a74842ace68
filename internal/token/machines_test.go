package token

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

func TestWhatMachinesPresent(t *testing.T) {
	ring := keyring.Generate()
	m := NewMachines(ring, nil, issuer)
	id, key := store.M2MTokenID{1, 2}, store.SubjectKeyID{1, 2}
	opaque, secret := m.M2M(id), m.Key(key)
	if got, err := NewMachines(ring, nil, issuer).OpenM2M(opaque); err != nil || got != id || m.M2M(id) != opaque {
		t.Errorf("OpenM2M = %v, %v", got, err)
	}
	if got, err := m.OpenKey(secret); err != nil || got != key {
		t.Errorf("OpenKey = %v, %v", got, err)
	}
	if opaque == id.String() || !strings.HasPrefix(opaque, "mt_") || !strings.HasPrefix(secret, "ak_") {
		t.Errorf("the token is %s, the key %s", opaque, secret)
	}
	for name, forged := range map[string]string{
		"the id": id.String(), "the id of the key": key.String(), "nothing": "", "the prefix": "mt_",
		"a key as a token": "mt_" + strings.TrimPrefix(secret, "ak_"), "a token as a key": "ak_" + strings.TrimPrefix(opaque, "mt_"),
		"another ring": NewMachines(keyring.Generate(), nil, issuer).M2M(id), "more": opaque + "A", "a line": opaque + "\n",
		"an access token": "mt_" + strict.EncodeToString(ring.Authenticator("access token").Tag(id[:])),
	} {
		if _, err := m.OpenM2M(forged); !errors.Is(err, keyring.ErrForged) {
			t.Errorf("%s as a token: %v, want ErrForged", name, err)
		}
		if _, err := m.OpenKey(forged); !errors.Is(err, keyring.ErrForged) {
			t.Errorf("%s as a key: %v, want ErrForged", name, err)
		}
	}
}

func TestSealedSecretBelongsToItsMachine(t *testing.T) {
	m := NewMachines(keyring.Generate(), nil, issuer)
	sealed := m.SealSecret("mch_1", "ak_secret")
	if got, err := m.OpenSecret("mch_1", sealed); err != nil || got != "ak_secret" {
		t.Errorf("OpenSecret = %q, %v", got, err)
	}
	for _, other := range []string{"mch_2", "mch_", ""} {
		if got, err := m.OpenSecret(other, sealed); !errors.Is(err, keyring.ErrForged) {
			t.Errorf("as the secret of %q: %q, %v", other, got, err)
		}
	}
}

func TestSignedM2M(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	m := NewMachines(k.ring, keys, issuer)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	want := store.M2MToken{
		ID: store.M2MTokenID{7}, MachineID: "mch_1", Claims: json.RawMessage(`{"plan":{"a":[1]}}`), Scopes: []string{"mch_2", "mch_3"},
		ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
	}
	plain, posing := want, want
	plain.Claims, plain.Scopes = nil, nil
	posing.Claims = json.RawMessage(`{"Sub":"mch_9","iſs":"https://other.example","ſub":"mch_9"}`) // package json takes them for iss and sub
	for _, x := range []store.M2MToken{want, plain, posing} {
		signed, err := m.SignM2M(t.Context(), x)
		must(t, err)
		got, err := m.VerifyM2M(t.Context(), signed)
		if diff := cmp.Diff(x, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		for _, other := range []kind{idType, accessType} {
			if err := keys.Verify(t.Context(), signed, other, &struct{}{}); !errors.Is(err, ErrNotSigned) {
				t.Errorf("as %v: %v, want ErrNotSigned", other, err)
			}
		}
		if _, err := NewMachines(k.ring, keys, "https://other.example").VerifyM2M(t.Context(), signed); !errors.Is(err, ErrNotSigned) {
			t.Errorf("of another issuer: %v, want ErrNotSigned", err)
		}
	}
	for _, other := range []kind{idType, accessType} {
		signed, err := keys.Sign(t.Context(), oauth.RS256, other, map[string]string{"sub": "mch_1", "iss": issuer, "jti": want.ID.String()})
		must(t, err)
		if _, err := m.VerifyM2M(t.Context(), signed); !errors.Is(err, ErrNotSigned) {
			t.Errorf("%v as a token of a machine: %v, want ErrNotSigned", other, err)
		}
	}
	signed, err := keys.Sign(t.Context(), oauth.RS256, m2mType, map[string]string{"sub": "mch_1", "iss": issuer, "jti": "mt_0102"})
	must(t, err)
	if _, err := m.VerifyM2M(t.Context(), signed); !errors.Is(err, ErrNotSigned) {
		t.Errorf("with half an id: %v, want ErrNotSigned", err)
	}
	want.Claims = json.RawMessage(`{"a":"` + strings.Repeat("x", maxJWT) + `"}`)
	if _, err := m.SignM2M(t.Context(), want); !errors.Is(err, ErrTooLong) {
		t.Errorf("longer than anybody takes: %v, want ErrTooLong", err)
	}
}
