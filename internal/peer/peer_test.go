package peer

import (
	"net/http"
	"testing"
)

func TestNetwork(t *testing.T) {
	const proxies = "10.0.0.0/8, 192.0.2.1,fd00::/8"
	for _, tt := range []struct {
		name, trusted, remote string
		forwarded             []string
		want                  string
	}{
		{"no proxy", "", "203.0.113.5:1234", nil, "203.0.113.5"},
		{"a header from anybody", "", "203.0.113.5:1234", []string{"198.51.100.1"}, "203.0.113.5"},
		{"a header from no proxy of ours", proxies, "203.0.113.5:1234", []string{"198.51.100.1"}, "203.0.113.5"},
		{"behind a proxy", proxies, "10.1.2.3:99", []string{"203.0.113.5"}, "203.0.113.5"},
		{"what the client made up", proxies, "10.1.2.3:99", []string{"1.1.1.1, 203.0.113.5"}, "203.0.113.5"},
		{"a proxy that the client made up", proxies, "10.1.2.3:99", []string{"10.9.9.9, 203.0.113.5"}, "203.0.113.5"},
		{"behind two", proxies, "10.1.2.3:99", []string{"1.1.1.1, 203.0.113.5, 192.0.2.1"}, "203.0.113.5"},
		{"headers one after the other", proxies, "10.1.2.3:99", []string{"1.1.1.1", "203.0.113.5"}, "203.0.113.5"},
		{"only proxies", proxies, "10.1.2.3:99", []string{"10.0.0.7"}, "10.0.0.7"},
		{"no header", proxies, "10.1.2.3:99", nil, "10.1.2.3"},
		{"what is no address", proxies, "10.1.2.3:99", []string{"203.0.113.5, unknown, 192.0.2.1"}, "192.0.2.1"},
		{"an empty header", proxies, "10.1.2.3:99", []string{""}, "10.1.2.3"},
		{"with ports", proxies, "10.1.2.3:99", []string{"203.0.113.5:4711"}, "203.0.113.5"},
		{"IPv6", "", "[2001:db8:1:2:3:4:5:6]:99", nil, "2001:db8:1:2::/64"},
		{"IPv6 behind IPv6", proxies, "[fd00::1]:99", []string{"[2001:db8:1:2::9]:4711"}, "2001:db8:1:2::/64"},
		{"a zone", "", "[fe80::1%eth0]:99", nil, "fe80::/64"},
		{"IPv4 as IPv6", proxies, "[::ffff:10.1.2.3]:99", []string{"::ffff:203.0.113.5"}, "203.0.113.5"},
		{"no address at all", proxies, "@", []string{"203.0.113.5"}, "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Finder{}
			if tt.trusted != "" {
				var err error
				if f, err = Parse(tt.trusted); err != nil {
					t.Fatal(err)
				}
			}
			r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.forwarded, "X_forwarded_for": {"6.6.6.6"}, "Forwarded": {"for=6.6.6.6"}, "X-Real-Ip": {"6.6.6.6"}}}
			if got := f.Network(r); got != tt.want {
				t.Errorf("Network = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnheeded(t *testing.T) {
	trusting, err := Parse("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		finder Finder
		remote string
		header http.Header
		want   bool
	}{
		{"nothing is said", Finder{}, "10.1.2.3:99", http.Header{"X-Real-Ip": {"203.0.113.5"}}, false},
		{"by nobody who is trusted", Finder{}, "10.1.2.3:99", http.Header{"X-Forwarded-For": {"203.0.113.5"}}, true},
		{"by another than who is trusted", trusting, "192.0.2.1:99", http.Header{"X-Forwarded-For": {"203.0.113.5"}}, true},
		{"by who is trusted", trusting, "10.1.2.3:99", http.Header{"X-Forwarded-For": {"203.0.113.5"}}, false},
	} {
		if got := tt.finder.Unheeded(&http.Request{RemoteAddr: tt.remote, Header: tt.header}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, wrong := range []string{"", "all", "10.0.0.0/33", "10.0.0.1,", "proxy.example.com", "::ffff:10.0.0.1"} {
		if f, err := Parse(wrong); err == nil {
			t.Errorf("Parse(%q) = %v", wrong, f)
		}
	}
}
