// Package config reads how one node of Signet is set up: flags, environment
// variables and a file, in that order of strength. It knows nothing of what the
// values are used for.
//
// The comments on Config are the manual, and the table in settings.go is the one
// place that says how each setting is named and read.
package config

import (
	"cmp"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/upstream"
)

// A Config is how one node is set up. Load gives one with its defaults filled in.
//
// A setting data_dir is the key data_dir in the file, the variable
// SIGNET_DATA_DIR and the flag --data-dir. An empty variable counts as one that
// is not set. Secrets have no flag, since other users of a machine can read
// command lines; put them in a variable, or in a file that the variable with
// _FILE at its end names.
type Config struct {
	// Listen is the address to serve HTTP on, host and port. Port 0 takes any
	// free port. Default: 127.0.0.1:8080.
	Listen string

	// Issuer is the URL that the world reaches this installation by: scheme and
	// host alone, with no path and no slash at the end. Clients compare it byte
	// for byte. Default: http:// and the address listened on.
	Issuer string

	// DataDir is the directory of the root key and, by default, of the database.
	// It is made if it does not exist. Default: ./data, or under systemd the
	// STATE_DIRECTORY of the unit.
	DataDir string

	// Database is the path of an SQLite file or a postgres:// URL. Default: the
	// file signet.db in the data directory.
	Database string

	// SecretKey opens the Backend API. It begins with sk_ and has at least 32
	// characters, or 12 if the issuer is http. Default: one is made on the first
	// start and printed that once.
	SecretKey Secret

	// RootKey is 32 random bytes in base64, from which every other key is
	// derived. All nodes of an installation have the same. Older ones may follow,
	// separated by commas. Default: the file root.key in the data directory, made
	// on the first start.
	RootKey Secret

	// LogFormat is text or json. Default: text on a terminal, else json.
	LogFormat LogFormat

	// LogLevel is debug, info, warn or error: the least important level that is
	// logged. Default: info.
	LogLevel slog.Level

	// TestFetchHosts are hosts with their ports, separated by commas, from which
	// client ID metadata documents are fetched although they are not public. For
	// tests alone: with it anybody can make this server connect there. Default: none.
	TestFetchHosts string

	// TestFetchCA is the path of certificates in PEM that documents are fetched
	// with instead of the system's. For tests alone. Default: none.
	TestFetchCA string

	// APIRateLimit is how many requests one secret key may send to the Backend API
	// of this node at once, and again in every ten seconds; Clerk admits 1000. 0
	// is no limit. The keys of /v1/jwks are never counted. Default: 0.
	APIRateLimit int

	// RememberDevices is for how long a user with a second factor may have a device
	// remembered, so that the first one is enough there; in the setting, a number of
	// days up to 365. 0 has the second factor asked for at every sign-in. Default: 30
	// days.
	RememberDevices time.Duration

	// AllowPrivateWebhooks lets webhooks go to whatever this machine reaches, over http
	// as well: whoever has a secret key can then make it send requests within your
	// network. Without it they go over https to public addresses, and of an http issuer
	// to this machine. Default: false.
	AllowPrivateWebhooks bool

	// TrustedProxies are the addresses and networks of the proxies in front of this
	// node, separated by commas. The address of a client is then the last one in
	// X-Forwarded-For that is not a proxy's; from anybody else that header is not
	// read. Default: none.
	TrustedProxies string

	Mail

	// Upstreams are the other providers that people may sign in with, each a table
	// [[upstream]] in the file: kind (google, microsoft, github or oidc), client_id,
	// client_secret, and where they are needed id, name, issuer and scopes. The
	// secret may stand in the variable SIGNET_UPSTREAM_<ID>_CLIENT_SECRET instead, or
	// in a file that the variable with _FILE at its end names. Default: none.
	Upstreams []upstream.Settings

	// BreachedPasswordsURL is where the range API of Have I Been Pwned, or a copy of
	// it, is asked whether a new password is known to others: the first five
	// characters of its SHA-1 are added to the URL and sent there. Default: none,
	// and only the list of common passwords that is part of Signet is looked at.
	BreachedPasswordsURL string

	// AllowHTTPIssuer admits an http issuer that is not a loopback host. Whoever
	// can see the network can then read passwords and tokens. Default: false.
	AllowHTTPIssuer bool
}

// Mail is which server takes the mail of this installation. Without one nobody can
// sign in by a code or choose a new password, and nobody signs up.
type Mail struct {
	// SMTPHost is the name of the server. Default: none.
	SMTPHost string

	// SMTPPort is its port. Default: 587, or 465 with smtp_tls tls.
	SMTPPort int

	// SMTPUser and SMTPPassword sign in there, if it asks. Default: none.
	SMTPUser     string
	SMTPPassword Secret

	// SMTPTLS is how the connection is encrypted: starttls, tls from the first byte,
	// or none, which no password crosses. Default: starttls.
	SMTPTLS string

	// MailFrom is who letters are from, such as Example <no-reply@example.com>.
	// Default: no-reply@ and the host of the issuer.
	MailFrom string
}

// A LogFormat is how log lines look.
type LogFormat string

// The formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// A Secret is text that prints as [secret]; convert it to a string to use it.
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "[secret]" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return "[secret]" }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// At is the configuration of a node that got addr when it listened: an issuer
// that was not configured has its port.
func (c Config) At(addr net.Addr) Config {
	host, _, err := net.SplitHostPort(c.Listen)
	_, port, badAddress := net.SplitHostPort(addr.String())
	if c.Issuer == "" && err == nil && badAddress == nil {
		c.Issuer = "http://" + net.JoinHostPort(host, port)
	}
	return c
}

// IssuerURL is the issuer in its parts. It fails only for a configuration that
// Load did not make.
func (c Config) IssuerURL() (*url.URL, error) {
	return parseIssuer(cmp.Or(c.Issuer, "http://"+c.Listen))
}

// RootKeyFile is where the root key is kept if none is configured.
func (c Config) RootKeyFile() string { return filepath.Join(c.DataDir, "root.key") }

// InPostgres tells whether the database is a server rather than a file.
func (c Config) InPostgres() bool {
	return strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://")
}
