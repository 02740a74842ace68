package clients

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/test/harness"
)

// A page is what a browser shows.
type page struct {
	status  int
	body    string
	address *url.URL
}

func read(t *testing.T, response *http.Response, err error) page {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{response.StatusCode, string(body), response.Request.URL}
}

// transport trusts the certificate of the site.
func (s site) transport(t *testing.T) http.RoundTripper {
	t.Helper()
	leaf, err := x509.ParseCertificate(s.certificate.Certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
}

// submit presses an element of a form, with the fields filled in.
func (b browser) submit(t *testing.T, from page, id string, fill map[string]string) page {
	t.Helper()
	method, action, fields, err := harness.Form(from.body, id)
	if err != nil {
		t.Fatalf("at %s with status %d: %v", from.address, from.status, err)
	}
	for name, value := range fill {
		fields.Set(name, value)
	}
	to, err := from.address.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(strings.ToUpper(method), to.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", from.address.Scheme+"://"+from.address.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(t, r)
}
