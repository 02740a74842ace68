package server

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// picture shows what was uploaded. A picture never changes under its name, so that
// it may be kept for good; and it is nothing but a picture, whatever its bytes say.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	p, err := s.office.Admin.Picture(r.Context(), r.PathValue("name"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		plain(w, http.StatusNotFound, "there is no such picture")
		return
	case err != nil:
		s.log.ErrorContext(r.Context(), "reading a picture", "err", err)
		plain(w, http.StatusServiceUnavailable, "the picture cannot be read now")
		return
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+p.ID+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // other sites show users' pictures
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Bytes))
}
