package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
)

// CSRFToken gives the token for the forms that are shown to a browser. It is
// good only in that browser and for the same bound, such as the id of the user
// the form was made for.
func (s *Sessions) CSRFToken(b Browser, bound string) string {
	return base64.RawURLEncoding.EncodeToString(s.csrf.Tag(csrfMessage(b, bound)))
}

// CheckCSRF reports whether token was made for the browser that sent r and for
// bound.
func (s *Sessions) CheckCSRF(r *http.Request, bound, token string) bool {
	b, ok := s.known(r)
	if !ok {
		return false
	}
	tagged, err := decode(token)
	if err != nil {
		return false
	}
	message, err := s.csrf.Open(tagged)
	return err == nil && string(message) == string(csrfMessage(b, bound))
}

// csrfMessage is a digest, so that a page never shows the browser's id.
func csrfMessage(b Browser, bound string) []byte {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b.id))))
	h.Write([]byte(b.id))
	h.Write([]byte(bound))
	return h.Sum(nil)
}
