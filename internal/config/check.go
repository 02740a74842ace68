package config

import (
	"cmp"
	"net"
	"net/netip"
	"strings"
)

// The least lengths of a secret key: one that guards an installation on the
// network, and one for trying things out.
const (
	minSecretKey      = 32
	minLocalSecretKey = 12
)

// check finds what is wrong between settings.
func (c Config) check(p *Problems) {
	scheme, host := "http", ""
	if u, err := c.IssuerURL(); err == nil {
		scheme, host = u.Scheme, u.Hostname()
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case scheme == "https":
	case c.Issuer == "" && (host == "" || err == nil && ip.IsUnspecified()):
		p.add("the server listens on every address, so it cannot know its own: set issuer to the URL that the world reaches it by")
	case !isLoopback(host) && !c.AllowHTTPIssuer:
		p.add("the issuer is http and %s is not a loopback host, so passwords and tokens would cross the network in the clear: "+
			"use https, or set allow_http_issuer if the network is trusted", host)
	}
	c.Mail.check(p)

	least := minLocalSecretKey
	if scheme == "https" {
		least = minSecretKey
	}
	if c.SecretKey != "" && len(c.SecretKey) < least {
		p.add("secret_key has fewer than %d characters, which an %s issuer needs; make one with: echo sk_live_$(openssl rand -hex 20)", least, scheme)
	}
}

// check finds what is wrong between the settings of the mail server.
func (m Mail) check(p *Problems) {
	switch {
	case m.SMTPHost == "" && (m.SMTPUser != "" || m.SMTPPassword != "" || m.SMTPPort != 0 || m.SMTPTLS != ""):
		p.add("smtp_host is missing, so the other settings of the mail server mean nothing")
	case (m.SMTPUser == "") != (m.SMTPPassword == ""):
		p.add("smtp_user and smtp_password belong together; one of them is missing")
	case m.SMTPTLS == "none" && m.SMTPUser != "":
		p.add("smtp_tls is none, so smtp_password would cross the network in the clear: use starttls or tls")
	case m.SMTPTLS == "none" && !isLoopback(m.SMTPHost):
		p.add("smtp_tls is none and %s is not a loopback host, so codes to sign in with would cross the network in the clear: use starttls or tls", m.SMTPHost)
	}
}

// SMTPAddress is the server's port and how the connection is encrypted, with the
// defaults filled in.
func (m Mail) SMTPAddress() (port int, security string) {
	security = cmp.Or(m.SMTPTLS, "starttls")
	if security == "tls" {
		return cmp.Or(m.SMTPPort, 465), security
	}
	return cmp.Or(m.SMTPPort, 587), security
}

// isLoopback tells whether a host never leaves the machine.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// suggestion names the known name that is nearest, if one is near.
func suggestion(name string, known []string) string {
	best, least := "", 1+len(name)/3
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance counts the letters to add, remove or replace between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
