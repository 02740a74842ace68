package hosted

import "strings"

// A sign is what a User-Agent holds of what somebody uses. The first that is found
// counts: most browsers say that they are others too.
type sign struct{ part, name string }

var browsers = []sign{
	{"Edg", "Edge"},
	{"OPR/", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"Vivaldi/", "Vivaldi"},
	{"YaBrowser/", "Yandex"},
	{"FxiOS/", "Firefox"},
	{"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"},
	{"Chromium/", "Chromium"},
	{"Chrome/", "Chrome"},
	{"Safari/", "Safari"},
	{"curl/", "curl"},
}

var systems = []sign{
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Android", "Android"},
	{"Windows", "Windows"},
	{"CrOS", "ChromeOS"},
	{"Mac OS X", "macOS"},
	{"Macintosh", "macOS"},
	{"Linux", "Linux"},
}

// device reads what a User-Agent says of browser and system; "" if it cannot be told.
func device(userAgent string) (browser, system string) {
	return firstSign(userAgent, browsers), firstSign(userAgent, systems)
}

func firstSign(userAgent string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(userAgent, s.part) {
			return s.name
		}
	}
	return ""
}

// deviceName is what a passkey that is made here could be called.
func deviceName(userAgent string) string {
	browser, system := device(userAgent)
	return strings.Trim(system+", "+browser, ", ")
}
