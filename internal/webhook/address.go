package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// A Reach says which addresses endpoints may have.
type Reach int

// The reaches, each beyond the one before.
const (
	Public   Reach = iota // https, and addresses that anybody on the internet reaches
	Loopback              // this machine too, over http as well: for development
	Private               // whatever this machine reaches, over http as well
)

// The refusals of Check.
var (
	ErrNotAURL    = errors.New("not an absolute URL of a host, without user, fragment or spaces")
	ErrNoPort     = errors.New("not a port from 1 to 65535")
	ErrNotHTTPS   = errors.New("not https")
	ErrNotReached = errors.New("not a public address")
)

const maxURL = 1024

// Check decides whether an endpoint may have this URL. A name is not looked up: where
// it leads is decided whenever it is dialled.
func (r Reach) Check(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" ||
		strings.ContainsAny(text, " \t\r\n#\\") || strings.HasSuffix(u.Host, ":") {
		return ErrNotAURL
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
		return ErrNoPort
	}
	address, literal := netip.ParseAddr(u.Hostname())
	local := literal == nil && address.Unmap().IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return ErrNotHTTPS
	case u.Scheme == "http" && r != Private && !(r == Loopback && local):
		return ErrNotHTTPS
	case r == Private || r == Loopback && local:
		return nil
	case local, literal == nil && r.guard().SafeAddr(address) != nil:
		return ErrNotReached
	}
	return nil
}

// guard admits addresses, with any port.
func (r Reach) guard() *ssrf.Guardian {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if r == Loopback {
		options = append(options,
			ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
			ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")))
	}
	return ssrf.New(options...)
}

// Bounds of one request.
const (
	dialTimeout    = 5 * time.Second
	sendTimeout    = 15 * time.Second // from the name to the last byte
	maxHeaderBytes = 16 << 10
	maxAnswer      = 16 << 10 // that is read, to use the connection again
	idlePerHost    = 2
	idleConns      = 32
)

// client makes what requests are sent with. The address is checked when it is dialled,
// after the name was resolved, so that no name can lead elsewhere the second time.
func (r Reach) client() *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if r != Private {
		dialer.Control = r.guard().Safe
	}
	return &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			Proxy: nil, // a proxy would resolve names where nobody checks
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialTimeout,
			DisableCompression:     true, // no bytes out of few
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConns:           idleConns,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
