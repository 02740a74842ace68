package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Brand is whose pages they are. The zero value is Signet's own.
type Brand struct {
	Name   string
	Logo   string // the path of a picture on this server, or ""
	Accent string // a colour as #rrggbb, or "" for Signet's
}

// Label is what the brand is called.
func (b Brand) Label() string {
	if name := plain(b.Name); name != "" {
		return name
	}
	return "Signet"
}

// Own reports whether somebody has put another name on the pages.
func (b Brand) Own() bool { return plain(b.Name) == "" }

// Stylesheet is the path of the stylesheet that has the accent, or "".
func (b Brand) Stylesheet() string {
	accent, ok := parseColour(b.Accent)
	if !ok {
		return ""
	}
	return accentPath + strings.TrimPrefix(accent.String(), "#") + ".css"
}

// ValidAccent reports whether a text is a colour that can be an accent.
func ValidAccent(s string) bool {
	_, ok := parseColour(s)
	return ok
}

// accentPath is what the path of an accent's stylesheet begins with, before the six
// digits of the colour.
const accentPath = "/assets/accent."

// A colour is in sRGB, each part 0 to 1.
type colour struct{ r, g, b float64 }

func parseColour(s string) (colour, bool) {
	digits, ok := strings.CutPrefix(s, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 6 {
		return colour{}, false
	}
	return colour{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c colour) String() string {
	part := func(x float64) int { return int(math.Round(x * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", part(c.r), part(c.g), part(c.b))
}

// towards mixes: 0 is c, 1 is the other.
func (c colour) towards(other colour, share float64) colour {
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	return colour{mix(c.r, other.r), mix(c.g, other.g), mix(c.b, other.b)}
}

// luminance is WCAG's relative luminance.
func (c colour) luminance() float64 {
	linear := func(x float64) float64 {
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is WCAG's ratio of two colours, 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

var (
	white = colour{1, 1, 1}
	black = colour{0, 0, 0}

	// The surfaces that the accent is read on, which are the darkest of the light
	// ones and the lightest of the dark ones in signet.css; a test compares them.
	lightSurface, _ = parseColour("#eef0f7")
	darkSurface, _  = parseColour("#2a2f3d")
)

// readable is WCAG's contrast of text (§1.4.3), with a little to spare for rounding.
const readable = 4.55

// until changes a colour towards another one until it can be read on a surface.
func (c colour) until(other, surface colour) colour {
	for share := 0.0; share < 1; share += 0.02 {
		if x := c.towards(other, share); contrast(x, surface) >= readable {
			return x
		}
	}
	return other
}

// accentStyles makes the stylesheet of an accent. Buttons have the very colour, with
// black or white on it, one of which can always be read; text and outlines have it
// as dark or light as reading wants.
func accentStyles(c colour) string {
	on, hover := white, black
	if contrast(c, black) > contrast(c, white) {
		on, hover = black, white
	}
	return fmt.Sprintf(":root{--accent:%s;--accent-strong:%s;--on-accent:%s;--ink:light-dark(%s,%s)}\n",
		c, c.towards(hover, 0.14), on, c.until(black, lightSurface), c.until(white, darkSurface))
}
