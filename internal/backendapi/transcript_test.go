package backendapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/cache"
	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/reqid"
	"github.com/signet-auth/signet/internal/sqlstore"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
	"github.com/signet-auth/signet/internal/webhook"
)

var update = flag.Bool("update", false, "write the transcripts anew")

const (
	key   = "sk_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"
	trace = "0123456789abcdef0123456789abcdef"
)

// factorTime is when codes of authenticator apps are looked at.
var factorTime = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A bench is a server over a fresh database, with a clock that moves a second at
// each look and randomness that is the same every time.
type bench struct {
	t      *testing.T
	admin  *admin.Admin
	stores *sqlstore.DB
	ring   *keyring.Ring
	uses   *cache.Uses
	keys   *token.Keys

	// What serve gives to New.
	requests store.Requests
	limit    int
	notes    *asked
	cases    *doctor.Book
	now      func() time.Time
	server   *httptest.Server
	log      *bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{
		URL: filepath.Join(t.TempDir(), "signet.db"), Now: ticking(), Describe: Describe("https://signet.example"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{t: t, stores: db, log: new(bytes.Buffer), ring: keyring.Generate(), requests: db, cases: doctor.NewBook(), now: ticking(), uses: cache.NewUses(db, ticking())}
	b.keys = token.NewKeys(db, b.ring, ticking())
	b.admin = admin.New(admin.Deps{
		Clients: db, Users: db, Instances: db, Keys: db, Accounts: account.New(db), Sessions: db, Connections: db, Passkeys: db,
		Factors:  account.NewSecondFactors(db, account.New(db), b.ring, func() time.Time { return factorTime }),
		Tickets:  db,
		Pictures: db, Uses: b.uses, PictureAt: "https://signet.example/images/", Organizations: db,
		Machines: db, MachineTokens: token.NewMachines(b.ring, b.keys, "https://signet.example"),
		Events: db, Webhooks: db, WebhookReach: webhook.Loopback, WebhookSecret: webhook.NewSecrets(b.ring),
		Now: ticking(), Random: &lockedReader{r: rand.NewChaCha8([32]byte{1})},
	})
	if _, err := b.admin.EnsureInstance(t.Context(), "fingerprint"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.admin.EnsureSecretKey(t.Context(), key, true); err != nil {
		t.Fatal(err)
	}
	b.server = b.serve(db)
	return b
}

// serve starts the API with its keys in the given store.
func (b *bench) serve(keys store.APIKeys) *httptest.Server {
	mux := http.NewServeMux()
	b.api(keys).Routes(mux)
	return b.start(mux)
}

// serveMethod starts a server that has nothing but this, at its root.
func (b *bench) serveMethod(serve method) *httptest.Server {
	mux := http.NewServeMux()
	mux.Handle("/", b.api(b.stores).call(map[string]method{http.MethodPost: serve}))
	return b.start(mux)
}

func (b *bench) api(keys store.APIKeys) *API {
	return New(Deps{
		Issuer: "https://signet.example", Admin: b.admin, Keys: keys, Now: b.now,
		Tokens: token.New(b.ring, nil, "https://signet.example"), Grants: b.stores, ClientTokens: b.stores,
		Cases: b.cases, Requests: b.requests, Ring: b.ring, RateLimit: b.limit,
		Tickets: token.NewTickets(b.ring), Uses: b.uses,
		Log: slog.New(slog.NewTextHandler(b.log, nil)),
	})
}

// start serves a mux whose requests all have the same id.
func (b *bench) start(mux http.Handler) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(b.noted(reqid.With(r.Context(), trace))))
	}))
	b.t.Cleanup(server.Close)
	return server
}

func ticking() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends "METHOD /path" with a body, headers as pairs; the key is added unless
// an Authorization header is among them ("" for none).
func (b *bench) do(what, body string, headers ...string) answer {
	b.t.Helper()
	method, path, _ := strings.Cut(what, " ")
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if method != http.MethodHead && r.URL.Path != descriptionPath && r.URL.Path != "/" {
		if err := describedAPI(b.t).check(method, r.URL.Path, response.StatusCode, got); err != nil {
			b.t.Errorf("%s: %v", what, err)
		}
	}
	return answer{response.StatusCode, response.Header, got}
}

// into reads the answer, which has to be a success.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// member reads one member of a successful answer.
func (a answer) member(t *testing.T, name string) any {
	t.Helper()
	var members map[string]any
	a.into(t, &members)
	return members[name]
}

// refusedWith lists status, codes and parameters of an error answer.
func (a answer) refusedWith(t *testing.T) string {
	t.Helper()
	var body struct {
		Errors []struct {
			Message     *string
			LongMessage *string `json:"long_message"`
			Code        *string
			Meta        struct {
				ParamName string `json:"param_name"`
			}
		}
		TraceID string `json:"clerk_trace_id"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if body.TraceID != trace || a.header.Get("Clerk-Trace-Id") != trace {
		t.Errorf("trace ids %q in the body and %q in the header, want %q", body.TraceID, a.header.Get("Clerk-Trace-Id"), trace)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	all := []string{}
	for _, e := range body.Errors {
		if e.Message == nil || e.LongMessage == nil || e.Code == nil || *e.Message == "" || *e.LongMessage == "" {
			t.Fatalf("an error without its three strings in %s", a.body)
		}
		all = append(all, strings.TrimSpace(*e.Code+" "+e.Meta.ParamName))
	}
	return fmt.Sprintf("%d %s", a.status, strings.Join(all, ", "))
}

// A transcript writes down requests and answers as they go over the wire, with
// bodies indented.
type transcript struct {
	*bench
	out bytes.Buffer
}

func (tr *transcript) step(what, body string, headers ...string) answer {
	tr.t.Helper()
	got := tr.do(what, body, headers...)
	fmt.Fprintf(&tr.out, "> %s\n", what)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&tr.out, "> %s: %s\n", headers[i], headers[i+1])
	}
	if body != "" {
		fmt.Fprintf(&tr.out, "%s\n", body)
	}
	fmt.Fprintf(&tr.out, "< %d %s\n", got.status, http.StatusText(got.status))
	for _, name := range slices.Sorted(maps.Keys(got.header)) {
		if name != "Date" && name != "Content-Length" {
			fmt.Fprintf(&tr.out, "< %s: %s\n", name, strings.Join(got.header[name], ", "))
		}
	}
	if err := json.Indent(&tr.out, bytes.TrimSpace(got.body), "", "  "); err != nil {
		tr.t.Errorf("%s: %v in %s", what, err, got.body)
	}
	tr.out.WriteString("\n\n")
	return got
}

// compare checks the transcript against the one in testdata.
func (tr *transcript) compare(name string) {
	tr.t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, tr.out.Bytes(), 0o600); err != nil {
			tr.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tr.t.Fatal(err)
	}
	if !bytes.Equal(tr.out.Bytes(), want) {
		tr.t.Errorf("%s differs; -update writes it anew.\ngot:\n%s", file, tr.out.String())
	}
}

func TestApplicationTranscript(t *testing.T) {
	tr := &transcript{bench: newBench(t)}
	id := tr.step("POST /v1/oauth_applications",
		`{"callback_url":"https://oauth-client.com/oauth2/callback", "name": "oauth_app_1", "scopes": "profile email"}`).member(t, "id").(string)
	tr.step("POST /v1/oauth_applications",
		`{"callback_url":"https://oauth-public-client.com/oauth2/callback", "name": "oauth_app_pkce", "public": true}`)
	tr.step("GET /v1/oauth_applications?order_by=name&limit=1", "")
	tr.step("GET /v1/oauth_applications/"+id, "")
	tr.step("PATCH /v1/oauth_applications/"+id, `{"name":"Ledger","redirect_uris":["https://ledger.example/cb","ledger://cb"],"consent_screen_enabled":false}`)
	tr.step("POST /v1/oauth_applications/"+id+"/rotate_secret", "")
	tr.step("DELETE /v1/oauth_applications/"+id, "null")
	tr.step("GET /v1/oauth_applications/"+id, "")
	tr.compare("applications")
}

func TestUserTranscript(t *testing.T) {
	tr := &transcript{bench: newBench(t)}
	id := tr.step("POST /v1/users", `{"email_address":["ada@example.com","countess@example.com"],"username":"ada.lovelace","password":"correct horse battery",`+
		`"first_name":"Ada","last_name":"Lovelace","locale":"en-GB","external_id":"1815","public_metadata":{"plan":"pro"},"created_at":"2015-12-10T00:00:00Z"}`).member(t, "id").(string)
	tr.step("GET /v1/users?email_address=ADA@example.com", "")
	tr.step("GET /v1/users/count?query=lovelace", "")
	tr.step("POST /v1/users/"+id+"/ban", "null")
	tr.step("DELETE /v1/users/"+id, "null")
	tr.step("GET /v1/users/"+id, "")
	tr.compare("users")
}

func TestErrorTranscript(t *testing.T) {
	tr := &transcript{bench: newBench(t)}
	tr.step("GET /v1/users", "", "Authorization", "Basic c2s6")
	tr.step("GET /v1/users", "", "Authorization", "Bearer sk_test_wrong")
	tr.step("GET /v1/users", "", "Clerk-API-Version", "2031-01-01")
	tr.step("GET /v1/nothing", "")
	tr.step("PUT /v1/users", "{}")
	tr.step("POST /v1/oauth_applications", `{"redirect_uris":["javascript:alert(1)"],"scopes":"everything"}`)
	tr.step("POST /v1/users", `{"id":"user_x","password":1}`)
	tr.step("POST /v1/users", `{}x`)
	tr.step("POST /v1/users", `a=b`, "Content-Type", "application/x-www-form-urlencoded")
	tr.compare("errors")
}

// secretOf reads the hash that is kept of an application's secret.
func (b *bench) secretOf(id string) oauth.Hash {
	b.t.Helper()
	c, err := b.stores.ClientByID(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return c.SecretHash
}
