// Package picture makes a picture that may be shown of one that somebody uploaded:
// decoded, scaled down and encoded anew, so that nothing of the original but its
// pixels remains. It knows no HTTP and no database.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // what may be uploaded
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // likewise
)

const (
	// MaxUpload is how many bytes an upload may have.
	MaxUpload = 10 << 20

	maxPixels = 24 << 20 // about 100 MB once decoded
	maxSide   = 512      // of what is kept
	quality   = 85
)

// The reasons to refuse an upload.
var (
	ErrFormat = errors.New("not a JPEG, PNG, GIF or WebP picture")
	ErrPixels = errors.New("a picture of too many pixels")
)

// A Picture is what is kept.
type Picture struct {
	Type  string // "image/jpeg" or "image/png"
	Bytes []byte
}

// Make reads an upload, the first frame of an animation, and fits it into a square
// of 512 pixels. Its errors wrap ErrFormat or ErrPixels.
func Make(upload []byte) (Picture, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(upload))
	switch {
	case err != nil:
		return Picture{}, fmt.Errorf("%w: %v", ErrFormat, err)
	case config.Width <= 0 || config.Height <= 0:
		return Picture{}, ErrFormat
	case config.Width > maxPixels/config.Height: // before anything of that size is allocated
		return Picture{}, ErrPixels
	}
	decoded, _, err := image.Decode(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	turned := scaled(decoded)
	if format == "jpeg" {
		turned = upright(turned, orientation(upload))
	}
	return encoded(turned)
}

// scaled fits a picture into the square of what is kept. It never grows.
func scaled(from image.Image) *image.NRGBA {
	w, h := from.Bounds().Dx(), from.Bounds().Dy()
	if longest := max(w, h); longest > maxSide {
		w, h = max(1, w*maxSide/longest), max(1, h*maxSide/longest)
	}
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	return to
}

func encoded(p *image.NRGBA) (Picture, error) {
	var out bytes.Buffer
	if !p.Opaque() {
		err := png.Encode(&out, p)
		return Picture{"image/png", out.Bytes()}, err
	}
	flat := image.NewRGBA(p.Bounds()) // which the encoder reads faster
	draw.Draw(flat, flat.Bounds(), p, image.Point{}, draw.Src)
	err := jpeg.Encode(&out, flat, &jpeg.Options{Quality: quality})
	return Picture{"image/jpeg", out.Bytes()}, err
}

// upright turns a picture as its camera was held (Exif 2.3 §4.6.4, tag 0x0112).
func upright(p *image.NRGBA, orientation int) *image.NRGBA {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	at := [...]func(x, y int) color.Color{
		2: func(x, y int) color.Color { return p.At(w-1-x, y) },
		3: func(x, y int) color.Color { return p.At(w-1-x, h-1-y) },
		4: func(x, y int) color.Color { return p.At(x, h-1-y) },
		5: func(x, y int) color.Color { return p.At(y, x) },
		6: func(x, y int) color.Color { return p.At(y, h-1-x) },
		7: func(x, y int) color.Color { return p.At(w-1-y, h-1-x) },
		8: func(x, y int) color.Color { return p.At(w-1-y, x) },
	}[orientation]
	turned := image.NewNRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		turned = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range turned.Rect.Dy() {
		for x := range turned.Rect.Dx() {
			turned.Set(x, y, at(x, y))
		}
	}
	return turned
}
