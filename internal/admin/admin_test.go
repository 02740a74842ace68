package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/cache"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// newAdmin makes an Admin over a fresh database, with a clock that stands still.
func newAdmin(t *testing.T) (*Admin, *sqlstore.DB) {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(Deps{
		Clients: db, Users: db, Instances: db, Keys: db, Accounts: account.New(db), Sessions: db, Passkeys: db,
		Factors: account.NewSecondFactors(db, account.New(db), keyring.Generate(), func() time.Time { return noon }),
		Tickets: db, Connections: db,
		Pictures: db, Uses: cache.NewUses(db, time.Now), PictureAt: "https://signet.example/images/",
		Now: func() time.Time { return noon }, Random: rand.Reader,
	}), db
}

func started(t *testing.T) (*Admin, *sqlstore.DB) {
	t.Helper()
	a, db := newAdmin(t)
	if _, err := a.EnsureInstance(t.Context(), "fingerprint"); err != nil {
		t.Fatal(err)
	}
	return a, db
}

func TestEnsureInstance(t *testing.T) {
	a, _ := newAdmin(t)
	if _, err := a.Instance(t.Context()); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("Instance before the first start: %v, want a fault", err)
	}
	var wg sync.WaitGroup
	ids := make([]string, 4)
	for n := range ids {
		wg.Go(func() {
			i, err := a.EnsureInstance(t.Context(), "fingerprint")
			if err != nil {
				t.Error(err)
			}
			ids[n] = i.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || !isID("ins_", id) {
			t.Errorf("instances %q, want one", ids)
		}
	}
	settings, err := a.Settings(t.Context())
	if err != nil || settings.Lifetimes != oauth.DefaultLifetimes() || settings.AllowHTTPRedirectURIs {
		t.Errorf("settings %+v, %v, want the defaults", settings, err)
	}
	_, err = a.EnsureInstance(t.Context(), "another")
	if err == nil || !strings.Contains(err.Error(), "root.key") || !strings.Contains(err.Error(), "fingerprint fingerprint") {
		t.Errorf("with another root key: %v, want an error that says what to do", err)
	}
}

func TestEnsureSecretKey(t *testing.T) {
	a, db := started(t)
	opens := func(key string) bool {
		_, err := db.APIKey(t.Context(), oauth.HashSecret(key))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	made, err := a.EnsureSecretKey(t.Context(), "", true)
	if err != nil || len(made) != len("sk_test_")+40 || !strings.HasPrefix(made, "sk_test_") || !opens(made) {
		t.Fatalf("first start: %q, %v, want a key that works", made, err)
	}
	if again, err := a.EnsureSecretKey(t.Context(), "", true); err != nil || again != "" {
		t.Errorf("second start: %q, %v, want nothing", again, err)
	}
	for _, key := range []string{"sk_live_first", "sk_live_second", "sk_live_second", "sk_live_third"} {
		if printed, err := a.EnsureSecretKey(t.Context(), key, false); err != nil || printed != "" || !opens(key) {
			t.Errorf("configured %s: %q, %v, opens %v", key, printed, err, opens(key))
		}
	}
	if opens("sk_live_first") || opens("sk_live_second") || !opens(made) {
		t.Error("a key configured before works, or the one of the first start does not")
	}
	keys, err := db.ListAPIKeys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v, want 2", len(keys), err)
	}
	for _, k := range keys {
		if !isID("key_", k.ID) || len(k.Prefix) > 12 {
			t.Errorf("key %q, prefix %q", k.ID, k.Prefix)
		}
	}
	for _, key := range []string{"hunter2", "sk_", "pk_test_x", "sk_test_a b", "sk_test_\n", "sk_" + strings.Repeat("x", 300)} {
		if _, err := a.EnsureSecretKey(t.Context(), key, false); !errors.As(err, new(*Error)) || len(key) > 3 && strings.Contains(err.Error(), key) {
			t.Errorf("configured %q: %v, want a mistake without the key in it", key, err)
		}
	}
}

func TestLiveKeyForHTTPS(t *testing.T) {
	a, _ := started(t)
	if made, err := a.EnsureSecretKey(t.Context(), "", false); err != nil || !strings.HasPrefix(made, "sk_live_") {
		t.Errorf("got %.8s, %v, want sk_live_", made, err)
	}
}

func TestUpdateSettings(t *testing.T) {
	a, _ := started(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := a.UpdateSettings(t.Context(), func(s *store.Settings) { s.Lifetimes.AccessToken += time.Minute }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := a.Settings(t.Context())
	if want := oauth.DefaultLifetimes().AccessToken + 4*time.Minute; err != nil || s.Lifetimes.AccessToken != want {
		t.Errorf("access tokens live %v, %v, want %v: a change was lost", s.Lifetimes.AccessToken, err, want)
	}
	_, err = a.UpdateSettings(t.Context(), func(s *store.Settings) { s.Lifetimes = oauth.Lifetimes{RefreshGrace: -1} })
	want := strings.Join([]string{
		is("access_token_lifetime", Unacceptable), is("code_lifetime", Unacceptable), is("grant_lifetime", Unacceptable),
		is("id_token_lifetime", Unacceptable), is("refresh_grace", Unacceptable), is("refresh_token_lifetime", Unacceptable),
	}, ", ")
	if got := found(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBrand(t *testing.T) {
	a, _ := started(t)
	tests := []struct {
		name  string
		brand store.Brand
		want  string
	}{
		{"whole", store.Brand{Name: "Babbage & Co.", Logo: PicturesPath + "a.png", Accent: "#0e7490"}, "<nil>"},
		{"none", store.Brand{}, "<nil>"},
		{"a long name", store.Brand{Name: strings.Repeat("x", maxBrandName+1)}, is("brand_name", Unacceptable)},
		{"two lines", store.Brand{Name: "a\nb"}, is("brand_name", Unacceptable)},
		{"turned around", store.Brand{Name: "a\u202eb"}, is("brand_name", Unacceptable)},
		{"a colour by name", store.Brand{Accent: "teal"}, is("brand_accent", Malformed)},
		{"styles", store.Brand{Accent: "#0e7490;}"}, is("brand_accent", Malformed)},
		{"another site's logo", store.Brand{Logo: "https://evil.example/a.png"}, is("brand_logo", Unacceptable)},
	}
	for _, tt := range tests {
		_, err := a.UpdateSettings(t.Context(), func(s *store.Settings) { s.Brand = tt.brand })
		if got := found(err); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestHTTPRedirectsAreASetting(t *testing.T) {
	a, _ := started(t)
	fields := ApplicationFields{Name: new("intranet"), CallbackURL: new("http://intranet.example/cb")}
	if _, err := a.CreateApplication(t.Context(), fields); found(err) != is("callback_url", Malformed) {
		t.Errorf("by default: %v", err)
	}
	if _, err := a.UpdateSettings(t.Context(), func(s *store.Settings) { s.AllowHTTPRedirectURIs = true }); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateApplication(t.Context(), fields); err != nil {
		t.Errorf("once it is allowed: %v", err)
	}
}

func TestConcurrentChangesAreAllKept(t *testing.T) {
	a, _ := started(t)
	app, err := a.CreateApplication(t.Context(), ApplicationFields{Name: new("Ledger")})
	if err != nil {
		t.Fatal(err)
	}
	changes := []ApplicationFields{
		{Name: new("Renamed")}, {Scopes: new("email")}, {ConsentScreen: new(false)}, {DeviceGrant: new(true)}, {RequirePKCE: new(true)},
	}
	var wg sync.WaitGroup
	for _, f := range changes {
		wg.Go(func() {
			if _, err := a.UpdateApplication(t.Context(), app.ApplicationID, f); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := a.Application(t.Context(), app.ApplicationID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Renamed" || got.Scopes.String() != "email" || got.AskConsent || !got.DeviceGrant || !got.RequirePKCE {
		t.Errorf("a change was lost: %+v", got.Client)
	}
	if want := noon.Add(5 * time.Millisecond); !got.UpdatedAt.Equal(want) {
		t.Errorf("updated at %v, want %v: it moves on each change, even if the clock does not", got.UpdatedAt, want)
	}
	if got.SecretHash != oauth.HashSecret(app.Secret) || got.Secret != "" {
		t.Error("the secret was changed or is shown")
	}
}

// rival changes the application each time somebody has read it.
type rival struct{ store.Clients }

func (r rival) ClientByID(ctx context.Context, id string) (store.Client, error) {
	c, err := r.Clients.ClientByID(ctx, id)
	if err != nil {
		return c, err
	}
	return c, r.UpdateClient(ctx, c)
}

func TestEndlessConflictEnds(t *testing.T) {
	a, db := started(t)
	app, err := a.CreateApplication(t.Context(), ApplicationFields{Name: new("Ledger")})
	if err != nil {
		t.Fatal(err)
	}
	a.clients = rival{db}
	if _, err := a.RotateSecret(t.Context(), app.ApplicationID, 0); !errors.Is(err, store.ErrConflict) {
		t.Errorf("RotateSecret = %v, want ErrConflict", err)
	}
}

func TestUserLifeCycle(t *testing.T) {
	a, db := started(t)
	accounts := account.New(db)
	u, err := a.CreateUser(t.Context(), NewUser{EmailAddresses: []string{"Ada@example.com", "b@example.com"}, Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := u.PrimaryEmail(); !ok || e.Address != "Ada@example.com" || !e.Verified || !isID("idn_", e.ID) || !isID("user_", u.ID) {
		t.Errorf("created as %+v", u)
	}
	signIn := func() error {
		_, err := accounts.Authenticate(t.Context(), "ada@EXAMPLE.com", "correct horse")
		return err
	}
	if err := signIn(); err != nil {
		t.Errorf("signing in: %v", err)
	}
	if banned, err := a.SetBanned(t.Context(), u.ID, true); err != nil || !banned.Banned || !errors.Is(signIn(), account.ErrWrongCredentials) {
		t.Errorf("banned: %v, %v", banned.Banned, err)
	}
	if banned, err := a.SetBanned(t.Context(), u.ID, false); err != nil || banned.Banned || signIn() != nil {
		t.Errorf("unbanned: %v, %v", banned.Banned, err)
	}
	if n, err := a.CountUsers(t.Context(), store.UserQuery{}); err != nil || n != 1 {
		t.Errorf("CountUsers = %d, %v", n, err)
	}
	if err := a.DeleteUser(t.Context(), u.ID); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"User":       second(a.User(t.Context(), u.ID)),
		"SetBanned":  second(a.SetBanned(t.Context(), u.ID, true)),
		"DeleteUser": a.DeleteUser(t.Context(), u.ID),
		"no id":      a.DeleteUser(t.Context(), "user_\x00"),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s = %v, want ErrNotFound", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestConcurrentUsersShareNoAddress(t *testing.T) {
	a, _ := started(t)
	const callers = 6
	results := make(chan string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			_, err := a.CreateUser(t.Context(), NewUser{EmailAddresses: []string{"ada@example.com"}, Username: fmt.Sprintf("ada%d-%d", i, i)})
			results <- found(err)
		})
	}
	wg.Wait()
	close(results)
	made := 0
	for result := range results {
		switch result {
		case "<nil>":
			made++
		case is("email_address", Taken):
		default:
			t.Errorf("CreateUser: %s", result)
		}
	}
	if made != 1 {
		t.Errorf("%d users share an address, want 1", made)
	}
}
