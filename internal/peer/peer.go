// Package peer knows which address a request came from. Whatever counts, limits or
// records by address asks here, so that no header decides it but those of proxies
// that the operator trusts (threats PX02).
package peer

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// forwardedFor is the one header that is read. Proxies append to it the address
// that connected to them.
const forwardedFor = "X-Forwarded-For"

// A Finder finds addresses. The zero value trusts no proxy.
type Finder struct{ trusted []netip.Prefix }

// Parse reads a list of addresses and networks of trusted proxies, separated by
// commas, such as "10.0.0.0/8, ::1".
func Parse(list string) (Finder, error) {
	var f Finder
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				return Finder{}, errors.New("is not a list of addresses and networks, such as 127.0.0.1,10.0.0.0/8")
			}
			prefix = netip.PrefixFrom(a, a.BitLen())
		}
		if prefix.Addr().Is4In6() {
			return Finder{}, errors.New("has an IPv4 address in the notation of IPv6")
		}
		f.trusted = append(f.trusted, prefix.Masked())
	}
	return f, nil
}

// Addr is the address that r came from: of what connected here and what trusted
// proxies say of the way before, the last hop that is not trusted. Anything that is
// no address ends the way there. The zero Addr means that none is known.
func (f Finder) Addr(r *http.Request) netip.Addr {
	hop := parse(r.RemoteAddr)
	if !f.trusts(hop) {
		return hop
	}
	hops := strings.Split(strings.Join(r.Header.Values(forwardedFor), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		before := parse(strings.TrimSpace(hops[i]))
		if !before.IsValid() {
			return hop
		}
		if hop = before; !f.trusts(hop) {
			return hop
		}
	}
	return hop
}

// Unheeded reports whether a proxy says where r came from, and is not trusted to.
func (f Finder) Unheeded(r *http.Request) bool {
	return len(r.Header[forwardedFor]) > 0 && !f.trusts(parse(r.RemoteAddr))
}

// Network is what limits count by: the address that r came from, or the /64 around
// one of IPv6, which whoever has one address of it has whole.
func (f Finder) Network(r *http.Request) string {
	a := f.Addr(r)
	switch {
	case !a.IsValid():
		return "unknown"
	case a.Is6():
		prefix, _ := a.Prefix(64) // fails for no address of IPv6
		return prefix.String()
	}
	return a.String()
}

func (f Finder) trusts(a netip.Addr) bool {
	for _, prefix := range f.trusted {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// parse reads an address with or without a port.
func parse(text string) netip.Addr {
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}
		}
		a = withPort.Addr()
	}
	return a.Unmap().WithZone("")
}
