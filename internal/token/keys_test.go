package token

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

const issuer = "https://id.example"

// aKey is a key in the middle of its life.
func aKey(number int64, activeFrom time.Time) store.SigningKey {
	return store.SigningKey{ID: string(rune('a' + number)), Algorithm: oauth.RS256, Number: number, ActiveFrom: activeFrom}
}

func TestLifeOfAKey(t *testing.T) {
	first, second := aKey(1, now), aKey(2, now.Add(period))
	takenBack := first
	takenBack.RetiredAt = now.Add(time.Hour)
	both := []store.SigningKey{second, first}
	tests := []struct {
		name      string
		keys      []store.SigningKey
		at        time.Time
		signs     int64
		published int
		due       int64
	}{
		{"before the first", nil, now, 0, 0, 1},
		{"the first", both[1:], now, 1, 1, 0},
		{"before the lead", both[1:], now.Add(period - lead - time.Second), 1, 1, 0},
		{"at the lead", both[1:], now.Add(period - lead), 1, 1, 2},
		{"successor published", both, now.Add(period - time.Second), 1, 2, 0},
		{"successor signs", both, now.Add(period), 2, 2, 0},
		{"tokens of the first still live", both, now.Add(period + MaxSigned), 2, 2, 0},
		{"the first is spent", both, now.Add(period + tail + time.Second), 2, 1, 0},
		{"nobody looked for a year", both[1:], now.Add(365 * 24 * time.Hour), 1, 1, 2},
		{"taken back", []store.SigningKey{takenBack}, now.Add(time.Hour), 0, 0, 2},
		{"to be taken back", []store.SigningKey{takenBack}, now.Add(time.Minute), 1, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, _ := signer(tt.keys, oauth.RS256, tt.at)
			number, _, _ := due(tt.keys, oauth.RS256, tt.at, false)
			if key.Number != tt.signs || len(published(tt.keys, tt.at)) != tt.published || number != tt.due {
				t.Errorf("signs %d, %d published, due %d; want %d, %d, %d",
					key.Number, len(published(tt.keys, tt.at)), number, tt.signs, tt.published, tt.due)
			}
		})
	}
}

// kept is a database, and a clock.
type kept struct {
	*sqlstore.DB
	ring *keyring.Ring
	now  time.Time
}

func newKept(t *testing.T) *kept {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &kept{DB: db, ring: keyring.Generate(), now: now}
}

func (k *kept) keys() *Keys { return NewKeys(k, k.ring, func() time.Time { return k.now }) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNodesThatStartTogetherSignWithTheSameKeys(t *testing.T) {
	k := newKept(t)
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			if err := k.keys().Ensure(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	all, err := k.SigningKeys(t.Context())
	if err != nil || len(all) != len(oauth.Algorithms()) {
		t.Errorf("%d keys, %v, want one for each algorithm", len(all), err)
	}
}

func TestSignAndVerify(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	for _, a := range oauth.Algorithms() {
		signed, err := keys.Sign(t.Context(), a, idType, map[string]string{"sub": "user_1"})
		must(t, err)
		var claims map[string]string
		if err := k.keys().Verify(t.Context(), signed, idType, &claims); err != nil || claims["sub"] != "user_1" {
			t.Errorf("%s, verified on another node: %v, %v", a, claims, err)
		}
		if err := keys.Verify(t.Context(), signed, accessType, &claims); !errors.Is(err, ErrNotSigned) {
			t.Errorf("JW07 %s, as another type: %v, want ErrNotSigned", a, err)
		}
	}
}

func TestRotation(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	sign := func() string {
		t.Helper()
		signed, err := keys.Sign(t.Context(), oauth.RS256, idType, map[string]string{})
		must(t, err)
		return signed
	}
	kid := func(s string) string {
		parsed, err := jose.ParseSignedCompact(s, []jose.SignatureAlgorithm{jose.RS256})
		must(t, err)
		return parsed.Signatures[0].Protected.KeyID
	}
	verify := func(s string) error { return keys.Verify(t.Context(), s, idType, &struct{}{}) }
	must(t, keys.Ensure(t.Context()))
	old := sign()
	must(t, keys.Rotate(t.Context()))
	must(t, keys.Rotate(t.Context())) // the successors are there already
	if set, err := keys.Published(t.Context()); err != nil || len(set.Keys) != 6 {
		t.Errorf("rotated: %d keys are published, %v, want 6", len(set.Keys), err)
	}
	if kid(sign()) != kid(old) {
		t.Error("JW08: the successor signs before anybody can have it")
	}
	k.now = now.Add(lead)
	if kid(sign()) == kid(old) {
		t.Error("the successor does not sign after its lead")
	}
	k.now = now.Add(lead + MaxSigned)
	must(t, verify(old))
	k.now = now.Add(lead + tail + time.Minute)
	must(t, keys.Ensure(t.Context()))
	if err := verify(old); !errors.Is(err, ErrNotSigned) {
		t.Errorf("after its tail: %v, want that the key is gone", err)
	}
	recent := sign()
	must(t, keys.RotateNow(t.Context()))
	if err := verify(recent); !errors.Is(err, ErrNotSigned) {
		t.Errorf("LC06: what a key taken back has signed: %v, want ErrNotSigned", err)
	}
	must(t, verify(sign()))
}

func TestPublishedKeysArePublic(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	set, err := keys.Published(t.Context())
	must(t, err)
	text, err := json.Marshal(set)
	must(t, err)
	var read struct{ Keys []map[string]any }
	must(t, json.Unmarshal(text, &read))
	for _, key := range read.Keys {
		for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, ok := key[secret]; ok {
				t.Errorf("JW09: the key %v has %s", key["alg"], secret)
			}
		}
		if key["kid"] == "" || key["use"] != "sig" || key["alg"] == "" {
			t.Errorf("the key %v lacks kid, use or alg", key)
		}
		if key["alg"] == "RS256" && (key["e"] != "AQAB" || len(key["n"].(string)) != 342) {
			t.Errorf("the RSA key is not one of 2048 bits with the exponent 65537: %v", key)
		}
	}
	rows, err := k.SigningKeys(t.Context())
	must(t, err)
	for _, row := range rows {
		if _, err := keyring.Generate().Sealer("signing key").Open(row.SealedKey); err == nil {
			t.Error("a private key opens under another root key")
		}
	}
}

// forge makes a JWT with a header of one's own.
func forge(header, payload string, signature []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + encode(signature)
}

func TestVerifyBelievesNoHeader(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	set, err := keys.Published(t.Context())
	must(t, err)
	genuine, err := keys.Sign(t.Context(), oauth.RS256, accessType, map[string]string{"sub": "user_1"})
	must(t, err)
	parts := strings.Split(genuine, ".")
	kid := set.Keys[0].KeyID
	public, err := set.Keys[0].MarshalJSON()
	must(t, err)
	stranger, err := generate(oauth.ES256)
	must(t, err)
	embedded, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: stranger},
		(&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(accessType.typ)).WithHeader("kid", kid))
	must(t, err)
	signed, err := embedded.Sign([]byte(`{"sub":"user_1"}`))
	must(t, err)
	strange, err := signed.CompactSerialize()
	must(t, err)
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, (&jose.SignerOptions{}).WithType(jose.ContentType(accessType.typ)).WithHeader("kid", kid))
	must(t, err)
	if signed, err = symmetric.Sign([]byte(`{"sub":"user_1"}`)); err != nil {
		t.Fatal(err)
	}
	confused, err := signed.CompactSerialize()
	must(t, err)
	for name, s := range map[string]string{
		"JW01 none":                   forge(`{"alg":"none","typ":"at+jwt"}`, `{"sub":"user_1"}`, nil),
		"JW01 nOnE":                   forge(`{"alg":"nOnE","typ":"at+jwt","kid":"`+kid+`"}`, `{"sub":"user_1"}`, nil),
		"JW01 no signature":           parts[0] + "." + parts[1] + ".",
		"JW02 the public key as HMAC": confused,
		"JW03 kid in the file system": forge(`{"alg":"RS256","typ":"at+jwt","kid":"../../etc/passwd"}`, `{}`, []byte("x")),
		"JW04 a key of its own":       strange,
		"JW05 too long":               genuine + strings.Repeat("A", maxJWT),
		"JW05 many dots":              strings.Repeat(".", 5000),
		"JW06 crit":                   forge(`{"alg":"RS256","typ":"at+jwt","kid":"`+kid+`","crit":["b64"],"b64":false}`, `{}`, []byte("x")),
		"another payload":             parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"user_2"}`)) + "." + parts[2],
	} {
		if err := keys.Verify(t.Context(), s, accessType, &struct{}{}); !errors.Is(err, ErrNotSigned) {
			t.Errorf("%s: %v, want ErrNotSigned", name, err)
		}
	}
}

func TestJWTAccessTokens(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	tokens := New(k.ring, keys, issuer)
	g := grant
	g.Resources = []string{"https://api.example"}
	order := Order{
		Grant: g, Scopes: g.Scopes, Resources: g.Resources,
		Client: oauth.Client{ID: "client", JWTAccessTokens: true, Lifetimes: oauth.Lifetimes{AccessToken: 60 * 24 * time.Hour}},
	}
	order.Grant.ExpiresAt = now.Add(365 * 24 * time.Hour)
	pair, err := tokens.Mint(t.Context(), order)
	must(t, err)
	if again, err := tokens.Mint(t.Context(), order); err != nil || again.Access != pair.Access {
		t.Errorf("minting again gave another token, %v", err)
	}
	if !pair.AccessExpiry.Equal(now.Add(MaxSigned)) {
		t.Errorf("expires at %v, later than its key is published", pair.AccessExpiry)
	}
	access, err := tokens.OpenAccess(t.Context(), pair.Access)
	if err != nil || access.GrantID != g.ID || access.Generation != 1 || access.Audience[0] != "https://api.example" || access.ClientID != "" {
		t.Errorf("opened: %+v, %v", access, err)
	}
	if _, err := New(k.ring, keys, "https://other.example").OpenAccess(t.Context(), pair.Access); !errors.Is(err, oauth.ErrForgedAccessToken) {
		t.Errorf("MX02: under another issuer: %v, want a refusal", err)
	}
	own, err := tokens.MintClient(t.Context(), oauth.AccessToken{
		ID: oauth.TokenID{7}, ClientID: "client", IssuedAt: now, ExpiresAt: now.Add(time.Hour), Narrowed: oauth.Scopes{"a"},
	}, order.Client)
	must(t, err)
	if access, err := tokens.OpenAccess(t.Context(), own); err != nil || access.ClientID != "client" || access.ID != (oauth.TokenID{7}) {
		t.Errorf("a client's own: %+v, %v", access, err)
	}
}

func TestIDTokensAreHints(t *testing.T) {
	k := newKept(t)
	keys := k.keys()
	must(t, keys.Ensure(t.Context()))
	tokens := New(k.ring, keys, issuer)
	pair, err := tokens.Mint(t.Context(), Order{Grant: grant, Scopes: oauth.Scopes{"openid"}, Profile: &oauth.Profile{}, Client: oauth.Client{Lifetimes: oauth.DefaultLifetimes()}})
	must(t, err)
	k.now = now.Add(24 * time.Hour) // it has expired
	hint, ok, err := tokens.OpenHint(t.Context(), pair.IDToken)
	if err != nil || !ok || hint.Subject != grant.UserID || hint.SessionID != grant.SessionID || hint.Audience != grant.ClientID {
		t.Errorf("%+v, %v, %v", hint, ok, err)
	}
	if _, ok, err := tokens.OpenHint(t.Context(), pair.Access); ok || err != nil {
		t.Errorf("an access token is a hint: %v", err)
	}
}

func TestClientAccessTokens(t *testing.T) {
	tokens := opaque()
	want := oauth.AccessToken{
		ID: oauth.TokenID{1, 2}, ClientID: "client", IssuedAt: now, ExpiresAt: now.Add(time.Hour),
		Narrowed: oauth.Scopes{"a", "b"}, Audience: []string{"https://api.example"},
	}
	s, err := tokens.MintClient(t.Context(), want, oauth.Client{})
	must(t, err)
	got, err := tokens.OpenAccess(t.Context(), s)
	if err != nil || got.ID != want.ID || got.ClientID != want.ClientID || got.Narrowed.String() != "a b" || !got.ExpiresAt.Equal(want.ExpiresAt) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := tokens.OpenAccess(t.Context(), s[:len(s)-2]+"AA"); !errors.Is(err, oauth.ErrForgedAccessToken) {
		t.Errorf("changed: %v", err)
	}
}
