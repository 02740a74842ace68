package registration

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"code.dny.dev/ssrf"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/oauth"
)

var metadata = oauth.ClientMetadata{
	RedirectURIs: []string{"https://c.example/cb"}, AuthMethod: "none", Name: "App", Scope: "openid offline_access",
}

func TestStatements(t *testing.T) {
	s := NewStatements(keyring.Generate())
	id, credential, err := s.Make(metadata)
	if err != nil || credential != (Credential{}) {
		t.Fatalf("%+v, %v", credential, err)
	}
	if again, _, _ := s.Make(metadata); again != id {
		t.Error("the same public metadata got another id")
	}
	if st, ok := s.Open(id); !ok || st.Metadata.Name != "App" || st.Metadata.RedirectURIs[0] != "https://c.example/cb" {
		t.Errorf("opened: %+v, %v", st, ok)
	}
	if oauth.IsDocumentURL(id) {
		t.Error("CM11: an id that was made begins like a URL")
	}
	for _, forged := range []string{id[:len(id)-1], id + "A", "dcr_", "", id[4:], strings.Repeat("x", 5000)} {
		if _, ok := s.Open(forged); ok {
			t.Errorf("opened %.40q", forged)
		}
	}
	if _, ok := NewStatements(keyring.Generate()).Open(id); ok {
		t.Error("an id opens under another root key")
	}
	confidential := metadata
	confidential.AuthMethod = "client_secret_basic"
	first, one, err := s.Make(confidential)
	if err != nil {
		t.Fatal(err)
	}
	second, two, _ := s.Make(confidential)
	if first == second || one.Secret == two.Secret {
		t.Error("two confidential clients share id or secret")
	}
	st, ok := s.Open(first)
	if !ok || st.Secret != oauth.HashSecret(one.Secret) || !Manages(one.ManagementToken, st.Secret) || len(one.Secret) != 32 {
		t.Errorf("the credential %+v is not that of %+v", one, st)
	}
	if Manages(two.ManagementToken, st.Secret) || Manages("", st.Secret) || Manages(one.ManagementToken, oauth.Hash{}) {
		t.Error("CM16: a client is managed with another's token")
	}
	long := metadata
	for i := range 10 {
		long.RedirectURIs = append(long.RedirectURIs, fmt.Sprintf("https://c.example/%d%s", i, strings.Repeat("x", 500)))
	}
	if _, _, err := s.Make(long); err != oauth.ErrMetadataTooLong {
		t.Errorf("metadata that makes no id: %v", err)
	}
}

func TestInitialAccessTokens(t *testing.T) {
	s := NewStatements(keyring.Generate())
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	token := s.InitialAccessToken(now.Add(time.Hour))
	for name, x := range map[string]struct {
		token string
		at    time.Time
		want  bool
	}{
		"now":     {token, now, true},
		"expired": {token, now.Add(time.Hour), false},
		"forged":  {token + "A", now, false},
		"none":    {"", now, false},
	} {
		if got := s.AdmitsRegistration(x.token, x.at); got != x.want {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}

// A site serves documents over https with a certificate of its own.
type site struct {
	*httptest.Server
	hits  atomic.Int32
	serve http.HandlerFunc
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		s.serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) id() string { return s.URL + "/client.json" }

func (s *site) document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"client_id": s.id(), "client_name": "App", "redirect_uris": []string{"https://app.example/cb"},
	})
}

func TestDocuments(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	open := func(t *testing.T, s *site) *Documents {
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		return NewDocuments(DocumentOptions{
			AllowedHosts: []string{s.Listener.Addr().String()}, CA: pool,
			Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		})
	}
	t.Run("fetched once and kept", func(t *testing.T) {
		s := newSite(t)
		s.serve = s.document
		d := open(t, s)
		for range 3 {
			if m, err := d.Get(t.Context(), s.id(), nil); err != nil || m.Name != "App" {
				t.Fatalf("%+v, %v", m, err)
			}
		}
		if n := s.hits.Load(); n != 1 {
			t.Errorf("fetched %d times, want once", n)
		}
		now = now.Add(usuallyCached)
		if _, err := d.Get(t.Context(), s.id(), nil); err != nil || s.hits.Load() != 2 {
			t.Errorf("CM10: after its time: %v, fetched %d times, want twice", err, s.hits.Load())
		}
	})
	for name, serve := range map[string]func(*site) http.HandlerFunc{
		"CM03 redirect": func(s *site) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/client.json" {
					http.Redirect(w, r, "/other.json", http.StatusFound)
					return
				}
				s.document(w, r)
			}
		},
		"CM04 endless": func(*site) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for range 1000 {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						return
					}
				}
			}
		},
		"CM04 headers": func(s *site) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Long", strings.Repeat("x", 64<<10))
				s.document(w, r)
			}
		},
		"CM04 compressed": func(s *site) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				s.document(w, r)
			}
		},
		"CM05 content type": func(s *site) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }
		},
		"CM05 status": func(s *site) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusCreated)
				fmt.Fprintf(w, `{"client_id":%q}`, s.id())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.serve = serve(s)
			d := open(t, s)
			for range 2 {
				if _, err := d.Get(t.Context(), s.id(), nil); err == nil {
					t.Error("admitted")
				}
			}
			if n := s.hits.Load(); n != 2 {
				t.Errorf("CM05: a mistake was remembered: fetched %d times, want twice", n)
			}
		})
	}
	t.Run("CM01 not public", func(t *testing.T) {
		s := newSite(t)
		s.serve = s.document
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		d := NewDocuments(DocumentOptions{CA: pool, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		// Around the check of the URL: what is dialled is checked all the same.
		if _, err := d.fetch(t.Context(), s.id()); err == nil || s.hits.Load() != 0 {
			t.Errorf("fetched from a loopback address: %v", err)
		}
	})
}

// CM01, CM02: the guard sees the address that is dialled, whatever name led there.
func TestNoSpecialAddressIsDialled(t *testing.T) {
	guard := ssrf.New(ssrf.WithPorts(443))
	for _, ip := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
		"::1", "fc00::1", "fe80::1", "64:ff9b::a00:1", "::ffff:10.0.0.1", "::",
	} {
		network := "tcp4"
		if strings.Contains(ip, ":") {
			network = "tcp6"
		}
		if err := guard.Safe(network, net.JoinHostPort(ip, "443"), nil); err == nil {
			t.Errorf("%s may be dialled", ip)
		}
	}
	if err := guard.Safe("tcp4", "93.184.215.14:22", nil); err == nil {
		t.Error("CM07: port 22 may be dialled")
	}
	if err := guard.Safe("tcp4", "93.184.215.14:443", nil); err != nil {
		t.Errorf("a public address may not be dialled: %v", err)
	}
}
