package clients

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// A certificate is one for 127.0.0.1 that signs itself, and the files it is in.
type certificate struct {
	tls.Certificate
	certFile, keyFile string
}

func newCertificate(t *testing.T) certificate {
	t.Helper()
	borrowed := httptest.NewUnstartedServer(http.NotFoundHandler())
	borrowed.StartTLS()
	defer borrowed.Close()
	c := certificate{Certificate: borrowed.TLS.Certificates[0]}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c.certFile, c.keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		c.certFile: {Type: "CERTIFICATE", Bytes: c.Certificate.Certificate[0]},
		c.keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// A site is a Signet with a user, and where the world reaches it.
type site struct {
	harness.Site        // by http, for the Backend API
	issuer       string // by http or https
	certificate  certificate
	documents    string // where clients may serve documents that Signet fetches
}

// onEach runs a test over http on loopback and over https.
func onEach(t *testing.T, test func(*testing.T, site)) {
	c := newCertificate(t)
	t.Run("http", func(t *testing.T) { test(t, newSite(t, c, false)) })
	t.Run("https", func(t *testing.T) { test(t, newSite(t, c, true)) })
}

func newSite(t *testing.T, c certificate, secure bool) site {
	t.Helper()
	s := site{certificate: c, documents: harness.FreeAddress(t)}
	settings := []string{"SIGNET_TEST_FETCH_HOSTS=" + s.documents, "SIGNET_TEST_FETCH_CA=" + c.certFile}
	var front net.Listener
	if secure {
		var err error
		front, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		s.issuer = "https://" + front.Addr().String()
		settings = append(settings, "SIGNET_ISSUER="+s.issuer)
	}
	node := harness.NewNode(t, settings...)
	s.Site = harness.Site{Issuer: node.URL}
	if secure {
		to, err := url.Parse(node.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &http.Server{Handler: httputil.NewSingleHostReverseProxy(to), ReadHeaderTimeout: harness.Patience}
		go proxy.Serve(front)
		t.Cleanup(func() { proxy.Close() })
	} else {
		s.issuer = node.URL
	}
	s.CreateUser(t, map[string]any{"email_address": []string{harness.Email}, "username": "ada_byron", "first_name": "Ada", "last_name": "Byron"})
	return s
}
