package server

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/internal/registration"
)

// newDocuments makes the fetcher of clients' documents. What opens it for tests is
// said loudly, since with it anybody can make this server connect to those hosts.
func newDocuments(cfg config.Config, o Options) (*registration.Documents, error) {
	options := registration.DocumentOptions{Now: o.Now, Log: o.Log}
	if cfg.TestFetchHosts != "" {
		options.AllowedHosts = strings.Split(cfg.TestFetchHosts, ",")
	}
	if cfg.TestFetchHosts != "" || cfg.TestFetchCA != "" {
		o.Log.Warn("client documents are fetched from hosts that are not public: this is for tests alone", "hosts", cfg.TestFetchHosts, "ca", cfg.TestFetchCA)
	}
	if cfg.TestFetchCA != "" {
		pem, err := os.ReadFile(cfg.TestFetchCA)
		if err != nil {
			return nil, fmt.Errorf("reading test_fetch_ca: %w", err)
		}
		options.CA = x509.NewCertPool()
		if !options.CA.AppendCertsFromPEM(pem) {
			return nil, errors.New("test_fetch_ca holds no certificate in PEM")
		}
	}
	return registration.NewDocuments(options), nil
}
