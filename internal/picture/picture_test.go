package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// quarters is a picture whose upper left quarter is red, the rest blue.
func quarters(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			p.Set(x, y, c)
		}
	}
	return p
}

func encode(t *testing.T, with func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := with(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// held adds Exif data that says how the camera was held.
func held(jpeg []byte, order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	tiff := append([]byte(mark), 0, 0, 0, 0)
	copy(tiff[2:], order.AppendUint16(nil, 42))
	tiff = order.AppendUint32(tiff[:4], 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), jpeg[2:]...)
}

func TestMake(t *testing.T) {
	asJPEG := encode(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, quarters(1600, 800), nil) })
	clear := quarters(10, 20)
	clear.Set(0, 0, color.RGBA{})
	for name, tt := range map[string]struct {
		upload []byte
		kind   string
		w, h   int
	}{
		"JPEG":              {asJPEG, "image/jpeg", 512, 256},
		"small opaque PNG":  {encode(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(10, 20)) }), "image/jpeg", 10, 20},
		"PNG with holes":    {encode(t, func(b *bytes.Buffer) error { return png.Encode(b, clear) }), "image/png", 10, 20},
		"GIF":               {encode(t, func(b *bytes.Buffer) error { return gif.Encode(b, quarters(40, 40), nil) }), "image/jpeg", 40, 40},
		"one pixel high":    {encode(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(4000, 1)) }), "image/jpeg", 512, 1},
		"held sideways":     {held(asJPEG, binary.BigEndian, "MM", 6), "image/jpeg", 256, 512},
		"held upside down":  {held(asJPEG, binary.LittleEndian, "II", 3), "image/jpeg", 512, 256},
		"held by a mistake": {held(asJPEG, binary.LittleEndian, "II", 99), "image/jpeg", 512, 256},
	} {
		got, err := Make(tt.upload)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		config, format, err := image.DecodeConfig(bytes.NewReader(got.Bytes))
		if err != nil || got.Type != tt.kind || "image/"+format != tt.kind || config.Width != tt.w || config.Height != tt.h {
			t.Errorf("%s: %s of %dx%d, %v, want %s of %dx%d", name, got.Type, config.Width, config.Height, err, tt.kind, tt.w, tt.h)
		}
		if bytes.Contains(got.Bytes, []byte("Exif")) {
			t.Errorf("%s: the original's data is kept", name)
		}
	}
}

// Each way to hold the camera puts the red quarter where it was.
func TestUpright(t *testing.T) {
	for orientation, corner := range map[int]image.Point{
		1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1},
	} {
		p := upright(scaled(quarters(40, 20)), orientation)
		x, y := p.Rect.Dx()/4+corner.X*p.Rect.Dx()/2, p.Rect.Dy()/4+corner.Y*p.Rect.Dy()/2
		if r, _, b, _ := p.At(x, y).RGBA(); r <= b {
			t.Errorf("orientation %d: the red quarter is not at %v", orientation, corner)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	asJPEG := encode(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, quarters(100, 100), nil) })
	bomb := encode(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(1, 1)) })
	binary.BigEndian.PutUint32(bomb[16:], 1<<30) // the width, in a header whose checksum is wrong then
	wide := encode(t, func(b *bytes.Buffer) error { return gif.Encode(b, quarters(1, 1), nil) })
	binary.LittleEndian.PutUint16(wide[6:], 65535)
	binary.LittleEndian.PutUint16(wide[8:], 65535)
	for name, tt := range map[string]struct {
		upload []byte
		want   error
	}{
		"nothing":        {nil, ErrFormat},
		"text":           {[]byte("hello"), ErrFormat},
		"SVG":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ErrFormat},
		"half a picture": {asJPEG[:len(asJPEG)/2], ErrFormat},
		"a header alone": {asJPEG[:20], ErrFormat},
		"a broken PNG":   {bomb, ErrFormat},
		"a huge GIF":     {wide, ErrPixels},
		"HTML in a GIF":  {[]byte("GIF89a" + strings.Repeat("<script>", 10)), nil},
	} {
		if _, err := Make(tt.upload); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 10, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M'})
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > 2 {
			orientation(b)
		}
	})
}
