package admin

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/segmentio/ksuid"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// text gives n characters of [0-9A-Za-z], each equally likely: bytes past the
// last multiple of 62 are thrown away, not folded.
func (a *Admin) text(n int) (string, error) {
	const fair = 256 - 256%len(base62)
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for {
		if _, err := io.ReadFull(a.random, buf); err != nil {
			return "", fmt.Errorf("reading randomness: %w", err)
		}
		for _, b := range buf {
			if int(b) >= fair {
				continue
			}
			out = append(out, base62[int(b)%len(base62)])
			if len(out) == n {
				return string(out), nil
			}
		}
	}
}

// id gives prefix and a KSUID: 27 characters that begin with the time.
func (a *Admin) id(prefix string, now time.Time) (string, error) {
	payload := make([]byte, 16)
	if _, err := io.ReadFull(a.random, payload); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	k, err := ksuid.FromParts(now, payload)
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return prefix + k.String(), nil
}

// isID reports whether id can be one that id made. Anything else exists nowhere,
// and need not reach a database that might refuse its bytes.
func isID(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && len(rest) == 27 && strings.Trim(rest, base62) == ""
}
