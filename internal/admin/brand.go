package admin

import (
	"regexp"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// maxBrandName bounds the name that is on every page, in bytes.
const maxBrandName = 64

// accents are colours as CSS and input fields of type color write them.
var accents = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// brand checks whose the pages are to be. Any colour will do: the pages make out of
// it what can be read.
func (p *problems) brand(b store.Brand) {
	if len(b.Name) > maxBrandName || !isLine(b.Name) {
		p.add("brand_name", Unacceptable, "brand_name must be at most 64 bytes long, on one line and without control characters.")
	}
	if b.Accent != "" && !accents.MatchString(b.Accent) {
		p.add("brand_accent", Malformed, "brand_accent must be a colour such as #4353c4, in small letters.")
	}
	if b.Logo != "" && !strings.HasPrefix(b.Logo, PicturesPath) {
		p.add("brand_logo", Unacceptable, "brand_logo must be the path of a picture that was uploaded here.")
	}
}
