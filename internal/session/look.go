package session

import (
	"net/http"
	"time"
)

// lookCookie keeps how somebody wants the pages in this browser. It is worth
// nothing to anybody else.
const lookCookie = "signet_look"

// lookLifetime is how long a browser keeps it.
const lookLifetime = 365 * 24 * time.Hour

// maxLook bounds what is read of it, in bytes.
const maxLook = 64

// Look is what KeepLook gave the browser that sent r, or what somebody else put in
// its place, or "".
func (s *Sessions) Look(r *http.Request) string {
	c, err := r.Cookie(lookCookie)
	if err != nil || len(c.Value) > maxLook {
		return ""
	}
	return c.Value
}

// KeepLook lets the browser remember how somebody wants the pages: letters, digits,
// dots and hyphens.
func (s *Sessions) KeepLook(w http.ResponseWriter, look string) {
	s.setCookie(w, lookCookie, look, int(lookLifetime/time.Second))
}
