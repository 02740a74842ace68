package registration

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/sync/singleflight"

	"github.com/signet-auth/signet/internal/oauth"
)

// Bounds of what is fetched. A document is a few hundred bytes.
const (
	fetchTimeout    = 4 * time.Second // for everything, from the name to the last byte
	fetchAtOnce     = 16
	maxFetched      = 5<<10 + 1 // one more than is admitted
	maxHeaderBytes  = 16 << 10
	leastCached     = time.Minute
	mostCached      = 24 * time.Hour
	usuallyCached   = 10 * time.Minute
	maxCached       = 10_000
	jsonContentType = "application/json"
)

// Documents fetches client ID metadata documents, and keeps them for a while. It
// connects to public addresses alone: the address is checked when it is dialled,
// after the name was resolved, so that no name can lead elsewhere the second time.
// It is safe for concurrent use.
type Documents struct {
	client  *http.Client
	allowed []string // hosts with a port that tests let through
	now     func() time.Time
	log     *slog.Logger
	flights singleflight.Group
	places  chan struct{}

	mu     sync.Mutex
	cached map[string]cachedDocument
}

type cachedDocument struct {
	body    []byte
	expires time.Time
}

// DocumentOptions are what tests need, and nobody else should use.
type DocumentOptions struct {
	AllowedHosts []string       // loopback hosts with a port that may be fetched from
	CA           *x509.CertPool // trusted beside nothing else; nil for those of the system
	Now          func() time.Time
	Log          *slog.Logger
}

// NewDocuments makes a fetcher.
func NewDocuments(o DocumentOptions) *Documents {
	guard := ssrf.New(ssrf.WithPorts(443))
	dialer := &net.Dialer{Timeout: fetchTimeout}
	safe := &net.Dialer{Timeout: fetchTimeout, Control: guard.Safe}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if slices.Contains(o.AllowedHosts, address) {
			return dialer.DialContext(ctx, network, address)
		}
		return safe.DialContext(ctx, network, address)
	}
	return &Documents{
		client: &http.Client{
			Timeout: fetchTimeout,
			Transport: &http.Transport{
				Proxy:                  nil, // a proxy would resolve names where nobody checks
				DialContext:            dial,
				TLSClientConfig:        &tls.Config{RootCAs: o.CA, MinVersion: tls.VersionTLS12},
				DisableCompression:     true, // no bytes out of few
				DisableKeepAlives:      true,
				MaxResponseHeaderBytes: maxHeaderBytes,
				ForceAttemptHTTP2:      true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		allowed: o.AllowedHosts, now: o.Now, log: o.Log,
		places: make(chan struct{}, fetchAtOnce), cached: map[string]cachedDocument{},
	}
}

// Get gives what the document at the URL says. It fails with an *oauth.Error.
func (d *Documents) Get(ctx context.Context, id string, defaults oauth.Scopes) (oauth.ClientMetadata, error) {
	if err := oauth.CheckDocumentURL(id, d.allowed); err != nil {
		return oauth.ClientMetadata{}, err
	}
	if body, ok := d.fromCache(id); ok {
		return oauth.ReadDocument(body, id, defaults)
	}
	fetched, err, _ := d.flights.Do(id, func() (any, error) { return d.fetch(ctx, id) })
	if err != nil {
		d.log.InfoContext(ctx, "a client's document could not be fetched", "client_id", id, "err", err)
		return oauth.ClientMetadata{}, oauth.ErrDocumentUnreachable
	}
	document := fetched.(cachedDocument)
	m, err := oauth.ReadDocument(document.body, id, defaults)
	if err == nil { // mistakes are not remembered: they may be mended
		d.keep(id, document)
	}
	return m, err
}

func (d *Documents) fromCache(id string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	document, ok := d.cached[id]
	return document.body, ok && d.now().Before(document.expires)
}

func (d *Documents) keep(id string, document cachedDocument) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.cached) >= maxCached {
		clear(d.cached)
	}
	d.cached[id] = document
}

func (d *Documents) fetch(ctx context.Context, id string) (cachedDocument, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout) // others may wait for it too
	defer cancel()
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	case <-ctx.Done():
		return cachedDocument{}, fmt.Errorf("waiting for others: %w", ctx.Err())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return cachedDocument{}, err
	}
	request.Header.Set("Accept", jsonContentType)
	request.Header.Set("User-Agent", "Signet")
	response, err := d.client.Do(request)
	if err != nil {
		return cachedDocument{}, err
	}
	defer response.Body.Close()
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode != http.StatusOK:
		return cachedDocument{}, fmt.Errorf("status %d", response.StatusCode)
	case err != nil || mediaType != jsonContentType && !strings.HasSuffix(mediaType, "+json"):
		return cachedDocument{}, fmt.Errorf("content type %q", mediaType)
	case response.Header.Get("Content-Encoding") != "":
		return cachedDocument{}, fmt.Errorf("content encoding %q", response.Header.Get("Content-Encoding"))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFetched))
	if err != nil {
		return cachedDocument{}, err
	}
	return cachedDocument{body: body, expires: d.now().Add(freshFor(response.Header.Get("Cache-Control")))}, nil
}

// freshFor is how long a document is kept, by its Cache-Control within bounds
// (RFC 9111 §5.2.2).
func freshFor(control string) time.Duration {
	fresh := usuallyCached
	for directive := range strings.SplitSeq(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return leastCached
		case "max-age":
			if seconds, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil {
				fresh = time.Duration(min(seconds, int(mostCached/time.Second))) * time.Second
			}
		}
	}
	return min(max(fresh, leastCached), mostCached)
}

// Host is the host that a client known by its document is at, which says more than
// its name.
func Host(clientID string) string {
	u, err := url.Parse(clientID)
	if err != nil || !oauth.IsDocumentURL(clientID) {
		return ""
	}
	return u.Hostname()
}
