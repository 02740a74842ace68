package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Headers sets the headers that every page has: nothing but our own stylesheet
// and images loads, nobody frames it, nothing is kept or passed on. formTargets
// are where a form may lead beside this server, as FormTarget gives them.
func Headers(w http.ResponseWriter, formTargets ...string) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy(formTargets))
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
}

// submitScript is the one script there is, and scriptSource the source that lets a
// page run it and nothing else.
const submitScript = `document.getElementById("form-post").submit()`

var scriptSource = func() string {
	sum := sha256.Sum256([]byte(submitScript))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// FormPostHeaders sets the headers of the page that submits itself to the client.
func FormPostHeaders(w http.ResponseWriter, redirectURI string) {
	Headers(w, FormTarget(redirectURI))
	h := w.Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; script-src "+scriptSource)
}

// AllowScripts lets a page that has use for it run the scripts of Assets, and nothing
// else.
func AllowScripts(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; script-src 'self'")
}

func contentPolicy(formTargets []string) string {
	sources := []string{"'self'"}
	for _, target := range formTargets {
		if target != "" && !slices.Contains(sources, target) {
			sources = append(sources, target)
		}
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; form-action " +
		strings.Join(sources, " ") + "; base-uri 'none'; frame-ancestors 'none'"
}

// FormTarget gives the source that a policy needs so that a form may end up at
// the redirect URI, as Chromium applies form-action to the redirects after a
// submission too. It is "" for what leads to no client or cannot be written as a
// source.
func FormTarget(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.User != nil {
		return ""
	}
	switch u.Scheme {
	case "https", "http":
		return origin(u)
	case "", "about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "ws", "wss":
		return ""
	}
	return u.Scheme + ":" // url.Parse admits letters, digits, '+', '-' and '.' only
}

// origin writes scheme, host and port as a source. A policy cannot name an IPv6
// address, so that its scheme has to do.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return u.Scheme + ":"
	}
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return ""
	}
	if port := u.Port(); port != "" {
		return u.Scheme + "://" + host + ":" + port // url.Parse admits digits only
	}
	return u.Scheme + "://" + host
}
