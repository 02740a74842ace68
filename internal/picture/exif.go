package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation reads how the camera was held from the Exif data of a JPEG, or 1 if
// it does not say so in the one way that all cameras do.
func orientation(jpeg []byte) int {
	for rest := jpeg[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xda || length < 2 || length+2 > len(rest) { // the picture itself
			return 1
		}
		if exif, ok := bytes.CutPrefix(rest[4:length+2], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tagged(exif)
		}
		rest = rest[length+2:]
	}
	return 1
}

// tagged looks for the orientation in the first directory of TIFF data.
func tagged(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 1
}
