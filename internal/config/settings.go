package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/peer"
)

// A Setting is one line of the configuration, under the name it has in the file.
type Setting struct {
	Name   string
	Usage  string
	Bool   bool // true or false rather than text
	Secret bool // no flag, and never shown
	set    func(c *Config, value string) error
}

// DefaultRememberDevices is for how long a device may be remembered if nothing is said.
const DefaultRememberDevices = 30 * 24 * time.Hour

const maxRememberDays = 365

// settings are all there are. The errors of set never contain the value.
var settings = []Setting{
	{Name: "listen", Usage: "serve HTTP on this `address` (default 127.0.0.1:8080)", set: (*Config).setListen},
	{Name: "issuer", Usage: "the `URL` that the world reaches this server by (default http://<listen address>)", set: (*Config).setIssuer},
	{Name: "data_dir", Usage: "`directory` of the root key and the database (default ./data, or $STATE_DIRECTORY)", set: func(c *Config, value string) error {
		c.DataDir = value
		return nil
	}},
	{Name: "database", Usage: "`path` of an SQLite file, or a postgres:// URL (default signet.db in the data directory)", set: (*Config).setDatabase},
	{Name: "secret_key", Secret: true, set: (*Config).setSecretKey},
	{Name: "root_key", Secret: true, set: func(c *Config, value string) error {
		c.RootKey = Secret(value)
		return nil
	}},
	{Name: "log_format", Usage: "`text or json` (default text on a terminal, else json)", set: (*Config).setLogFormat},
	{Name: "log_level", Usage: "least level that is logged: `debug, info, warn or error` (default info)", set: func(c *Config, value string) error {
		if err := c.LogLevel.UnmarshalText([]byte(value)); err != nil {
			return errors.New("is none of debug, info, warn and error")
		}
		return nil
	}},
	{Name: "test_fetch_hosts", Usage: "for tests alone: fetch client documents from these `host:port,...` although they are not public", set: func(c *Config, value string) error {
		for host := range strings.SplitSeq(value, ",") {
			if _, _, err := net.SplitHostPort(host); err != nil {
				return errors.New("is not a list of hosts with ports, such as 127.0.0.1:8443")
			}
		}
		c.TestFetchHosts = value
		return nil
	}},
	{Name: "test_fetch_ca", Usage: "for tests alone: `path` of the certificates that client documents are fetched with", set: func(c *Config, value string) error {
		c.TestFetchCA = value
		return nil
	}},
	{Name: "api_rate_limit", Usage: "`requests` that a secret key may send to the Backend API in ten seconds (default 0, no limit)", set: func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1_000_000 {
			return errors.New("is not a number of requests from 0 to 1000000")
		}
		c.APIRateLimit = n
		return nil
	}},
	{Name: "remember_devices", Usage: "`days` that a device may be spared the second factor (default 30; 0 never)", set: func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > maxRememberDays {
			return fmt.Errorf("is not a number of days from 0 to %d", maxRememberDays)
		}
		c.RememberDevices = time.Duration(n) * 24 * time.Hour
		return nil
	}},
	{Name: "allow_private_webhooks", Bool: true, Usage: "let webhooks go to private addresses and over http", set: func(c *Config, value string) error {
		return setBool(&c.AllowPrivateWebhooks, value)
	}},
	{Name: "trusted_proxies", Usage: "`addresses and networks` of the proxies whose X-Forwarded-For is believed (default none)", set: func(c *Config, value string) error {
		_, err := peer.Parse(value)
		c.TrustedProxies = value
		return err
	}},
	{Name: "smtp_host", Usage: "`name` of the server that takes mail (default none: nothing that needs mail is offered)", set: func(c *Config, value string) error {
		c.SMTPHost = value
		if strings.ContainsAny(value, ":/@ ") && net.ParseIP(value) == nil {
			return errors.New("is not the name of a host alone; its port is smtp_port")
		}
		return nil
	}},
	{Name: "smtp_port", Usage: "`port` of that server (default 587, or 465 with tls)", set: func(c *Config, value string) error {
		port, err := strconv.ParseUint(value, 10, 16)
		if err != nil || port == 0 {
			return errors.New("is not a number from 1 to 65535")
		}
		c.SMTPPort = int(port)
		return nil
	}},
	{Name: "smtp_user", Usage: "`user` to sign in with there (default none)", set: func(c *Config, value string) error {
		c.SMTPUser = value
		return nil
	}},
	{Name: "smtp_password", Secret: true, set: func(c *Config, value string) error {
		c.SMTPPassword = Secret(value)
		return nil
	}},
	{Name: "smtp_tls", Usage: "how mail is encrypted on its way there: `starttls, tls or none` (default starttls)", set: func(c *Config, value string) error {
		c.SMTPTLS = value
		if value != "starttls" && value != "tls" && value != "none" {
			return errors.New("is none of starttls, tls and none")
		}
		return nil
	}},
	{Name: "mail_from", Usage: "`address` that letters are from (default no-reply@ and the host of the issuer)", set: func(c *Config, value string) error {
		c.MailFrom = value
		if _, err := mail.ParseAddress(value); err != nil {
			return errors.New("is not an address, such as Example <no-reply@example.com>")
		}
		return nil
	}},
	{Name: "breached_passwords_url", Usage: "`URL` of a range API that knows passwords which others know (default none)", set: func(c *Config, value string) error {
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) || u.Host == "" || !strings.HasSuffix(u.Path, "/") || u.RawQuery != "" {
			return errors.New("is not an https URL that ends with a slash, such as https://api.pwnedpasswords.com/range/")
		}
		c.BreachedPasswordsURL = value
		return nil
	}},
	{Name: "allow_http_issuer", Bool: true, Usage: "admit an http issuer beyond loopback, so that the network can read passwords", set: func(c *Config, value string) error {
		return setBool(&c.AllowHTTPIssuer, value)
	}},
}

func setBool(into *bool, value string) error {
	given, err := strconv.ParseBool(value)
	if err != nil {
		return errors.New("is neither true nor false")
	}
	*into = given
	return nil
}

// Settings lists what can be configured.
func Settings() []Setting { return append([]Setting(nil), settings...) }

// Flag is the name of the flag, without dashes in front.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Name, "_", "-") }

// Variable is the name of the environment variable.
func (s Setting) Variable() string { return variablePrefix + strings.ToUpper(s.Name) }

func (c *Config) setListen(value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return errors.New("is not an address with a port, such as 127.0.0.1:8080")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("has a port that is not a number from 0 to 65535")
	}
	c.Listen = value
	return nil
}

func (c *Config) setIssuer(value string) error {
	if _, err := parseIssuer(value); err != nil {
		return err
	}
	c.Issuer = value
	return nil
}

func parseIssuer(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("does not begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("has a user name in it")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("has a query")
	case strings.Contains(value, "#"):
		return nil, errors.New("has a fragment")
	case u.Path == "/":
		return nil, errors.New("ends with a slash; leave it out, since clients compare the issuer byte for byte")
	case u.Path != "":
		return nil, errors.New("has a path; an issuer is scheme and host alone")
	case u.String() != value || strings.ToLower(value) != value:
		return nil, errors.New("is not written as browsers write it: small letters, nothing escaped")
	}
	return u, nil
}

func (c *Config) setDatabase(value string) error {
	c.Database = value
	scheme, _, isURL := strings.Cut(value, "://")
	switch {
	case !isURL:
		return nil
	case !c.InPostgres():
		return errors.New("is a URL that does not begin with postgres://; an SQLite file is named by its path alone")
	}
	if u, err := url.Parse(value); err != nil || u.Scheme != scheme {
		return errors.New("is not a URL; characters such as # and @ in a password are written %23 and %40")
	}
	return nil
}

func (c *Config) setSecretKey(value string) error {
	c.SecretKey = Secret(value)
	if !strings.HasPrefix(value, "sk_") {
		return errors.New("does not begin with sk_, as SDKs expect")
	}
	return nil
}

func (c *Config) setLogFormat(value string) error {
	c.LogFormat = LogFormat(value)
	if c.LogFormat != LogText && c.LogFormat != LogJSON {
		return errors.New("is neither text nor json")
	}
	return nil
}
