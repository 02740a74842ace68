package hosted

import "testing"

func TestDevice(t *testing.T) {
	tests := []struct{ userAgent, browser, system string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome", "Windows"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge", "Windows"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari", "macOS"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"},
		{"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/120.0", "Opera", "ChromeOS"},
		{"curl/8.5.0", "curl", ""},
		{"<script>alert(1)</script>", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		if browser, system := device(tt.userAgent); browser != tt.browser || system != tt.system {
			t.Errorf("%s: %q on %q, want %q on %q", tt.userAgent, browser, system, tt.browser, tt.system)
		}
	}
	for userAgent, want := range map[string]string{tests[0].userAgent: "Linux, Firefox", "curl/8.5.0": "curl", "": ""} {
		if got := deviceName(userAgent); got != want {
			t.Errorf("%q is called %q, want %q", userAgent, got, want)
		}
	}
}

func TestPasskeyName(t *testing.T) {
	long := ""
	for range maxPasskeyName {
		long += "é"
	}
	for typed, want := range map[string]string{
		"Phone": "Phone", "  my \t old\n phone ": "my old phone", "a\x00b\xff": "ab", "": "", " ": "", long: long, long + "x": "",
	} {
		if got := passkeyName(typed); got != want {
			t.Errorf("%q is called %q, want %q", typed, got, want)
		}
	}
}
